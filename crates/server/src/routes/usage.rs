//! AI requests: admitting them, and how many there were.

mod consume;
mod report;
mod report_csv;

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(report::report))
        .routes(routes!(report_csv::report_csv))
        .routes(routes!(consume::consume))
}
