//! What is sold, for anyone.

use super::Shared;
use crate::answer::Answer;
use crate::state::AppState;
use crate::views::tier::{PackageView, TierView};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(tiers)).routes(routes!(packages))
}

#[derive(Debug, Serialize, ToSchema)]
struct TierList {
    data: Vec<TierView>,
}

/// The tiers and their prices
#[utoipa::path(get, path = "/api/v1/billing/tiers/", tag = "catalog", responses((status = 200, body = TierList)))]
async fn tiers(State(state): Shared) -> Answer {
    Answer::ok(TierList { data: state.billing.catalog.tiers.iter().map(Into::into).collect() })
}

#[derive(Debug, Serialize, ToSchema)]
struct PackageList {
    data: Vec<PackageView>,
}

/// The token packages and their prices
#[utoipa::path(get, path = "/api/v1/billing/tokens/packages/", tag = "catalog",
    responses((status = 200, body = PackageList)))]
async fn packages(State(state): Shared) -> Answer {
    Answer::ok(PackageList {
        data: state.billing.catalog.packages.iter().filter_map(PackageView::of).collect(),
    })
}
