//! What a streamed answer consists of, for the API's document: each event by itself.

use serde::Serialize;
use utoipa::ToSchema;

/// An event of `text/event-stream`.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// Null where events have no names.
    event: Option<String>,
    /// JSON, or `[DONE]`.
    data: String,
}
