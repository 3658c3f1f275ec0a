use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::credential::Scope;
use crate::ecdsa::PrivateKey;
use crate::hmac::ScopeKey;

/// The keys of this many scopes are kept: of two services, on both days at midnight.
const MAX_KEPT_SCOPES: usize = 4;

/// One access key: its secret, and what was derived from it.
pub struct SigningKeys {
    access_key_id: String,
    secret: Zeroizing<String>,
    ecdsa: Option<PrivateKey>,
    /// The keys of some scopes, the newest first.
    scopes: Mutex<VecDeque<(Scope, Arc<ScopeKey>)>>,
}

impl SigningKeys {
    /// Takes an access key and derives its SigV4A key, at the cost of a few hashes.
    pub fn new(access_key_id: impl Into<String>, secret: &str) -> Self {
        let access_key_id = access_key_id.into();
        Self {
            ecdsa: PrivateKey::derive(&access_key_id, secret),
            secret: Zeroizing::new(secret.to_owned()),
            access_key_id,
            scopes: Mutex::default(),
        }
    }

    /// The access key's id, which is no secret.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// Whether the signature is that of the message by this access key, for SigV4.
    ///
    /// A derived key is kept only once it has checked a signature to be good. So only the secret's owner can
    /// fill the cache, and others, who may write any region into a scope, can't push the keys in use out of
    /// it.
    pub(crate) fn check_hmac(&self, scope: &Scope, message: &[u8], signature: &str) -> bool {
        if let Some(key) = self.kept(scope) {
            return key.check(message, signature);
        }
        let key = ScopeKey::derive(&self.secret, scope);
        let good = key.check(message, signature);
        if good {
            self.keep(scope, key);
        }
        good
    }

    /// Whether the signature is one of the message by this access key, for SigV4A.
    ///
    /// Public for the benchmark alone: a claim is checked by [`crate::CheckedClaim::verify`].
    #[doc(hidden)]
    pub fn check_ecdsa(&self, message: &[u8], signature: &str) -> bool {
        self.ecdsa
            .as_ref()
            .is_some_and(|key| key.check(message, signature))
    }

    /// The key of a scope, for making a signature.
    pub(crate) fn scope_key(&self, scope: &Scope) -> ScopeKey {
        ScopeKey::derive(&self.secret, scope)
    }

    /// The key of SigV4A, for making a signature.
    pub(crate) fn ecdsa(&self) -> Option<&PrivateKey> {
        self.ecdsa.as_ref()
    }

    fn kept(&self, scope: &Scope) -> Option<Arc<ScopeKey>> {
        let scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, key) = scopes.iter().find(|(kept, _)| kept == scope)?;
        Some(Arc::clone(key))
    }

    fn keep(&self, scope: &Scope, key: ScopeKey) {
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        if scopes.iter().all(|(kept, _)| kept != scope) {
            scopes.truncate(MAX_KEPT_SCOPES - 1);
            scopes.push_front((scope.clone(), Arc::new(key)));
        }
    }
}

// No secret, nor what was derived from it, goes into a log or a panic.
impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Algorithm, AmzDate, hex};

    fn scope(region: &str) -> Scope {
        let signed = AmzDate::from_basic("20261122T120000Z").unwrap();
        Scope::new(Algorithm::Hmac, signed, region, "cloudfront")
    }

    fn signed(keys: &SigningKeys, region: &str) -> String {
        let mut digits = Vec::new();
        hex::encode(
            &*keys.scope_key(&scope(region)).sign(b"message"),
            &mut digits,
        );
        String::from_utf8(digits).unwrap()
    }

    fn regions(keys: &SigningKeys) -> usize {
        keys.scopes.lock().unwrap().len()
    }

    #[test]
    fn only_a_good_signature_gets_its_key_kept() {
        let keys = SigningKeys::new("AK", "secret");
        let signature = signed(&keys, "us-east-1");
        for region in ["us-east-2", "", "x"] {
            assert!(!keys.check_hmac(&scope(region), b"message", &signature));
        }
        assert_eq!(regions(&keys), 0);
        for _ in 0..2 {
            assert!(keys.check_hmac(&scope("us-east-1"), b"message", &signature));
            assert!(!keys.check_hmac(&scope("us-east-1"), b"massage", &signature));
        }
        assert_eq!(regions(&keys), 1);
    }

    #[test]
    fn keeps_a_few_keys_and_the_latest() {
        let keys = SigningKeys::new("AK", "secret");
        for region in 0..100 {
            let region = region.to_string();
            let signature = signed(&keys, &region);
            assert!(keys.check_hmac(&scope(&region), b"message", &signature));
            assert!(keys.kept(&scope(&region)).is_some());
        }
        assert_eq!(regions(&keys), MAX_KEPT_SCOPES);
    }

    #[test]
    fn debug_tells_no_secret() {
        let keys = SigningKeys::new("AKIDEXAMPLE", "hush");
        let text = format!("{keys:?}");
        assert_eq!(text, "SigningKeys { access_key_id: \"AKIDEXAMPLE\", .. }");
    }
}
