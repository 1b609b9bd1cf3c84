//! `POST /api/v1/ai/images/`

use super::paid::PaidView;
use super::stream;
use crate::answer::Answer;
use crate::extract::{Asker, Body, IdempotencyKey};
use crate::problem::Problem;
use crate::routes::{Shared, named_feature};
use crate::views::refusals::{Changing, Upstream};
use axum::extract::State;
use axum::http::HeaderMap;
use billing::ai::{Answered, Endpoint, Forward};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

const ROUTE: &str = "ai/images";
/// Of the body in bytes: 32,000 characters, some of them written as six.
const LIMIT: usize = 256 * 1024;
/// As OpenAI's newest models take.
const LONGEST_PROMPT: usize = 32_000;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ImagesBody {
    /// What is to be seen, in 1 to 32,000 characters.
    #[schema(min_length = 1, max_length = 32000)]
    prompt: String,
    /// How many; 1 unless told.
    #[schema(minimum = 1, maximum = 10)]
    n: Option<i64>,
    /// As the model knows it.
    #[schema(example = "1024x1024")]
    size: Option<String>,
    /// As the model knows it.
    #[schema(example = "high")]
    quality: Option<String>,
    /// One of GET /v1/models; the first of them that makes images unless told.
    #[schema(example = "demo-image")]
    model: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImagesView {
    #[schema(example = "img_...")]
    id: String,
    #[schema(example = "demo-image")]
    model: String,
    /// At least one.
    images: Vec<ImageView>,
    #[serde(flatten)]
    paid: PaidView,
}

/// One of the two is there, as the model answers.
#[derive(Debug, Serialize, ToSchema)]
struct ImageView {
    b64_json: Option<String>,
    url: Option<String>,
}

impl From<&Answered> for ImagesView {
    fn from(answer: &Answered) -> Self {
        let text = |image: &Value, name: &str| image[name].as_str().map(str::to_owned);
        // It was read before it was paid.
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let images = body["data"].as_array().into_iter().flatten();
        Self {
            id: format!("img_{}", answer.number),
            model: answer.model.clone(),
            images: images
                .map(|image| ImageView { b64_json: text(image, "b64_json"), url: text(image, "url") })
                .collect(),
            paid: answer.into(),
        }
    }
}

/// Have images made
///
/// As many as were asked are held before, and those that came are paid, each at the model's price for its size and quality.
/// The allowance pays where all of them together are within the tier's largest request; else tokens do. Whoever leaves
/// before they are there pays nothing. Without a service that answers, the built-in model `demo-image` does.
#[utoipa::path(post, path = "/api/v1/ai/images/", tag = "ai", request_body = ImagesBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters"),
           ("X-Feature" = Option<String>, Header, description = "A label for the statistics; `ai_image` unless told"),
           ("On-Behalf-Of" = Option<String>, Header, description = "With a service key: the user")),
    security(("bearer" = []), ("cookie" = [])), responses((status = 200, body = ImagesView), Changing, Upstream))]
pub(super) async fn images(
    State(state): Shared,
    asker: Asker,
    key: IdempotencyKey,
    headers: HeaderMap,
    body: Body<ImagesBody, LIMIT>,
) -> Result<Answer, Problem> {
    let ImagesBody { prompt, n, size, quality, model } = body.value;
    let length = prompt.chars().count();
    if length == 0 || length > LONGEST_PROMPT {
        return Err(Problem::invalid("prompt", format!("must have 1 to {LONGEST_PROMPT} characters")));
    }
    let fields = [
        ("prompt", Some(Value::from(prompt))),
        ("n", n.map(Value::from)),
        ("size", size.map(Value::from)),
        ("quality", quality.map(Value::from)),
    ];
    let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let command = Forward {
        place: asker.place,
        endpoint: Endpoint::Images,
        model,
        body: given.collect::<Map<_, _>>(),
        max_output: None,
        feature: named_feature(&headers)?,
        key: key.keyed(&asker.scope, ROUTE, &body.digest),
    };
    let billing = state.billing.clone();
    let answer =
        stream::at_once(&state, |relay| async move { billing.forward(command, relay).await }).await?;
    Ok(Answer::ok(ImagesView::from(&answer)))
}
