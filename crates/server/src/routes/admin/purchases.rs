//! `POST /api/v1/admin/purchases/{id}/refund/`

use crate::answer::Answer;
use crate::extract::{Admin, Body, Id, IdempotencyKey};
use crate::problem::Problem;
use crate::routes::{Shared, reason};
use crate::views::purchase::PurchaseView;
use crate::views::refusals::Changing;
use axum::extract::State;
use axum::response::Response;
use billing::admin_actions::Actor;
use billing::idempotency::Keep;
use billing::purchases::RefundPurchase;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const ROUTE: &str = "admin/refund";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefundBody {
    /// Minor units; without it, what is left of the purchase.
    #[schema(minimum = 1, example = 250)]
    amount: Option<i64>,
    reason: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Refunded {
    purchase: PurchaseView,
    refund: RefundView,
}

#[derive(Debug, Serialize, ToSchema)]
struct RefundView {
    #[schema(example = "re_1")]
    stripe_refund_id: String,
    amount: i64,
    currency: String,
}

/// Refund a purchase of tokens
///
/// In proportion the tokens are taken back, within a second or so, when Stripe has said that it is done; what was
/// spent of them becomes a debt.
#[utoipa::path(post, path = "/api/v1/admin/purchases/{id}/refund/", tag = "admin", request_body = RefundBody,
    params(("id" = String, Path, description = "pur_..."),
        ("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 201, body = Refunded), Changing))]
pub(super) async fn refund(
    State(state): Shared,
    Admin(caller): Admin,
    Id(id): Id,
    key: IdempotencyKey,
    body: Body<RefundBody>,
) -> Result<Response, Problem> {
    let command = RefundPurchase {
        purchase: id.clone(),
        amount: body.value.amount,
        actor: Actor::user(&caller.user.id),
        reason: reason(&body.value.reason)?,
        request_key: key.request_key(&caller, &format!("{ROUTE}:{id}")),
    };
    let billing = state.billing.clone();
    let work = async move {
        let (purchase, refund) = billing.refund_purchase(command).await?;
        let refund = RefundView {
            stripe_refund_id: refund.id.to_string(),
            amount: refund.amount.amount,
            currency: refund.amount.currency.to_string(),
        };
        Ok(Answer::created(Refunded { purchase: (&purchase).into(), refund }))
    };
    // Which purchase is no part of the body.
    let digest = format!("{id}:{}", body.digest);
    Ok(key.answer(&state, &caller, ROUTE, &digest, Keep::Money, work).await)
}
