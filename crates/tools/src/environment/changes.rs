//! The changes to an environment that carry a plan out.

use std::ffi::{OsStr, OsString};

use super::{CONTROL_ENDPOINT, DATA_ENDPOINT, PROFILES};
use crate::connect_options::Credentials;
use crate::machine::Machine;
use crate::plan::{Need, Plan, Route, data_host};
use crate::{nodejs, proxy};

/// Where a client looks for its region. botocore and the AWS CLI of version 1 know the second alone.
const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// What belongs to another access key than the one that is set: a client would send the token with it,
/// or take it for expired. botocore reads all three.
const OTHER_CREDENTIALS: [&str; 3] = [
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
];

/// A variable to set, or to take away (`None`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    pub(crate) value: Option<OsString>,
}

impl Variable {
    pub(crate) fn set(name: &'static str, value: impl Into<OsString>) -> Self {
        Self {
            name,
            value: Some(value.into()),
        }
    }

    pub(crate) fn unset(name: &'static str) -> Self {
        Self { name, value: None }
    }
}

/// The variables that carry a plan out, for a shell or for one command (its words, or none). The
/// endpoints of other services are left alone.
pub(crate) fn of_plan(
    machine: &Machine,
    plan: &Plan,
    command: &[impl AsRef<OsStr>],
) -> Vec<Variable> {
    let mut variables = endpoints(machine, plan);
    variables.extend(credentials(machine));
    variables.extend(region(machine));
    match plan.route {
        Route::Proxy => variables.extend(keyfront_as_proxy(machine, command)),
        Route::Name | Route::UserInfo => variables.extend(past_proxy(machine)),
    }
    for need in &plan.needs {
        // What comes later wins, as in an environment.
        variables.push(of_need(machine, plan.route, need));
    }
    variables
}

fn of_need(machine: &Machine, route: Route, need: &Need) -> Variable {
    let existing = |name| machine.environment.get(name);
    match need {
        Need::NodeLookup => {
            let name = data_host(machine, route);
            let options = nodejs::options(existing("NODE_OPTIONS"), &machine.endpoint, name);
            Variable::set("NODE_OPTIONS", options)
        }
        Need::BunLookup(preload) => {
            Variable::set("BUN_OPTIONS", preload.options(existing("BUN_OPTIONS")))
        }
        Need::DenoProxy => Variable::set("NODE_USE_ENV_PROXY", "1"),
        Need::LowerCaseProxy => Variable::set("http_proxy", machine.endpoint.to_string()),
        Need::EndpointOfAll => Variable::set("AWS_ENDPOINT_URL", data_endpoint(machine, route)),
    }
}

fn data_endpoint(machine: &Machine, route: Route) -> String {
    match route {
        Route::UserInfo => machine.endpoint.with_user(),
        Route::Name | Route::Proxy => machine.endpoint.at(data_host(machine, route)),
    }
}

fn endpoints(machine: &Machine, plan: &Plan) -> Vec<Variable> {
    const IGNORE: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
    let mut variables = vec![
        Variable::set(CONTROL_ENDPOINT, machine.endpoint.to_string()),
        Variable::set(DATA_ENDPOINT, data_endpoint(machine, plan.route)),
    ];
    variables.extend(unset_if_there(machine, &[IGNORE]));
    variables
}

