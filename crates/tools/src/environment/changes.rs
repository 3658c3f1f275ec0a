use std::ffi::OsStr;

use crate::machine::Machine;
use crate::plan::{Plan, Way};
use crate::target::Credentials;
use crate::{nodejs, proxy};

pub(crate) const CONTROL: &str = "AWS_ENDPOINT_URL_CLOUDFRONT";
pub(crate) const DATA: &str = "AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE";

/// Where a client looks for its region; botocore and the AWS CLI of version 1 know the second alone.
const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// A variable to set, or to take away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    pub(crate) value: Option<String>,
}

fn set(name: &'static str, value: impl Into<String>) -> Variable {
    Variable {
        name,
        value: Some(value.into()),
    }
}

fn unset(name: &'static str) -> Variable {
    Variable { name, value: None }
}

/// The variables that carry a plan out, for a shell or for one command. The endpoints of other
/// services are left alone.
pub(crate) fn of_plan(
    machine: &Machine,
    plan: &Plan,
    command: &[impl AsRef<OsStr>],
) -> Vec<Variable> {
    let mut variables = endpoints(machine, plan);
    variables.extend(credentials(machine));
    variables.extend(region(machine));
    match plan.way {
        Way::Proxy => variables.extend(keyfront_as_proxy(machine, command)),
        Way::Name | Way::UserInfo => variables.extend(past_proxy(machine)),
    }
    if plan.for_node {
        let existing = machine.environment.get("NODE_OPTIONS");
        let name = data_host(machine, plan);
        variables.push(set(
            "NODE_OPTIONS",
            nodejs::options(existing, &machine.endpoint, name),
        ));
    }
    variables
}

fn endpoints(machine: &Machine, plan: &Plan) -> Vec<Variable> {
    let data = match plan.way {
        Way::UserInfo => machine.endpoint.with_user(),
        Way::Name | Way::Proxy => machine.endpoint.at(data_host(machine, plan)),
    };
    let mut variables = vec![set(CONTROL, machine.endpoint.to_string()), set(DATA, data)];
    if machine
        .environment
        .has("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
    {
        variables.push(unset("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"));
    }
    variables
}

/// The name to which clients add the account.
fn data_host<'a>(machine: &'a Machine, plan: &Plan) -> &'a str {
    let name = machine.endpoint.name().filter(|_| plan.way != Way::Proxy);
    name.unwrap_or(proxy::RESERVED)
}

fn credentials(machine: &Machine) -> Vec<Variable> {
    let Credentials::Ours(key) = &machine.credentials else {
        return Vec::new();
    };
    let mut variables = vec![
        set("AWS_ACCESS_KEY_ID", &key.id),
        set("AWS_SECRET_ACCESS_KEY", &key.secret),
    ];
    // A token without its key would be sent with ours.
    if machine.environment.has("AWS_SESSION_TOKEN") {
        variables.push(unset("AWS_SESSION_TOKEN"));
    }
    variables
}

/// Keyfront takes any region, but clients want one, each where it looks for it.
fn region(machine: &Machine) -> Vec<Variable> {
    let found = machine.environment.first(&REGIONS);
    let region = found.map_or("us-east-1", |(_, region)| region);
    let missing = REGIONS
        .into_iter()
        .filter(|name| machine.environment.get(name).is_none());
    missing.map(|name| set(name, region)).collect()
}

/// The name in capitals alone: the SDKs read it, but curl, wget and apt don't, for whom Keyfront is no
/// proxy. The small one goes, since Python takes even an empty one for the last word.
fn keyfront_as_proxy(machine: &Machine, command: &[impl AsRef<OsStr>]) -> Vec<Variable> {
    let mut variables = vec![set("HTTP_PROXY", machine.endpoint.to_string())];
    if machine.environment.has("http_proxy") {
        variables.push(unset("http_proxy"));
    }
    variables.extend(no_proxy(machine, &proxy::hosts_of_others(machine, command)));
    variables
}

fn past_proxy(machine: &Machine) -> Vec<Variable> {
    match proxy::of_user(&machine.environment, &machine.endpoint) {
        Some(_) => no_proxy(machine, &proxy::hosts_of_keyfront(&machine.endpoint)),
        None => Vec::new(),
    }
}

