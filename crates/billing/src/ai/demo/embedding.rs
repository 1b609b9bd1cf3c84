//! The demo's embeddings: vectors of length 1 that follow from the text alone, and mean nothing.

use crate::ai::prepared::Prepared;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::ai::Model;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const DIMENSIONS: u64 = 256;
const MOST_DIMENSIONS: u64 = 3_072;

pub(super) fn answer(prepared: &Prepared) -> Value {
    let body = &prepared.body;
    let asked = body.get("dimensions").and_then(Value::as_u64).unwrap_or(DIMENSIONS);
    let dimensions = usize::try_from(asked.clamp(1, MOST_DIMENSIONS)).unwrap_or(1);
    let encoded = body.get("encoding_format").is_some_and(|format| format == "base64");
    let input = body.get("input").unwrap_or(&Value::Null);
    // A list of numbers is one text, in tokens.
    let texts: Vec<&Value> = match input {
        Value::Array(items) if !items.iter().all(Value::is_number) => items.iter().collect(),
        one => vec![one],
    };
    let embedded = |(index, text): (usize, &Value)| {
        let vector = vector(&text.to_string(), dimensions);
        let vector = if encoded { json!(as_bytes(&vector)) } else { json!(vector) };
        json!({"object": "embedding", "index": index, "embedding": vector})
    };
    let data: Vec<_> = texts.into_iter().enumerate().map(embedded).collect();
    let tokens = prepared.most.input;
    json!({
        "object": "list", "data": data, "model": Model::DEMO_EMBEDDING,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    })
}

fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let block = |number: u32| Sha256::new().chain_update(number.to_be_bytes()).chain_update(text).finalize();
    let bytes = (0..).flat_map(|number| block(number).to_vec());
    let values: Vec<f32> = bytes.take(dimensions).map(|byte| f32::from(byte) - 127.5).collect();
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    values.into_iter().map(|value| value / length).collect()
}

/// As OpenAI's clients ask for it: little-endian, in base64.
fn as_bytes(vector: &[f32]) -> String {
    BASE64_STANDARD.encode(vector.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_vector_of_length_1() {
        let one = vector("a", 300);
        assert_eq!((one.len(), &one), (300, &vector("a", 300)));
        assert_ne!(one, vector("b", 300));
        let length: f32 = one.iter().map(|value| value * value).sum();
        assert!((length - 1.0).abs() < 1e-4, "{length}");
        let first = BASE64_STANDARD.decode(as_bytes(&one)).unwrap();
        assert_eq!(first[..4], one[0].to_le_bytes());
    }
}
