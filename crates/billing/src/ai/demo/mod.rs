//! The built-in models: they ask nobody, and say so. Deterministic, so that a retry can be answered again.

mod chat;
mod embedding;
mod image;
mod text;

pub(super) use chat::{Chunks, Said};

use super::endpoint::Endpoint;
use super::prepared::Prepared;
use serde_json::{Value, json};

/// A whole answer. `at` in seconds.
pub(super) fn answer(endpoint: Endpoint, prepared: &Prepared, at: i64) -> Vec<u8> {
    match endpoint {
        Endpoint::Chat => Said::of(prepared).whole(at),
        Endpoint::Embeddings => written(&embedding::answer(prepared)),
        Endpoint::Images => {
            let images: Vec<_> = (0..prepared.most.output).map(|_| image::drawn()).collect();
            written(&json!({"created": at, "data": images}))
        }
    }
}

fn written(answer: &Value) -> Vec<u8> {
    answer.to_string().into_bytes()
}