fn no_proxy(machine: &Machine, hosts: &[String]) -> Vec<Variable> {
    let list = proxy::no_proxy(&machine.environment, hosts);
    let names = proxy::lists(&machine.environment).into_iter();
    names.map(|name| set(name, &list)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use crate::plan::{Client, for_all, for_client};

    fn variables(machine: &Machine, client: Client) -> Vec<(&'static str, Option<String>)> {
        let plan = for_client(machine, client).unwrap();
        let variables = of_plan(machine, &plan, &[] as &[&str]);
        variables
            .into_iter()
            .map(|variable| (variable.name, variable.value))
            .collect()
    }

    fn value(machine: &Machine, client: Client, name: &str) -> Option<String> {
        let variables = variables(machine, client);
        variables
            .into_iter()
            .find(|(found, _)| *found == name)
            .and_then(|(_, value)| value)
    }

    #[test]
    fn an_empty_environment_gets_all_it_needs() {
        let machine = Machine::plain(Environment::default());
        let expected = [
            (CONTROL, "http://127.0.0.1:4566"),
            (DATA, "http://x@127.0.0.1:4566"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ];
        assert_eq!(
            variables(&machine, Client::Boto3),
            expected.map(|(name, value)| (name, Some(value.to_owned())))
        );
    }

    #[test]
    fn what_the_user_has_stays() {
        let environment = [
            ("AWS_PROFILE", "work"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL_S3", "http://minio:9000"),
        ];
        let variables = variables(&Machine::plain(environment.into()), Client::Boto3);
        let names: Vec<_> = variables.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, [CONTROL, DATA, "AWS_REGION"]);
        let region = Some("eu-west-1".to_owned());
        assert!(variables.contains(&("AWS_REGION", region)));
    }

    #[test]
    fn the_data_planes_host_follows_the_way() {
        let plain = Machine::plain(Environment::default());
        let data = |machine: &Machine, client| value(machine, client, DATA).unwrap();
        assert_eq!(data(&plain, Client::Js), "http://localhost:4566");
        assert_eq!(data(&plain, Client::Go), "http://keyfront.invalid:4566");
        let far = plain.clone().at("http://192.0.2.1:4566");
        assert_eq!(data(&far, Client::Js), "http://keyfront.invalid:4566");
        assert_eq!(data(&far, Client::AwsCli), "http://x@192.0.2.1:4566");
        let six = plain.clone().at("http://[::1]:4566");
        assert_eq!(data(&six, Client::AwsCli), "http://x@[::1]:4566");
        let named = plain
            .at("http://kvs.example")
            .with_names(&["192.0.2.1"], true);
        assert_eq!(data(&named, Client::Go), "http://kvs.example:80");
    }

    #[test]
    fn keyfront_is_the_proxy_of_its_own_name_only() {
        let machine = Machine::plain([("NO_PROXY", "mine"), ("http_proxy", "")].into());
        let plan = for_all(&machine).unwrap();
        let variables = of_plan(&machine, &plan, &["http://web/"]);
        let find = |name| {
            variables
                .iter()
                .find(|variable| variable.name == name)
                .unwrap()
        };
        assert_eq!(
            find("HTTP_PROXY").value.as_deref(),
            Some("http://127.0.0.1:4566")
        );
        assert_eq!(find("http_proxy").value, None);
        let list = find("NO_PROXY").value.clone().unwrap();
        assert!(
            list.starts_with("mine,localhost,") && list.ends_with(",web"),
            "{list}"
        );
        let option = find("NODE_OPTIONS").value.clone().unwrap();
        assert!(option.contains("keyfront%5B.%5Dinvalid"), "{option}");
    }

    #[test]
    fn requests_to_keyfront_pass_the_users_proxy() {
        let machine =
            Machine::plain([("http_proxy", "http://proxy:3128"), ("no_proxy", "a")].into());
        let list = "a,127.0.0.1,x@127.0.0.1,localhost,*.localhost".to_owned();
        assert_eq!(
            value(&machine, Client::Boto3, "NO_PROXY"),
            Some(list.clone())
        );
        assert_eq!(value(&machine, Client::Boto3, "no_proxy"), Some(list));
        assert_eq!(value(&machine, Client::Boto3, "HTTP_PROXY"), None);
    }

    #[test]
    fn a_stray_session_token_goes() {
        let machine = Machine::plain([("AWS_SESSION_TOKEN", "old")].into());
        let variables = variables(&machine, Client::Boto3);
        assert!(variables.contains(&("AWS_SESSION_TOKEN", None)));
    }
}
