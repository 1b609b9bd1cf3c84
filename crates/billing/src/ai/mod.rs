//! The AI gateway: requests to AI models, admitted by a hold before their first word and paid by what was used. Upstreams
//! speak OpenAI's form; without any a demo answers, which asks no model.

mod answer;
mod chat;
mod chunk;
mod demo;
mod endpoint;
mod forward;
mod input;
mod limits;
mod models;
mod passing;
mod prepared;
mod relay;
mod request;
mod settle;
mod text;
mod upstream;
mod whole;

pub use chat::{Chat, Message, Role};
pub use endpoint::Endpoint;
pub use forward::{Answered, Forward};
pub use input::OTHER_PART;
pub use limits::Place;
pub use relay::{Part, Reading, Relay, relay};
pub use upstream::{Address, DEFAULT_SILENCE, UpstreamFailure};

use limits::Limits;
use std::collections::BTreeMap;
use std::time::Duration;
use upstream::Upstreams;

/// Who answers, and who asks at the moment.
#[derive(Debug, Default)]
pub struct Ai {
    upstreams: Upstreams,
    limits: Limits,
}

impl Ai {
    /// `silence` is how long an upstream may say nothing. Errors: without the means for TLS.
    pub fn new(
        default: Option<Address>,
        named: BTreeMap<String, Address>,
        silence: Duration,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self { upstreams: Upstreams::new(default, named, silence)?, limits: Limits::default() })
    }

    /// No service is set.
    pub fn is_demo(&self) -> bool {
        self.upstreams.are_none()
    }

    /// Drops what is remembered of accounts that have asked nothing lately.
    pub fn forget_idle(&self) {
        self.limits.forget_idle();
    }
}
