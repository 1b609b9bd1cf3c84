//! How often one address, or one e-mail address, may try.

use crate::config::Mode;
use crate::problem::Problem;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

/// So many a minute for each key; a whole minute's worth may come at once.
pub struct Limit<K: Clone + std::hash::Hash + Eq>(DefaultKeyedRateLimiter<K>);

impl<K: Clone + std::hash::Hash + Eq> Limit<K> {
    fn a_minute(times: u32) -> Self {
        Self(RateLimiter::keyed(Quota::per_minute(NonZeroU32::new(times).unwrap_or(NonZeroU32::MIN))))
    }

    pub fn check(&self, key: &K) -> Result<(), Problem> {
        self.0.check_key(key).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            Problem::rate_limited(wait.as_secs() + 1)
        })
    }

    fn forget_idle(&self) {
        self.0.retain_recent();
        self.0.shrink_to_fit();
    }
}

impl<K: Clone + std::hash::Hash + Eq> fmt::Debug for Limit<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Limit")
    }
}

#[derive(Debug)]
pub struct RateLimits {
    pub register: Limit<IpAddr>,
    pub login: Limit<IpAddr>,
    /// Against one address from many: guesses, and mails that nobody asked for.
    pub email: Limit<String>,
    /// Links of mails, and asking for them.
    pub link: Limit<IpAddr>,
    /// Deliveries whose signature is wrong. Stripe's own bursts are never limited (trap 37).
    pub bad_signature: Limit<IpAddr>,
}

impl RateLimits {
    /// In sandbox mode 100 registrations a minute from one address: tests make many users.
    pub fn new(mode: Mode) -> Self {
        let sandbox = mode == Mode::Sandbox;
        let choose = |in_sandbox, otherwise| if sandbox { in_sandbox } else { otherwise };
        Self {
            register: Limit::a_minute(choose(100, 10)),
            login: Limit::a_minute(choose(300, 20)),
            email: Limit::a_minute(choose(30, 10)),
            link: Limit::a_minute(choose(100, 10)),
            bad_signature: Limit::a_minute(60),
        }
    }

    /// Drops the keys that have all their tries back.
    pub fn forget_idle(&self) {
        for limit in [&self.register, &self.login, &self.link, &self.bad_signature] {
            limit.forget_idle();
        }
        self.email.forget_idle();
    }
}

/// The address that the connection came from. Behind a proxy that is the proxy's.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        peer.map(|peer| Self(peer.0.ip())).ok_or_else(|| Problem::internal("the peer's address is not known"))
    }
}
