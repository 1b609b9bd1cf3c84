//! `POST /api/v1/ai/chat/`

use super::paid::PaidView;
use super::stream::{self, Form};
use crate::answer::Answer;
use crate::extract::{Asker, Body, IdempotencyKey, digest, replayed};
use crate::problem::Problem;
use crate::routes::{Shared, named_feature};
use crate::views::event::EventView;
use crate::views::refusals::{Changing, Upstream};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use billing::ai::{self, Answered, Chat, Part};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

const ROUTE: &str = "ai/chat";
/// Of the body in bytes: 100,000 characters, some of them written as six.
const LIMIT: usize = 1024 * 1024;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChatBody {
    /// 1 to 100, with at most 100,000 characters together.
    messages: Vec<MessageBody>,
    /// True: the answer comes in parts, as `text/event-stream`.
    #[serde(default)]
    stream: bool,
    /// The longest answer that may come back, in tokens of the model. Unless told the model's own, of the demo 500.
    #[schema(minimum = 1)]
    max_output_tokens: Option<i64>,
    /// One of GET /v1/models; the first of them that chats unless told.
    #[schema(example = "demo")]
    model: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MessageBody {
    role: RoleWord,
    content: String,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RoleWord {
    User,
    Assistant,
    System,
}

impl From<MessageBody> for ai::Message {
    fn from(message: MessageBody) -> Self {
        let role = match message.role {
            RoleWord::User => ai::Role::User,
            RoleWord::Assistant => ai::Role::Assistant,
            RoleWord::System => ai::Role::System,
        };
        Self { role, content: message.content }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChatView {
    #[schema(example = "chat_...")]
    id: String,
    #[schema(example = "demo")]
    model: String,
    /// Not in the `done` event of a stream, which has said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<SaidView>,
    usage: TokensView,
    #[serde(flatten)]
    paid: PaidView,
}

#[derive(Debug, Serialize, ToSchema)]
struct SaidView {
    #[schema(example = "assistant")]
    role: &'static str,
    content: String,
}

/// In tokens of the model: as it reports them, else one for every four characters of each text, rounded up.
#[derive(Debug, Serialize, ToSchema)]
struct TokensView {
    #[serde(rename = "input_tokens")]
    input: i64,
    #[serde(rename = "output_tokens")]
    output: i64,
    #[serde(rename = "total_tokens")]
    total: i64,
}

impl ChatView {
    /// Of an answer that was streamed.
    fn without_message(answer: &Answered) -> Self {
        let (input, output) = (answer.used.input, answer.used.output);
        Self {
            id: format!("chat_{}", answer.number),
            model: answer.model.clone(),
            message: None,
            usage: TokensView { input, output, total: input.saturating_add(output) },
            paid: answer.into(),
        }
    }

    fn whole(answer: &Answered) -> Self {
        let message = SaidView { role: "assistant", content: answer.text.clone() };
        Self { message: Some(message), ..Self::without_message(answer) }
    }
}

/// Named events: `delta`, then `done` or `error`.
const FORM: Form = Form { part, last };

fn part(part: &Part) -> Option<Bytes> {
    (!part.text.is_empty()).then(|| event("delta", json!({ "text": part.text })))
}

fn last(settled: Result<Option<Answered>, Problem>) -> Bytes {
    match settled {
        Ok(Some(answer)) => event("done", ChatView::without_message(&answer)),
        Ok(None) => event("error", Problem::read_too_slowly().document()),
        Err(problem) => event("error", problem.document()),
    }
}

/// What is written here has no line breaks, so it is one line of data.
fn event(name: &str, data: impl Serialize) -> Bytes {
    let data = serde_json::to_string(&data).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n").into()
}

/// Ask an AI model
///
/// What was sent and the longest answer are held before the first word, by the model's prices, and what was used is taken
/// after the last. The allowance pays for all of a request whose estimate is within the tier's largest request; else tokens
/// pay. A refusal is 403 before the first byte and consumes nothing. Without a service that answers, the built-in model
/// `demo` does, which asks no AI; "long" in the last message gives a long answer.
///
/// With `stream` the answer is `text/event-stream`: `delta` events with `{"text"}`, then `done` with this answer without
/// `message`, or `error` with a problem document. Whoever leaves pays for what was streamed until then, and nothing before
/// the first `delta`, or before the answer where it is not streamed.
///
/// The same request again under its Idempotency-Key pays nothing: of the demo, streamed or not, it gets the same answer as
/// far as it was paid, of other models 409 `already_answered`; while the first runs it is 409 `idempotency_key_in_use`.
#[utoipa::path(post, path = "/api/v1/ai/chat/", tag = "ai", request_body = ChatBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters"),
           ("X-Feature" = Option<String>, Header, description = "A label for the statistics; `ai_chat` unless told"),
           ("On-Behalf-Of" = Option<String>, Header, description = "With a service key: the user")),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, content((ChatView = "application/json"), (EventView = "text/event-stream"))), Changing, Upstream))]
pub(super) async fn chat(
    State(state): Shared,
    asker: Asker,
    key: IdempotencyKey,
    headers: HeaderMap,
    body: Body<ChatBody, LIMIT>,
) -> Result<Response, Problem> {
    let ChatBody { messages, stream, max_output_tokens, model } = body.value;
    // Streamed or not, it is the same request.
    let request = json!({"messages": messages, "max_output_tokens": max_output_tokens, "model": model});
    let command = Chat {
        place: asker.place,
        model,
        messages: messages.into_iter().map(Into::into).collect(),
        max_output: max_output_tokens,
        streamed: stream,
        feature: named_feature(&headers)?,
        key: key.keyed(&asker.scope, ROUTE, &digest(&request)?),
    };
    let billing = state.billing.clone();
    let ask = |relay| async move { billing.chat(command, relay).await };
    if stream {
        return stream::in_parts(&state, ask, FORM).await;
    }
    let answer = stream::at_once(&state, ask).await?;
    let response = Answer::ok(ChatView::whole(&answer)).into_response();
    Ok(if answer.replayed { replayed(response) } else { response })
}
