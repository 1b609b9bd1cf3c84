//! `POST /v1/chat/completions`

use super::ask::Asking;
use super::errors::{self, Refusals};
use crate::problem::Problem;
use crate::routes::Shared;
use crate::routes::ai::stream::{self, Form};
use crate::views::event::EventView;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use billing::ai::{Answered, Endpoint, Part};

/// Unnamed events, of which the last is no JSON.
const FORM: Form = Form { part, last };

#[allow(clippy::unnecessary_wraps, reason = "the form's signature")]
fn part(part: &Part) -> Option<Bytes> {
    Some(data(&part.data))
}

fn last(settled: Result<Option<Answered>, Problem>) -> Bytes {
    match settled {
        Ok(Some(_)) => data("[DONE]"),
        Ok(None) => data(&errors::body(&Problem::read_too_slowly()).to_string()),
        Err(problem) => data(&errors::body(&problem).to_string()),
    }
}

/// A chunk has no line breaks, so it is one line of data.
fn data(data: &str) -> Bytes {
    format!("data: {data}\n\n").into()
}

/// Ask an AI model, in OpenAI's form
///
/// `model`, `messages`, the limits of the output, `n`, `stream` and `stream_options` are read, everything else goes on to the
/// model's service untouched, and its answer comes back as it is. What was sent and the longest answer are held before the
/// first word, by the model's prices, and what the service reports is taken after the last. Whoever leaves ends the request
/// at the service, and pays for what was streamed until then: nothing before the first word, or before an answer that is
/// not streamed.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "openai", request_body = Object,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters"),
           ("X-Feature" = Option<String>, Header, description = "A label for the statistics; `ai_chat` unless told"),
           ("On-Behalf-Of" = Option<String>, Header, description = "With a service key: the user")),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, content((Object = "application/json"), (EventView = "text/event-stream"))), Refusals))]
pub(super) async fn chat_completions(State(state): Shared, asking: Asking) -> Result<Response, Problem> {
    let streamed = asking.is_streamed();
    let command = asking.for_endpoint(Endpoint::Chat);
    let billing = state.billing.clone();
    let ask = |relay| async move { billing.forward(command, relay).await };
    if streamed {
        return stream::in_parts(&state, ask, FORM).await;
    }
    Ok(stream::as_it_came(stream::at_once(&state, ask).await?))
}
