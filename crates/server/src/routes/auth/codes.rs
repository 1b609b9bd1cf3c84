//! `POST /api/v1/auth/codes/`

use crate::answer::Answer;
use crate::extract::ServiceOnly;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::refusals::Changing;
use crate::views::time;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CodeView {
    /// Works once.
    #[schema(example = "atc_4fKq")]
    code: String,
    expires_at: String,
    /// Where to send the member's browser; `&next=/tokens` leads on to another page than the billing page.
    #[schema(example = "https://billing.example.com/enter?code=atc_4fKq")]
    url: String,
}

/// Let a member of the host into these pages
///
/// For a host whose token does not reach the browser's cookies here. Needs a service key with the scope `sign_in`, and
/// `On-Behalf-Of`. The code is for one member, once, within two minutes.
#[utoipa::path(post, path = "/api/v1/auth/codes/", tag = "auth", params(("On-Behalf-Of" = String, Header)),
    security(("bearer" = [])), responses((status = 201, body = CodeView), Changing))]
pub(super) async fn issue(
    State(state): Shared,
    ServiceOnly(caller, key): ServiceOnly,
) -> Result<Answer, Problem> {
    caller.require("sign_in")?;
    let billing = state.billing.clone();
    let issued = state.run(async move { billing.issue_sign_in_code(&caller.user, &key.id).await }).await?;
    let url = format!("{}/enter?code={}", state.config.public_url, issued.code);
    let body = CodeView { code: issued.code, expires_at: time(issued.expires_at), url };
    Ok(Answer { status: StatusCode::CREATED, ..Answer::ok(body) })
}
