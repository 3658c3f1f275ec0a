use std::io;
use std::path::PathBuf;

/// Why a credentials file can't be taken. The text names the place and what to do; it holds no
/// secret, whatever the file holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The credentials file can't be read.
    #[error("the credentials file {} can't be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Something in the credentials file is wrong.
    #[error("{}, line {line}, column {column}: {problem}", path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// The character in the line, from 1.
        column: usize,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Something in a policy file, or with it, is wrong.
    #[error(
        "the policy file {}, which access key {access_key} names in {}, line {line}: {problem}",
        path.display(), credentials.display()
    )]
    Policy {
        /// The policy file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// The id of the access key that the policy is for.
        access_key: String,
        /// The credentials file.
        credentials: PathBuf,
        /// The line of the credentials file that names the policy file.
        line: usize,
    },
}
