//! The `keyfront` binary: the server's settings, logging and wiring, and the commands of
//! `keyfront-tools`.

mod args;
mod backup;
mod serve;

use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

use args::{Args, Command};
use clap::{CommandFactory, FromArgMatches};
use keyfront_tools::{doctor, env, exec, function};

fn main() -> ExitCode {
    let command = Args::command().mut_subcommand("serve", serve::with_ranges);
    let parsed = command
        .try_get_matches()
        .and_then(|matches| Args::from_arg_matches(&matches));
    let args = match parsed {
        Ok(args) => args,
        Err(error) => return misused(&error),
    };
    let outcome = match args.command {
        Command::Serve(options) => serve::main(*options),
        Command::Env(options) => env::main(&options).map(|()| ExitCode::SUCCESS),
        Command::Exec(options) => Ok(exec::main(&options)),
        Command::Doctor(options) => doctor::main(&options),
        Command::Function(options) => function::main(&options),
        Command::Backup(options) => backup::back_up_folder(&options).map(|()| ExitCode::SUCCESS),
        Command::Restore(options) => backup::restore_folder(&options).map(|()| ExitCode::SUCCESS),
        Command::Routes => print_routes().map(|()| ExitCode::SUCCESS),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            // A path or a setting may hold anything. Writing to a string can't fail.
            let mut line = String::from("keyfront: ");
            let _ = serve::escape(&format!("{error:#}"), &mut line);
            // If standard error is closed, the exit code remains.
            let _ = writeln!(stderr(), "{line}");
            ExitCode::FAILURE
        }
    }
}

/// Prints what is wrong with the arguments, or the help that was asked for, and returns the exit code.
/// `exec` has exit codes of its own, apart from those of the command that it runs.
fn misused(error: &clap::Error) -> ExitCode {
    // If the stream is closed, the exit code remains.
    let _ = error.print();
    let runs_another = std::env::args_os()
        .nth(1)
        .is_some_and(|name| name == "exec");
    match u8::try_from(error.exit_code()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) if runs_another => ExitCode::from(exec::EXIT_NOT_TRIED),
        Ok(code) => ExitCode::from(code),
        Err(_) => ExitCode::FAILURE,
    }
}

fn print_routes() -> anyhow::Result<()> {
    let routes = serde_json::to_string_pretty(&keyfront_api::describe::describe_all())?;
    Ok(writeln!(stdout(), "{routes}")?)
}
