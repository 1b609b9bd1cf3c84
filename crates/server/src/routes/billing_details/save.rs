//! `PUT /api/v1/billing/billing-details/`

use crate::answer::Answer;
use crate::extract::{Body, Member};
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::billing_details::{AddressView, BillingDetailsView};
use crate::views::refusals::Changing;
use axum::extract::State;
use billing::billing_details::SaveBillingDetails;
use domain::billing_details::{BillingDetails, VatId};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BillingDetailsBody {
    name: Option<String>,
    address: Option<AddressView>,
    /// Of the European Union, Great Britain, Switzerland or Norway.
    #[schema(example = "DE123456789")]
    vat_id: Option<String>,
}

/// Change all of them: what is left out is cleared
#[utoipa::path(put, path = "/api/v1/billing/billing-details/", tag = "paying",
    request_body = BillingDetailsBody, security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = BillingDetailsView), Changing))]
pub(super) async fn save(
    State(state): Shared,
    Member(caller): Member,
    body: Body<BillingDetailsBody>,
) -> Result<Answer, Problem> {
    let BillingDetailsBody { name, address, vat_id } = body.value;
    let filled =
        |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let vat_id = filled(vat_id).map(|id| VatId::parse(&id)).transpose();
    let details = BillingDetails {
        name: filled(name),
        address: address.map(Into::into),
        vat_id: vat_id.map_err(|(field, reason)| Problem::invalid(field, reason))?,
    };
    let (billing, account) = (state.billing.clone(), caller.account().clone());
    let command = SaveBillingDetails { account, details };
    let saved = state.run(async move { billing.save_billing_details(command).await }).await?;
    Ok(Answer::ok(BillingDetailsView::from(saved)))
}
