//! Lets the clients of this machine that are programs of their own ask Keyfront for a store.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::check_curl;
use super::check_server::MISSING_STORE;
use super::report::Finding;
use crate::client::Client;
use crate::environment::changes::{self, Variable};
use crate::environment::shell;
use crate::machine::Machine;
use crate::plan;
use crate::programs::{self, interpreter};
use crate::text::excerpt;

/// A Python program takes a second to start, and more on a busy machine.
const RUN_DEADLINE: Duration = Duration::from_secs(30);

/// The exit code of the scripts below if the library is not there.
const NO_LIBRARY: i32 = 3;

/// Asks for a store by boto3, as `aws cloudfront-keyvaluestore describe-key-value-store` does.
const BOTO3_SCRIPT: &str = "
import sys
try:
    import boto3
except ImportError:
    sys.exit(3)
boto3.client('cloudfront-keyvaluestore').describe_key_value_store(KvsARN=sys.argv[1])
";

/// The same by aiobotocore, on which aioboto3 stands.
const AIOBOTOCORE_SCRIPT: &str = "
import asyncio, sys
try:
    from aiobotocore.session import get_session
except ImportError:
    sys.exit(3)
async def ask():
    async with get_session().create_client('cloudfront-keyvaluestore') as client:
        await client.describe_key_value_store(KvsARN=sys.argv[1])
asyncio.run(ask())
";

/// Runs each of the clients that are installed in the environment that `keyfront exec` would give it,
/// with the machine's credentials, which must be ours.
pub(super) async fn check(machine: &Machine) -> Vec<Finding> {
    let (cli, boto3, aiobotocore, curl) = tokio::join!(
        aws_cli(machine),
        boto3(machine),
        aiobotocore(machine),
        check_curl::check(machine)
    );
    let mut findings = vec![cli, boto3];
    findings.extend(aiobotocore);
    findings.extend(curl);
    findings.extend(hints(machine));
    findings
}

async fn aws_cli(machine: &Machine) -> Finding {
    let Some(path) = programs::find(&machine.environment, "aws") else {
        return Finding::note("the AWS CLI is not on the PATH");
    };
    let arn = arn(machine);
    let words = [
        "cloudfront-keyvaluestore",
        "describe-key-value-store",
        "--cli-connect-timeout=5",
        "--cli-read-timeout=10",
        "--kvs-arn",
        &arn,
    ];
    let attempt = run(machine, Client::AwsCli, &path, &words).await;
    let python = interpreter(&path).map_or_else(
        || "with the Python that runs it: python".to_owned(),
        |python| shell::word(&python),
    );
    judge(
        "the AWS CLI",
        &path,
        &format!("{python} -m pip install"),
        &attempt,
    )
}

async fn boto3(machine: &Machine) -> Finding {
    let Some(path) = programs::find(&machine.environment, "python3") else {
        return Finding::note("python3 is not on the PATH: boto3 is not checked");
    };
    let words = ["-c", BOTO3_SCRIPT, &arn(machine)];
    let attempt = run(machine, Client::Boto3, &path, &words).await;
    judge("boto3", &path, PIP, &attempt)
}

/// No finding on a machine without aiobotocore.
async fn aiobotocore(machine: &Machine) -> Option<Finding> {
    let path = programs::find(&machine.environment, "python3")?;
    let words = ["-c", AIOBOTOCORE_SCRIPT, &arn(machine)];
    let attempt = run(machine, Client::Aiobotocore, &path, &words).await;
    (attempt != Attempt::NotInstalled)
        .then(|| judge("aiobotocore", &path, PIP, &attempt).at_most_a_note())
}

const PIP: &str = "python3 -m pip install";

fn arn(machine: &Machine) -> String {
    format!(
        "arn:aws:cloudfront::{}:key-value-store/{MISSING_STORE}",
        machine.account
    )
}

/// How a client ended that asked for the store.
#[derive(Debug, PartialEq, Eq)]
enum Attempt {
    /// It got an answer from Keyfront.
    Answered,
    /// It lacks the library that signs with SigV4A.
    NoSigner,
    /// It is older than the service.
    TooOld,
    NotInstalled,
    /// It could sign, and got no answer.
    Unreached,
    Other(String),
}

async fn run(machine: &Machine, client: Client, program: &Path, words: &[&str]) -> Attempt {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).kill_on_drop(true);
    for Variable { name, value } in variables(machine, client) {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    match tokio::time::timeout(RUN_DEADLINE, command.output()).await {
        Err(_) => Attempt::Other(format!("no answer within {} s", RUN_DEADLINE.as_secs())),
        Ok(Err(error)) => Attempt::Other(format!("it can't be run: {error}")),
        Ok(Ok(output)) => parse_attempt(
            output.status.code(),
            &String::from_utf8_lossy(&output.stderr),
        ),
    }
}

/// The variables of a plan for the client, without retries and without a pager.
fn variables(machine: &Machine, client: Client) -> Vec<Variable> {
    let mut variables = vec![
        Variable::set("AWS_MAX_ATTEMPTS", "1"),
        Variable::set("AWS_PAGER", ""),
    ];
    // There is a plan for the AWS CLI and boto3 on every machine, and the finding says what other clients lack.
    if let Ok(plan) = plan::for_client(machine, client) {
        variables.extend(changes::of_plan(machine, &plan, &[] as &[&str]));
    }
    variables
}

