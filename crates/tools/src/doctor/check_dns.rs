//! Checks the name that SDKs make of the endpoint's: the account before it.

use std::net::{IpAddr, SocketAddr};

use super::report::Finding;
use crate::http_client::{HttpClient, certificate_error};
use crate::machine::Machine;
use crate::plan;

/// The reply of the server when it is asked by that name at one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reply {
    Answered,
    /// The server's certificate is for other names.
    CertificateOfAnotherName,
    Silent,
}

/// Checks what the name resolves to, and asks each address for an answer if the server serves at all.
pub(super) async fn check(machine: &Machine, serves: bool) -> Vec<Finding> {
    let mut replies = Vec::new();
    if let Some(name) = machine.prefixed_name().filter(|_| serves) {
        for address in &machine.lookup.addresses {
            replies.push((*address, ask(machine, &name, *address).await));
        }
    }
    judge(machine, &replies)
}

async fn ask(machine: &Machine, name: &str, address: IpAddr) -> Reply {
    let address = SocketAddr::new(address, machine.endpoint.port);
    let client = HttpClient::at(&machine.endpoint, &machine.environment, name, address);
    let answer = match client {
        Ok(client) => client.get("/healthz").await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) if answer.status.is_success() => Reply::Answered,
        // An untrusted issuer would have been found at the endpoint itself.
        Err(error) if certificate_error(&error).is_some() => Reply::CertificateOfAnotherName,
        _ => Reply::Silent,
    }
}

/// The finding from the lookup and the replies.
fn judge(machine: &Machine, replies: &[(IpAddr, Reply)]) -> Vec<Finding> {
    let Some(name) = machine.prefixed_name() else {
        return vec![no_name(machine)];
    };
    let lookup = &machine.lookup;
    let addresses = list(&lookup.addresses);
    if lookup.addresses.is_empty() {
        return vec![unresolved(
            machine,
            format!("{name} does not resolve on this machine"),
        )];
    }
    if !lookup.reaches {
        return vec![unresolved(
            machine,
            format!("{name} resolves to {addresses}, not to Keyfront"),
        )];
    }
    let with = |wanted| -> Vec<IpAddr> {
        let found = replies.iter().filter(|(_, reply)| *reply == wanted);
        found.map(|(address, _)| *address).collect()
    };
    let silent = with(Reply::Silent);
    let mut findings = Vec::new();
    if !with(Reply::CertificateOfAnotherName).is_empty() {
        findings.push(wrong_certificate(machine, &name));
    } else if silent.is_empty() {
        findings.push(Finding::ok(format!("{name} resolves to {addresses}")));
    }
    if !silent.is_empty() {
        findings.push(silence(machine, &name, &silent));
    }
    if !lookup.without_library {
        let text = format!("{name} is known to the system's library only");
        let (exec, remedy) = (machine.command_line("exec"), plan::remedy(machine));
        findings.push(Finding::note(text).fix(format!(
            "Terraform and other static Go programs: {exec} -- COMMAND, or {remedy}"
        )));
    }
    findings
}

fn wrong_certificate(machine: &Machine, name: &str) -> Finding {
    let user = machine.endpoint.with_user();
    Finding::note(format!("the server's certificate is not for {name}"))
        .fix(format!(
            "all clients: a certificate for {name}, or with a wildcard"
        ))
        .fix(format!("the AWS CLI and boto3: the endpoint {user} works"))
}

fn list(addresses: &[IpAddr]) -> String {
    let texts: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    texts.join(", ")
}

fn silence(machine: &Machine, name: &str, silent: &[IpAddr]) -> Finding {
    let text = format!(
        "{name} resolves to {}, where Keyfront does not answer",
        list(silent)
    );
    let port = machine.endpoint.port;
    let fix = format!(
        "let it listen on both: keyfront serve --listen 127.0.0.1:{port} --listen '[::1]:{port}'"
    );
    if silent.len() == machine.lookup.addresses.len() {
        return Finding::problem(text).fix(fix);
    }
    let first = silent.first() == machine.lookup.addresses.first();
    let delay = if first {
        "; clients try that first"
    } else {
        ""
    };
    Finding::note(format!("{text}{delay}")).fix(fix)
}

