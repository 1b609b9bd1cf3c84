//! The three modes, and what each of them refuses. The code path is the same in all; only addresses and
//! keys differ.

use super::Config;
use secrecy::ExposeSecret as _;
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Our own Stripe sandbox. No money moves.
    Sandbox,
    /// Real Stripe, test data.
    Test,
    Live,
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Test => "test",
            Self::Live => "live",
        }
    }

    /// From the kind of key; `None` when it is none that Stripe gives out.
    pub(super) fn of_key(key: Option<&str>) -> Option<Self> {
        let starts = |prefixes: [&str; 2]| {
            prefixes.iter().any(|prefix| key.is_some_and(|key| key.starts_with(prefix)))
        };
        match key {
            None => Some(Self::Sandbox),
            Some(_) if starts(["sk_test_", "rk_test_"]) => Some(Self::Test),
            Some(_) if starts(["sk_live_", "rk_live_"]) => Some(Self::Live),
            Some(_) => None,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What this mode does not start with, one line each.
pub(super) fn refusals(config: &Config, allow_sandbox: bool) -> Vec<String> {
    let mut refusals = vec![];
    let mut refuse_if = |wrong: bool, why: &str| {
        if wrong {
            refusals.push(why.to_owned());
        }
    };
    match config.mode {
        Mode::Sandbox => {
            refuse_if(
                !config.billing_listen.ip().is_loopback() && !allow_sandbox,
                "BILLING_LISTEN: without STRIPE_SECRET_KEY this is sandbox mode, where no money moves; it \
                 listens on a loopback address only, unless ALLOW_SANDBOX=true",
            );
            refuse_if(
                config.stripe.api_base.is_some(),
                "STRIPE_API_BASE: needs a STRIPE_SECRET_KEY; did you mean SANDBOX_URL?",
            );
        }
        Mode::Test | Mode::Live => {
            refuse_if(
                config.sandbox_url.is_some(),
                "SANDBOX_URL: contradicts STRIPE_SECRET_KEY; leave one of them out",
            );
        }
    }
    if config.mode == Mode::Live {
        refuse_if(
            !config.public_url.starts_with("https://"),
            "PUBLIC_URL: live mode needs an https:// address",
        );
        refuse_if(
            config.allowed_origins.iter().any(|origin| !origin.as_bytes().starts_with(b"https://")),
            "ALLOWED_ORIGINS: live mode needs https:// origins",
        );
        refuse_if(config.stripe.webhook_secrets.is_empty(), "STRIPE_WEBHOOK_SECRET: live mode needs it");
        refuse_if(config.stripe.api_base.is_some(), "STRIPE_API_BASE: not in live mode");
        refuse_if(
            config.stripe.publishable_key.as_ref().is_some_and(|key| !key.starts_with("pk_live_")),
            "STRIPE_PUBLISHABLE_KEY: live mode needs pk_live_...",
        );
        refuse_if(
            config
                .host_webhook
                .as_ref()
                .is_some_and(|host| !host.url.expose_secret().starts_with("https://")),
            "HOST_WEBHOOK_URL: live mode needs an https:// address",
        );
    }
    refusals
}
