//! AI requests whose cost is known only afterwards: a host's backend holds an estimate, and settles it.

mod authorize;
mod capture;
mod void;

use crate::answer::Answer;
use crate::extract::replayed;
use crate::state::AppState;
use crate::views::hold::HoldAnswerView;
use axum::response::{IntoResponse as _, Response};
use billing::holds::HoldAnswer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(authorize::authorize))
        .routes(routes!(capture::capture))
        .routes(routes!(void::void))
}

fn answered(as_answer: impl Fn(HoldAnswerView) -> Answer, hold: &HoldAnswer) -> Response {
    let answer = as_answer(hold.into()).into_response();
    if hold.replayed { replayed(answer) } else { answer }
}
