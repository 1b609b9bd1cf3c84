//! `POST /v1/embeddings`

use super::ask::Asking;
use super::errors::Refusals;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::routes::ai::stream;
use axum::extract::State;
use axum::response::Response;
use billing::ai::Endpoint;

/// Turn texts into vectors, in OpenAI's form
///
/// What was sent is held before, and what the service reports is taken afterwards, by the model's price for its input.
/// Everything that does not decide that goes on to the service untouched. Whoever leaves before the answer pays nothing.
#[utoipa::path(post, path = "/v1/embeddings", tag = "openai", request_body = Object,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters"),
           ("X-Feature" = Option<String>, Header, description = "A label for the statistics; `ai_embedding` unless told"),
           ("On-Behalf-Of" = Option<String>, Header, description = "With a service key: the user")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = Object), Refusals))]
pub(super) async fn embeddings(State(state): Shared, asking: Asking) -> Result<Response, Problem> {
    let command = asking.for_endpoint(Endpoint::Embeddings);
    let billing = state.billing.clone();
    let answer =
        stream::at_once(&state, |relay| async move { billing.forward(command, relay).await }).await?;
    Ok(stream::as_it_came(answer))
}
