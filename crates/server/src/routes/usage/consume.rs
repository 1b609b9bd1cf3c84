//! `POST /api/v1/billing/usage/consume/`

use crate::extract::{Body, IdempotencyKey, Spender, replayed};
use crate::problem::Problem;
use crate::routes::{Shared, label};
use crate::views::allowance::{AllowanceView, SpendableView, source};
use crate::views::refusals::Changing;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use billing::usage::{Consume, Consumed, DEFAULT_COST};
use ledger::Tokens;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const ROUTE: &str = "usage/consume";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConsumeBody {
    /// What the request costs if tokens pay for it; at least 1, which is the default.
    #[schema(minimum = 1, example = 1)]
    tokens: Option<i64>,
    /// A label for the statistics: letters, digits, `_`, `-` and `.`, at most 60.
    #[schema(max_length = 60, example = "ai_request")]
    feature: Option<String>,
    /// The AI model, for the statistics: as a feature, and `:` or `/`, at most 100.
    #[schema(max_length = 100, example = "gpt-5-mini")]
    model: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConsumedView {
    /// `allowance` or `tokens`: who paid.
    source: &'static str,
    /// Taken from the balance; 0 when the allowance paid.
    tokens: i64,
    allowance: AllowanceView,
    balance: SpendableView,
}

impl From<&Consumed> for ConsumedView {
    fn from(consumed: &Consumed) -> Self {
        Self {
            source: source(consumed.from_allowance),
            tokens: consumed.tokens,
            allowance: (&consumed.left).into(),
            balance: (&consumed.left).into(),
        }
    }
}

/// Admit an AI request and record it, in one step
///
/// The allowance pays first, then tokens. A refusal is 403 and consumes nothing.
#[utoipa::path(post, path = "/api/v1/billing/usage/consume/", tag = "usage", request_body = ConsumeBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters"),
           ("On-Behalf-Of" = Option<String>, Header, description = "With a service key: the user")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = ConsumedView), Changing))]
pub(super) async fn consume(
    State(state): Shared,
    spender: Spender,
    key: IdempotencyKey,
    body: Body<ConsumeBody>,
) -> Result<Response, Problem> {
    let tokens = Tokens::new(body.value.tokens.unwrap_or(DEFAULT_COST)).filter(|tokens| !tokens.is_zero());
    let command = Consume {
        key: key.keyed(&spender.scope, ROUTE, &body.digest),
        account: spender.account,
        tokens: tokens.ok_or_else(|| Problem::invalid("tokens", "must be at least 1"))?,
        label: label(body.value.feature.as_deref(), body.value.model.as_deref())?,
    };
    let consumed = state.billing.consume(command).await?;
    let answer = Json(ConsumedView::from(&consumed)).into_response();
    Ok(if consumed.replayed { replayed(answer) } else { answer })
}