fn parse_attempt(code: Option<i32>, stderr: &str) -> Attempt {
    let says = |texts: &[&str]| texts.iter().any(|text| stderr.contains(text));
    if code == Some(0) || says(&["ResourceNotFoundException", "AccessDeniedException"]) {
        Attempt::Answered
    } else if says(&["botocore[crt]", "Missing Dependency"]) {
        Attempt::NoSigner
    } else if says(&["Invalid choice", "UnknownServiceError"]) {
        Attempt::TooOld
    } else if code == Some(NO_LIBRARY) {
        Attempt::NotInstalled
    } else if says(&[
        "Could not connect",
        "EndpointConnectionError",
        "Connect timeout",
    ]) {
        Attempt::Unreached
    } else {
        let last = stderr.lines().rev().find(|line| !line.trim().is_empty());
        Attempt::Other(excerpt(last.unwrap_or("it failed and printed nothing")))
    }
}

fn judge(name: &str, program: &Path, install: &str, attempt: &Attempt) -> Finding {
    let client = format!("{name} ({})", program.display());
    match attempt {
        Attempt::Answered => Finding::ok(format!("{client} reaches the data plane")),
        Attempt::Unreached => Finding::ok(format!("{client} can sign for the data plane")),
        Attempt::NotInstalled => Finding::note(format!("{client} is not installed")),
        Attempt::NoSigner => Finding::problem(format!(
            "{client} can't sign for the data plane without awscrt"
        ))
        .fix(format!("{install} 'botocore[crt]'")),
        Attempt::TooOld => Finding::problem(format!("{client} is too old to know the data plane"))
            .fix(format!("{install} --upgrade awscli boto3 'botocore[crt]'")),
        Attempt::Other(text) => Finding::problem(format!("{client}: {text}")),
    }
}

/// Of other clients: the command by which the doctor knows that the machine may have one, what is to be
/// known of it, and what helps.
const HINTS: [(&str, &str, &str); 6] = [
    (
        "node",
        "JavaScript needs a signer for the data plane, which is not checked",
        "npm install @aws-sdk/signature-v4a, and in the program: import '@aws-sdk/signature-v4a'",
    ),
    (
        "bun",
        "Bun resolves no account's name and knows no proxy in node:http; it needs a signer, too",
        "keyfront exec -- bun FILE, or BUN_OPTIONS as keyfront env --client bun prints it",
    ),
    (
        "deno",
        "Deno uses a proxy in node:http only if a variable says so; it needs a signer, too",
        "keyfront exec -- deno run FILE; with --allow-net, allow Keyfront's address and \
         ACCOUNT.keyfront.invalid with the port",
    ),
    (
        "java",
        "Java needs a signer for the data plane, which is not checked",
        "add software.amazon.awssdk:http-auth-aws-crt to the class path",
    ),
    (
        "ruby",
        "Ruby needs a gem that signs for the data plane, which is not checked",
        "gem install aws-sdk-cloudfront aws-sdk-cloudfrontkeyvaluestore (aws-sigv4 1.9 or newer)",
    ),
    (
        "awslocal",
        "awslocal reads no endpoint but AWS_ENDPOINT_URL, and sends all services there",
        "keyfront exec -- awslocal COMMAND, or the same with aws",
    ),
];

/// What other clients need that is not checked.
fn hints(machine: &Machine) -> Vec<Finding> {
    let known = HINTS
        .iter()
        .filter(|(command, ..)| programs::find(&machine.environment, command).is_some());
    known
        .map(|(_, text, fix)| Finding::note(text).fix(fix))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Grade;

    #[test]
    fn understands_what_clients_say() {
        for (code, stderr, expected) in [
            (
                254,
                "An error occurred (ResourceNotFoundException) when calling",
                Attempt::Answered,
            ),
            (
                255,
                "Missing Dependency: This operation requires an additional dependency.",
                Attempt::NoSigner,
            ),
            (
                1,
                "botocore.exceptions.MissingDependencyException: … pip install botocore[crt]",
                Attempt::NoSigner,
            ),
            (
                2,
                "aws: error: argument command: Invalid choice, valid choices are:",
                Attempt::TooOld,
            ),
            (
                1,
                "botocore.exceptions.UnknownServiceError: Unknown service",
                Attempt::TooOld,
            ),
            (3, "", Attempt::NotInstalled),
            (
                255,
                "\nCould not connect to the endpoint URL: \"http://…\"",
                Attempt::Unreached,
            ),
            (
                255,
                "Traceback\nsomething else\n\n",
                Attempt::Other("something else".into()),
            ),
        ] {
            assert_eq!(parse_attempt(Some(code), stderr), expected, "{stderr}");
        }
    }

    #[test]
    fn a_missing_signer_is_a_problem_with_a_fix() {
        let finding = judge(
            "boto3",
            Path::new("python3"),
            "python3 -m pip install",
            &Attempt::NoSigner,
        );
        assert_eq!(finding.grade, Grade::Problem);
        assert_eq!(finding.fixes, ["python3 -m pip install 'botocore[crt]'"]);
    }

    #[test]
    fn hints_are_given_for_what_the_machine_has() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let machine = Machine::plain([("PATH", path)].into());
        assert_eq!(hints(&machine), []);
        for (command, text, _) in HINTS {
            std::fs::write(folder.path().join(command), "").unwrap();
            let found = hints(&machine);
            assert!(
                found.iter().any(|finding| finding.text == text),
                "{command}"
            );
        }
        assert_eq!(hints(&machine).len(), HINTS.len());
    }
}
