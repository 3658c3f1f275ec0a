use clap::{Parser, Subcommand};
use keyfront_tools::doctor::DoctorOptions;
use keyfront_tools::env::EnvOptions;
use keyfront_tools::exec::ExecOptions;
use keyfront_tools::function::FunctionOptions;

use crate::backup::{BackupOptions, RestoreOptions};
use crate::serve::ServeOptions;

/// The open, self-hosted key value store for the edge that speaks the Amazon CloudFront
/// KeyValueStore API. Not affiliated with AWS.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    Serve(Box<ServeOptions>),
    /// Print what to export, so that AWS clients reach Keyfront.
    Env(EnvOptions),
    /// Run a command whose AWS clients reach Keyfront.
    Exec(ExecOptions),
    /// Find what keeps AWS clients on this machine from Keyfront, and what helps.
    Doctor(DoctorOptions),
    /// Test a CloudFront function, with or without a server.
    Function(Box<FunctionOptions>),
    /// Write the database of a data folder into one file, also while a server runs on it.
    Backup(BackupOptions),
    /// Put a backup into a data folder, and keep what was there.
    Restore(RestoreOptions),
    /// Print every operation as JSON: where it is found and what it may answer.
    #[command(hide = true)]
    Routes,
}
