use super::report::Finding;
use crate::endpoint::{Endpoint, Host};
use crate::environment::Environment;
use crate::environment::changes::{CONTROL, DATA};
use crate::machine::Machine;
use crate::proxy;

/// Variables that are like ours, and not misspelt.
const OTHERS: [&str; 2] = [
    "TF_AWS_CLOUDFRONT_ENDPOINT",
    "TF_AWS_CLOUDFRONT_KEYVALUESTORE_ENDPOINT",
];

/// Checks the variables of this shell that lead a client to Keyfront, or away from it.
pub(super) fn check(machine: &Machine) -> Vec<Finding> {
    let mut findings = endpoints(machine);
    findings.extend(misspelt(&machine.environment));
    findings.extend(ignored(&machine.environment));
    findings.extend(region(&machine.environment));
    findings.extend(proxies(machine));
    findings
}

fn endpoints(machine: &Machine) -> Vec<Finding> {
    let control = machine.environment.get(CONTROL);
    let data = machine.environment.get(DATA);
    if control.is_none() && data.is_none() {
        return vec![unset(machine)];
    }
    vec![
        control_endpoint(machine, control),
        data_endpoint(machine, data),
    ]
}

fn unset(machine: &Machine) -> Finding {
    let finding = match machine.environment.get("AWS_ENDPOINT_URL") {
        Some(url) => Finding::problem(format!(
            "AWS_ENDPOINT_URL sends all services to {url}, and has no place for the account that the \
             data plane's requests carry in their host"
        )),
        None => Finding::note("no endpoint variable is set here: clients go to AWS"),
    };
    finding
        .fix(format!("for this shell: {}", eval(machine)))
        .fix(format!(
            "for one command: {} -- COMMAND",
            machine.tool("exec")
        ))
}

fn eval(machine: &Machine) -> String {
    format!("eval \"$({})\"", machine.tool("env"))
}

fn missing(machine: &Machine, name: &str, plane: &str) -> Finding {
    Finding::problem(format!(
        "{name} is not set: the {plane} plane's requests go to AWS"
    ))
    .fix(eval(machine))
}

fn control_endpoint(machine: &Machine, value: Option<&str>) -> Finding {
    match value {
        None => missing(machine, CONTROL, "control"),
        Some(value) if proxy::leads_to(value, &machine.endpoint) => {
            Finding::ok(format!("{CONTROL} leads to Keyfront"))
        }
        Some(value) => elsewhere(machine, CONTROL, value),
    }
}

fn elsewhere(machine: &Machine, name: &str, value: &str) -> Finding {
    let endpoint = &machine.endpoint;
    Finding::problem(format!(
        "{name} is {value}, but Keyfront is looked for at {endpoint}"
    ))
    .fix(eval(machine))
    .fix("if Keyfront is elsewhere, tell the doctor: --endpoint URL")
}

fn data_endpoint(machine: &Machine, value: Option<&str>) -> Finding {
    let Some(value) = value else {
        return missing(machine, DATA, "data");
    };
    let Ok(endpoint) = value.parse::<Endpoint>() else {
        return elsewhere(machine, DATA, value);
    };
    if endpoint.host == Host::Name(proxy::RESERVED.to_owned()) {
        return through_proxy(machine);
    }
    if !proxy::leads_to(value, &machine.endpoint) {
        return elsewhere(machine, DATA, value);
    }
    if value.contains('@') {
        return Finding::ok(format!(
            "{DATA} leads to Keyfront, for the AWS CLI and boto3"
        ));
    }
    named(machine, &endpoint)
}

fn through_proxy(machine: &Machine) -> Finding {
    let found = machine.environment.first(&["HTTP_PROXY", "http_proxy"]);
    if found.is_some_and(|(_, url)| proxy::leads_to(url, &machine.endpoint)) {
        return Finding::ok(format!("{DATA} leads to Keyfront, by HTTP_PROXY"));
    }
    Finding::problem(format!(
        "{DATA} needs Keyfront as HTTP_PROXY, which is not set so"
    ))
    .fix(eval(machine))
}

/// The account goes before this host.
fn named(machine: &Machine, endpoint: &Endpoint) -> Finding {
    let is_name = matches!(endpoint.host, Host::Name(_));
    if is_name && machine.lookup.reaches {
        return Finding::ok(format!("{DATA} leads to Keyfront"));
    }
    let becomes = endpoint.at(&format!("{}.{}", machine.account, endpoint.host));
    let user = machine.endpoint.with_user();
    let (env, exec) = (machine.tool("env"), machine.tool("exec"));
    Finding::problem(format!(
        "{DATA} becomes {becomes}, which can't be resolved here"
    ))
    .fix(format!("the AWS CLI and boto3: export {DATA}={user}"))
    .fix(format!("others: {env} --client NAME, or {exec} -- COMMAND"))
}

