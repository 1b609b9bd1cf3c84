//! A member's tokens.

mod balance;
mod history;
mod history_csv;
mod pay_purchase;
mod purchase;
mod purchases;
mod show_purchase;

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(balance::balance))
        .routes(routes!(purchase::purchase))
        .routes(routes!(purchases::purchases))
        .routes(routes!(show_purchase::show_purchase))
        .routes(routes!(pay_purchase::pay_purchase))
        .routes(routes!(history::history))
        .routes(routes!(history_csv::history_csv))
}
