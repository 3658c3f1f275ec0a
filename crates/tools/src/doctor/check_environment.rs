//! Checks the variables of this shell that lead a client to Keyfront, or away from it.

use super::report::Finding;
use crate::endpoint::Endpoint;
use crate::environment::changes::Variable;
use crate::environment::shell::Shell;
use crate::environment::{CONTROL_ENDPOINT, DATA_ENDPOINT, Environment};
use crate::machine::Machine;
use crate::name_lookup::prefixed;
use crate::proxy;
use crate::text::excerpt;

/// Variables whose names are like those of the endpoints, and which Terraform's provider reads.
const TERRAFORM_ENDPOINTS: [&str; 2] = [
    "TF_AWS_CLOUDFRONT_ENDPOINT",
    "TF_AWS_CLOUDFRONT_KEYVALUESTORE_ENDPOINT",
];

/// Checks the environment of this process, which is that of the shell.
pub(super) fn check(machine: &Machine) -> Vec<Finding> {
    let mut findings = endpoints(machine);
    findings.extend(misspelt(&machine.environment));
    findings.extend(ignored(&machine.environment));
    findings.extend(variants(&machine.environment));
    findings.extend(region(&machine.environment));
    findings.extend(proxies(machine));
    findings
}

fn endpoints(machine: &Machine) -> Vec<Finding> {
    let control = machine.environment.text(CONTROL_ENDPOINT);
    let data = machine.environment.text(DATA_ENDPOINT);
    if control.is_none() && data.is_none() {
        return vec![unset(machine)];
    }
    vec![
        control_endpoint(machine, control.as_deref()),
        data_endpoint(machine, data.as_deref()),
    ]
}

fn unset(machine: &Machine) -> Finding {
    let finding = match machine.environment.text("AWS_ENDPOINT_URL") {
        Some(url) if url.contains('@') && proxy::leads_to(&url, &machine.endpoint) => {
            return Finding::ok(
                "AWS_ENDPOINT_URL leads to Keyfront, for the AWS CLI, awslocal and boto3; other \
                 services' requests go there, too",
            );
        }
        Some(url) => Finding::problem(format!(
            "AWS_ENDPOINT_URL sends all services to {}, and has no place for the account that the \
             data plane's requests carry in their host",
            excerpt(&url)
        )),
        None => Finding::note("no endpoint variable is set here: clients go to AWS"),
    };
    finding
        .fix(format!("for this shell: {}", eval(machine)))
        .fix(format!(
            "for one command: {} -- COMMAND",
            machine.command_line("exec")
        ))
}

fn eval(machine: &Machine) -> String {
    format!("eval \"$({})\"", machine.command_line("env"))
}

fn missing(machine: &Machine, name: &str, plane: &str) -> Finding {
    Finding::problem(format!(
        "{name} is not set: the {plane} plane's requests go to AWS"
    ))
    .fix(eval(machine))
}

fn control_endpoint(machine: &Machine, value: Option<&str>) -> Finding {
    match value {
        None => missing(machine, CONTROL_ENDPOINT, "control"),
        Some(value) if proxy::leads_to(value, &machine.endpoint) => {
            Finding::ok(format!("{CONTROL_ENDPOINT} leads to Keyfront"))
        }
        Some(value) => elsewhere(machine, CONTROL_ENDPOINT, value),
    }
}

fn elsewhere(machine: &Machine, name: &str, value: &str) -> Finding {
    let endpoint = &machine.endpoint;
    Finding::problem(format!(
        "{name} is {}, but Keyfront is looked for at {endpoint}",
        excerpt(value)
    ))
    .fix(eval(machine))
    .fix("if Keyfront is elsewhere, name it: --endpoint URL")
}

fn data_endpoint(machine: &Machine, value: Option<&str>) -> Finding {
    let Some(value) = value else {
        return missing(machine, DATA_ENDPOINT, "data");
    };
    let Ok(endpoint) = value.parse::<Endpoint>() else {
        return elsewhere(machine, DATA_ENDPOINT, value);
    };
    if endpoint.host.is_named(proxy::RESERVED_NAME) {
        return through_proxy(machine);
    }
    if !proxy::leads_to(value, &machine.endpoint) {
        return elsewhere(machine, DATA_ENDPOINT, value);
    }
    if value.contains('@') {
        return Finding::ok(format!(
            "{DATA_ENDPOINT} leads to Keyfront, for the AWS CLI and boto3, and no other client"
        ));
    }
    named(machine, &endpoint)
}

fn through_proxy(machine: &Machine) -> Finding {
    let found = machine.environment.first(&["HTTP_PROXY", "http_proxy"]);
    if found.is_some_and(|(_, url)| proxy::leads_to(&url.to_string_lossy(), &machine.endpoint)) {
        return Finding::ok(format!("{DATA_ENDPOINT} leads to Keyfront, by HTTP_PROXY"));
    }
    Finding::problem(format!(
        "{DATA_ENDPOINT} needs Keyfront as HTTP_PROXY, which is not set so"
    ))
    .fix(eval(machine))
}

