//! What the log says of a request: who sent it, from where, and which store it is about. Texts that come
//! from a caller are cut; the form of a line keeps them from being anything but text.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::request::Parts;
use keyfront_access::AccessKey;
use keyfront_model::StoreId;
use tokio::time::Instant;
use tracing::field::display;

use crate::endpoint::Labels;
use crate::error::{Code, Refusal};
use crate::repeats::{Kind, RepeatedRefusals};
use crate::request_id::RequestId;
use crate::text::cut;
use crate::uri;

/// The name of the operation of a request that is for none.
pub(crate) const UNKNOWN: &str = "unknown";

/// The log of one request. Its stages note here what they learn, and every line has what is known by then.
pub(crate) struct RequestLog<'a> {
    parts: &'a Parts,
    address: SocketAddr,
    request_id: RequestId,
    repeats: &'a Arc<RepeatedRefusals>,
    began: Instant,
    operation: OnceLock<&'static str>,
    labels: OnceLock<Labels<'a>>,
    /// The access key, once its signature has been checked.
    key: OnceLock<Arc<AccessKey>>,
    /// The name of a store that is to be created, which stands in the body alone.
    new_name: OnceLock<String>,
    /// The id to which the name or the ARN of the store was resolved.
    store_id: OnceLock<StoreId>,
}

// Each of these is noted once; should it be noted again, the first one stays.
impl<'a> RequestLog<'a> {
    /// The log of a request of which the head has arrived.
    pub(crate) fn new(
        parts: &'a Parts,
        address: SocketAddr,
        request_id: RequestId,
        repeats: &'a Arc<RepeatedRefusals>,
    ) -> Self {
        Self {
            parts,
            address,
            request_id,
            repeats,
            began: Instant::now(),
            operation: OnceLock::new(),
            labels: OnceLock::new(),
            key: OnceLock::new(),
            new_name: OnceLock::new(),
            store_id: OnceLock::new(),
        }
    }

    /// Notes which operation the request is for.
    pub(crate) fn routed(&self, operation: &'static str, labels: Labels<'a>) {
        let _ = self.operation.set(operation);
        let _ = self.labels.set(labels);
    }

    /// Notes which access key has signed the request.
    pub(crate) fn signed(&self, key: &Arc<AccessKey>) {
        let _ = self.key.set(Arc::clone(key));
    }

    /// Notes the name of the store that is to be created.
    pub(crate) fn new_store(&self, name: &str) {
        let _ = self.new_name.set(name.to_owned());
    }

    /// Notes which store the request is about.
    pub(crate) fn store(&self, id: StoreId) {
        let _ = self.store_id.set(id);
    }

    /// Logs that the operation was performed. Changes are logged by default, reads with `--log debug`.
    pub(crate) fn done(&self, is_read: bool, status: u16) {
        if is_read && !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let (request_id, address) = (self.request_id, self.address);
        let (operation, (access_key, user, account)) = (self.operation(), self.caller());
        let (store, store_id) = (self.store_as_asked(), self.store_id());
        let took_us = u64::try_from(self.elapsed().as_micros()).unwrap_or(u64::MAX);
        if is_read {
            tracing::debug!(
                %request_id, operation, %address, access_key, user, account, store, store_id, status,
                took_us, "done"
            );
        } else {
            tracing::info!(
                %request_id, operation, %address, access_key, user, account, store, store_id, status,
                took_us, "done"
            );
        }
    }

    /// Logs that the request was refused, unless too many were that are alike.
    pub(crate) fn refused<C: Code>(&self, refusal: &Refusal<C>) {
        if !self.is_logged(refusal.code.name()) {
            return;
        }
        let (request_id, address) = (self.request_id, self.address);
        let (operation, (access_key, user, account)) = (self.operation(), self.caller());
        let (store, store_id) = (self.store_as_asked(), self.store_id());
        let Refusal { code, text, reason } = refusal;
        let code = code.name();
        tracing::info!(
            %request_id, operation, %address, access_key, user, account, store, store_id, code, %text,
            reason, "refused"
        );
    }

    /// Logs why the request's sender is unknown, with the access key that the request claims.
    pub(crate) fn unauthenticated(&self, access_key: Option<&str>, reason: &str) {
        if !self.is_logged("not authenticated") {
            return;
        }
        let (request_id, operation, address) = (self.request_id, self.operation(), self.address);
        let access_key = access_key.map(cut);
        let (access_key, reason) = (access_key.as_deref(), &*cut(reason));
        tracing::info!(%request_id, operation, %address, access_key, reason, "not authenticated");
    }

    fn is_logged(&self, code: &'static str) -> bool {
        self.repeats.is_logged(Kind {
            address: Some(self.address.ip()),
            access_key: self.key.get().map(|key| key.id.to_string()),
            operation: self.operation(),
            code,
        })
    }

    /// The name of the operation that the request is for.
    pub(crate) fn operation(&self) -> &'static str {
        self.operation.get().copied().unwrap_or(UNKNOWN)
    }

    /// The time since the head of the request arrived.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn caller(
        &self,
    ) -> (
        Option<&str>,
        Option<&str>,
        Option<impl tracing::Value + use<>>,
    ) {
        let key = self.key.get();
        (
            key.map(|key| key.id.as_str()),
            key.map(|key| key.user.as_str()),
            key.map(|key| display(key.account)),
        )
    }

    /// The name or the ARN of the store as the caller wrote it.
    fn store_as_asked(&self) -> Option<String> {
        if let Some(name) = self.new_name.get() {
            return Some(cut(name).into_owned());
        }
        let text = match self.labels.get()?.first() {
            Some(label) if !label.is_empty() => {
                uri::decode(label).map_or(Cow::Borrowed(*label), Cow::Owned)
            }
            _ => Cow::Owned(uri::query_value(self.parts.uri.query()?, "Resource")?),
        };
        Some(cut(&text).into_owned())
    }

    fn store_id(&self) -> Option<impl tracing::Value + use<>> {
        self.store_id.get().copied().map(display)
    }
}
