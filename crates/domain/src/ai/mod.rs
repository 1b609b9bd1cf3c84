//! The AI models that members can ask, what a request costs, and what each tier allows.

mod limits;
mod price;

pub use limits::AiLimits;
pub use price::{ImagePrice, ImagePrices, ModelUsage, Rates};

/// Output tokens of the demo when nobody says how many.
const DEMO_DEFAULT_OUTPUT: i64 = 500;
/// Output tokens that the demo accepts as a limit.
const DEMO_MAX_OUTPUT: i64 = 32_000;
/// In our tokens.
const DEMO_IMAGE: i64 = 1_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// By which members ask for it.
    pub name: String,
    /// What the upstream calls it.
    pub upstream_name: String,
    pub upstream: Upstream,
    pub kind: Kind,
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Upstream {
    /// This program itself, which asks nobody.
    Demo,
    /// The service of AI_UPSTREAM_URL.
    Default,
    /// One of AI_UPSTREAMS.
    Named(String),
}

/// What a model does, and what that costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Chat {
        rates: Rates,
        /// Output tokens that are estimated, and asked of the upstream as its limit, when nobody says how many.
        default_output: i64,
        /// The largest limit that somebody may ask for, in output tokens.
        max_output: i64,
        limit_field: LimitField,
    },
    Embedding {
        rates: Rates,
    },
    Image {
        prices: ImagePrices,
    },
}

impl Kind {
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Chat { .. } => "chat",
            Self::Embedding { .. } => "embedding",
            Self::Image { .. } => "image",
        }
    }
}

/// How the upstream wants to be told the limit of its output where the client has named none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LimitField {
    #[default]
    MaxCompletionTokens,
    /// Services that do not know the newer name.
    MaxTokens,
}

impl LimitField {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MaxCompletionTokens => "max_completion_tokens",
            Self::MaxTokens => "max_tokens",
        }
    }
}

impl Model {
    /// The names that are the program's own; no catalog has them.
    pub const DEMO: &'static str = "demo";
    pub const DEMO_EMBEDDING: &'static str = "demo-embedding";
    pub const DEMO_IMAGE: &'static str = "demo-image";

    /// The built-in models, which ask nobody and say so. One token of theirs costs one of ours.
    pub fn demos() -> [Self; 3] {
        let rates = Rates { input: 1_000, cached_input: 1_000, output: 1_000 };
        let demo = |name: &str, kind| Self {
            name: name.to_owned(),
            upstream_name: name.to_owned(),
            upstream: Upstream::Demo,
            kind,
        };
        let chat = Kind::Chat {
            rates,
            default_output: DEMO_DEFAULT_OUTPUT,
            max_output: DEMO_MAX_OUTPUT,
            limit_field: LimitField::default(),
        };
        let prices = ImagePrices { otherwise: DEMO_IMAGE, special: vec![] };
        [
            demo(Self::DEMO, chat),
            demo(Self::DEMO_EMBEDDING, Kind::Embedding { rates }),
            demo(Self::DEMO_IMAGE, Kind::Image { prices }),
        ]
    }
}
