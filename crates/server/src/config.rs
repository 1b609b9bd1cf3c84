//! What the operator decides, checked as a whole before anything starts.

mod ai;
mod layers;
mod mode;
mod parse;
mod settings;

pub use ai::AiUpstreams;
pub use layers::{Layers, Values};
pub use mode::Mode;
pub use settings::{SETTINGS, Setting};

use axum::http::HeaderValue;
use billing::usage::{LARGEST_BATCH, USUAL_BATCH};
use parse::Reader;
use secrecy::SecretString;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use url::Url;

/// Two reconciliations a month is the least; Stripe keeps events for 30 days.
const MOST_HOURS: u32 = 15 * 24;

/// A whole configuration. Secrets do not show in `Debug`.
#[derive(Debug, Clone)]
pub struct Config {
    pub mode: Mode,
    pub billing_listen: SocketAddr,
    pub sandbox_listen: SocketAddr,
    /// A sandbox that runs already; without it, sandbox mode starts its own.
    pub sandbox_url: Option<Url>,
    /// Where the embedded sandbox keeps its state: beside the database.
    pub sandbox_data: PathBuf,
    /// May hold a password.
    pub database_url: SecretString,
    /// Without a slash at its end.
    pub public_url: String,
    /// Whose pages may use the API beside our own, as a browser writes them: `https://app.example.com`.
    pub allowed_origins: Vec<HeaderValue>,
    /// `None`: the catalog that is built in.
    pub catalog: Option<PathBuf>,
    pub stripe: Stripe,
    pub jwt: Option<Jwt>,
    pub smtp_url: Option<SecretString>,
    /// Where the host application is told what has changed.
    pub host_webhook: Option<HostWebhook>,
    pub sentry_dsn: Option<SecretString>,
    pub ai: AiUpstreams,
    pub require_verified_email: bool,
    /// AI requests that share a transaction at most; at least 1.
    pub usage_batch: u32,
    /// `None`: never by itself.
    pub reconcile_every_hours: Option<u32>,
}

#[derive(Debug, Clone)]
pub struct Stripe {
    /// `None` in sandbox mode.
    pub secret_key: Option<SecretString>,
    pub publishable_key: Option<String>,
    /// Any of them may have signed a delivery: while one is being replaced there are two.
    pub webhook_secrets: Vec<SecretString>,
    pub api_base: Option<Url>,
    pub js_url: Option<Url>,
}

/// The host application's webhooks.
#[derive(Debug, Clone)]
pub struct HostWebhook {
    pub url: SecretString,
    /// Each signs: while one is being replaced there are two.
    pub secrets: Vec<SecretString>,
}

/// How to believe the tokens of a host application.
#[derive(Debug, Clone)]
pub struct Jwt {
    pub source: JwtSource,
    pub issuer: String,
    /// `None` accepts tokens without an audience only.
    pub audience: Option<String>,
    pub admin: Option<AdminClaim>,
    /// The cookie that may hold a token.
    pub cookie: Option<String>,
    /// Where members sign in; `{next}` stands for where they came from.
    pub sign_in_url: Option<String>,
}

/// The algorithm follows from this, never from a token.
#[derive(Debug, Clone)]
pub enum JwtSource {
    /// HS256.
    Secret(SecretString),
    /// RS256 or ES256, as the published key is.
    Jwks(Url),
}

/// Who is an admin: the claim at `path` is, or contains, `value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminClaim {
    pub path: Vec<String>,
    pub value: String,
}

/// Everything that is wrong with a configuration, one setting a line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct InvalidConfig(pub Vec<String>);

impl fmt::Display for InvalidConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration cannot be used:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl Config {
    /// Reads and checks merged values; names every setting that is wrong, and what is expected.
    pub fn from_values(values: Values) -> Result<Self, InvalidConfig> {
        let mut read = Reader::new(values);
        let secret_key = read.secret("STRIPE_SECRET_KEY");
        let mode = read.mode(secret_key.as_ref());
        let billing_listen = read.address("BILLING_LISTEN", "127.0.0.1:8000");
        let database_url = read.database_url("sqlite:data/billing.db");
        let config = Self {
            mode,
            billing_listen,
            sandbox_listen: read.address("SANDBOX_LISTEN", "127.0.0.1:12111"),
            sandbox_url: read.url("SANDBOX_URL"),
            sandbox_data: parse::sandbox_folder(&database_url),
            database_url: SecretString::from(database_url),
            public_url: read.public_url(billing_listen),
            allowed_origins: read.origins("ALLOWED_ORIGINS"),
            catalog: read.text("CATALOG").map(PathBuf::from),
            stripe: Stripe {
                secret_key,
                publishable_key: read.text("STRIPE_PUBLISHABLE_KEY"),
                webhook_secrets: read.webhook_secrets(),
                api_base: read.url("STRIPE_API_BASE"),
                js_url: read.url("STRIPE_JS_URL"),
            },
            jwt: read.jwt(),
            smtp_url: read.secret("SMTP_URL"),
            host_webhook: read.host_webhook(),
            sentry_dsn: read.secret("SENTRY_DSN"),
            ai: read.ai_upstreams(),
            require_verified_email: read.flag("REQUIRE_VERIFIED_EMAIL", mode == Mode::Live),
            usage_batch: read.count("USAGE_BATCH", USUAL_BATCH, LARGEST_BATCH).max(1),
            reconcile_every_hours: Some(read.count("RECONCILE_EVERY_HOURS", 24, MOST_HOURS))
                .filter(|hours| *hours > 0),
        };
        let allow_sandbox = read.flag("ALLOW_SANDBOX", false);
        for refusal in mode::refusals(&config, allow_sandbox) {
            read.refuse(refusal);
        }
        read.finish(config)
    }

    /// What the browser talks to Stripe with. In sandbox mode the sandbox's own, unless another is set.
    pub fn publishable_key(&self) -> String {
        self.stripe.publishable_key.clone().unwrap_or_else(|| match self.mode {
            Mode::Sandbox => crate::embedded_sandbox::PUBLISHABLE_KEY.to_owned(),
            Mode::Test | Mode::Live => String::new(),
        })
    }

    /// Where the browser loads Stripe.js from.
    pub fn stripe_js_url(&self) -> String {
        match (&self.stripe.js_url, self.mode, &self.sandbox_url) {
            (Some(url), _, _) => url.to_string(),
            (None, Mode::Sandbox, Some(sandbox)) => {
                format!("{}/stripe.js", sandbox.as_str().trim_end_matches('/'))
            }
            (None, Mode::Sandbox, None) => format!("http://{}/stripe.js", self.sandbox_listen),
            (None, Mode::Test | Mode::Live, _) => "https://js.stripe.com/endive/stripe.js".to_owned(),
        }
    }

    /// Whether users come with tokens of a host: then nobody registers here.
    pub fn has_host(&self) -> bool {
        self.jwt.is_some()
    }

    /// Whose subjects a new service key names, unless it is told otherwise.
    pub fn default_issuer(&self) -> &str {
        self.jwt.as_ref().map_or(billing::users::LOCAL_ISSUER, |jwt| &jwt.issuer)
    }
}
