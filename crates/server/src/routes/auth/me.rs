//! `GET /api/v1/auth/me/`

use super::signed_in::UserBody;
use crate::answer::Answer;
use crate::extract::{Kind, Member};
use crate::openapi::ProblemBody;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    user: UserBody,
    /// Whether it is by a session of ours, which `auth/logout/` ends; a host's token is only the host's to take back.
    session: bool,
}

/// Who is signed in
#[utoipa::path(get, path = "/api/v1/auth/me/", tag = "auth", security(("bearer" = []), ("cookie" = [])), responses(
    (status = 200, body = Me),
    (status = 401, description = "unauthenticated", body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, description = "not_allowed", body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn me(Member(caller): Member) -> Answer {
    Answer::ok(Me {
        user: UserBody::of(&caller.user, caller.is_admin),
        session: matches!(caller.kind, Kind::Session(_)),
    })
}
