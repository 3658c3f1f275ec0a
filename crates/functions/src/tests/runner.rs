use std::sync::Arc;
use std::time::{Duration, Instant};

use keyfront_model::{AccountId, FunctionRuntime};

use super::input;
use crate::event::Failure;
use crate::{Program, Runner, RunnerError, RunnerSettings, Settings};

const CALM: &str = "function handler(event) { return event.request; }";
const ENDLESS: &str = "function handler(event) { for (;;) {} }";

fn program(source: &str) -> Arc<Program> {
    Program::new(FunctionRuntime::Js2, source.as_bytes())
}

fn account(last: u8) -> AccountId {
    format!("11112222333{last}").parse().unwrap()
}

fn runner(change: impl FnOnce(&mut RunnerSettings)) -> Arc<Runner> {
    let mut settings = RunnerSettings {
        threads: 1,
        ..RunnerSettings::default()
    };
    change(&mut settings);
    Arc::new(Runner::new(settings))
}

#[tokio::test]
async fn a_function_is_run_and_its_computing_told() {
    let runner = runner(|_| {});
    let (run, computed) = runner
        .test(account(1), program(CALM), input("/x"))
        .await
        .unwrap();
    assert!(run.result.is_ok());
    assert!((1..=100).contains(&computed), "{computed}");
    assert_eq!(runner.in_flight(), 0);
}

#[tokio::test]
async fn ten_times_the_work_tells_more() {
    let runner = runner(|_| {});
    let mut computed = Vec::new();
    for rounds in [1_000, 10_000] {
        let source = format!(
            "function handler(event) {{ let s = 0; for (let i = 0; i < {rounds}; i += 1) {{ s += i; }} return event.request; }}"
        );
        let tested = runner.test(account(1), program(&source), input("/x"));
        computed.push(tested.await.unwrap().1);
    }
    assert!(computed[0] < computed[1], "{computed:?}");
}

#[tokio::test]
async fn there_are_as_many_threads_as_were_needed() {
    let runner = runner(|settings| {
        settings.threads = 2;
        settings.runs.time = Duration::from_millis(300);
    });
    assert_eq!(runner.threads(), 0);
    for _ in 0..3 {
        let calm = runner.test(account(1), program(CALM), input("/x"));
        assert!(calm.await.unwrap().0.result.is_ok());
    }
    assert_eq!(runner.threads(), 1);
    let endless = program(ENDLESS);
    let run = || runner.test(account(1), endless.clone(), input("/x"));
    let (first, second, third) = tokio::join!(run(), run(), run());
    for run in [first, second, third] {
        assert_eq!(run.unwrap().0.result, Err(Failure::OutOfTime));
    }
    assert_eq!(runner.threads(), 2);
}

#[tokio::test]
async fn an_account_has_a_share_of_what_may_wait() {
    let runner = runner(|settings| {
        settings.queue = 3;
        settings.queue_per_account = 2;
        settings.runs.time = Duration::from_secs(1);
    });
    let test = |of: AccountId, source| {
        let runner = runner.clone();
        tokio::spawn(async move { runner.test(of, program(source), input("/x")).await })
    };
    let first = [test(account(1), ENDLESS), test(account(1), ENDLESS)];
    while runner.in_flight() < 2 {
        tokio::task::yield_now().await;
    }
    let refused = test(account(1), CALM).await.unwrap();
    assert!(matches!(refused, Err(RunnerError::AccountFull(2))));
    let other = test(account(2), CALM);
    while runner.in_flight() < 3 {
        tokio::task::yield_now().await;
    }
    let refused = test(account(3), CALM).await.unwrap();
    assert!(matches!(refused, Err(RunnerError::Full(3))));
    for endless in first {
        let (run, computed) = endless.await.unwrap().unwrap();
        assert_eq!(run.result, Err(Failure::OutOfTime));
        assert_eq!(computed, 100);
    }
    assert!(other.await.unwrap().unwrap().0.result.is_ok());
    assert_eq!(runner.in_flight(), 0);
}

#[tokio::test]
async fn a_run_that_nobody_waits_for_is_not_made() {
    let runner = runner(|settings| settings.runs.time = Duration::from_millis(500));
    let begun = Instant::now();
    for _ in 0..20 {
        let test = runner.test(account(1), program(ENDLESS), input("/x"));
        let _ = tokio::time::timeout(Duration::from_millis(5), test).await;
    }
    let calm = runner.test(account(1), program(CALM), input("/x"));
    assert!(calm.await.unwrap().0.result.is_ok());
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_run_that_does_not_end_costs_its_thread_alone() {
    let runner = runner(|settings| {
        // A bound of time that doesn't work, for a while.
        settings.runs.time = Duration::from_secs(8);
        settings.give_up_after = Duration::from_secs(2);
    });
    let endless = program(ENDLESS);
    let (run, _) = runner
        .test(account(1), endless.clone(), input("/x"))
        .await
        .unwrap();
    assert_eq!(run.result, Err(Failure::Throttled));
    assert_eq!(runner.lost_threads(), 1);
    let calm = runner.test(account(1), program(CALM), input("/x"));
    assert!(calm.await.unwrap().0.result.is_ok());
    let again = runner.test(account(1), endless, input("/x")).await.unwrap();
    assert_eq!(again.0.result, Err(Failure::Throttled));
}

#[tokio::test]
async fn an_engine_that_can_not_be_made_is_no_fault_of_the_function() {
    let runner = runner(|settings| {
        settings.runs = Settings {
            memory: usize::MAX / 8,
            ..Settings::default()
        };
    });
    let failed = runner
        .test(account(1), program(CALM), input("/x"))
        .await
        .unwrap_err();
    assert!(matches!(failed, RunnerError::Engine(_)), "{failed}");
}