/// Judges an endpoint before whose host the SDKs put the account.
fn named(machine: &Machine, endpoint: &Endpoint) -> Finding {
    if endpoint.has_name() && machine.lookup.reaches {
        return Finding::ok(format!("{DATA_ENDPOINT} leads to Keyfront"));
    }
    let becomes = endpoint.at(&prefixed(&machine.account, &endpoint.host.to_string()));
    let user = machine.endpoint.with_user();
    let (env, exec) = (machine.command_line("env"), machine.command_line("exec"));
    Finding::problem(format!(
        "{DATA_ENDPOINT} becomes {becomes}, which can't be resolved here"
    ))
    .fix(format!(
        "the AWS CLI and boto3: export {DATA_ENDPOINT}={user}"
    ))
    .fix(format!("others: {env} --client NAME, or {exec} -- COMMAND"))
}

/// Variables that look as if they set one of the endpoints, and that no client reads.
fn misspelt(environment: &Environment) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, _) in environment.texts() {
        let upper = name.to_ascii_uppercase();
        let alike = upper.contains("ENDPOINT") && upper.contains("CLOUDFRONT");
        let known = [CONTROL_ENDPOINT, DATA_ENDPOINT].contains(&&*name)
            || TERRAFORM_ENDPOINTS.contains(&&*name);
        if !alike || known {
            continue;
        }
        let meant = match upper.contains("VALUE") {
            true => DATA_ENDPOINT,
            false => CONTROL_ENDPOINT,
        };
        let text = format!("{} is no variable that clients read", excerpt(&name));
        findings.push(Finding::note(text).fix(format!("{meant} is one")));
    }
    findings
}

fn ignored(environment: &Environment) -> Option<Finding> {
    const NAME: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
    let value = environment.text(NAME)?;
    value.eq_ignore_ascii_case("true").then(|| {
        Finding::problem(format!(
            "{NAME} makes clients ignore the endpoint variables"
        ))
        .fix(format!("unset {NAME}"))
    })
}

/// Variants of AWS's own endpoints, which the endpoint rules of the SDKs refuse beside an endpoint that
/// is given. botocore leaves them out then.
fn variants(environment: &Environment) -> Vec<Finding> {
    let set = ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"]
        .into_iter()
        .filter(|name| {
            let value = environment.text(name);
            value.is_some_and(|value| value.eq_ignore_ascii_case("true"))
        });
    set.map(|name| {
        Finding::note(format!(
            "{name} makes all SDKs but botocore's refuse an endpoint that is given"
        ))
        .fix(format!("for Keyfront's clients: unset {name}"))
    })
    .collect()
}

/// The region matters only where the endpoints are set, since `keyfront env` sets both.
fn region(environment: &Environment) -> Option<Finding> {
    environment.first(&[CONTROL_ENDPOINT, DATA_ENDPOINT])?;
    if environment.get("AWS_DEFAULT_REGION").is_some() {
        return None;
    }
    let text = match environment.get("AWS_REGION") {
        Some(_) => "AWS_REGION is set, which boto3 and the AWS CLI 1 don't read",
        None => "no region is set here, and not all clients have a default",
    };
    let export = "export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1";
    Some(Finding::note(text).fix(format!("{export}, unless ~/.aws/config has one")))
}

/// A proxy of the user that gets the requests for Keyfront.
fn proxies(machine: &Machine) -> Option<Finding> {
    let environment = &machine.environment;
    let (name, value) = proxy::of_user(environment, &machine.endpoint)?;
    let mut hosts = vec![machine.endpoint.host.bare()];
    hosts.extend(data_host(machine));
    let caught = hosts
        .iter()
        .find(|host| !proxy::exempts(environment, host))?;
    let value = excerpt(&value.to_string_lossy());
    let text = format!("{name} sends requests for {caught} to {value}");
    if environment
        .first(&[CONTROL_ENDPOINT, DATA_ENDPOINT])
        .is_none()
    {
        let fix = "nothing to do: keyfront env and keyfront exec set NO_PROXY";
        return Some(Finding::note(text).fix(fix));
    }
    let more = proxy::hosts_of_keyfront(&machine.endpoint);
    let list = Variable::set("NO_PROXY", proxy::no_proxy(environment, &more));
    let export = Shell::Sh.line(&list).unwrap_or_default();
    Some(Finding::problem(text).fix(String::from_utf8_lossy(&export)))
}

