//! A member's subscription.

mod cancel;
mod changes;
mod pay;
mod preview;
mod resume;
mod show;
mod subscribe;

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show::show))
        .routes(routes!(preview::preview))
        .routes(routes!(subscribe::subscribe))
        .routes(routes!(pay::pay))
        .routes(routes!(cancel::cancel))
        .routes(routes!(resume::resume))
        .routes(routes!(changes::changes))
}
