//! `keyfront backup` and `keyfront restore`: the database of a data folder, as one file.

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::Args;
use keyfront_sqlite::{back_up, restore};

/// What `keyfront backup` is asked.
#[derive(Args)]
pub(crate) struct BackupOptions {
    /// The data folder, whether or not a server runs on it
    #[arg(
        long,
        value_name = "DIR",
        env = "KEYFRONT_DATA",
        default_value = "data"
    )]
    data: PathBuf,
    /// The file to write, which must not be there yet
    file: PathBuf,
}

/// What `keyfront restore` is asked.
#[derive(Args)]
pub(crate) struct RestoreOptions {
    /// The data folder, on which no server runs; it is made if need be
    #[arg(
        long,
        value_name = "DIR",
        env = "KEYFRONT_DATA",
        default_value = "data"
    )]
    data: PathBuf,
    /// The file that `keyfront backup` wrote
    file: PathBuf,
}

pub(crate) fn back_up_folder(options: &BackupOptions) -> anyhow::Result<()> {
    back_up(&options.data, &options.file)?;
    writeln!(
        stdout(),
        "{} holds everything that was acknowledged until now",
        options.file.display()
    )?;
    Ok(())
}

pub(crate) fn restore_folder(options: &RestoreOptions) -> anyhow::Result<()> {
    let kept = restore(&options.file, &options.data)?;
    let mut out = stdout();
    writeln!(out, "{} holds what the backup held", options.data.display())?;
    if let Some(kept) = kept {
        writeln!(
            out,
            "The database that was there is kept as {}; remove it when you don't need it any more",
            kept.display()
        )?;
    }
    Ok(())
}
