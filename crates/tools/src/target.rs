use clap::Args;
use keyfront_model::AccountId;

use crate::endpoint::Endpoint;
use crate::environment::Environment;

/// Where `keyfront serve` listens unless it is told otherwise.
pub(super) const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:4566";

/// The development credentials, and the account whose they are.
const TEST: &str = "test";
const TEST_ACCOUNT: &str = "000000000000";

/// Which Keyfront, and as whom.
#[derive(Args, Clone)]
pub(crate) struct Target {
    /// Where Keyfront is
    #[arg(
        long,
        value_name = "URL",
        env = "KEYFRONT_ENDPOINT",
        default_value = DEFAULT_ENDPOINT
    )]
    pub(crate) endpoint: Endpoint,
    /// The account. Without an access key of a file, the development key is that account's
    /// [default: the access key's id if it is 12 digits, else 000000000000]
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
    /// The access key [default: what the environment has (AWS_ACCESS_KEY_ID or AWS_PROFILE), else test]
    #[arg(long, value_name = "ID")]
    access_key_id: Option<String>,
    /// Its secret [default: test]
    #[arg(long, value_name = "SECRET", requires = "access_key_id")]
    secret_access_key: Option<String>,
}

/// Where a client gets its credentials from.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// From us: they are given as options, or nobody has any.
    Ours(AccessKey),
    /// From its environment, which we leave alone.
    InEnvironment(AccessKey),
    /// From this profile of its configuration, which we don't read.
    InProfile(String),
}

/// An access key to sign with.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) session_token: Option<String>,
}

impl Target {
    /// The account of the stores that the clients will ask for.
    pub(crate) fn account(&self, environment: &Environment) -> String {
        if let Some(account) = self.account {
            return account.to_string();
        }
        match self.credentials(environment) {
            Credentials::Ours(key) | Credentials::InEnvironment(key) => key.own_account(),
            Credentials::InProfile(_) => None,
        }
        .unwrap_or_else(|| TEST_ACCOUNT.to_owned())
    }

    pub(crate) fn credentials(&self, environment: &Environment) -> Credentials {
        if let Some(id) = &self.access_key_id {
            let secret = self.secret_access_key.as_deref().unwrap_or(TEST);
            return Credentials::Ours(AccessKey::new(id, secret));
        }
        if let Some(id) = environment.get("AWS_ACCESS_KEY_ID") {
            let secret = environment.get("AWS_SECRET_ACCESS_KEY").unwrap_or_default();
            let mut key = AccessKey::new(id, secret);
            if key.is_for_development() {
                // It has no token: one that lies there is of another key.
                return Credentials::Ours(self.development_key().unwrap_or(key));
            }
            key.session_token = environment.get("AWS_SESSION_TOKEN").map(str::to_owned);
            return Credentials::InEnvironment(key);
        }
        match environment.get("AWS_PROFILE") {
            Some(profile) => Credentials::InProfile(profile.to_owned()),
            None => Credentials::Ours(self.development_key().unwrap_or_else(development_key)),
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

    /// The development key of the account that was asked for.
    fn development_key(&self) -> Option<AccessKey> {
        Some(AccessKey::new(&self.account?.to_string(), TEST))
    }
}

impl AccessKey {
    fn new(id: &str, secret: &str) -> Self {
        Self {
            id: id.to_owned(),
            secret: secret.to_owned(),
            session_token: None,
        }
    }

    fn is_for_development(&self) -> bool {
        self.secret == TEST && (self.id == TEST || self.own_account().is_some())
    }

    /// The account that a development key names by its own id.
    fn own_account(&self) -> Option<String> {
        let account: AccountId = self.id.parse().ok()?;
        Some(account.to_string())
    }
}

/// The key that serves where no file of credentials is given.
pub(crate) fn development_key() -> AccessKey {
    AccessKey::new(TEST, TEST)
}

#[cfg(test)]
impl Target {
    /// What the options are if there are none but the endpoint.
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

    fn key(target: &Target, environment: &Environment) -> Option<(String, String)> {
        match target.credentials(environment) {
            Credentials::Ours(key) => Some((key.id, key.secret)),
            _ => None,
        }
    }

    #[test]
    fn credentials_that_are_there_are_left_alone() {
        let mut target = Target::at("http://127.0.0.1:4566");
        let test = Some(("test".to_owned(), "test".to_owned()));
        assert_eq!(key(&target, &Environment::default()), test);
        assert_eq!(key(&target, &[("AWS_PROFILE", "work")].into()), None);
        assert_eq!(key(&target, &[("AWS_ACCESS_KEY_ID", "AKIA")].into()), None);
        target.access_key_id = Some("123456789012".into());
        let given = Some(("123456789012".to_owned(), "test".to_owned()));
        assert_eq!(key(&target, &[("AWS_ACCESS_KEY_ID", "AKIA")].into()), given);
    }

    #[test]
    fn an_account_that_is_asked_for_has_its_development_key() {
        let mut target = Target::at("http://127.0.0.1:4566");
        target.account = "111122223333".parse().ok();
        let asked = Some(("111122223333".to_owned(), "test".to_owned()));
        assert_eq!(key(&target, &Environment::default()), asked);
        let development = [
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_SESSION_TOKEN", "of another key"),
        ];
        assert_eq!(key(&target, &development.into()), asked);
        assert_eq!(key(&target, &[("AWS_ACCESS_KEY_ID", "AKIA")].into()), None);
    }

    #[test]
    fn a_development_key_names_its_account() {
        let mut target = Target::at("http://127.0.0.1:4566");
        assert_eq!(target.account(&Environment::default()), TEST_ACCOUNT);
        let environment = [("AWS_ACCESS_KEY_ID", "123456789012")].into();
        assert_eq!(target.account(&environment), "123456789012");
        target.account = "210987654321".parse().ok();
        assert_eq!(target.account(&environment), "210987654321");
    }
}
