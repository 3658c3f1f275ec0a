//! `keyfront env`: prints what to export, as a script that a shell can take over.

use std::io::{Write, stdout};

use clap::{Args, ValueEnum};

use crate::client::Client;
use crate::connect_options::{ConnectOptions, Credentials};
use crate::environment::changes;
use crate::environment::shell::Shell;
use crate::machine::Machine;
use crate::plan::{self, Plan, Route};
use crate::text::printable;

/// The options of `keyfront env`.
#[derive(Args)]
pub struct EnvOptions {
    #[command(flatten)]
    connect: ConnectOptions,
    /// The client [default: the plan that works for most of them]
    #[arg(long)]
    client: Option<Client>,
    /// The shell for which it is written
    #[arg(long, default_value = "sh")]
    shell: Shell,
}

/// Prints the script on standard output.
///
/// # Errors
/// If the client can't reach Keyfront on this machine as it is set up, if the shell can't write a
/// value, or if standard output is closed.
pub fn main(options: &EnvOptions) -> anyhow::Result<()> {
    let machine = Machine::describe(&options.connect);
    let plan = match options.client {
        Some(client) => {
            let plan = plan::for_client(&machine, client)?;
            plan.write_file()?;
            plan
        }
        None => {
            let plan = plan::for_most(&machine);
            match plan.write_file() {
                Ok(()) => plan,
                Err(_) => plan.without_file(),
            }
        }
    };
    let script = script(&machine, &plan, options.client, options.shell)?;
    Ok(stdout().write_all(&script)?)
}

fn script(
    machine: &Machine,
    plan: &Plan,
    client: Option<Client>,
    shell: Shell,
) -> anyhow::Result<Vec<u8>> {
    let whom = client.map_or("AWS clients", Client::name);
    let mut comments = vec![format!("Keyfront at {}, for {whom}:", machine.endpoint)];
    comments.extend(plan.reasons.iter().map(|reason| format!("- {reason}")));
    comments.extend(caution(machine, plan));
    comments.extend(credentials(machine));
    let mut lines: Vec<Vec<u8>> = comments.iter().map(|text| comment(text)).collect();
    for variable in changes::of_plan(machine, plan, &[] as &[&str]) {
        lines.push(shell.line(&variable)?);
    }
    let usage = shell.usage(&command_line(machine, client, shell));
    lines.push(comment(&format!("To take this over: {usage}")));
    lines.push(Vec::new());
    Ok(lines.join(&b'\n'))
}

/// A comment has to stay on its line, whatever the text holds: the shell would run the next line.
fn comment(text: &str) -> Vec<u8> {
    format!("# {}", printable(text)).into_bytes()
}

/// The warning that goes with a proxy for a whole shell.
fn caution(machine: &Machine, plan: &Plan) -> Vec<String> {
    if plan.route != Route::Proxy {
        return Vec::new();
    }
    vec![
        "- other programs that read HTTP_PROXY get a 404 for plain http to hosts not in NO_PROXY:"
            .into(),
        format!(
            "  {} -- COMMAND avoids that, or {}",
            machine.command_line("exec"),
            plan::remedy(machine)
        ),
    ]
}

fn credentials(machine: &Machine) -> Option<String> {
    let whose = match &machine.credentials {
        Credentials::Ours(_) => return None,
        Credentials::InEnvironment(id) => format!("the access key {id}"),
        Credentials::InProfile(profile) => format!("the profile {profile}"),
    };
    Some(format!(
        "- the credentials stay those of {whose}; Keyfront must know them"
    ))
}

/// This command with the options that matter to a shell.
fn command_line(machine: &Machine, client: Option<Client>, shell: Shell) -> String {
    let mut words = vec![machine.command_line("env")];
    if let Some(value) = client.and_then(|client| client.to_possible_value()) {
        words.push(format!("--client {}", value.get_name()));
    }
    if let Some(value) = shell.to_possible_value().filter(|_| shell != Shell::Sh) {
        words.push(format!("--shell {}", value.get_name()));
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(machine: &Machine, plan: &Plan, client: Option<Client>, shell: Shell) -> String {
        String::from_utf8(script(machine, plan, client, shell).unwrap()).unwrap()
    }

    #[test]
    fn says_what_to_export_and_why() {
        let machine = Machine::plain([].into());
        let plan = plan::for_client(&machine, Client::AwsCli).unwrap();
        assert_eq!(
            text(&machine, &plan, Some(Client::AwsCli), Shell::Sh),
            "# Keyfront at http://127.0.0.1:4566, for the AWS CLI:\n\
             # - 000000000000.localhost does not resolve to Keyfront's address on this machine\n\
             # - the user name in the endpoint keeps the account out of the host\n\
             export AWS_ENDPOINT_URL_CLOUDFRONT=http://127.0.0.1:4566\n\
             export AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE=http://x@127.0.0.1:4566\n\
             export AWS_ACCESS_KEY_ID=test\n\
             export AWS_SECRET_ACCESS_KEY=test\n\
             export AWS_REGION=us-east-1\n\
             export AWS_DEFAULT_REGION=us-east-1\n\
             # To take this over: eval \"$(keyfront env --client aws-cli)\"\n"
        );
    }

    #[test]
    fn warns_of_a_proxy_for_a_whole_shell() {
        let machine = Machine::plain([("AWS_PROFILE", "work")].into());
        let text = text(&machine, &plan::for_most(&machine), None, Shell::Fish);
        assert!(
            text.contains("set -gx HTTP_PROXY 'http://127.0.0.1:4566'\n"),
            "{text}"
        );
        assert!(text.contains("get a 404"), "{text}");
        assert!(
            text.contains("the credentials stay those of the profile work"),
            "{text}"
        );
        assert!(
            text.ends_with("keyfront env --shell fish | source\n"),
            "{text}"
        );
    }

    #[test]
    fn a_comment_stays_one_line() {
        let proxy = "http://proxy\nrm -rf:3128";
        let machine = Machine::plain([("HTTP_PROXY", proxy)].into());
        let text = text(&machine, &plan::for_most(&machine), None, Shell::Sh);
        assert!(
            text.lines()
                .all(|line| line.starts_with("# ") || line.starts_with("export ")),
            "{text}"
        );
    }
}
