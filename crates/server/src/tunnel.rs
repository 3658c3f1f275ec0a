//! A tunnel to this server itself.
//!
//! Some clients ask a proxy for a tunnel (CONNECT) even where they speak plain HTTP in it. If the server
//! is the host that they ask for, the connection goes on as one of HTTP/1.1: no other server is
//! connected to, ever.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::Request;
use hyper::body::Incoming;
use hyper::upgrade::{self, OnUpgrade};

/// Whether a connection goes on in a tunnel. A tunnel within a tunnel is not possible.
#[derive(Default)]
pub(crate) struct Tunnel(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    Direct,
    /// The request for a tunnel is being answered.
    Opening(OnUpgrade),
    InTunnel,
}

impl Tunnel {
    /// Lets the connection go on in a tunnel, once this request is answered with success. Returns false
    /// if it is in a tunnel already.
    pub(crate) fn open(&self, request: &mut Request<Incoming>) -> bool {
        let mut state = self.state();
        let is_direct = matches!(*state, State::Direct);
        if is_direct {
            *state = State::Opening(upgrade::on(request));
        }
        is_direct
    }

    /// The connection after the answer, if a tunnel was opened.
    pub(crate) fn enter(&self) -> Option<OnUpgrade> {
        let mut state = self.state();
        match std::mem::replace(&mut *state, State::InTunnel) {
            State::Opening(upgrade) => Some(upgrade),
            State::Direct | State::InTunnel => None,
        }
    }

    /// A thread that panicked can't have left it half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
