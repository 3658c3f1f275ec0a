//! How a client's requests for the data plane get to Keyfront on this machine.

use anyhow::bail;

use crate::bun::Preload;
use crate::client::Client;
use crate::machine::Machine;
use crate::{programs, proxy};

/// How the data plane's requests get to Keyfront.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// By the name with the account before it, which resolves, or which a runtime is made to resolve.
    Name,
    /// By a user name in the endpoint, which keeps the account out of the host (botocore).
    UserInfo,
    /// By Keyfront as the client's proxy.
    Proxy,
}

/// What a client needs besides the route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Need {
    /// Node.js is made to resolve the name, by `NODE_OPTIONS`.
    NodeLookup,
    /// Bun is made to resolve the name, by a file that `BUN_OPTIONS` names.
    BunLookup(Preload),
    /// The `node:http` of Deno is made to use `HTTP_PROXY`, which its `fetch` uses in any case.
    DenoProxy,
    /// The proxy's variable in lower case besides the one in capitals, of which Ruby warns.
    LowerCaseProxy,
    /// The endpoint for all services, by `AWS_ENDPOINT_URL`: awslocal reads no other.
    EndpointOfAll,
}

/// What is to be done for a client, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) route: Route,
    pub(crate) needs: Vec<Need>,
    /// The reasons, in lines for people.
    pub(crate) reasons: Vec<String>,
}

const PROXY_REASON: &str =
    "Keyfront answers as the proxy of a name that can't exist, and forwards nothing";

/// The plan for one client.
///
/// # Errors
/// If the client can't reach Keyfront on this machine as it is set up; the text says what helps.
pub(crate) fn for_client(machine: &Machine, client: Client) -> anyhow::Result<Plan> {
    let resolves = match client {
        Client::Go | Client::Terraform => machine.lookup.without_library,
        _ => machine.lookup.reaches,
    };
    let route = match client {
        _ if resolves => Route::Name,
        Client::AwsCli | Client::Awslocal | Client::Boto3 => Route::UserInfo,
        Client::Js | Client::Bun => Route::Name,
        Client::Aiobotocore
        | Client::Httpx
        | Client::Deno
        | Client::Go
        | Client::Java
        | Client::Ruby
        | Client::Rust
        | Client::Terraform => Route::Proxy,
    };
    if route == Route::Proxy {
        check_proxy(machine)?;
    }
    let mut plan = Plan {
        route,
        needs: needs(machine, client, route)?,
        reasons: vec![resolution(machine, resolves)],
    };
    let reason = match (route, client) {
        _ if resolves => None,
        (Route::UserInfo, _) => {
            Some("the user name in the endpoint keeps the account out of the host")
        }
        (Route::Proxy, _) => Some(PROXY_REASON),
        (Route::Name, Client::Bun) => Some("BUN_OPTIONS makes Bun resolve it, by a file"),
        (Route::Name, _) => Some("NODE_OPTIONS makes Node.js resolve it"),
    };
    plan.reasons.extend(reason.map(str::to_owned));
    if client == Client::Awslocal {
        plan.reasons.push(
            "awslocal sends all services to AWS_ENDPOINT_URL, and Keyfront serves two".into(),
        );
    }
    Ok(plan)
}

/// What a client needs besides the route.
///
/// # Errors
/// If it can't have it; the text says what helps.
pub(crate) fn needs(machine: &Machine, client: Client, route: Route) -> anyhow::Result<Vec<Need>> {
    let resolves = route == Route::Name && machine.lookup.reaches;
    Ok(match client {
        Client::Awslocal => vec![Need::EndpointOfAll],
        Client::Js if !resolves => vec![Need::NodeLookup],
        Client::Bun if !resolves => vec![Need::BunLookup(preload(machine, route)?)],
        Client::Deno if route == Route::Proxy => vec![Need::DenoProxy],
        Client::Ruby if route == Route::Proxy => vec![Need::LowerCaseProxy],
        _ => Vec::new(),
    })
}

/// What the runtimes of JavaScript need that may be started by a command of which nothing is known.
/// Those of Bun and Deno are set only where the machine has them: the one is a file, and the other is
/// read by Node.js, too.
pub(crate) fn needs_of_runtimes(machine: &Machine, route: Route) -> Vec<Need> {
    let has = |program| programs::find(&machine.environment, program).is_some();
    let mut needs = vec![Need::NodeLookup];
    if has("bun") {
        // Without a place for the file the other clients work as well.
        needs.extend(preload(machine, route).ok().map(Need::BunLookup));
    }
    if route == Route::Proxy && has("deno") {
        needs.push(Need::DenoProxy);
    }
    needs
}

fn preload(machine: &Machine, route: Route) -> anyhow::Result<Preload> {
    let name = data_host(machine, route);
    Preload::of(&machine.environment, &machine.endpoint, name)
}

