//! What people with the admin's role do. Every change is logged with who did it and why.

mod accounts;
mod invitations;
mod purchases;
mod settings;

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(settings::pause_sales))
        .routes(routes!(invitations::list, invitations::invite))
        .routes(routes!(invitations::accept))
        .routes(routes!(invitations::decline))
        .routes(routes!(accounts::assign_tier, accounts::end_tier))
        .routes(routes!(accounts::grant_tokens))
        .routes(routes!(purchases::refund))
}