fn unset_if_there(machine: &Machine, names: &[&'static str]) -> Vec<Variable> {
    let there = names.iter().filter(|name| machine.environment.has(name));
    there.map(|name| Variable::unset(name)).collect()
}

fn credentials(machine: &Machine) -> Vec<Variable> {
    let Credentials::Ours(key) = &machine.credentials else {
        return Vec::new();
    };
    let mut variables = vec![
        Variable::set("AWS_ACCESS_KEY_ID", &key.id),
        Variable::set("AWS_SECRET_ACCESS_KEY", &key.secret),
    ];
    variables.extend(unset_if_there(machine, &OTHER_CREDENTIALS));
    // The SDK for JavaScript prefers a profile to the key.
    variables.extend(unset_if_there(machine, &PROFILES));
    variables
}

/// Keyfront takes any region, but clients want one, and each looks for it in its own place.
fn region(machine: &Machine) -> Vec<Variable> {
    let found = machine.environment.first(&REGIONS);
    let region = found.map_or(OsStr::new("us-east-1"), |(_, region)| region);
    let missing = REGIONS
        .into_iter()
        .filter(|name| machine.environment.get(name).is_none());
    missing.map(|name| Variable::set(name, region)).collect()
}

/// Sets the name in capitals alone: the SDKs read it, but curl, wget and apt don't, for which Keyfront
/// must not be a proxy. The lower-case name is taken away, since Python prefers it even if it is empty.
fn keyfront_as_proxy(machine: &Machine, command: &[impl AsRef<OsStr>]) -> Vec<Variable> {
    let mut variables = vec![Variable::set("HTTP_PROXY", machine.endpoint.to_string())];
    variables.extend(unset_if_there(machine, &["http_proxy"]));
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
    let names = proxy::no_proxy_variables(&machine.environment).into_iter();
    names.map(|name| Variable::set(name, &list)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;
    use crate::environment::Environment;
    use crate::plan::{for_all, for_client};

    fn variables(machine: &Machine, client: Client) -> Vec<(&'static str, Option<String>)> {
        let plan = for_client(machine, client).unwrap();
        let variables = of_plan(machine, &plan, &[] as &[&str]);
        let text = |value: OsString| value.into_string().unwrap();
        variables
            .into_iter()
            .map(|variable| (variable.name, variable.value.map(text)))
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
            (CONTROL_ENDPOINT, "http://127.0.0.1:4566"),
            (DATA_ENDPOINT, "http://x@127.0.0.1:4566"),
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
        assert_eq!(names, [CONTROL_ENDPOINT, DATA_ENDPOINT, "AWS_REGION"]);
        let region = Some("eu-west-1".to_owned());
        assert!(variables.contains(&("AWS_REGION", region)));
    }

    #[test]
    fn the_data_planes_host_follows_the_route() {
        let plain = Machine::plain(Environment::default());
        let data = |machine: &Machine, client| value(machine, client, DATA_ENDPOINT).unwrap();
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
            let variable = variables.iter().find(|variable| variable.name == name);
            let value = variable.unwrap().value.clone();
            value.map(|value| value.into_string().unwrap())
        };
        let endpoint = Some("http://127.0.0.1:4566".to_owned());
        assert_eq!(find("HTTP_PROXY"), endpoint);
        assert_eq!(find("http_proxy"), None);
        let list = find("NO_PROXY").unwrap();
        assert!(
            list.starts_with("mine,localhost,") && list.ends_with(",web"),
            "{list}"
        );
        let options = find("NODE_OPTIONS").unwrap();
        assert!(options.contains("keyfront%5B.%5Dinvalid"), "{options}");
    }

    #[test]
    fn each_runtime_gets_its_variable() {
        let environment = [
            ("HOME", "/h"),
            ("BUN_OPTIONS", "--smol"),
            ("http_proxy", ""),
        ];
        let machine = Machine::plain(environment.into());
        let value = |client, name| value(&machine, client, name);
        assert_eq!(
            value(Client::Bun, "BUN_OPTIONS").unwrap(),
            "--smol --preload=/h/.cache/keyfront/bun-localhost-127.0.0.1.mjs"
        );
        assert_eq!(value(Client::Deno, "NODE_USE_ENV_PROXY").unwrap(), "1");
        let endpoint = Some("http://127.0.0.1:4566".to_owned());
        assert_eq!(value(Client::Deno, "HTTP_PROXY"), endpoint);
        // It is the last one of that name: an earlier one takes the user's away.
        let ruby = variables(&machine, Client::Ruby);
        let lower = ruby.iter().rfind(|(name, _)| *name == "http_proxy");
        assert_eq!(lower.unwrap().1, endpoint);
        assert_eq!(
            value(Client::Awslocal, "AWS_ENDPOINT_URL").unwrap(),
            "http://x@127.0.0.1:4566"
        );
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
    fn nothing_of_another_key_goes_with_ours() {
        let environment = [
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_SESSION_TOKEN", "old"),
            ("AWS_SECURITY_TOKEN", "old"),
            ("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z"),
            ("AWS_PROFILE", "work"),
        ];
        let variables = variables(&Machine::plain(environment.into()), Client::Boto3);
        for name in OTHER_CREDENTIALS.into_iter().chain(["AWS_PROFILE"]) {
            assert!(variables.contains(&(name, None)), "{name}");
        }
    }
}