/// The name before which clients put the account.
pub(crate) fn data_host(machine: &Machine, route: Route) -> &str {
    let name = machine.endpoint.name();
    name.filter(|_| route != Route::Proxy)
        .unwrap_or(proxy::RESERVED_NAME)
}

/// The plan that serves all clients together.
///
/// # Errors
/// If there is no such plan; the text says what helps.
pub(crate) fn for_all(machine: &Machine) -> anyhow::Result<Plan> {
    let mut reasons = vec![resolution(machine, machine.lookup.reaches)];
    if machine.lookup.reaches {
        if !machine.lookup.without_library {
            reasons.push(
                "Terraform and other static Go programs may not find it: see --client go".into(),
            );
        }
        return Ok(Plan {
            route: Route::Name,
            needs: Vec::new(),
            reasons,
        });
    }
    check_proxy(machine)?;
    reasons.push(PROXY_REASON.to_owned());
    Ok(Plan {
        route: Route::Proxy,
        needs: needs_of_runtimes(machine, Route::Proxy),
        reasons,
    })
}

/// The plan that serves the most clients together.
pub(crate) fn for_most(machine: &Machine) -> Plan {
    for_all(machine).unwrap_or_else(|error| Plan {
        route: Route::UserInfo,
        needs: Vec::new(),
        reasons: vec![
            resolution(machine, false),
            error.to_string(),
            "so this is for the AWS CLI and boto3 only".to_owned(),
        ],
    })
}

impl Plan {
    /// Writes the file that the plan needs, if it needs one.
    ///
    /// # Errors
    /// If it can't be written.
    pub(crate) fn write_file(&self) -> anyhow::Result<()> {
        let mut preloads = self.needs.iter().filter_map(|need| match need {
            Need::BunLookup(preload) => Some(preload),
            _ => None,
        });
        preloads.try_for_each(Preload::write)
    }

    /// The same plan without that file, for the other clients.
    pub(crate) fn without_file(mut self) -> Self {
        self.needs
            .retain(|need| !matches!(need, Need::BunLookup(_)));
        self
    }
}

fn resolution(machine: &Machine, resolves: bool) -> String {
    match machine.prefixed_name() {
        Some(name) if resolves => format!("{name} resolves to Keyfront's address on this machine"),
        Some(name) if machine.lookup.reaches => {
            format!("{name} resolves on this machine, but not for static Go programs")
        }
        Some(name) => format!("{name} does not resolve to Keyfront's address on this machine"),
        None => "an SDK can't put the account before an address".to_owned(),
    }
}

/// Checks that Keyfront can be the clients' proxy.
///
/// # Errors
/// If it can't; the text says why and what helps.
pub(crate) fn check_proxy(machine: &Machine) -> anyhow::Result<()> {
    if machine.endpoint.secure {
        bail!(
            "over https, clients ask a proxy for a tunnel, which Keyfront does not build: {}",
            remedy(machine)
        );
    }
    if let Some((name, value)) = proxy::of_user(&machine.environment, &machine.endpoint) {
        bail!(
            "{name} is {} already, and Keyfront can't be a second proxy: {}, or run this with {name}=",
            value.to_string_lossy(),
            remedy(machine)
        );
    }
    Ok(())
}

