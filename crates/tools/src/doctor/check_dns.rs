use std::net::{IpAddr, SocketAddr};

use super::http_client::Probe;
use super::report::Finding;
use crate::machine::Machine;
use crate::plan;

/// Checks the name that SDKs make of the endpoint's.
pub(super) async fn check(machine: &Machine, probe: &Probe, serves: bool) -> Vec<Finding> {
    let mut silent = Vec::new();
    if serves {
        for address in &machine.lookup.addresses {
            if !answers(machine, probe, *address).await {
                silent.push(*address);
            }
        }
    }
    judge(machine, &silent)
}

async fn answers(machine: &Machine, probe: &Probe, address: IpAddr) -> bool {
    let Ok(request) = probe.request("/healthz") else {
        return false;
    };
    let address = SocketAddr::new(address, machine.endpoint.port);
    probe
        .send_to(address, request)
        .await
        .is_ok_and(|answer| answer.status.is_success())
}

/// What the lookup means, where these addresses gave no answer.
fn judge(machine: &Machine, silent: &[IpAddr]) -> Vec<Finding> {
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
    let mut findings = vec![if silent.is_empty() {
        Finding::ok(format!("{name} resolves to {addresses}"))
    } else {
        silence(machine, &name, silent)
    }];
    if !lookup.without_library {
        let text = format!("{name} is known to the system's library only");
        let (exec, remedy) = (machine.tool("exec"), plan::remedy(machine));
        findings.push(Finding::note(text).fix(format!(
            "Terraform and other static Go programs: {exec} -- COMMAND, or {remedy}"
        )));
    }
    findings
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
    let env = machine.tool("env");
    let endpoint = &machine.endpoint;
    Finding::note(format!(
        "the SDKs can't put the account before an address, as in {endpoint}"
    ))
    .fix(format!("the AWS CLI and boto3: {env} --client boto3"))
    .fix(format!("JavaScript: {env} --client js"))
    .fix(format!("Go, Java, Rust, Terraform: {env} --client go"))
    .fix("all clients: a name for it, with a wildcard below it")
}

fn unresolved(machine: &Machine, text: String) -> Finding {
    let (env, exec) = (machine.tool("env"), machine.tool("exec"));
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
        ));
    if machine.endpoint.secure {
        return finding;
    }
    finding
        .fix(format!(
            "Go, Terraform: {exec} -- terraform …, or {env} --client go"
        ))
        .fix(format!("Rust: {exec} -- cargo …, or {env} --client rust"))
        .fix(format!(
            "Java (but its Netty client): {exec} -- mvn …, or {env} --client java"
        ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Grade;

    const LOOPBACK_V6: IpAddr = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);

    fn grades(machine: &Machine, silent: &[IpAddr]) -> Vec<Grade> {
        judge(machine, silent)
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
            "JavaScript",
            "Go",
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
        assert_eq!(grades(&both, &[LOOPBACK_V6]), [Grade::Note]);
        assert!(
            judge(&both, &[LOOPBACK_V6])[0]
                .text
                .contains("clients try that first")
        );
        let six = Machine::plain([].into()).with_names(&["::1"], true);
        assert_eq!(grades(&six, &[LOOPBACK_V6]), [Grade::Problem]);
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
