//! The rules, each as a function that panics if an engine breaks it.

mod commits;
mod follows;
mod history;
mod life;
mod loads;
mod story;

use super::Rule;

pub use commits::*;
pub use follows::*;
pub use history::*;
pub use life::*;
pub use loads::*;
pub use story::*;

macro_rules! rules {
    (() $($rule:ident)+) => {
        /// Every rule of the contract.
        pub const RULES: &[Rule] = &[
            $(Rule {
                name: stringify!($rule),
                check: |bench| Box::pin($rule(bench)),
            }),+
        ];
    };
}

crate::__with_conformance_rules! { [rules] }
