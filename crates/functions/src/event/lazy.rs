//! An event as what a handler is given: its objects are made when the function looks into them.

use serde::Serialize;

use super::print::{FieldsOf, PrintedContext};
use super::{Event, Fields, Viewer};
use crate::engine::{Given, Lazy};

const CONTEXT: Lazy = Lazy(0);
const VIEWER: Lazy = Lazy(1);

/// The lazy object that fields are.
fn lazy_of(fields: FieldsOf) -> Lazy {
    let number = match fields {
        FieldsOf::Query => 2,
        FieldsOf::Headers => 3,
        FieldsOf::Cookies => 4,
        FieldsOf::ResponseHeaders => 5,
        FieldsOf::ResponseCookies => 6,
    };
    Lazy(number)
}

#[derive(Serialize)]
#[serde(untagged)]
enum PrintedObject<'a> {
    Context(PrintedContext<'a>),
    Viewer(&'a Viewer),
    Fields(&'a Fields),
}

impl Event {
    fn fields_of(&self, lazy: Lazy) -> Option<&Fields> {
        let which = FieldsOf::ALL
            .into_iter()
            .find(|which| lazy_of(*which) == lazy)?;
        self.fields(which)
    }
}

impl Given for Event {
    type Unseen<'a> = &'a Fields;

    fn whole(&self) -> impl Serialize {
        let viewer = self.viewer.as_ref().map(|_| VIEWER);
        self.printed(CONTEXT, viewer, |which, _| lazy_of(which))
    }

    fn object(&self, lazy: Lazy) -> impl Serialize {
        match lazy {
            CONTEXT => Some(PrintedObject::Context(self.printed_context())),
            VIEWER => self.viewer.as_ref().map(PrintedObject::Viewer),
            _ => self.fields_of(lazy).map(PrintedObject::Fields),
        }
    }

    /// Fields, which are what an output has too.
    fn unseen(&self, lazy: Lazy) -> Option<&Fields> {
        self.fields_of(lazy)
    }
}
