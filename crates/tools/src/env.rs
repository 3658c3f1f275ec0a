use std::io::{Write, stdout};

use clap::Args;

use crate::environment::changes;
use crate::environment::shell::Shell;
use crate::machine::Machine;
use crate::plan::{self, Client, Plan};
use crate::target::{Credentials, Target};

/// What `keyfront env` can be told.
#[derive(Args)]
pub struct EnvOptions {
    #[command(flatten)]
    target: Target,
    /// The client [default: what works for the most of them]
    #[arg(long)]
    client: Option<Client>,
    /// The shell for which it is written
    #[arg(long, default_value = "sh")]
    shell: Shell,
}

/// Prints what to export, so that a shell can take it over as it is.
pub fn main(options: &EnvOptions) -> anyhow::Result<()> {
    let machine = Machine::describe(&options.target);
    let plan = match options.client {
        Some(client) => plan::for_client(&machine, client)?,
        None => plan::for_most(&machine),
    };
    let script = script(&machine, &plan, options.client, options.shell);
    Ok(stdout().write_all(script.as_bytes())?)
}

fn script(machine: &Machine, plan: &Plan, client: Option<Client>, shell: Shell) -> String {
    let whom = client.map_or("AWS clients", Client::name);
    let mut comments = vec![format!("Keyfront at {}, for {whom}:", machine.endpoint)];
    comments.extend(plan.why.iter().map(|why| format!("- {why}")));
    comments.extend(caution(machine, plan));
    comments.extend(credentials(machine));
    let variables = changes::of_plan(machine, plan, &[] as &[&str]);
    let usage = format!(
        "To take this over: {}",
        shell.usage(&command(machine, client, shell))
    );
    let mut lines: Vec<String> = comments.iter().map(|text| comment(text)).collect();
    lines.extend(variables.iter().map(|variable| shell.line(variable)));
    lines.push(comment(&usage));
    lines.join("\n") + "\n"
}

/// A comment stays on its line, whatever a variable put into it: the shell runs the next one.
fn comment(text: &str) -> String {
    format!("# {}", text.replace(char::is_control, " "))
}

/// A proxy for a whole shell is more than most people want.
fn caution(machine: &Machine, plan: &Plan) -> Vec<String> {
    if plan.way != plan::Way::Proxy {
        return Vec::new();
    }
    vec![
        "- other programs that read HTTP_PROXY get a 404 for plain http to hosts not in NO_PROXY:"
            .into(),
        format!(
            "  {} -- COMMAND avoids that, or {}",
            machine.tool("exec"),
            plan::remedy(machine)
        ),
    ]
}

fn credentials(machine: &Machine) -> Option<String> {
    let whose = match &machine.credentials {
        Credentials::Ours(_) => return None,
        Credentials::InEnvironment(key) => format!("the access key {}", key.id),
        Credentials::InProfile(profile) => format!("the profile {profile}"),
    };
    Some(format!(
        "- the credentials stay those of {whose}; Keyfront must know them"
    ))
}

/// This command with the options that matter to a shell.
fn command(machine: &Machine, client: Option<Client>, shell: Shell) -> String {
    use clap::ValueEnum;
    let mut words = vec![machine.tool("env")];
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

    #[test]
    fn says_what_to_export_and_why() {
        let machine = Machine::plain([].into());
        let plan = plan::for_client(&machine, Client::AwsCli).unwrap();
        assert_eq!(
            script(&machine, &plan, Some(Client::AwsCli), Shell::Sh),
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
        let text = script(&machine, &plan::for_most(&machine), None, Shell::Fish);
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
        let text = script(&machine, &plan::for_most(&machine), None, Shell::Sh);
        assert!(
            text.lines()
                .all(|line| line.starts_with("# ") || line.starts_with("export ")),
            "{text}"
        );
    }
}
