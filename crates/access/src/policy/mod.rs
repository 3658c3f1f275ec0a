//! Policies: parsed strictly, prepared for one access key, and evaluated. The evaluation is written here
//! because no library decides as AWS documents it: `differential` lists where `iam-rs` differs.

mod action;
mod arn;
mod condition;
mod date;
mod document;
mod key;
mod operator;
mod outline;
mod pattern;
mod statement;
mod variables;
mod warnings;

#[cfg(test)]
mod differential;
#[cfg(test)]
mod tests;

pub use action::Action;
pub(crate) use arn::Arn;
pub(crate) use document::Document;
pub(crate) use pattern::{Case, Pattern};
#[cfg(test)]
pub(crate) use tests::asked;
pub(crate) use warnings::warnings;

use crate::principal::Principal;
use crate::{Context, Decision, Denial};
use document::{Effect, Version};
use statement::Statement;

/// A policy, made ready for the access key that it is of: what its variables stand for is put in.
#[derive(Debug)]
pub(crate) struct Policy {
    statements: Box<[Statement]>,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) action: Action<'a>,
    pub(crate) resource: Arn<'a>,
    /// The resource's other ARN, by id, which a pattern matches only if it writes the id out.
    pub(crate) by_id: Option<Arn<'a>>,
    pub(crate) principal: &'a Principal,
    pub(crate) context: &'a Context<'a>,
}

/// Why a policy is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Problem(String);

impl Problem {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The same, with the name of the part that has it.
    fn within(self, part: &str) -> Self {
        Self(format!("{part}: {}", self.0))
    }
}

impl Policy {
    pub(crate) fn new(document: &Document, principal: &Principal) -> Result<Self, Problem> {
        let version = document.version;
        let statements = document.statements.iter().map(|(number, form)| {
            Statement::new(form, version, principal)
                .map_err(|problem| problem.within(&name(*number, form.sid.as_deref())))
        });
        Ok(Self {
            statements: statements.collect::<Result<_, _>>()?,
        })
    }
}

/// How messages call a statement; `number` counts from 1.
fn name(number: usize, sid: Option<&str>) -> String {
    match sid {
        Some(sid) => format!("statement {number} ({sid})"),
        None => format!("statement {number}"),
    }
}

/// Judges a request by the rule of AWS: what a statement denies is denied, then what one allows is
/// allowed, and all else is denied (IAM user guide, "Policy evaluation logic").
pub(crate) fn judge(policies: &[Policy], request: &Request<'_>) -> Decision {
    let mut allowed = false;
    for statement in policies.iter().flat_map(|policy| &policy.statements) {
        match statement.effect {
            Effect::Deny if statement.applies(request) => {
                return Decision::Denied(Denial::Explicit);
            }
            Effect::Allow => allowed = allowed || statement.applies(request),
            Effect::Deny => {}
        }
    }
    if allowed {
        Decision::Allowed
    } else {
        Decision::Denied(Denial::Implicit)
    }
}