/// What makes the name with the account resolve.
pub(crate) fn remedy(machine: &Machine) -> String {
    match machine.prefixed_name() {
        Some(name) if machine.endpoint.is_local() => {
            format!("add the line \"127.0.0.1 {name}\" to /etc/hosts")
        }
        Some(name) => format!("let {name} (or a wildcard) resolve as its parent does"),
        None => "give Keyfront's endpoint by a name".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Client; 7] = [
        Client::AwsCli,
        Client::Boto3,
        Client::Js,
        Client::Go,
        Client::Java,
        Client::Rust,
        Client::Terraform,
    ];

    /// The clients that go by proxy where no name resolves.
    const BY_PROXY: [Client; 8] = [
        Client::Aiobotocore,
        Client::Deno,
        Client::Go,
        Client::Httpx,
        Client::Java,
        Client::Ruby,
        Client::Rust,
        Client::Terraform,
    ];

    /// The route and whether Node.js is made to resolve the name.
    fn routes(machine: &Machine) -> Vec<Option<(Route, bool)>> {
        let plan = |client| for_client(machine, client).ok().as_ref().map(summary);
        ALL.into_iter().map(plan).collect()
    }

    fn of_all(machine: &Machine) -> Option<(Route, bool)> {
        for_all(machine).ok().as_ref().map(summary)
    }

    fn summary(plan: &Plan) -> (Route, bool) {
        (plan.route, plan.needs.contains(&Need::NodeLookup))
    }

    const NAME: Option<(Route, bool)> = Some((Route::Name, false));
    const NODE: Option<(Route, bool)> = Some((Route::Name, true));
    const USER: Option<(Route, bool)> = Some((Route::UserInfo, false));
    const PROXY: Option<(Route, bool)> = Some((Route::Proxy, false));

    #[test]
    fn a_name_that_resolves_serves_all() {
        let machine = Machine::plain([].into()).with_names(&["::1", "127.0.0.1"], true);
        assert_eq!(routes(&machine), [NAME; 7]);
        assert_eq!(of_all(&machine), NAME);
    }

    #[test]
    fn static_programs_need_more_than_the_library() {
        let machine = Machine::plain([].into()).with_names(&["::1"], false);
        assert_eq!(
            routes(&machine),
            [NAME, NAME, NAME, PROXY, NAME, NAME, PROXY]
        );
        assert_eq!(of_all(&machine), NAME);
    }

    #[test]
    fn without_names_each_client_has_its_route() {
        let machine = Machine::plain([].into());
        assert_eq!(
            routes(&machine),
            [USER, USER, NODE, PROXY, PROXY, PROXY, PROXY]
        );
        assert_eq!(of_all(&machine), Some((Route::Proxy, true)));
        assert_eq!(for_most(&machine).route, Route::Proxy);
    }

    #[test]
    fn clients_that_know_no_user_name_go_by_proxy() {
        let machine = Machine::plain([].into());
        let far = machine.clone().at("https://kvs.example");
        let resolves = machine.clone().with_names(&["127.0.0.1"], true);
        for client in BY_PROXY {
            assert_eq!(for_client(&machine, client).unwrap().route, Route::Proxy);
            assert!(for_client(&far, client).is_err());
            let plan = for_client(&resolves, client).unwrap();
            assert_eq!((plan.route, plan.needs), (Route::Name, vec![]));
        }
    }

    #[test]
    fn each_client_has_what_it_needs_besides() {
        let machine = Machine::plain([("HOME", "/h")].into());
        let needs = |machine: &Machine, client| for_client(machine, client).unwrap().needs;
        assert_eq!(needs(&machine, Client::Deno), [Need::DenoProxy]);
        assert_eq!(needs(&machine, Client::Ruby), [Need::LowerCaseProxy]);
        assert_eq!(needs(&machine, Client::Awslocal), [Need::EndpointOfAll]);
        let preload = Preload::of(&machine.environment, &machine.endpoint, "localhost").unwrap();
        assert_eq!(needs(&machine, Client::Bun), [Need::BunLookup(preload)]);
        let error = for_client(&Machine::plain([].into()), Client::Bun).unwrap_err();
        assert!(error.to_string().contains("HOME"), "{error}");

        let machine = machine.with_names(&["127.0.0.1"], true);
        assert_eq!(needs(&machine, Client::Bun), []);
        assert_eq!(needs(&machine, Client::Awslocal), [Need::EndpointOfAll]);
    }

    #[test]
    fn runtimes_that_the_machine_has_are_served_with_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let needs = |home: &str| {
            let machine = Machine::plain([("PATH", path), ("HOME", home)].into());
            for_all(&machine).unwrap().needs
        };
        assert_eq!(needs("/h"), [Need::NodeLookup]);
        for program in ["bun", "deno"] {
            std::fs::write(folder.path().join(program), "").unwrap();
        }
        let machine = Machine::plain([("HOME", "/h")].into());
        let preload = Preload::of(
            &machine.environment,
            &machine.endpoint,
            proxy::RESERVED_NAME,
        );
        let bun = Need::BunLookup(preload.unwrap());
        assert_eq!(needs("/h"), [Need::NodeLookup, bun, Need::DenoProxy]);
        assert_eq!(needs(""), [Need::NodeLookup, Need::DenoProxy]);
    }

    #[test]
    fn a_proxy_of_the_user_is_never_replaced() {
        let machine = Machine::plain([("HTTP_PROXY", "http://proxy:3128")].into());
        assert_eq!(routes(&machine), [USER, USER, NODE, None, None, None, None]);
        let error = for_all(&machine).unwrap_err().to_string();
        assert!(
            error.contains("HTTP_PROXY is http://proxy:3128 already"),
            "{error}"
        );
        assert_eq!(for_most(&machine).route, Route::UserInfo);
    }

    #[test]
    fn there_is_no_proxy_for_https() {
        let machine = Machine::plain([].into()).at("https://kvs.example");
        assert_eq!(routes(&machine), [USER, USER, NODE, None, None, None, None]);
        let error = for_all(&machine).unwrap_err().to_string();
        assert!(error.contains("000000000000.kvs.example"), "{error}");
    }
}
