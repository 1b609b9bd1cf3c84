//! A member's application for the tier that is by invitation only.

use super::Shared;
use crate::answer::Answer;
use crate::extract::{Body, IdempotencyKey, Member};
use crate::problem::Problem;
use crate::state::AppState;
use crate::views::invitation::InvitationStanding;
use crate::views::refusals::{Changing, Reading};
use axum::extract::State;
use axum::response::Response;
use billing::idempotency::Keep;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show, apply))
}

const ROUTE: &str = "invitation";
/// In characters.
const LONGEST_MESSAGE: usize = 2_000;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Application {
    /// Why, for whoever reads it; at most 2,000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    message: String,
}

/// Apply for the Creator / Mentor tier
///
/// 200 with what there is, when an application is open already or the account is invited.
#[utoipa::path(post, path = "/api/v1/billing/invitation/", tag = "subscription", request_body = Application,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 201, body = InvitationStanding),
    (status = 200, body = InvitationStanding), Changing))]
async fn apply(
    State(state): Shared,
    Member(caller): Member,
    key: IdempotencyKey,
    body: Body<Application>,
) -> Result<Response, Problem> {
    let message = body.value.message.trim().to_owned();
    if message.chars().count() > LONGEST_MESSAGE {
        return Err(Problem::invalid("message", format!("has more than {LONGEST_MESSAGE} characters")));
    }
    let (billing, account) = (state.billing.clone(), caller.account().clone());
    let work = async move {
        let applied = billing.apply_for_invitation(&account, &message).await?;
        let standing = InvitationStanding::from(&applied.standing);
        Ok(if applied.new { Answer::created(standing) } else { Answer::ok(standing) })
    };
    Ok(key.answer(&state, &caller, ROUTE, &body.digest, Keep::Money, work).await)
}

/// How one's application stands
#[utoipa::path(get, path = "/api/v1/billing/invitation/", operation_id = "show_invitation", tag = "subscription",
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = InvitationStanding), Reading))]
async fn show(State(state): Shared, Member(caller): Member) -> Result<Answer, Problem> {
    let standing = state.billing.invitation(caller.account()).await?;
    Ok(Answer::ok(InvitationStanding::from(&standing)))
}
