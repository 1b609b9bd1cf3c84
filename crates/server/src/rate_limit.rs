//! How often one address, or one e-mail address, may try.

use crate::config::Mode;
use crate::problem::Problem;
use crate::state::Shared;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use domain::time::{HOUR, SECOND, Timestamp};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

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
    /// Codes of a host. All its members may come from one address; a code cannot be guessed.
    pub enter: Limit<IpAddr>,
    /// Everything about one user, which is put together in memory.
    pub export: Limit<String>,
    /// Deliveries whose signature is wrong. Stripe's own bursts are never limited (trap 37).
    pub bad_signature: Limit<IpAddr>,
    pub declines: Declines,
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
            enter: Limit::a_minute(600),
            export: Limit::a_minute(choose(30, 2)),
            bad_signature: Limit::a_minute(60),
            declines: Declines::new(if sandbox { Declines::AN_HOUR_IN_SANDBOX } else { Declines::AN_HOUR }),
        }
    }

    /// Drops the keys that have all their tries back.
    pub fn forget_idle(&self, wall: Timestamp) {
        for limit in [&self.register, &self.login, &self.link, &self.enter, &self.bad_signature] {
            limit.forget_idle();
        }
        self.email.forget_idle();
        self.export.forget_idle();
        self.declines.forget_idle(wall);
    }
}

/// Cards that were refused, by the address from which they were tried. In memory: several instances count apart, and the
/// count of an account, which is in the database, holds for all of them.
#[derive(Debug)]
pub struct Declines {
    an_hour: usize,
    seen: Mutex<HashMap<IpAddr, VecDeque<Timestamp>>>,
}

impl Declines {
    /// An office or a school shares an address; twenty refused cards within an hour are more than it has.
    const AN_HOUR: usize = 20;
    /// In sandbox mode all members may be tests on one machine.
    const AN_HOUR_IN_SANDBOX: usize = 100;

    fn new(an_hour: usize) -> Self {
        Self { an_hour, seen: Mutex::default() }
    }

    /// Before Stripe is asked.
    fn check(&self, address: IpAddr, wall: Timestamp) -> Result<(), Problem> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = seen.get(&address).map(|seen| seen.iter().filter(|at| at.plus(HOUR) > wall));
        let Some(recent) = recent else { return Ok(()) };
        let recent: Vec<_> = recent.collect();
        match recent.len().checked_sub(self.an_hour).and_then(|first| recent.get(first)) {
            Some(first_that_counts) => {
                let left = (first_that_counts.plus(HOUR).0 - wall.0) / SECOND;
                Err(Problem::rate_limited(left.max(1).unsigned_abs())
                    .detail("Too many cards were refused. Please try again later."))
            }
            None => Ok(()),
        }
    }

    fn note(&self, address: IpAddr, wall: Timestamp) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = seen.entry(address).or_default();
        of_address.push_back(wall);
        while of_address.len() > self.an_hour {
            of_address.pop_front();
        }
    }

    fn forget_idle(&self, wall: Timestamp) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, seen| seen.back().is_some_and(|last| last.plus(HOUR) > wall));
    }
}

impl Shared {
    /// Runs work that tries a card, unless too many were refused to this address.
    pub(crate) fn watching_declines<T>(
        self: &Arc<Self>,
        ClientAddress(address): ClientAddress,
        work: impl Future<Output = Result<T, Problem>> + Send + 'static,
    ) -> impl Future<Output = Result<T, Problem>> + Send + 'static
    where
        T: Send + 'static,
    {
        let shared = self.clone();
        async move {
            shared.limits.declines.check(address, shared.billing.wall())?;
            let done = work.await;
            if done.as_ref().is_err_and(|problem| problem.code == "card_declined") {
                shared.limits.declines.note(address, shared.billing.wall());
            }
            done
        }
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

/// The address of whoever asks. A proxy of ours stands on this machine or in a private network, and says in
/// `X-Forwarded-For` whom it asks for: what it has added itself is last. Whoever is elsewhere is believed nothing.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Peer(peer) = Peer::from_request_parts(parts, state).await?;
        Ok(Self(client_address(peer, &parts.headers)))
    }
}

fn client_address(peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let ours = match peer.to_canonical() {
        IpAddr::V4(peer) => peer.is_loopback() || peer.is_private(),
        IpAddr::V6(peer) => peer.is_loopback() || peer.is_unique_local(),
    };
    let said = headers.get_all("x-forwarded-for").iter().next_back();
    let last = said.and_then(|said| said.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    last.filter(|_| ours).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn only_a_proxy_of_ours_says_whom_it_asks_for() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let seen = |peer: &str, said: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", said.parse().unwrap());
            client_address(address(peer), &headers)
        };
        assert_eq!(seen("127.0.0.1", "203.0.113.9, 198.51.100.7"), address("198.51.100.7"));
        assert_eq!(seen("10.0.0.2", "2001:db8::1"), address("2001:db8::1"));
        assert_eq!(seen("192.0.2.1", "198.51.100.7"), address("192.0.2.1"), "a stranger");
        assert_eq!(seen("127.0.0.1", "nonsense"), address("127.0.0.1"));
        assert_eq!(client_address(address("127.0.0.1"), &HeaderMap::new()), address("127.0.0.1"));
    }

    #[test]
    fn an_address_has_so_many_refused_cards_an_hour() {
        let [here, elsewhere] = [1, 2].map(|last| IpAddr::from(Ipv4Addr::new(192, 0, 2, last)));
        let declines = Declines::new(3);
        let at = |minutes: i64| Timestamp(minutes * 60 * SECOND);
        for minute in [0, 10, 20] {
            assert_eq!(declines.check(here, at(minute)), Ok(()));
            declines.note(here, at(minute));
        }
        let refused = declines.check(here, at(30)).unwrap_err();
        assert_eq!((refused.code, refused.retry_after), ("rate_limited", Some(30 * 60)));
        assert_eq!(declines.check(elsewhere, at(30)), Ok(()));
        assert_eq!(declines.check(here, at(60)), Ok(()), "the first is an hour old");
        declines.forget_idle(at(80));
        assert!(declines.seen.lock().unwrap().is_empty());
    }
}
