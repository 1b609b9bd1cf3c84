//! The services that answer AI requests, and which of them answers for a model.

mod event_stream;
mod failure;
mod service;

pub use failure::UpstreamFailure;
pub(super) use service::{Answering, Service};

use domain::ai::{Model, Upstream};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long an upstream may say nothing, when nobody says how long.
pub const DEFAULT_SILENCE: Duration = Duration::from_mins(5);

/// Where a service is, as the operator has set it.
#[derive(Debug, Clone)]
pub struct Address {
    pub url: String,
    pub key: Option<SecretString>,
}

#[derive(Debug, Default)]
pub(super) struct Upstreams {
    default: Option<Service>,
    named: BTreeMap<String, Service>,
}

/// Who answers for a model.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answerer<'a> {
    Demo,
    Service(&'a Service),
}

impl Upstreams {
    pub(super) fn new(
        default: Option<Address>,
        named: BTreeMap<String, Address>,
        silence: Duration,
    ) -> Result<Self, reqwest::Error> {
        let client = service::client(silence)?;
        let service = |at: Address| Service::new(client.clone(), &at.url, at.key);
        Ok(Self {
            default: default.map(service),
            named: named.into_iter().map(|(name, at)| (name, service(at))).collect(),
        })
    }

    pub(super) fn are_none(&self) -> bool {
        self.default.is_none() && self.named.is_empty()
    }

    /// `None` where nobody does: the model is not offered. The demo answers only while no service is set at all, so that
    /// nobody takes it for one.
    pub(super) fn of(&self, model: &Model) -> Option<Answerer<'_>> {
        match &model.upstream {
            Upstream::Demo => self.are_none().then_some(Answerer::Demo),
            Upstream::Default => self.default.as_ref().map(Answerer::Service),
            Upstream::Named(name) => self.named.get(name).map(Answerer::Service),
        }
    }
}
