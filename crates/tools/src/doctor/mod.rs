//! What is missing on this machine, and what helps which client.

mod check_clients;
mod check_dns;
mod check_environment;
mod check_server;
mod http_client;
mod report;

use std::io::{Write, stdout};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use crate::machine::Machine;
use crate::target::Target;
use http_client::Probe;
use report::{Finding, Report};

/// What `keyfront doctor` can be told.
#[derive(Args)]
pub struct DoctorOptions {
    #[command(flatten)]
    target: Target,
    /// Print JSON, for machines
    #[arg(long)]
    json: bool,
}

/// Checks everything between a client and Keyfront. It fails if the AWS CLI or boto3 could not work.
pub fn main(options: &DoctorOptions) -> anyhow::Result<ExitCode> {
    let machine = Machine::describe(&options.target);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime can't be started")?;
    let report = Report::new(runtime.block_on(check(&machine))?);
    let text = if options.json {
        serde_json::to_string_pretty(&report)? + "\n"
    } else {
        report.text()
    };
    stdout().write_all(text.as_bytes())?;
    Ok(if report.ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn check(machine: &Machine) -> anyhow::Result<Vec<Finding>> {
    let probe = Probe::new(&machine.endpoint)?;
    let (mut findings, serves) = check_server::check(machine, &probe).await;
    findings.extend(check_dns::check(machine, &probe, serves).await);
    findings.extend(check_environment::check(machine));
    findings.extend(check_clients::check(machine).await);
    Ok(findings)
}
