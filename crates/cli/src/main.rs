//! The `keyfront` binary: configuration, logging, wiring, and the tools for people.

mod args;
mod client;
mod serve;

use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return misused(&error),
    };
    let outcome = match args.command {
        Command::Serve(options) => serve::main(*options).map(|()| ExitCode::SUCCESS),
        Command::Env(options) => client::env::main(&options).map(|()| ExitCode::SUCCESS),
        Command::Exec(options) => Ok(client::exec::main(&options)),
        Command::Doctor(options) => client::doctor::main(&options),
        Command::Routes => print_routes().map(|()| ExitCode::SUCCESS),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            // Who closed the standard error stream sees the exit code.
            let _ = writeln!(stderr(), "keyfront: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Tells what is wrong with the arguments, or the help that was asked for. A command that runs another
/// has exit codes of its own.
fn misused(error: &clap::Error) -> ExitCode {
    // What can't be printed has nobody to read it.
    let _ = error.print();
    let runs_another = std::env::args_os()
        .nth(1)
        .is_some_and(|name| name == "exec");
    match u8::try_from(error.exit_code()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) if runs_another => ExitCode::from(client::exec::REFUSED),
        Ok(code) => ExitCode::from(code),
        Err(_) => ExitCode::FAILURE,
    }
}

fn print_routes() -> anyhow::Result<()> {
    let routes = serde_json::to_string_pretty(&keyfront_api::routes::describe_all())?;
    Ok(writeln!(stdout(), "{routes}")?)
}
