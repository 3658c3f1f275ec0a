use crate::AmzDate;

/// Why a request is not taken as signed.
///
/// The text is meant for a log line and may also be shown to the client: where AWS has a sentence
/// for the case it is AWS's. It never holds a key, a token or a signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// What says who signed, and how, is not all there or can't be read (AWS: `IncompleteSignature`).
    #[error("{0}")]
    Incomplete(&'static str),

    /// The credential's scope is for another service, another day, or not for requests.
    #[error("{0}")]
    Scope(String),

    /// The request was signed more than five minutes ago.
    #[error("Signature expired: {signed} is now earlier than {earliest} ({now} - 5 min.)")]
    Expired {
        /// When the request says that it was signed.
        signed: AmzDate,
        /// The earliest moment that would do.
        earliest: AmzDate,
        /// The server's time.
        now: AmzDate,
    },

    /// The request was signed more than five minutes from now.
    #[error("Signature not yet current: {signed} is still later than {latest} ({now} + 5 min.)")]
    NotYetCurrent {
        /// When the request says that it was signed.
        signed: AmzDate,
        /// The latest moment that would do.
        latest: AmzDate,
        /// The server's time.
        now: AmzDate,
    },

    /// A request signed in its query has outlived its `X-Amz-Expires`.
    #[error("Signature expired: {until} is now earlier than {now}")]
    Outlived {
        /// The last moment at which it was good.
        until: AmzDate,
        /// The server's time.
        now: AmzDate,
    },

    /// `x-amz-content-sha256` says that the payload is not signed, or signed in chunks: no client of
    /// this API does so, and it would leave the payload open to change.
    #[error("the payload is not signed: x-amz-content-sha256 must be the SHA-256 of the payload")]
    UnsignedPayload,

    /// `x-amz-content-sha256` is not the hash of the payload that came.
    #[error("x-amz-content-sha256 is not the SHA-256 of the payload")]
    PayloadChanged,

    /// A header that was signed did not arrive; something between client and server took it away.
    #[error("the signed header '{0}' is not in the request")]
    HeaderAbsent(String),

    /// The signature is not that of this request by this key.
    #[error(
        "The request signature we calculated does not match the signature you provided. \
         Check your AWS Secret Access Key and signing method. \
         Consult the service documentation for details."
    )]
    Mismatch,
}
