//! `keyfront exec`: becomes a command whose AWS clients reach Keyfront.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write, stderr};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::Context;
use clap::{Args, ValueEnum};

use crate::client::Client;
use crate::connect_options::ConnectOptions;
use crate::environment::changes::{self, Variable};
use crate::machine::Machine;
use crate::plan::{self, Plan, Route};
use crate::programs;
use crate::text::printable;

/// The exit code if the command was not tried, as env(1), nohup(1) and others have it.
pub const EXIT_NOT_TRIED: u8 = 125;

/// The exit code if the command is there and can't be run.
const EXIT_NOT_RUNNABLE: u8 = 126;

/// The exit code if the command is not there.
const EXIT_NOT_FOUND: u8 = 127;

/// The options of `keyfront exec`.
#[derive(Args)]
pub struct ExecOptions {
    #[command(flatten)]
    connect: ConnectOptions,
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
    /// The account's name before the host: all clients, if it resolves; Node.js and Bun in any case
    Name,
    /// A user name in the endpoint: the AWS CLI, awslocal and boto3
    UserInfo,
    /// Keyfront as the proxy for plain http: all clients but awslocal
    Proxy,
}

/// Becomes the command, so that signals reach it and the exit code is its own. Returns only if the
/// command can't be run.
pub fn main(options: &ExecOptions) -> ExitCode {
    let mut command = match prepare(options) {
        Ok(command) => command,
        Err(error) => return fail(EXIT_NOT_TRIED, &error.to_string()),
    };
    let error = command.exec();
    let name = command.get_program().to_string_lossy();
    let code = match error.kind() {
        io::ErrorKind::NotFound => EXIT_NOT_FOUND,
        _ => EXIT_NOT_RUNNABLE,
    };
    fail(code, &format!("{name} can't be run: {error}"))
}

fn fail(code: u8, text: &str) -> ExitCode {
    // If standard error is closed, the exit code remains.
    let _ = writeln!(stderr(), "keyfront exec: {}", printable(text));
    ExitCode::from(code)
}

/// The command with the environment in which its clients reach Keyfront.
fn prepare(options: &ExecOptions) -> anyhow::Result<Command> {
    let words = options.command.as_slice();
    let (program, arguments) = words.split_first().context("give a command")?;
    let machine = Machine::describe(&options.connect);
    let mut plan = plan_for(&machine, options.via, program)?;
    if let Err(error) = plan.write_file() {
        if Client::of_command(program) == Some(Client::Bun) {
            return Err(error);
        }
        plan = plan.without_file();
    }
    let mut command = Command::new(program);
    command.args(arguments);
    for Variable { name, value } in changes::of_plan(&machine, &plan, words) {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Ok(command)
}

fn plan_for(machine: &Machine, via: Via, program: &OsStr) -> anyhow::Result<Plan> {
    let client = Client::of_command(program);
    let route = match via {
        Via::Auto => return plan_of_client(machine, client, program),
        Via::Name => Route::Name,
        Via::UserInfo => Route::UserInfo,
        Via::Proxy => {
            plan::check_proxy(machine)?;
            Route::Proxy
        }
    };
    let mut needs = match route {
        Route::UserInfo => Vec::new(),
        Route::Name if machine.lookup.reaches => Vec::new(),
        Route::Name | Route::Proxy => plan::needs_of_runtimes(machine, route),
    };
    for need in client.map_or(Ok(Vec::new()), |client| plan::needs(machine, client, route))? {
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    Ok(Plan {
        route,
        needs,
        reasons: Vec::new(),
    })
}

/// The plan for a command that is known to use a client, or that may use any.
fn plan_of_client(
    machine: &Machine,
    client: Option<Client>,
    program: &OsStr,
) -> anyhow::Result<Plan> {
    match client {
        Some(Client::Boto3) => plan_of_python(machine, program),
        Some(client) => plan::for_client(machine, client),
        None => plan::for_all(machine),
    }
}

/// A Python that has aiobotocore may run it, which takes no user name in an endpoint. What serves it
/// serves boto3 as well; boto3 alone gets what leaves the requests for other servers alone.
fn plan_of_python(machine: &Machine, program: &OsStr) -> anyhow::Result<Plan> {
    let asynchronous = plan::for_client(machine, Client::Aiobotocore);
    match asynchronous {
        Ok(plan) if plan.route == Route::Name => Ok(plan),
        Ok(plan) if programs::python_has(&machine.environment, program, "aiobotocore") => Ok(plan),
        _ => plan::for_client(machine, Client::Boto3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Need;

    fn route(machine: &Machine, via: Via, program: &str) -> Option<(Route, bool)> {
        let plan = plan_for(machine, via, program.as_ref()).ok()?;
        Some((plan.route, plan.needs.contains(&Need::NodeLookup)))
    }

    #[test]
    fn takes_what_works_for_the_command() {
        let machine = Machine::plain([].into());
        for (program, expected) in [
            ("aws", (Route::UserInfo, false)),
            ("node", (Route::Name, true)),
            ("terraform", (Route::Proxy, false)),
            ("make", (Route::Proxy, true)),
        ] {
            assert_eq!(route(&machine, Via::Auto, program), Some(expected));
        }
        let machine = machine.with_names(&["127.0.0.1"], true);
        let name = Some((Route::Name, false));
        assert_eq!(route(&machine, Via::Auto, "make"), name);
        let proxy = Some((Route::Proxy, true));
        assert_eq!(route(&machine, Via::Proxy, "make"), proxy);
    }

    #[test]
    fn a_route_that_is_chosen_has_what_the_command_needs() {
        let machine = Machine::plain([].into());
        for (via, program, need) in [
            (Via::UserInfo, "awslocal", Need::EndpointOfAll),
            (Via::Proxy, "rake", Need::LowerCaseProxy),
            (Via::Proxy, "deno", Need::DenoProxy),
        ] {
            let plan = plan_for(&machine, via, program.as_ref()).unwrap();
            assert!(plan.needs.contains(&need), "{program}");
        }
    }

    #[test]
    fn refuses_rather_than_losing_a_proxy() {
        let machine = Machine::plain([("HTTP_PROXY", "http://proxy:3128")].into());
        let user = Some((Route::UserInfo, false));
        assert_eq!(route(&machine, Via::Auto, "aws"), user);
        assert_eq!(route(&machine, Via::Auto, "make"), None);
        assert_eq!(route(&machine, Via::Proxy, "aws"), None);
        assert_eq!(route(&machine, Via::UserInfo, "make"), user);
    }
}
