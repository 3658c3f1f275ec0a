use std::sync::Arc;
use std::time::Duration;

use keyfront_model::FunctionRuntime;

use super::{input, programs};
use crate::event::Failure;
use crate::{Isolation, Program, Run, Runtime, Settings};

fn hostile() -> Vec<(String, Arc<Program>)> {
    let programs = programs::all();
    let sources = programs
        .iter()
        .map(|(name, body)| (name.clone(), programs::source(body)));
    sources
        .map(|(name, source)| (name, Program::new(FunctionRuntime::Js2, source.as_bytes())))
        .collect()
}

/// What tells a run that ends from one that hangs: a hundred times its bound. `benches/run functions` has the figures.
const LIMIT: Duration = Duration::from_secs(5);

#[test]
fn hostile_programs_end_and_leave_no_trace() {
    let programs = hostile();
    assert!(programs.len() >= 700, "{}", programs.len());
    let mut runtime = Runtime::new(Settings::default());
    let mut slow = Vec::new();
    let mut refused = Vec::new();
    for (name, program) in &programs {
        if let Some(why) = program.broken() {
            refused.push(format!("{name}: {why}"));
            continue;
        }
        let calm = runtime.run(program, &input("/calm")).unwrap();
        let before = runtime.counted(program).unwrap();
        let run = runtime.run(program, &input("/hostile")).unwrap();
        if run.time > LIMIT {
            slow.push(format!("{name}: {:?}", run.time));
        }
        let after = runtime.run(program, &input("/calm")).unwrap();
        assert_eq!(untimed(calm), untimed(after), "{name}");
        assert_eq!(runtime.counted(program).unwrap(), before, "{name}");
    }
    assert!(
        refused.is_empty(),
        "refused, so that they try nothing: {refused:#?}"
    );
    assert!(
        slow.is_empty(),
        "{} of {}: {slow:#?}",
        slow.len(),
        programs.len()
    );
}

fn untimed(run: Run) -> Run {
    Run {
        time: Duration::ZERO,
        ..run
    }
}

/// A failure as far as both ways of isolation must agree: whether time or memory is used up first depends on the machine.
fn kind(run: Run) -> Run {
    let result = match run.result {
        Err(Failure::OutOfTime | Failure::OutOfMemory) => Err(Failure::OutOfTime),
        other => other,
    };
    untimed(Run { result, ..run })
}

/// A run's processor time that is far from its bound.
const CLEARLY_IN_TIME: Duration = Duration::from_millis(15);

#[test]
fn fresh_engines_and_images_agree() {
    let mut image = Runtime::new(Settings::default());
    let mut fresh = Runtime::new(Settings {
        isolation: Isolation::Fresh,
        ..Settings::default()
    });
    let mut compared = 0;
    // Every third: these take their bound of time twice.
    for (name, program) in hostile().iter().step_by(3) {
        let runs = [&mut image, &mut fresh].map(|runtime| {
            let run = runtime.run(program, &input("/hostile")).unwrap();
            // Whether a run that takes this long ends by itself is a matter of the machine.
            (run.time < CLEARLY_IN_TIME).then(|| kind(run).result)
        });
        if let [Some(of_image), Some(of_fresh)] = runs {
            compared += 1;
            assert_eq!(of_image, of_fresh, "{name}");
        }
    }
    assert!(compared > 50, "{compared}");
}

#[test]
fn ten_thousand_runs_take_no_memory() {
    let programs = hostile();
    let mut runtime = Runtime::new(Settings {
        // Short runs: it is about what they leave.
        time: Duration::from_millis(1),
        ..Settings::default()
    });
    let mut run = |count: usize| {
        for (_, program) in programs.iter().cycle().take(count) {
            runtime.run(program, &input("/hostile")).unwrap();
        }
    };
    run(programs.len() * 2);
    let before = resident();
    run(10_000);
    let grown = resident().saturating_sub(before);
    assert!(grown < 5 << 20, "{grown} bytes more");
}

/// The bytes of memory that this process has; nothing where the system doesn't say.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}
