//! Who asks an AI model.

use super::spender::Spender;
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use billing::ai::Place;

/// Who may, and has a place for the request: taken before its body is read.
#[derive(Debug)]
pub struct Asker {
    /// As of [`Caller::scope`](super::Caller::scope).
    pub scope: String,
    pub place: Place,
}

impl FromRequestParts<AppState> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let Spender { account, scope } = Spender::from_request_parts(parts, state).await?;
        Ok(Self { scope, place: state.billing.enter_ai(account).await? })
    }
}
