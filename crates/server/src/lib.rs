//! The HTTP server, for whatever answers: listeners, TLS, limits, admission, bodies, streamed answers,
//! idle connections, probes, graceful stop.
//!
//! It knows nothing of Keyfront: a [`Handler`] answers. It promises that no client takes what others need.
//! Connections are bounded in all and for each address, and idle ones are closed in favour of new ones;
//! probes have connections that no client can take. Request bodies are admitted under the names that the
//! handler gives ([`Admission`]). HTTP itself is hyper's.
//!
//! ```
//! use http::{Request, StatusCode};
//! use hyper::body::Incoming;
//! use keyfront_server::{Answer, Handler, Peer, answer};
//!
//! struct Hello;
//!
//! impl Handler for Hello {
//!     async fn answer(&self, _: Request<Incoming>, peer: Peer) -> Answer {
//!         answer::with_body(StatusCode::OK, "text/plain", format!("hello {}", peer.address))
//!     }
//!
//!     fn probe(&self, path: &str) -> Option<Answer> {
//!         (path == "/healthz").then(|| answer::with_body(StatusCode::OK, "text/plain", "ok\n"))
//!     }
//! }
//! ```

mod address;
mod admission;
pub mod answer;
pub mod body;
mod connection;
mod connections;
mod counts;
mod framing;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod handler;
mod idle;
mod limits;
mod occasional;
mod server;
mod shares;
mod stream;
pub mod tls;
mod tunnel;
mod untaken;

pub use admission::{Admission, Admitted, BodyLimits, Caller};
pub use answer::{Answer, AnswerBody, BoxError};
pub use body::{Received, Unread};
pub use counts::{Counts, Refusals};
pub use handler::{ConnectionId, Handler, Peer};
pub use limits::{Bound, CLOSING_CONNECTIONS, Limits, RESERVED_CONNECTIONS, Refused, Scope};
pub use server::Server;
