//! Lets curl sign a request of each plane.
//!
//! For every service but S3, the path that is signed is the path of the request with its percent signs
//! encoded once more. Many versions of `curl --aws-sigv4` sign the path as it is sent. The control
//! plane's paths have no percent signs; the data plane's hold the store's ARN, which has six.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::check_server::{Plane, path};
use super::report::Finding;
use crate::connect_options::Credentials;
use crate::machine::Machine;
use crate::programs;

/// curl's own deadline is in [`OPTIONS`].
const RUN_DEADLINE: Duration = Duration::from_secs(15);

/// Without the user's configuration and proxy; more of them comes from standard input.
const OPTIONS: [&str; 9] = [
    "--disable",
    "--silent",
    "--include",
    "--noproxy",
    "*",
    "--max-time",
    "10",
    "--config",
    "-",
];

/// Reports whether curl can sign for the data plane. There is no finding on a machine without curl, or where
/// that can't be found out.
pub(super) async fn check(machine: &Machine) -> Option<Finding> {
    let curl = programs::find(&machine.environment, "curl")?;
    let control = ask(machine, &curl, Plane::Control).await?;
    if !control.starts_with("HTTP/1.1 200 ") {
        return None;
    }
    let data = ask(machine, &curl, Plane::Data).await?;
    let name = format!("curl --aws-sigv4 ({})", curl.display());
    if data.contains("InvalidSignatureException") {
        let text = format!(
            "{name} signs the data plane's path as it is sent; to be signed, its percent signs have \
             to be encoded once more, and so it is refused with InvalidSignatureException"
        );
        return Some(
            Finding::note(text)
                .fix("use curl for the control plane alone, and the AWS CLI for the data plane"),
        );
    }
    let is_understood = ["HTTP/1.1 200 ", "ResourceNotFoundException"];
    is_understood
        .iter()
        .any(|text| data.contains(text))
        .then(|| Finding::ok(format!("{name} can sign for both planes")))
}

/// The head and the body of the answer; `None` if curl gets none.
async fn ask(machine: &Machine, curl: &Path, plane: Plane) -> Option<String> {
    let mut child = Command::new(curl)
        .args(OPTIONS)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let config = config(machine, plane)?;
    let mut input = child.stdin.take()?;
    let talk = async {
        input.write_all(config.as_bytes()).await?;
        drop(input);
        child.wait_with_output().await
    };
    let Output { status, stdout, .. } =
        tokio::time::timeout(RUN_DEADLINE, talk).await.ok()?.ok()?;
    status
        .success()
        .then(|| String::from_utf8_lossy(&stdout).into_owned())
}

/// What curl reads from standard input, since others may see its command line. `None` if the machine's
/// credentials are not ours.
fn config(machine: &Machine, plane: Plane) -> Option<String> {
    let Credentials::Ours(key) = &machine.credentials else {
        return None;
    };
    let user = quoted(&format!("{}:{}", key.id, key.secret));
    let url = quoted(&format!("{}{}", machine.endpoint, path(machine, plane)));
    let scope = format!("aws:amz:us-east-1:{}", plane.service());
    Some(format!(
        "user = {user}\naws-sigv4 = \"{scope}\"\nurl = {url}\n"
    ))
}

/// A value of curl's configuration.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect_options::AccessKey;

    #[test]
    fn a_secret_is_one_value_of_the_configuration() {
        assert_eq!(quoted("a\"b\\c\nd"), "\"a\\\"b\\\\c\\nd\"");
    }

    #[test]
    fn curl_is_given_our_key_alone() {
        let machine = Machine::plain([("AWS_PROFILE", "work")].into());
        assert_eq!(config(&machine, Plane::Control), None);
        let machine = machine.with_key(AccessKey::development("000000000000"));
        assert_eq!(
            config(&machine, Plane::Control).unwrap(),
            "user = \"test:test\"\n\
             aws-sigv4 = \"aws:amz:us-east-1:cloudfront\"\n\
             url = \"http://127.0.0.1:4566/2020-05-31/key-value-store?MaxItems=1\"\n"
        );
    }
}
