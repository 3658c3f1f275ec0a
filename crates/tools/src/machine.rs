//! What is known before it can be decided how a client gets to Keyfront.

use crate::connect_options::{AccessKey, ConnectOptions, Credentials, DEFAULT_ENDPOINT};
use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::name_lookup::{NameLookup, prefixed};

/// This machine, the environment of this process, and what the person asked for.
#[derive(Clone)]
pub(crate) struct Machine {
    pub(crate) endpoint: Endpoint,
    pub(crate) account: String,
    pub(crate) credentials: Credentials,
    /// The options that say as whom, to be repeated where a command of ours is shown.
    as_whom: Vec<String>,
    pub(crate) environment: Environment,
    /// The lookup of the endpoint's name with the account before it.
    pub(crate) lookup: NameLookup,
}

impl Machine {
    /// Reads the environment of this process and looks the data plane's host up.
    pub(crate) fn describe(connect: &ConnectOptions) -> Self {
        let environment = Environment::of_this_process();
        let account = connect.account(&environment);
        Self {
            lookup: NameLookup::of(&connect.endpoint, &account),
            ..Self::without_lookup(connect, environment)
        }
    }

    fn without_lookup(connect: &ConnectOptions, environment: Environment) -> Self {
        Self {
            endpoint: connect.endpoint.clone(),
            account: connect.account(&environment),
            credentials: connect.credentials(&environment),
            as_whom: connect.as_whom(),
            environment,
            lookup: NameLookup::default(),
        }
    }

    /// The command line of one of our programs for the same options: `keyfront env --endpoint …`.
    pub(crate) fn command_line(&self, name: &str) -> String {
        let from_environment = self.environment.text("KEYFRONT_ENDPOINT");
        let default = from_environment.as_deref().unwrap_or(DEFAULT_ENDPOINT);
        let mut words = vec![format!("keyfront {name}")];
        if default.parse::<Endpoint>().ok().as_ref() != Some(&self.endpoint) {
            words.push(format!("--endpoint {}", self.endpoint));
        }
        words.extend_from_slice(&self.as_whom);
        words.join(" ")
    }

    /// The host that an SDK makes of the endpoint's name; `None` if the endpoint is an address that is
    /// not loopback.
    pub(crate) fn prefixed_name(&self) -> Option<String> {
        Some(prefixed(&self.account, self.endpoint.name()?))
    }

    /// The same machine with this access key in place of the credentials that the environment has.
    pub(crate) fn with_key(&self, key: AccessKey) -> Self {
        Self {
            credentials: Credentials::Ours(key),
            ..self.clone()
        }
    }
}

#[cfg(test)]
impl Machine {
    /// A machine on which no name with an account resolves, for tests to change.
    pub(crate) fn plain(environment: Environment) -> Self {
        Self::without_lookup(&ConnectOptions::at(DEFAULT_ENDPOINT), environment)
    }

    /// The same with another endpoint.
    pub(crate) fn at(mut self, endpoint: &str) -> Self {
        self.endpoint = endpoint.parse().unwrap();
        self
    }

    /// The same where the name with the account resolves to these addresses, which are Keyfront's.
    pub(crate) fn with_names(mut self, addresses: &[&str], without_library: bool) -> Self {
        let addresses = addresses.iter().map(|address| address.parse().unwrap());
        self.lookup = NameLookup {
            addresses: addresses.collect(),
            reaches: true,
            without_library,
        };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_names_the_same_connection_without_the_secret() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            connect: ConnectOptions,
        }
        let line = "env --account 111122223333 --access-key-id AKIA --secret-access-key HUSH";
        let connect = <Line as clap::Parser>::parse_from(line.split(' ')).connect;
        assert_eq!(
            Machine::describe(&connect).command_line("exec"),
            "keyfront exec --account 111122223333 --access-key-id AKIA --secret-access-key SECRET"
        );
    }
}