/// The host of the data plane as botocore compares it with `NO_PROXY`.
fn data_host(machine: &Machine) -> Option<String> {
    let url = machine.environment.text(DATA_ENDPOINT)?;
    Some(match url.parse::<Endpoint>() {
        Ok(_) if url.contains('@') => format!("x@{}", machine.endpoint.host),
        Ok(endpoint) => prefixed(&machine.account, &endpoint.host.to_string()),
        Err(_) => machine.endpoint.host.bare(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;
    use crate::doctor::report::Grade;
    use crate::environment::changes;
    use crate::plan::{for_all, for_client};

    const HERE: &str = "http://127.0.0.1:4566";

    fn grades(environment: &[(&str, &str)]) -> Vec<Grade> {
        let pairs = environment
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        let machine = Machine::plain(pairs.collect());
        check(&machine)
            .iter()
            .map(|finding| finding.grade)
            .collect()
    }

    #[test]
    fn an_untouched_shell_is_no_problem() {
        assert_eq!(grades(&[]), [Grade::Note]);
        assert_eq!(
            grades(&[("HTTP_PROXY", "http://proxy:3128")]),
            [Grade::Note; 2]
        );
    }

    #[test]
    fn what_we_print_is_in_order() {
        let machine = Machine::plain([].into());
        let plans = [
            for_client(&machine, Client::Boto3).unwrap(),
            for_all(&machine).unwrap(),
        ];
        for plan in plans {
            let variables = changes::of_plan(&machine, &plan, &[] as &[&str]);
            let pairs = variables
                .into_iter()
                .filter_map(|variable| Some((variable.name.into(), variable.value?)));
            let machine = Machine::plain(pairs.collect());
            let findings = check(&machine);
            assert!(
                findings.iter().all(|finding| finding.grade == Grade::Ok),
                "{findings:?}"
            );
        }
    }

    #[test]
    fn an_address_alone_does_not_work() {
        let findings = check(&Machine::plain(
            [(CONTROL_ENDPOINT, HERE), (DATA_ENDPOINT, HERE)].into(),
        ));
        let text = &findings[1].text;
        assert!(
            text.contains("http://000000000000.127.0.0.1:4566"),
            "{text}"
        );
        assert_eq!(findings[1].grade, Grade::Problem);
    }

    #[test]
    fn half_an_environment_is_a_problem() {
        assert!(grades(&[(CONTROL_ENDPOINT, HERE)]).contains(&Grade::Problem));
        assert!(grades(&[(DATA_ENDPOINT, "http://x@127.0.0.1:4566")]).contains(&Grade::Problem));
        assert!(
            grades(&[
                (CONTROL_ENDPOINT, "http://127.0.0.1:1"),
                (DATA_ENDPOINT, HERE)
            ])
            .contains(&Grade::Problem)
        );
        assert!(
            grades(&[
                (CONTROL_ENDPOINT, HERE),
                (DATA_ENDPOINT, "http://keyfront.invalid:4566")
            ])
            .contains(&Grade::Problem)
        );
    }

    #[test]
    fn one_endpoint_for_all_services_serves_botocore_with_a_user_name() {
        assert_eq!(
            grades(&[("AWS_ENDPOINT_URL", "http://x@localhost:4566")]),
            [Grade::Ok]
        );
        for url in [HERE, "http://x@localhost:4567"] {
            assert_eq!(grades(&[("AWS_ENDPOINT_URL", url)]), [Grade::Problem]);
        }
    }

    #[test]
    fn variants_of_endpoints_are_told() {
        for name in ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"] {
            let findings = check(&Machine::plain([(name, "true")].into()));
            assert!(findings[1].text.starts_with(name), "{findings:?}");
            assert_eq!(findings[1].grade, Grade::Note);
            assert_eq!(grades(&[(name, "false")]), [Grade::Note]);
        }
    }

    #[test]
    fn finds_names_that_nobody_reads() {
        let machine =
            Machine::plain([("AWS_ENDPOINT_URL_CLOUDFRONT_KEY_VALUE_STORE", HERE)].into());
        let findings = check(&machine);
        assert!(findings[1].text.contains("KEY_VALUE_STORE"));
        assert_eq!(findings[1].fixes, [format!("{DATA_ENDPOINT} is one")]);
    }

    #[test]
    fn a_proxy_that_catches_requests_is_a_problem() {
        let set = [
            (CONTROL_ENDPOINT, HERE),
            (DATA_ENDPOINT, "http://x@127.0.0.1:4566"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("HTTP_PROXY", "http://proxy:3128"),
        ];
        let ok = [Grade::Ok, Grade::Ok, Grade::Problem];
        assert_eq!(grades(&set), ok);
        assert_eq!(
            grades(&[&set[..], &[("NO_PROXY", "127.0.0.1")]].concat()),
            ok
        );
        let exempt = [&set[..], &[("NO_PROXY", "127.0.0.1,x@127.0.0.1")]].concat();
        assert_eq!(grades(&exempt), ok[..2]);
    }
}
