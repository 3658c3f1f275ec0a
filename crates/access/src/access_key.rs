use std::fmt;
use std::sync::Arc;

use keyfront_model::AccountId;
use keyfront_signature::SigningKeys;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::import_from::{self, ImportPattern};
use crate::policy::{self, Action, Arn, Policy, Request};
use crate::principal::Principal;
use crate::{Context, Decision, Denial, Resource};

/// An access key: its user, the keys that check its signatures, and its rights.
pub struct AccessKey {
    /// What requests name it by. It is no secret.
    pub id: Arc<str>,
    /// The account that it acts in.
    pub account: AccountId,
    /// Its user, for the audit trail: the user's name, or the access key's id where no user is
    /// named.
    pub user: Arc<str>,
    /// What its signatures are checked with.
    pub keys: SigningKeys,
    pub(crate) session_token: Option<Zeroizing<String>>,
    pub(crate) principal: Principal,
    pub(crate) rights: Rights,
}

/// What an access key may do.
#[derive(Debug)]
pub(crate) enum Rights {
    /// Everything in its account; imports only from these, if there is a list.
    Everything {
        imports: Option<Box<[ImportPattern]>>,
    },
    /// What the policies say.
    Policies(Box<[Policy]>),
}

impl AccessKey {
    /// A key of the account's root user, which may do everything in it.
    pub(crate) fn of_root(id: &str, secret: &str, account: AccountId) -> Self {
        Self {
            id: id.into(),
            account,
            user: id.into(),
            keys: SigningKeys::new(id, secret),
            session_token: None,
            principal: Principal::new(account, None),
            rights: Rights::Everything { imports: None },
        }
    }

    /// The ARN of who uses it: `arn:aws:iam::ACCOUNT:user/NAME`, or `arn:aws:iam::ACCOUNT:root`
    /// where no user is named.
    pub fn arn(&self) -> &str {
        &self.principal.arn
    }

    /// Whether a request with that session token, or with none, is right to have it or not. A token
    /// of the right length is compared in constant time.
    pub fn check_session_token(&self, given: Option<&str>) -> bool {
        match (&self.session_token, given) {
            (None, None) => true,
            (Some(own), Some(given)) => own.as_bytes().ct_eq(given.as_bytes()).into(),
            _ => false,
        }
    }

    /// Whether the action may be done to the resource.
    ///
    /// A resource whose text is no ARN is denied, and so is one that belongs to another account.
    pub fn decide(
        &self,
        action: Action<'_>,
        resource: Resource<'_>,
        context: &Context<'_>,
    ) -> Decision {
        let Some((resource, by_id)) = resource.parse() else {
            return Decision::Denied(Denial::Implicit);
        };
        let is_foreign =
            |arn: &Arn<'_>| !arn.account.is_empty() && arn.account != self.principal.account;
        if is_foreign(&resource) || by_id.as_ref().is_some_and(is_foreign) {
            return Decision::Denied(Denial::OtherAccount);
        }
        match &self.rights {
            Rights::Everything {
                imports: Some(patterns),
            } if !import_from::allow(patterns, action, &resource) => {
                Decision::Denied(Denial::Implicit)
            }
            Rights::Everything { .. } => Decision::Allowed,
            Rights::Policies(policies) => {
                let request = Request {
                    action,
                    resource,
                    by_id,
                    principal: &self.principal,
                    context,
                };
                policy::judge(policies, &request)
            }
        }
    }
}

/// Shows nothing secret.
impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .field("arn", &self.principal.arn)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use keyfront_model::Timestamp;

    use super::*;

    const CONTEXT: Context<'_> = Context {
        source_ip: None,
        secure: false,
        now: Timestamp::from_millis(0),
        user_agent: None,
    };

    fn root() -> AccessKey {
        AccessKey::of_root("AKIAEXAMPLE", "a secret", "123456789012".parse().unwrap())
    }

    #[test]
    fn a_key_without_policies_may_do_everything_in_its_account() {
        let action = Action::new("cloudfront:CreateKeyValueStore").unwrap();
        let decide = |arn| root().decide(action, Resource::new(arn), &CONTEXT);
        assert_eq!(
            decide("arn:aws:cloudfront::123456789012:key-value-store/*"),
            Decision::Allowed
        );
        assert_eq!(
            decide("arn:aws:cloudfront::123456789013:key-value-store/*"),
            Decision::Denied(Denial::OtherAccount)
        );
        assert_eq!(decide("arn:aws:s3:::team-a/x.json"), Decision::Allowed);
        assert_eq!(decide("nonsense"), Decision::Denied(Denial::Implicit));
        let own = "arn:aws:cloudfront::123456789012:key-value-store/redirects";
        for (by_id, denial) in [
            ("nonsense", Denial::Implicit),
            (
                "arn:aws:cloudfront::123456789013:key-value-store/x",
                Denial::OtherAccount,
            ),
        ] {
            let both = Resource::with_name_and_id(own, by_id);
            assert_eq!(
                root().decide(action, both, &CONTEXT),
                Decision::Denied(denial)
            );
        }
    }

    #[test]
    fn import_patterns_narrow_what_it_may_import() {
        let pattern = ImportPattern::new("arn:aws:s3:::team-a/*").unwrap();
        let key = AccessKey {
            rights: Rights::Everything {
                imports: Some([pattern].into()),
            },
            ..root()
        };
        let action = Action::new("s3:GetObject").unwrap();
        let decide = |arn| key.decide(action, Resource::new(arn), &CONTEXT);
        assert_eq!(decide("arn:aws:s3:::team-a/x.json"), Decision::Allowed);
        assert_eq!(
            decide("arn:aws:s3:::team-b/x.json"),
            Decision::Denied(Denial::Implicit)
        );
    }

    #[test]
    fn a_session_token_is_there_exactly_when_it_should_be() {
        let plain = root();
        assert!(plain.check_session_token(None));
        assert!(!plain.check_session_token(Some("")));
        assert!(!plain.check_session_token(Some("token")));
        let with_token = AccessKey {
            session_token: Some(Zeroizing::new("token".to_owned())),
            ..root()
        };
        assert!(with_token.check_session_token(Some("token")));
        for wrong in [None, Some(""), Some("tokem"), Some("toke"), Some("tokens")] {
            assert!(!with_token.check_session_token(wrong));
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let text = format!("{:?}", root());
        assert!(
            text.contains("AKIAEXAMPLE") && !text.contains("a secret"),
            "{text}"
        );
    }
}
