//! What OpenAI's clients can ask of a model, and under which names.

use domain::ai::Kind;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    Chat,
    Embeddings,
    Images,
}

impl Endpoint {
    /// Below the upstream's base address.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Chat => "chat/completions",
            Self::Embeddings => "embeddings",
            Self::Images => "images/generations",
        }
    }

    /// Under which a request is counted when nobody says.
    pub const fn feature(self) -> &'static str {
        match self {
            Self::Chat => "ai_chat",
            Self::Embeddings => "ai_embedding",
            Self::Images => "ai_image",
        }
    }

    pub(super) const fn fits(self, kind: &Kind) -> bool {
        matches!(
            (self, kind),
            (Self::Chat, Kind::Chat { .. })
                | (Self::Embeddings, Kind::Embedding { .. })
                | (Self::Images, Kind::Image { .. })
        )
    }
}