fn misspelt(environment: &Environment) -> Vec<Finding> {
    let names = environment.iter().map(|(name, _)| name);
    let alike = names.filter(|name| {
        let upper = name.to_ascii_uppercase();
        let alike = upper.contains("ENDPOINT") && upper.contains("CLOUDFRONT");
        alike && *name != CONTROL && *name != DATA && !OTHERS.contains(name)
    });
    let finding = |name: &str| {
        let meant = if name.to_ascii_uppercase().contains("VALUE") {
            DATA
        } else {
            CONTROL
        };
        Finding::note(format!("{name} is no variable that clients read"))
            .fix(format!("{meant} is one"))
    };
    alike.map(finding).collect()
}

fn ignored(environment: &Environment) -> Option<Finding> {
    const NAME: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
    let value = environment.get(NAME)?;
    value.eq_ignore_ascii_case("true").then(|| {
        Finding::problem(format!(
            "{NAME} makes clients ignore the endpoint variables"
        ))
        .fix(format!("unset {NAME}"))
    })
}

/// Only where someone has set the variables up, since we set the region with them.
fn region(environment: &Environment) -> Option<Finding> {
    environment.first(&[CONTROL, DATA])?;
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

fn proxies(machine: &Machine) -> Option<Finding> {
    let (name, value) = proxy::of_user(&machine.environment, &machine.endpoint)?;
    let mut hosts = vec![machine.endpoint.host.bare()];
    hosts.extend(
        machine
            .environment
            .get(DATA)
            .map(|url| match url.parse::<Endpoint>() {
                Ok(_) if url.contains('@') => format!("x@{}", machine.endpoint.host),
                Ok(endpoint) => format!("{}.{}", machine.account, endpoint.host),
                Err(_) => machine.endpoint.host.bare(),
            }),
    );
    let caught = hosts
        .iter()
        .find(|host| !proxy::exempts(&machine.environment, host))?;
    let list = proxy::no_proxy(
        &machine.environment,
        &proxy::hosts_of_keyfront(&machine.endpoint),
    );
    let text = format!("{name} sends requests for {caught} to {value}");
    let export = format!("export NO_PROXY='{list}'");
    Some(if machine.environment.first(&[CONTROL, DATA]).is_some() {
        Finding::problem(text).fix(export)
    } else {
        Finding::note(text).fix("nothing to do: keyfront env and keyfront exec set NO_PROXY")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Grade;
    use crate::environment::changes;
    use crate::plan::{Client, for_all, for_client};

    const HERE: &str = "http://127.0.0.1:4566";

    fn grades(environment: &[(&str, &str)]) -> Vec<Grade> {
        let pairs = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
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
                .filter_map(|v| Some((v.name.to_owned(), v.value?)));
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
        let findings = check(&Machine::plain([(CONTROL, HERE), (DATA, HERE)].into()));
        let text = &findings[1].text;
        assert!(
            text.contains("http://000000000000.127.0.0.1:4566"),
            "{text}"
        );
        assert_eq!(findings[1].grade, Grade::Problem);
    }

    #[test]
    fn half_an_environment_is_a_problem() {
        assert!(grades(&[(CONTROL, HERE)]).contains(&Grade::Problem));
        assert!(grades(&[(DATA, "http://x@127.0.0.1:4566")]).contains(&Grade::Problem));
        assert!(grades(&[(CONTROL, "http://127.0.0.1:1"), (DATA, HERE)]).contains(&Grade::Problem));
        assert!(
            grades(&[(CONTROL, HERE), (DATA, "http://keyfront.invalid:4566")])
                .contains(&Grade::Problem)
        );
    }

    #[test]
    fn finds_names_that_nobody_reads() {
        let machine =
            Machine::plain([("AWS_ENDPOINT_URL_CLOUDFRONT_KEY_VALUE_STORE", HERE)].into());
        let findings = check(&machine);
        assert!(findings[1].text.contains("KEY_VALUE_STORE"));
        assert_eq!(findings[1].fixes, [format!("{DATA} is one")]);
    }

    #[test]
    fn a_proxy_that_catches_requests_is_a_problem() {
        let set = [
            (CONTROL, HERE),
            (DATA, "http://x@127.0.0.1:4566"),
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
