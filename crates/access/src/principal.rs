use keyfront_model::AccountId;

/// The user of an access key, in the words that policies and messages have for it.
#[derive(Debug)]
pub(crate) struct Principal {
    pub(crate) account: String,
    /// The user's name; `None` is the account's root user.
    pub(crate) user: Option<String>,
    pub(crate) arn: String,
}

impl Principal {
    pub(crate) fn new(account: AccountId, user: Option<&str>) -> Self {
        let arn = match user {
            Some(user) => format!("arn:aws:iam::{account}:user/{user}"),
            None => format!("arn:aws:iam::{account}:root"),
        };
        Self {
            account: account.to_string(),
            user: user.map(str::to_owned),
            arn,
        }
    }

    /// The value of aws:PrincipalType (IAM user guide, "Principal key values").
    pub(crate) fn kind(&self) -> &'static str {
        match self.user {
            Some(_) => "User",
            None => "Account",
        }
    }
}
