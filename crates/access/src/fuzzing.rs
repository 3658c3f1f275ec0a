//! What is read of a credentials file and of a policy, for fuzz targets.

use keyfront_model::AccountId;
use keyfront_signature::SigningKeys;

use crate::access_key::Rights;
use crate::credentials::file;
use crate::policy::{self, Document, Policy};
use crate::principal::Principal;
use crate::{AccessKey, Action};

/// Reads the text of a credentials file: how many access keys it has, or the byte of the fault and the text
/// for the operator.
pub fn read_credentials(text: &str) -> Result<usize, (usize, String)> {
    let read = file::parse(text).and_then(|document| Ok(file::entries(&document)?.len()));
    read.map_err(|fault| (fault.at, fault.problem))
}

/// An access key of a user with these policies; `None` if one of them is refused. `asked` are the actions
/// that are ever asked about.
pub fn key_with_policies(
    documents: &[&str],
    account: AccountId,
    user: &str,
    asked: &[Action<'_>],
) -> Option<AccessKey> {
    let principal = Principal::new(account, Some(user));
    let policies = documents.iter().map(|text| {
        let document = Document::parse(text, asked).ok()?;
        let _ = policy::warnings(&document, asked);
        Policy::new(&document, &principal).ok()
    });
    Some(AccessKey {
        rights: Rights::Policies(policies.collect::<Option<_>>()?),
        id: user.into(),
        account,
        user: user.into(),
        keys: SigningKeys::new(user, "test"),
        session_token: None,
        principal,
    })
}
