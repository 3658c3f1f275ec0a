//! An event as what a handler is given: its objects are made when the function looks into them.

use serde::Serialize;

use super::print::{FieldsOf, PrintedContext};
use super::{Event, Fields, Viewer};
use crate::engine::{Given, Part};

const CONTEXT: Part = Part(0);
const VIEWER: Part = Part(1);

/// The part that fields are.
fn part_of(fields: FieldsOf) -> Part {
    let number = match fields {
        FieldsOf::Query => 2,
        FieldsOf::Headers => 3,
        FieldsOf::Cookies => 4,
        FieldsOf::ResponseHeaders => 5,
        FieldsOf::ResponseCookies => 6,
    };
    Part(number)
}

#[derive(Serialize)]
#[serde(untagged)]
enum PrintedPart<'a> {
    Context(PrintedContext<'a>),
    Viewer(&'a Viewer),
    Fields(&'a Fields),
}

impl Event {
    fn fields_of(&self, part: Part) -> Option<&Fields> {
        let which = FieldsOf::ALL
            .into_iter()
            .find(|which| part_of(*which) == part)?;
        self.fields(which)
    }
}

impl Given for Event {
    type Unseen<'a> = &'a Fields;

    fn whole(&self) -> impl Serialize {
        let viewer = self.viewer.as_ref().map(|_| VIEWER);
        self.printed(CONTEXT, viewer, |which, _| part_of(which))
    }

    fn part(&self, part: Part) -> impl Serialize {
        match part {
            CONTEXT => Some(PrintedPart::Context(self.printed_context())),
            VIEWER => self.viewer.as_ref().map(PrintedPart::Viewer),
            _ => self.fields_of(part).map(PrintedPart::Fields),
        }
    }

    /// Fields, which are what an output has too.
    fn unseen(&self, part: Part) -> Option<&Fields> {
        self.fields_of(part)
    }
}
