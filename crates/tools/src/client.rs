//! The clients of AWS that are known by name.

use std::ffi::OsStr;
use std::path::Path;

use clap::ValueEnum;

/// A client of AWS, or a family of them.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    AwsCli,
    Awslocal,
    Boto3,
    #[value(alias = "aioboto3")]
    Aiobotocore,
    Httpx,
    Js,
    Bun,
    Deno,
    Go,
    Java,
    Ruby,
    Rust,
    Terraform,
}

impl Client {
    /// The name in a sentence.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AwsCli => "the AWS CLI",
            Self::Awslocal => "awslocal",
            Self::Boto3 => "boto3",
            Self::Aiobotocore => "aiobotocore and aioboto3",
            Self::Httpx => "httpx",
            Self::Js => "the AWS SDK for JavaScript",
            Self::Bun => "Bun",
            Self::Deno => "Deno",
            Self::Go => "the AWS SDK for Go",
            Self::Java => "the AWS SDK for Java",
            Self::Ruby => "the AWS SDK for Ruby",
            Self::Rust => "the AWS SDK for Rust",
            Self::Terraform => "Terraform",
        }
    }

    /// The client that a command is known to use; `None` for a shell, `make` and others that may use
    /// any.
    pub(crate) fn of_command(command: &OsStr) -> Option<Self> {
        let name = Path::new(command).file_name()?.to_str()?;
        match name {
            "aws" | "aws2" => Some(Self::AwsCli),
            "awslocal" => Some(Self::Awslocal),
            "pytest" | "py.test" | "ipython" | "jupyter" | "tox" | "nox" => Some(Self::Boto3),
            "node" | "nodejs" | "npm" | "npx" | "pnpm" | "yarn" | "tsx" | "ts-node" | "jest"
            | "vitest" => Some(Self::Js),
            "bun" | "bunx" => Some(Self::Bun),
            "deno" => Some(Self::Deno),
            "ruby" | "irb" | "bundle" | "rake" | "rspec" | "rails" => Some(Self::Ruby),
            "terraform" | "tofu" | "terragrunt" => Some(Self::Terraform),
            _ => is_python(name).then_some(Self::Boto3),
        }
    }
}

/// `python`, `python3`, `pypy3.11`.
fn is_python(name: &str) -> bool {
    let version = name.strip_prefix("python").or(name.strip_prefix("pypy"));
    version.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_known_by_name() {
        for (command, client) in [
            ("aws", Some(Client::AwsCli)),
            ("/usr/local/bin/aws", Some(Client::AwsCli)),
            ("awslocal", Some(Client::Awslocal)),
            ("python", Some(Client::Boto3)),
            ("python3.13", Some(Client::Boto3)),
            (".venv/bin/pytest", Some(Client::Boto3)),
            ("npx", Some(Client::Js)),
            ("/home/ada/.bun/bin/bunx", Some(Client::Bun)),
            ("deno", Some(Client::Deno)),
            ("bundle", Some(Client::Ruby)),
            ("tofu", Some(Client::Terraform)),
            ("pythonista", None),
            ("sh", None),
            ("./deploy", None),
        ] {
            assert_eq!(Client::of_command(OsStr::new(command)), client, "{command}");
        }
    }
}
