use anyhow::bail;
use clap::ValueEnum;

use crate::machine::Machine;
use crate::proxy;

/// A client of AWS, or a kind of them.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    AwsCli,
    Boto3,
    Js,
    Go,
    Java,
    Rust,
    Terraform,
}

/// How the data plane's requests get to Keyfront.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By the name with the account, which resolves, or which Node.js is made to find.
    Name,
    /// By a user name in the endpoint, which keeps the account out of the host (botocore).
    UserInfo,
    /// By Keyfront as the client's proxy.
    Proxy,
}

/// What is to be done for a client, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) way: Way,
    /// Whether Node.js is made to find the name.
    pub(crate) for_node: bool,
    /// The reason, in lines for people.
    pub(crate) why: Vec<String>,
}

impl Client {
    /// The name that people know.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AwsCli => "the AWS CLI",
            Self::Boto3 => "boto3",
            Self::Js => "the AWS SDK for JavaScript",
            Self::Go => "the AWS SDK for Go",
            Self::Java => "the AWS SDK for Java",
            Self::Rust => "the AWS SDK for Rust",
            Self::Terraform => "Terraform",
        }
    }
}

impl Plan {
    fn new(way: Way, for_node: bool, why: &[String]) -> Self {
        Self {
            way,
            for_node,
            why: why.to_vec(),
        }
    }
}

/// What works for one client on this machine; an error if nothing does.
pub(crate) fn for_client(machine: &Machine, client: Client) -> anyhow::Result<Plan> {
    let finds = match client {
        Client::Go | Client::Terraform => machine.lookup.without_library,
        _ => machine.lookup.reaches,
    };
    let resolution = resolution(machine, finds);
    if finds {
        return Ok(Plan::new(Way::Name, false, &[resolution]));
    }
    match client {
        Client::AwsCli | Client::Boto3 => {
            let why = "the user name in the endpoint keeps the account out of the host".to_owned();
            Ok(Plan::new(Way::UserInfo, false, &[resolution, why]))
        }
        Client::Js => {
            let why = "NODE_OPTIONS makes Node.js find it".to_owned();
            Ok(Plan::new(Way::Name, true, &[resolution, why]))
        }
        Client::Go | Client::Java | Client::Rust | Client::Terraform => {
            check_proxy(machine)?;
            Ok(Plan::new(
                Way::Proxy,
                false,
                &[resolution, PROXY.to_owned()],
            ))
        }
    }
}

/// What works for all clients at once; an error if nothing does.
pub(crate) fn for_all(machine: &Machine) -> anyhow::Result<Plan> {
    let resolution = resolution(machine, machine.lookup.reaches);
    if machine.lookup.reaches {
        let mut why = vec![resolution];
        if !machine.lookup.without_library {
            why.push(
                "Terraform and other static Go programs may not find it: see --client go".into(),
            );
        }
        return Ok(Plan::new(Way::Name, false, &why));
    }
    check_proxy(machine)?;
    Ok(Plan::new(Way::Proxy, true, &[resolution, PROXY.to_owned()]))
}

/// What works for the most clients at once.
pub(crate) fn for_most(machine: &Machine) -> Plan {
    match for_all(machine) {
        Ok(plan) => plan,
        Err(reason) => {
            let resolution = resolution(machine, false);
            let only = "so this is for the AWS CLI and boto3 only".to_owned();
            Plan::new(
                Way::UserInfo,
                false,
                &[resolution, reason.to_string(), only],
            )
        }
    }
}

const PROXY: &str =
    "Keyfront answers as the proxy of a name that can't exist, and forwards nothing";

fn resolution(machine: &Machine, finds: bool) -> String {
    match machine.prefixed_name() {
        Some(name) if finds => format!("{name} resolves to Keyfront's address on this machine"),
        Some(name) if machine.lookup.reaches => {
            format!("{name} resolves on this machine, but not for static Go programs")
        }
        Some(name) => format!("{name} does not resolve to Keyfront's address on this machine"),
        None => "the account can't be put before an address".to_owned(),
    }
}

/// Whether Keyfront can be the clients' proxy.
pub(crate) fn check_proxy(machine: &Machine) -> anyhow::Result<()> {
    if machine.endpoint.secure {
        bail!(
            "over https, clients ask a proxy for a tunnel, which Keyfront does not build: {}",
            remedy(machine)
        );
    }
    if let Some((name, value)) = proxy::of_user(&machine.environment, &machine.endpoint) {
        bail!(
            "{name} is {value} already, and Keyfront can't be a second proxy: {}, or run this with {name}=",
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

    fn ways(machine: &Machine) -> Vec<Option<(Way, bool)>> {
        let plan = |client| {
            for_client(machine, client)
                .ok()
                .map(|plan| (plan.way, plan.for_node))
        };
        ALL.into_iter().map(plan).collect()
    }

    fn of_all(machine: &Machine) -> Option<(Way, bool)> {
        for_all(machine).ok().map(|plan| (plan.way, plan.for_node))
    }

    const NAME: Option<(Way, bool)> = Some((Way::Name, false));
    const NODE: Option<(Way, bool)> = Some((Way::Name, true));
    const USER: Option<(Way, bool)> = Some((Way::UserInfo, false));
    const PROXY: Option<(Way, bool)> = Some((Way::Proxy, false));

    #[test]
    fn a_name_that_resolves_serves_all() {
        let machine = Machine::plain([].into()).with_names(&["::1", "127.0.0.1"], true);
        assert_eq!(ways(&machine), [NAME; 7]);
        assert_eq!(of_all(&machine), NAME);
    }

    #[test]
    fn static_programs_need_more_than_the_library() {
        let machine = Machine::plain([].into()).with_names(&["::1"], false);
        assert_eq!(ways(&machine), [NAME, NAME, NAME, PROXY, NAME, NAME, PROXY]);
        assert_eq!(of_all(&machine), NAME);
    }

    #[test]
    fn without_names_each_client_has_its_way() {
        let machine = Machine::plain([].into());
        assert_eq!(
            ways(&machine),
            [USER, USER, NODE, PROXY, PROXY, PROXY, PROXY]
        );
        assert_eq!(of_all(&machine), Some((Way::Proxy, true)));
        assert_eq!(for_most(&machine).way, Way::Proxy);
    }

    #[test]
    fn a_proxy_of_the_user_is_never_replaced() {
        let machine = Machine::plain([("HTTP_PROXY", "http://proxy:3128")].into());
        assert_eq!(ways(&machine), [USER, USER, NODE, None, None, None, None]);
        let error = for_all(&machine).unwrap_err().to_string();
        assert!(
            error.contains("HTTP_PROXY is http://proxy:3128 already"),
            "{error}"
        );
        assert_eq!(for_most(&machine).way, Way::UserInfo);
    }

    #[test]
    fn there_is_no_proxy_for_https() {
        let machine = Machine::plain([].into()).at("https://kvs.example");
        assert_eq!(ways(&machine), [USER, USER, NODE, None, None, None, None]);
        let error = for_all(&machine).unwrap_err().to_string();
        assert!(error.contains("000000000000.kvs.example"), "{error}");
    }
}
