//! What the log says of a request: who sent it, from where, and which store or function it is about. Texts that come
//! from a caller are cut; the form of a line keeps them from being anything but text.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::request::Parts;
use keyfront_access::AccessKey;
use keyfront_model::{FunctionArn, StoreId};
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

/// The beginning of the paths of all operations on functions.
const FUNCTIONS: &str = "/2020-05-31/function";

/// What a request is about, as the caller wrote it.
#[derive(Clone)]
enum Asked {
    Store(String),
    Function(String),
}

impl Asked {
    fn new(is_function: bool, text: String) -> Self {
        if is_function {
            Self::Function(text)
        } else {
            Self::Store(text)
        }
    }
}

/// The log of one request. Its stages note here what they learn, and every line has what is known by then.
pub(crate) struct RequestLog<'a> {
    parts: &'a Parts,
    address: SocketAddr,
    request_id: RequestId,
    repeats: &'a Arc<RepeatedRefusals>,
    began: Instant,
    operation: OnceLock<&'static str>,
    /// The operation's path as its model has it.
    path: OnceLock<&'static str>,
    labels: OnceLock<Labels<'a>>,
    /// The access key, once its signature has been checked.
    key: OnceLock<Arc<AccessKey>>,
    /// The name of what is to be created, which stands in the body alone.
    new_name: OnceLock<Asked>,
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
            path: OnceLock::new(),
            labels: OnceLock::new(),
            key: OnceLock::new(),
            new_name: OnceLock::new(),
            store_id: OnceLock::new(),
        }
    }

    /// Notes which operation the request is for.
    pub(crate) fn routed(&self, operation: &'static str, path: &'static str, labels: Labels<'a>) {
        let _ = self.operation.set(operation);
        let _ = self.path.set(path);
        let _ = self.labels.set(labels);
    }

    /// Notes which access key has signed the request.
    pub(crate) fn signed(&self, key: &Arc<AccessKey>) {
        let _ = self.key.set(Arc::clone(key));
    }

    /// Notes the name of the store that is to be created.
    pub(crate) fn new_store(&self, name: &str) {
        let _ = self.new_name.set(Asked::Store(name.to_owned()));
    }

    /// Notes the name of the function that is to be created.
    pub(crate) fn new_function(&self, name: &str) {
        let _ = self.new_name.set(Asked::Function(name.to_owned()));
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
        let ((store, function), store_id) = (self.asked(), self.store_id());
        let took_us = u64::try_from(self.elapsed().as_micros()).unwrap_or(u64::MAX);
        if is_read {
            tracing::debug!(
                %request_id, operation, %address, access_key, user, account, store, store_id, function,
                status,
                took_us, "done"
            );
        } else {
            tracing::info!(
                %request_id, operation, %address, access_key, user, account, store, store_id, function,
                status,
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
        let ((store, function), store_id) = (self.asked(), self.store_id());
        let Refusal { code, text, reason } = refusal;
        let code = code.name();
        tracing::info!(
            %request_id, operation, %address, access_key, user, account, store, store_id, function,
            code, %text, reason, "refused"
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
            key.map(|key| &*key.id),
            key.map(|key| &*key.user),
            key.map(|key| display(key.account)),
        )
    }

    /// The name or the ARN of the store, and that of the function, as the caller wrote it; of the two there is
    /// one at most.
    fn asked(&self) -> (Option<String>, Option<String>) {
        let cut = |text: &str| cut(text).into_owned();
        match self.new_name.get().cloned().or_else(|| self.found_in_uri()) {
            Some(Asked::Store(text)) => (Some(cut(&text)), None),
            Some(Asked::Function(text)) => (None, Some(cut(&text))),
            None => (None, None),
        }
    }

    fn found_in_uri(&self) -> Option<Asked> {
        let label = self.labels.get()?.first().filter(|label| !label.is_empty());
        let Some(label) = label else {
            let text = uri::query_value(self.parts.uri.query()?, "Resource")?;
            let is_function = text.parse::<FunctionArn>().is_ok();
            return Some(Asked::new(is_function, text));
        };
        let text = uri::decode(label).unwrap_or_else(|| (*label).to_owned());
        let is_function = self
            .path
            .get()
            .is_some_and(|path| path.starts_with(FUNCTIONS));
        Some(Asked::new(is_function, text))
    }

    fn store_id(&self) -> Option<impl tracing::Value + use<>> {
        self.store_id.get().copied().map(display)
    }
}
