//! AI requests in our own form; `openai` has them in OpenAI's.

mod chat;
mod images;
mod paid;
pub(super) mod stream;

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(chat::chat)).routes(routes!(images::images))
}
