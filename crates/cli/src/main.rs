//! The `keyfront` binary: configuration, logging, wiring, and the tools for people.

mod args;
mod client;
mod files;
mod listen;
mod logging;
mod options;
mod serve;
mod tls;

use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser;

fn main() -> ExitCode {
    let outcome = match Args::parse().command {
        Command::Serve(options) => serve::main(*options).map(|()| ExitCode::SUCCESS),
        Command::Env(options) => client::env::main(&options).map(|()| ExitCode::SUCCESS),
        Command::Exec(options) => Ok(client::exec::main(&options)),
        Command::Doctor(options) => client::doctor::main(&options),
        Command::Routes => print_routes().map(|()| ExitCode::SUCCESS),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("keyfront: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn print_routes() -> anyhow::Result<()> {
    println!(
        "{}",
        serde_json::to_string_pretty(&keyfront_api::routes::describe_all())?
    );
    Ok(())
}
