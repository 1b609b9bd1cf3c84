//! A member's cards.

mod list;
mod remove;
mod set_default;
mod set_up;

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(set_up::set_up))
        .routes(routes!(set_default::set_default))
        .routes(routes!(remove::remove))
}
