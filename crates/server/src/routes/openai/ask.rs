//! What the endpoints that ask a model have in common: who asks, for what, and under which key.

use crate::extract::{Asker, Body, IdempotencyKey};
use crate::problem::Problem;
use crate::routes::named_feature;
use crate::state::AppState;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use billing::ai::{Endpoint, Forward};
use serde_json::{Map, Value};

/// Of a body in bytes: pictures in base64 are large.
const LIMIT: usize = 8 * 1024 * 1024;

/// A request whose body is an object with a `model`.
#[derive(Debug)]
pub(super) struct Asking {
    asker: Asker,
    key: IdempotencyKey,
    feature: Option<String>,
    model: String,
    body: Body<Map<String, Value>, LIMIT>,
}

impl FromRequest<AppState> for Asking {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let asker = Asker::from_request_parts(&mut parts, state).await?;
        let key = IdempotencyKey::from_request_parts(&mut parts, state).await?;
        let feature = named_feature(&parts.headers)?;
        let body: Body<Map<String, Value>, LIMIT> =
            Body::from_request(Request::from_parts(parts, body), state).await?;
        let model = body.value.get("model").and_then(Value::as_str).map(str::to_owned);
        let model = model.ok_or_else(|| Problem::invalid("model", "must be a text"))?;
        Ok(Self { asker, key, feature, model, body })
    }
}

impl Asking {
    pub(super) fn is_streamed(&self) -> bool {
        self.body.value.get("stream") == Some(&Value::Bool(true))
    }

    pub(super) fn for_endpoint(self, endpoint: Endpoint) -> Forward {
        Forward {
            place: self.asker.place,
            endpoint,
            model: Some(self.model),
            max_output: None,
            feature: self.feature,
            key: self.key.keyed(&self.asker.scope, endpoint.path(), &self.body.digest),
            body: self.body.value,
        }
    }
}
