//! The AI gateway as OpenAI's clients know it: their paths without a slash at the end, their bodies, their errors.

mod ask;
mod chat_completions;
mod embeddings;
mod errors;
mod images;
mod models;

use crate::state::AppState;
use axum::middleware;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(chat_completions::chat_completions))
        .routes(routes!(embeddings::embeddings))
        .routes(routes!(images::images))
        .routes(routes!(models::list))
        .routes(routes!(models::show))
        .route("/v1/models/{id}/{*rest}", get(models::show_with_slash))
        .layer(middleware::from_fn(errors::in_their_form))
}
