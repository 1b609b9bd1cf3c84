//! The demo's image: always the same, with the word on it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// 256 by 256.
const PICTURE: &[u8] = include_bytes!("demo.png");
const SAYS: &str = "This is a demo: no AI model was asked.";

pub(super) fn drawn() -> Value {
    json!({"b64_json": BASE64_STANDARD.encode(PICTURE), "revised_prompt": SAYS})
}
