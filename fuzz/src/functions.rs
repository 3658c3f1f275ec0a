use std::cell::RefCell;
use std::time::Duration;

use keyfront_functions::event::Event;
use keyfront_functions::{Input, Program, Runtime, Settings, syntax};
use keyfront_model::{FunctionRuntime, Timestamp};

/// The recogniser of programs: any text has a verdict, in both runtimes, with a place within the text.
pub fn function_source(input: &[u8]) {
    let source = String::from_utf8_lossy(input);
    for runtime in [FunctionRuntime::Js1, FunctionRuntime::Js2] {
        match syntax::check(&source, runtime) {
            Ok(parsed) => {
                for import in parsed.imports {
                    assert!(source.get(import.range).is_some());
                }
            }
            Err(refusal) => {
                assert!(source.get(refusal.position.range.clone()).is_some());
                assert!(!refusal.to_string().is_empty());
            }
        }
    }
}

thread_local! {
    static RUNTIME: RefCell<Runtime> = RefCell::new(Runtime::new(Settings {
        time: Duration::from_millis(20),
        ..Settings::default()
    }));
}

/// A whole run: the program's text, and after a NUL the event. It ends, and what it gives back can be printed.
pub fn function_run(input: &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == 0);
    let source = parts.next().unwrap_or_default();
    let event = parts.next().unwrap_or_default();
    let Ok(event) = Event::from_test(event) else {
        return;
    };
    let input = Input {
        event,
        store: None,
        now: Timestamp::from_millis(1_700_000_000_000),
        seed: 1,
        edge: None,
    };
    let program = Program::new(FunctionRuntime::Js2, source);
    let run = RUNTIME
        .with_borrow_mut(|runtime| runtime.run(&program, &input))
        .unwrap();
    assert!(run.time < Duration::from_secs(5), "{:?}", run.time);
    match run.result {
        Ok(output) => assert!(output.to_test_json().starts_with('{')),
        Err(failure) => assert!(!failure.message().is_empty()),
    }
}
