//! What somebody who is in gets: themselves, a token, and for browsers the same token as a cookie.

use crate::answer::Answer;
use crate::extract::SESSION_COOKIE;
use crate::state::AppState;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderName};
use axum::response::{IntoResponse as _, Response};
use billing::users::{SignedIn, User};
use domain::time::SECOND;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserBody {
    #[schema(example = "usr_0198c0de00007000800000000000cafe")]
    id: String,
    email: Option<String>,
    email_verified: bool,
    name: String,
    #[schema(example = "member")]
    role: &'static str,
}

impl UserBody {
    pub(crate) fn of(user: &User, is_admin: bool) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email.clone(),
            email_verified: user.email_verified,
            name: user.name.clone(),
            role: if is_admin { "admin" } else { "member" },
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignedInBody {
    user: UserBody,
    /// For `Authorization: Bearer`.
    token: String,
}

pub(super) fn respond(state: &AppState, status: StatusCode, signed_in: SignedIn) -> Response {
    let cookie = cookie(state, &signed_in.token, signed_in.lifetime / SECOND);
    let user = UserBody::of(&signed_in.user, signed_in.user.is_admin());
    let answer = Answer { status, ..Answer::ok(SignedInBody { user, token: signed_in.token }) };
    (cookie, answer).into_response()
}

/// Makes the browser forget its session.
pub(super) fn forget(state: &AppState) -> [(HeaderName, String); 1] {
    cookie(state, "", 0)
}

/// `token` is of our own making: nothing in it needs quoting. `max_age` in seconds.
fn cookie(state: &AppState, token: &str, max_age: i64) -> [(HeaderName, String); 1] {
    let secure = if state.config.public_url.starts_with("https://") { "; Secure" } else { "" };
    let attributes = format!("Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}");
    [(header::SET_COOKIE, format!("{SESSION_COOKIE}={token}; {attributes}"))]
}
