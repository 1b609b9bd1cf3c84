//! For the operator: is it up, can it work, what does it do.

use super::Shared;
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use store::Query as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz)).routes(routes!(metrics))
}

/// The program is up
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200, description = "It is up")))]
async fn healthz() -> axum::Json<Value> {
    axum::Json(json!({"status": "ok"}))
}

/// The program can serve: its database answers
///
/// Stripe is not asked: without it, reads and consumption go on.
#[utoipa::path(get, path = "/readyz", tag = "operations", responses(
    (status = 200, description = "It can serve"),
    (status = 503, description = "The database does not answer", body = crate::openapi::ProblemBody)))]
async fn readyz(State(state): Shared) -> Result<axum::Json<Value>, Problem> {
    let answered = state.billing.db.reader().one::<(i64,)>("SELECT CAST(1 AS BIGINT)", vec![]).await;
    answered.map(|_| axum::Json(json!({"status": "ready"}))).map_err(|error| {
        tracing::error!(%error, "not ready");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "The database does not answer")
            .retry_after(1)
    })
}

/// Figures for Prometheus
#[utoipa::path(get, path = "/metrics", tag = "operations",
    responses((status = 200, description = "Prometheus' text format", body = String, content_type = "text/plain")))]
async fn metrics(State(state): Shared) -> String {
    state.metrics.render()
}
