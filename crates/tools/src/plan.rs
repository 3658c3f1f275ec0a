//! How a client's requests for the data plane get to Keyfront on this machine.

use anyhow::bail;

use crate::client::Client;
use crate::machine::Machine;
use crate::proxy;

/// How the data plane's requests get to Keyfront.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// By the name with the account before it, which resolves, or which Node.js is made to resolve.
    Name,
    /// By a user name in the endpoint, which keeps the account out of the host (botocore).
    UserInfo,
    /// By Keyfront as the client's proxy.
    Proxy,
}

/// What is to be done for a client, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) route: Route,
    /// Whether Node.js is made to resolve the name.
    pub(crate) for_nodejs: bool,
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
    let mut plan = Plan {
        route: Route::Name,
        for_nodejs: false,
        reasons: vec![resolution(machine, resolves)],
    };
    if resolves {
        return Ok(plan);
    }
    let reason = match client {
        Client::AwsCli | Client::Boto3 => {
            plan.route = Route::UserInfo;
            "the user name in the endpoint keeps the account out of the host"
        }
        Client::Js => {
            plan.for_nodejs = true;
            "NODE_OPTIONS makes Node.js resolve it"
        }
        Client::Go | Client::Java | Client::Rust | Client::Terraform => {
            check_proxy(machine)?;
            plan.route = Route::Proxy;
            PROXY_REASON
        }
    };
    plan.reasons.push(reason.to_owned());
    Ok(plan)
}

/// The plan that serves all clients at once.
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
            for_nodejs: false,
            reasons,
        });
    }
    check_proxy(machine)?;
    reasons.push(PROXY_REASON.to_owned());
    Ok(Plan {
        route: Route::Proxy,
        for_nodejs: true,
        reasons,
    })
}

/// The plan that serves the most clients at once.
pub(crate) fn for_most(machine: &Machine) -> Plan {
    for_all(machine).unwrap_or_else(|error| Plan {
        route: Route::UserInfo,
        for_nodejs: false,
        reasons: vec![
            resolution(machine, false),
            error.to_string(),
            "so this is for the AWS CLI and boto3 only".to_owned(),
        ],
    })
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

    fn routes(machine: &Machine) -> Vec<Option<(Route, bool)>> {
        let plan = |client| {
            for_client(machine, client)
                .ok()
                .map(|plan| (plan.route, plan.for_nodejs))
        };
        ALL.into_iter().map(plan).collect()
    }

    fn of_all(machine: &Machine) -> Option<(Route, bool)> {
        let plan = for_all(machine).ok();
        plan.map(|plan| (plan.route, plan.for_nodejs))
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
