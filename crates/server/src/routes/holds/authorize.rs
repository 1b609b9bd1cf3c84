//! `POST /api/v1/billing/holds/`

use super::answered;
use crate::answer::Answer;
use crate::extract::{Body, IdempotencyKey, ServiceSpender};
use crate::problem::Problem;
use crate::routes::{Shared, label};
use crate::views::hold::HoldAnswerView;
use crate::views::refusals::Changing;
use axum::extract::State;
use axum::response::Response;
use billing::holds::{Authorize, DEFAULT_EXPIRY};
use domain::time::{DAY, SECOND};
use ledger::Tokens;
use serde::Deserialize;
use utoipa::ToSchema;

const ROUTE: &str = "holds";
/// In seconds.
const LONGEST: i64 = DAY / SECOND;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HoldBody {
    /// What the request costs at most, as far as one knows.
    #[schema(minimum = 1, example = 4000)]
    tokens: i64,
    /// Seconds until what is held is given back by itself; 300 unless told.
    #[schema(minimum = 1, maximum = 86400)]
    expires_in: Option<i64>,
    /// A label for the statistics: letters, digits, `_`, `-` and `.`, at most 60.
    #[schema(max_length = 60, example = "ai_request")]
    feature: Option<String>,
    /// The AI model, for the statistics: as a feature, and `:` or `/`, at most 100.
    #[schema(max_length = 100, example = "gpt-5-mini")]
    model: Option<String>,
}

/// Admit an AI request whose cost is known only afterwards
///
/// Who pays is fixed here: the allowance first, then tokens. A refusal is 403 and holds nothing. End the hold with
/// capture/ or void/, with the same service key, or another one once that is revoked; else it expires.
///
/// The same request again under its Idempotency-Key gets the hold as it is by then: look at `status`, and do the request
/// only while it is `held`. Where the hold was voided or has expired, nothing was paid, and it gets another one.
#[utoipa::path(post, path = "/api/v1/billing/holds/", tag = "usage", request_body = HoldBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters"),
           ("On-Behalf-Of" = String, Header, description = "The user")),
    security(("bearer" = [])), responses((status = 201, body = HoldAnswerView), Changing))]
pub(super) async fn authorize(
    State(state): Shared,
    ServiceSpender { spender, key: owner }: ServiceSpender,
    key: IdempotencyKey,
    body: Body<HoldBody>,
) -> Result<Response, Problem> {
    let tokens = Tokens::new(body.value.tokens).filter(|tokens| !tokens.is_zero());
    let expires_in = match body.value.expires_in {
        None => DEFAULT_EXPIRY,
        Some(seconds) if (1..=LONGEST).contains(&seconds) => seconds * SECOND,
        Some(_) => return Err(Problem::invalid("expires_in", format!("must be from 1 to {LONGEST}"))),
    };
    let key = key.keyed(&spender.scope, ROUTE, &body.digest);
    let command = Authorize {
        key,
        account: spender.account,
        owner: Some(owner),
        tokens: tokens.ok_or_else(|| Problem::invalid("tokens", "must be at least 1"))?,
        expires_in,
        label: label(body.value.feature.as_deref(), body.value.model.as_deref())?,
    };
    let hold = state.billing.authorize(command).await?;
    Ok(answered(Answer::created, &hold))
}
