//! What an account may do now, for hosts and pages.
//!
//! Answers may be kept, but are asked for again with each use (`no-cache`): a payment that fails, an admin or the next AI
//! request changes them without notice, and being asked costs one statement. `If-None-Match` spares the body. For how long
//! somebody who cannot reach us goes on by an answer is for them to decide, until its `valid_until` at most.

mod feature;
mod limit;
mod show;

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show::entitlements))
        .routes(routes!(feature::check_feature))
        .routes(routes!(limit::check_limit))
}
