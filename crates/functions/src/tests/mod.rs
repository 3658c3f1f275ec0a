//! Tests that need more than one module, or the numbers within an image.

mod any;
mod hostile;
mod isolation;
mod programs;
mod runner;

use keyfront_model::Timestamp;

use crate::Input;
use crate::event::Event;

fn input(uri: &str) -> Input {
    let event = format!(
        r#"{{"context":{{"eventType":"viewer-request"}},"request":{{"method":"GET","uri":"{uri}"}}}}"#
    );
    Input {
        event: Event::from_test(event.as_bytes()).unwrap(),
        store: None,
        now: Timestamp::from_millis(1_700_000_000_000),
        seed: 1,
        edge: None,
    }
}
