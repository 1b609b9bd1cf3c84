//! `/_sandbox/settings`: what is a switch in Stripe's Dashboard, for one account.

use std::sync::Arc;

use crate::core::value::Value;
use axum::Json as Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::control::refuse;
use super::engine::Engine;
use crate::resources::settings;

/// Whose settings: what follows `sk_test_` in the key.
#[derive(Debug, Deserialize)]
pub(super) struct Whose {
    #[serde(default = "usual")]
    account: String,
}

fn usual() -> String {
    "sandbox".into()
}

pub(super) async fn read(State(engine): State<Arc<Engine>>, Query(whose): Query<Whose>) -> Body<Value> {
    Body(engine.change(&whose.account, |work| settings::show(work)))
}

/// Changes what is sent. Counts for everything that is planned from now on.
pub(super) async fn write(
    State(engine): State<Arc<Engine>>,
    Query(whose): Query<Whose>,
    body: axum::body::Bytes,
) -> Response {
    let sent = match serde_json::from_slice::<Value>(&body) {
        Ok(sent) => sent,
        Err(error) => return refuse(&format!("the body is not JSON: {error}")),
    };
    match engine.change(&whose.account, |work| settings::change(work, &sent).map(|()| settings::show(work))) {
        Ok(shown) => {
            if let Some(flushed) = engine.flushed() {
                let _ = flushed.await;
            }
            Body(shown).into_response()
        }
        Err(message) => refuse(&message),
    }
}
