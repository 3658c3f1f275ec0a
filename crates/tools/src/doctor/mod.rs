//! `keyfront doctor`: finds what keeps AWS clients on this machine from Keyfront, and what helps.
//!
//! Any program may listen where Keyfront is expected and claim to be it. So the doctor signs with
//! development keys, or with the access key that is given to it as an option, and with no other: the
//! user's own key, token and profile go nowhere, neither in its requests nor in those of the clients
//! that it starts. And whatever such a program answers is shown as text on one line.

mod check_clients;
mod check_curl;
mod check_dns;
mod check_environment;
mod check_server;
mod report;

use std::io::{Write, stdout};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use crate::connect_options::{AccessKey, ConnectOptions, Credentials};
use crate::http_client::HttpClient;
use crate::machine::Machine;
use report::{Finding, Report};

/// The options of `keyfront doctor`.
#[derive(Args)]
pub struct DoctorOptions {
    #[command(flatten)]
    connect: ConnectOptions,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

/// Checks all that is between a client and Keyfront, and prints a report on standard output. The exit
/// code is a failure if the AWS CLI or boto3 could not work.
///
/// # Errors
/// If the checks can't be run at all, or standard output is closed.
pub fn main(options: &DoctorOptions) -> anyhow::Result<ExitCode> {
    let machine = Machine::describe(&options.connect);
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
    let client = HttpClient::new(&machine.endpoint, &machine.environment)?;
    let key = signing_key(machine);
    let (mut findings, serves) = check_server::check(machine, &client, &key).await;
    findings.extend(check_dns::check(machine, serves).await);
    findings.extend(check_environment::check(machine));
    findings.extend(check_clients::check(&machine.with_key(key)).await);
    Ok(findings)
}

/// The access key with which these programs and the clients that they start sign: the one given as an
/// option or a development key, but never one of the user's environment or profile.
pub(crate) fn signing_key(machine: &Machine) -> AccessKey {
    match &machine.credentials {
        Credentials::Ours(key) => key.clone(),
        Credentials::InEnvironment(_) | Credentials::InProfile(_) => {
            AccessKey::development(&machine.account)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_own_key_is_never_used() {
        for environment in [
            [
                ("AWS_ACCESS_KEY_ID", "AKIA"),
                ("AWS_SECRET_ACCESS_KEY", "x"),
            ]
            .into(),
            [("AWS_PROFILE", "work")].into(),
        ] {
            let key = signing_key(&Machine::plain(environment));
            assert_eq!((key.id.as_str(), key.secret.as_str()), ("test", "test"));
        }
    }
}
