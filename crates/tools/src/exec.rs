use std::ffi::{OsStr, OsString};
use std::io::{self, Write, stderr};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use clap::{Args, ValueEnum};

use crate::environment::changes::{self, Variable};
use crate::machine::Machine;
use crate::plan::{self, Client, Plan, Way};
use crate::target::Target;

/// The exit codes of env(1), nohup(1) and others that run a command: something was wrong before it;
/// it can't be run; it is not there.
pub const REFUSED: u8 = 125;
const NOT_RUNNABLE: u8 = 126;
const NOT_FOUND: u8 = 127;

/// What `keyfront exec` can be told.
#[derive(Args)]
pub struct ExecOptions {
    #[command(flatten)]
    target: Target,
    /// How the data plane's requests get to Keyfront
    #[arg(long, default_value = "auto")]
    via: Via,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// How the data plane's requests get to Keyfront.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Via {
    /// What works here for this command
    Auto,
    /// The account's name before the host: all clients, if it resolves; Node.js in any case
    Name,
    /// A user name in the endpoint: the AWS CLI and boto3
    UserInfo,
    /// Keyfront as the proxy for plain http: Go, Java, Rust, the AWS CLI and boto3
    Proxy,
}

/// Becomes the command, so that signals and the exit code are its own; returns only if it can't.
pub fn main(options: &ExecOptions) -> ExitCode {
    let machine = Machine::describe(&options.target);
    let plan = match plan_for(&machine, options.via, &options.command) {
        Ok(plan) => plan,
        Err(error) => return fail(REFUSED, &error.to_string()),
    };
    let variables = changes::of_plan(&machine, &plan, &options.command);
    let error = command(&options.command, &variables).exec();
    let name = options.command[0].to_string_lossy();
    let code = match error.kind() {
        io::ErrorKind::NotFound => NOT_FOUND,
        _ => NOT_RUNNABLE,
    };
    fail(code, &format!("{name} can't be run: {error}"))
}

fn fail(code: u8, text: &str) -> ExitCode {
    let _ = writeln!(stderr(), "keyfront exec: {text}");
    ExitCode::from(code)
}

fn command(words: &[OsString], variables: &[Variable]) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    for variable in variables {
        match &variable.value {
            Some(value) => command.env(variable.name, value),
            None => command.env_remove(variable.name),
        };
    }
    command
}

fn plan_for(machine: &Machine, via: Via, command: &[OsString]) -> anyhow::Result<Plan> {
    let client = client_of(&command[0]);
    match via {
        Via::Auto => match client {
            Some(client) => plan::for_client(machine, client),
            None => plan::for_all(machine),
        },
        Via::Name => Ok(Plan {
            way: Way::Name,
            for_node: !machine.lookup.reaches,
            why: Vec::new(),
        }),
        Via::UserInfo => Ok(Plan {
            way: Way::UserInfo,
            for_node: false,
            why: Vec::new(),
        }),
        Via::Proxy => {
            plan::check_proxy(machine)?;
            Ok(Plan {
                way: Way::Proxy,
                for_node: true,
                why: Vec::new(),
            })
        }
    }
}

/// The client that a command is known to use. A shell, `make` and the like may use any.
fn client_of(command: &OsStr) -> Option<Client> {
    let name = Path::new(command).file_name()?.to_str()?;
    let is = |names: &[&str]| names.contains(&name);
    // python3, python3.13
    let version = name.strip_prefix("python").or(name.strip_prefix("pypy"));
    let python = version.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    if is(&["aws", "aws2"]) {
        Some(Client::AwsCli)
    } else if python || is(&["pytest", "py.test", "ipython", "jupyter", "tox", "nox"]) {
        Some(Client::Boto3)
    } else if is(&[
        "node", "nodejs", "npm", "npx", "pnpm", "yarn", "tsx", "ts-node", "jest", "vitest",
    ]) {
        Some(Client::Js)
    } else if is(&["terraform", "tofu", "terragrunt"]) {
        Some(Client::Terraform)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(machine: &Machine, via: Via, command: &str) -> Option<(Way, bool)> {
        let plan = plan_for(machine, via, &[command.into()]).ok()?;
        Some((plan.way, plan.for_node))
    }

    #[test]
    fn commands_are_known_by_name() {
        for (command, client) in [
            ("aws", Some(Client::AwsCli)),
            ("/usr/local/bin/aws", Some(Client::AwsCli)),
            ("python3.13", Some(Client::Boto3)),
            (".venv/bin/pytest", Some(Client::Boto3)),
            ("npx", Some(Client::Js)),
            ("tofu", Some(Client::Terraform)),
            ("pythonista", None),
            ("sh", None),
            ("./deploy", None),
        ] {
            assert_eq!(client_of(OsStr::new(command)), client, "{command}");
        }
    }

    #[test]
    fn takes_what_works_for_the_command() {
        let machine = Machine::plain([].into());
        assert_eq!(
            way(&machine, Via::Auto, "aws"),
            Some((Way::UserInfo, false))
        );
        assert_eq!(way(&machine, Via::Auto, "node"), Some((Way::Name, true)));
        assert_eq!(
            way(&machine, Via::Auto, "terraform"),
            Some((Way::Proxy, false))
        );
        assert_eq!(way(&machine, Via::Auto, "make"), Some((Way::Proxy, true)));
        let machine = machine.with_names(&["127.0.0.1"], true);
        assert_eq!(way(&machine, Via::Auto, "make"), Some((Way::Name, false)));
        assert_eq!(way(&machine, Via::Proxy, "make"), Some((Way::Proxy, true)));
    }

    #[test]
    fn refuses_rather_than_losing_a_proxy() {
        let machine = Machine::plain([("HTTP_PROXY", "http://proxy:3128")].into());
        assert_eq!(
            way(&machine, Via::Auto, "aws"),
            Some((Way::UserInfo, false))
        );
        assert_eq!(way(&machine, Via::Auto, "make"), None);
        assert_eq!(way(&machine, Via::Proxy, "aws"), None);
        assert_eq!(
            way(&machine, Via::UserInfo, "make"),
            Some((Way::UserInfo, false))
        );
    }
}
