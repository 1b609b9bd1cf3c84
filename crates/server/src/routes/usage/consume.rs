//! `POST /api/v1/billing/usage/consume/`

use crate::answer::Answer;
use crate::extract::{Body, IdempotencyKey, Kind, MemberOrService, replayed};
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::allowance::{AllowanceView, SpendableView};
use crate::views::refusals::Changing;
use crate::views::time;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use billing::usage::{Consume, Consumed, DEFAULT_COST, Keyed};
use domain::time::Timestamp;
use ledger::Tokens;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const ROUTE: &str = "usage/consume";
const DEFAULT_FEATURE: &str = "ai_request";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConsumeBody {
    /// What the request costs if tokens pay for it; at least 1, which is the default.
    #[schema(minimum = 1, example = 1)]
    tokens: Option<i64>,
    /// A label for the statistics: letters, digits, `_`, `-` and `.`, at most 60.
    #[schema(max_length = 60, example = "ai_request")]
    feature: Option<String>,
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
            source: if consumed.from_allowance { "allowance" } else { "tokens" },
            tokens: consumed.tokens,
            allowance: AllowanceView {
                limit: consumed.limit,
                used: consumed.used,
                remaining: (consumed.limit - consumed.used).max(0),
                window: consumed.window.as_str().to_owned(),
                resets_at: consumed.resets_at.map(|at| time(Timestamp(at))),
            },
            balance: SpendableView { available: consumed.available, held: consumed.held },
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
    MemberOrService(caller): MemberOrService,
    key: IdempotencyKey,
    body: Body<ConsumeBody>,
) -> Result<Response, Problem> {
    caller.require("usage")?;
    // Users of a host are its own to verify.
    let ours = matches!(caller.kind, Kind::Session(_));
    if ours && state.billing.options.require_verified_email && !caller.user.email_verified {
        return Err(billing::Error::EmailNotVerified.into());
    }
    let tokens = Tokens::new(body.value.tokens.unwrap_or(DEFAULT_COST)).filter(|tokens| !tokens.is_zero());
    let command = Consume {
        account: caller.account().clone(),
        tokens: tokens.ok_or_else(|| Problem::invalid("tokens", "must be at least 1"))?,
        feature: feature(body.value.feature)?,
        key: key.0.map(|key| Keyed {
            scope: format!("{}:{ROUTE}", caller.scope()),
            key,
            request_hash: body.digest.clone(),
        }),
    };
    let billing = state.billing.clone();
    let consumed = state.run(async move { billing.consume(command).await }).await?;
    let answer = Answer::ok(ConsumedView::from(&consumed)).into_response();
    Ok(if consumed.replayed { replayed(answer) } else { answer })
}

fn feature(given: Option<String>) -> Result<String, Problem> {
    let feature = given.unwrap_or_else(|| DEFAULT_FEATURE.to_owned());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if feature.is_empty() || feature.len() > 60 || !feature.bytes().all(plain) {
        return Err(Problem::invalid("feature", "must have 1 to 60 letters, digits, `_`, `-` or `.`"));
    }
    Ok(feature)
}
