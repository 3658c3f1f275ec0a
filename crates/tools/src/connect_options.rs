//! The options that all programs share: where Keyfront is, and the credentials of its clients.

use clap::Args;
use keyfront_model::AccountId;

use crate::endpoint::Endpoint;
use crate::environment::{Environment, PROFILES};

/// Where `keyfront serve` listens without `--listen`.
pub(crate) const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:4566";

/// The id and the secret of the development key.
const TEST: &str = "test";

/// The account of the development key.
const TEST_ACCOUNT: &str = "000000000000";

/// Where Keyfront is, and the credentials of its clients.
#[derive(Args, Clone)]
pub(crate) struct ConnectOptions {
    /// Where Keyfront is
    #[arg(
        long,
        value_name = "URL",
        env = "KEYFRONT_ENDPOINT",
        default_value = DEFAULT_ENDPOINT
    )]
    pub(crate) endpoint: Endpoint,
    /// The account of the stores. It also chooses that account's development key, unless another key
    /// is given [default: the access key's id if it is 12 digits, else 000000000000]
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
    /// The access key [default: the environment's (AWS_ACCESS_KEY_ID, AWS_PROFILE), else test]
    #[arg(long, value_name = "ID")]
    access_key_id: Option<String>,
    /// The access key's secret [default: test]
    #[arg(long, value_name = "SECRET", requires = "access_key_id")]
    secret_access_key: Option<String>,
}

/// Where a client gets its credentials from.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// From these programs: an access key given as an option, or a development key.
    Ours(AccessKey),
    /// From its environment, which keeps them. Only the access key's id is read.
    InEnvironment(String),
    /// From this profile of its configuration, which is not read.
    InProfile(String),
}

/// An access key to sign with.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl ConnectOptions {
    /// The account of the stores that the clients ask for.
    pub(crate) fn account(&self, environment: &Environment) -> String {
        if let Some(account) = self.account {
            return account.to_string();
        }
        match self.credentials(environment) {
            Credentials::Ours(key) => account_of(&key.id),
            Credentials::InEnvironment(id) => account_of(&id),
            Credentials::InProfile(_) => None,
        }
        .unwrap_or_else(|| TEST_ACCOUNT.to_owned())
    }

    pub(crate) fn credentials(&self, environment: &Environment) -> Credentials {
        if let Some(id) = &self.access_key_id {
            let secret = self.secret_access_key.as_deref().unwrap_or(TEST);
            return Credentials::Ours(AccessKey::new(id, secret));
        }
        let development = self.account.map(|account| account.to_string());
        let development = AccessKey::new(development.as_deref().unwrap_or(TEST), TEST);
        if let Some(id) = environment.text("AWS_ACCESS_KEY_ID") {
            let secret = environment.text("AWS_SECRET_ACCESS_KEY");
            let key = AccessKey::new(&id, &secret.unwrap_or_default());
            return match key.is_for_development() {
                true if self.account.is_some() => Credentials::Ours(development),
                true => Credentials::Ours(key),
                false => Credentials::InEnvironment(key.id),
            };
        }
        match environment.first(&PROFILES) {
            Some((_, profile)) => Credentials::InProfile(profile.to_string_lossy().into_owned()),
            None => Credentials::Ours(development),
        }
    }

    /// The options that say as whom, as they may be repeated: without the secret.
    pub(crate) fn as_whom(&self) -> Vec<String> {
        let simple = |id: &String| id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let account = self.account.map(|account| format!("--account {account}"));
        let id = self.access_key_id.as_ref().map(|id| match simple(id) {
            true => format!("--access-key-id {id}"),
            false => "--access-key-id ID".to_owned(),
        });
        let secret = self.secret_access_key.as_ref();
        let secret = secret.map(|_| "--secret-access-key SECRET".to_owned());
        [account, id, secret].into_iter().flatten().collect()
    }
}

impl AccessKey {
    fn new(id: &str, secret: &str) -> Self {
        Self {
            id: id.to_owned(),
            secret: secret.to_owned(),
        }
    }

    /// The development key of an account.
    pub(crate) fn development(account: &str) -> Self {
        let id = if account == TEST_ACCOUNT {
            TEST
        } else {
            account
        };
        Self::new(id, TEST)
    }

    fn is_for_development(&self) -> bool {
        self.secret == TEST && (self.id == TEST || account_of(&self.id).is_some())
    }
}

/// The account that a development key names by its id.
fn account_of(id: &str) -> Option<String> {
    let account: AccountId = id.parse().ok()?;
    Some(account.to_string())
}

#[cfg(test)]
impl ConnectOptions {
    /// The options with an endpoint alone.
    pub(crate) fn at(endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.parse().unwrap(),
            account: None,
            access_key_id: None,
            secret_access_key: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(connect: &ConnectOptions, environment: &Environment) -> Option<(String, String)> {
        match connect.credentials(environment) {
            Credentials::Ours(key) => Some((key.id, key.secret)),
            _ => None,
        }
    }

    #[test]
    fn credentials_that_are_there_are_left_alone() {
        let mut connect = ConnectOptions::at("http://127.0.0.1:4566");
        let test = Some(("test".to_owned(), "test".to_owned()));
        assert_eq!(key(&connect, &Environment::default()), test);
        for profile in PROFILES {
            assert_eq!(key(&connect, &[(profile, "work")].into()), None);
        }
        assert_eq!(key(&connect, &[("AWS_ACCESS_KEY_ID", "AKIA")].into()), None);
        connect.access_key_id = Some("123456789012".into());
        let given = Some(("123456789012".to_owned(), "test".to_owned()));
        assert_eq!(
            key(&connect, &[("AWS_ACCESS_KEY_ID", "AKIA")].into()),
            given
        );
    }

    #[test]
    fn an_account_that_is_asked_for_has_its_development_key() {
        let mut connect = ConnectOptions::at("http://127.0.0.1:4566");
        connect.account = "111122223333".parse().ok();
        let asked = Some(("111122223333".to_owned(), "test".to_owned()));
        assert_eq!(key(&connect, &Environment::default()), asked);
        let development = [
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_SESSION_TOKEN", "of another key"),
        ];
        assert_eq!(key(&connect, &development.into()), asked);
        assert_eq!(key(&connect, &[("AWS_ACCESS_KEY_ID", "AKIA")].into()), None);
    }

    #[test]
    fn a_development_key_names_its_account() {
        let mut connect = ConnectOptions::at("http://127.0.0.1:4566");
        assert_eq!(connect.account(&Environment::default()), TEST_ACCOUNT);
        let environment = [("AWS_ACCESS_KEY_ID", "123456789012")].into();
        assert_eq!(connect.account(&environment), "123456789012");
        connect.account = "210987654321".parse().ok();
        assert_eq!(connect.account(&environment), "210987654321");
        assert_eq!(AccessKey::development(TEST_ACCOUNT).id, TEST);
        assert_eq!(AccessKey::development("210987654321").id, "210987654321");
    }
}
