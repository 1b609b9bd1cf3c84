//! A member's subscription.

mod cancel;
mod cancel_preview;
mod changes;
mod pause;
mod pay;
mod preview;
mod resume;
mod show;
mod subscribe;
mod update;
mod update_preview;

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show::show))
        .routes(routes!(preview::preview))
        .routes(routes!(subscribe::subscribe))
        .routes(routes!(update_preview::preview_update))
        .routes(routes!(update::update))
        .routes(routes!(pay::pay))
        .routes(routes!(cancel::cancel))
        .routes(routes!(cancel_preview::preview_cancel))
        .routes(routes!(resume::resume))
        .routes(routes!(pause::pause))
        .routes(routes!(changes::changes))
}