fn no_name(machine: &Machine) -> Finding {
    let env = machine.command_line("env");
    let endpoint = &machine.endpoint;
    Finding::note(format!(
        "the SDKs can't put the account before an address, as in {endpoint}"
    ))
    .fix(format!("the AWS CLI and boto3: {env} --client boto3"))
    .fix(format!(
        "JavaScript: {env} --client js; Bun: {env} --client bun"
    ))
    .fix(format!(
        "aiobotocore, Deno, Go, Java, Ruby, Rust, Terraform: {env} --client NAME"
    ))
    .fix("all clients: a name for it, with a wildcard below it")
}

fn unresolved(machine: &Machine, text: String) -> Finding {
    let (env, exec) = (machine.command_line("env"), machine.command_line("exec"));
    let user = machine.endpoint.with_user();
    let mut finding = Finding::note(text).fix(format!("all clients: {}", plan::remedy(machine)));
    if machine.endpoint.is_local() {
        finding = finding
            .fix("all clients and accounts, but not Terraform: apt install libnss-myhostname");
    }
    finding = finding
        .fix(format!(
            "the AWS CLI and boto3: nothing to do, the endpoint {user} works"
        ))
        .fix(format!(
            "JavaScript: {exec} -- node …, or {env} --client js"
        ))
        .fix(format!("Bun: {exec} -- bun …, or {env} --client bun"));
    if machine.endpoint.secure {
        return finding;
    }
    finding
        .fix(format!(
            "Go, Terraform: {exec} -- terraform …, or {env} --client go"
        ))
        .fix(format!(
            "aiobotocore, aioboto3: {exec} -- python …, or {env} --client aiobotocore"
        ))
        .fix(format!("Deno: {exec} -- deno …, or {env} --client deno"))
        .fix(format!("Ruby: {exec} -- ruby …, or {env} --client ruby"))
        .fix(format!("Rust: {exec} -- cargo …, or {env} --client rust"))
        .fix(format!("Java: {exec} -- mvn …, or {env} --client java"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Grade;

    const LOOPBACK_V6: IpAddr = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);

    fn grades(machine: &Machine, replies: &[(IpAddr, Reply)]) -> Vec<Grade> {
        judge(machine, replies)
            .iter()
            .map(|finding| finding.grade)
            .collect()
    }

    #[test]
    fn a_name_that_does_not_resolve_has_a_fix_for_each_client() {
        let findings = judge(&Machine::plain([].into()), &[]);
        assert_eq!(findings[0].grade, Grade::Note);
        let fixes = findings[0].fixes.join("\n");
        for word in [
            "/etc/hosts",
            "boto3",
            "http://x@127.0.0.1:4566",
            "aiobotocore",
            "JavaScript",
            "Bun",
            "Deno",
            "Go",
            "Ruby",
            "Rust",
            "Java",
            "Terraform",
        ] {
            assert!(fixes.contains(word), "{word} in {fixes}");
        }
    }

    #[test]
    fn a_silent_address_matters_more_if_it_is_the_only_one() {
        let both = Machine::plain([].into()).with_names(&["::1", "127.0.0.1"], true);
        assert_eq!(grades(&both, &[]), [Grade::Ok]);
        assert_eq!(
            grades(&both, &[(LOOPBACK_V6, Reply::Silent)]),
            [Grade::Note]
        );
        assert!(
            judge(&both, &[(LOOPBACK_V6, Reply::Silent)])[0]
                .text
                .contains("clients try that first")
        );
        let six = Machine::plain([].into()).with_names(&["::1"], true);
        assert_eq!(
            grades(&six, &[(LOOPBACK_V6, Reply::Silent)]),
            [Grade::Problem]
        );
    }

    #[test]
    fn a_certificate_must_be_for_the_name_with_the_account() {
        let machine = Machine::plain([].into())
            .at("https://kvs.example")
            .with_names(&["192.0.2.1"], true);
        let address = "192.0.2.1".parse().unwrap();
        let findings = judge(&machine, &[(address, Reply::CertificateOfAnotherName)]);
        assert_eq!(findings.len(), 1);
        assert_eq!(
            findings[0].text,
            "the server's certificate is not for 000000000000.kvs.example"
        );
        assert_eq!(grades(&machine, &[(address, Reply::Answered)]), [Grade::Ok]);
    }

    #[test]
    fn static_programs_are_thought_of() {
        let machine = Machine::plain([].into()).with_names(&["127.0.0.1"], false);
        assert_eq!(grades(&machine, &[]), [Grade::Ok, Grade::Note]);
    }

    #[test]
    fn an_address_takes_no_account() {
        let machine = Machine::plain([].into()).at("http://192.0.2.1:4566");
        assert_eq!(grades(&machine, &[]), [Grade::Note]);
    }
}
