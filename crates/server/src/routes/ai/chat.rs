//! `POST /api/v1/ai/chat/`

use super::events;
use crate::answer::Answer;
use crate::extract::{Body, IdempotencyKey, MemberOrService, digest, replayed};
use crate::problem::Problem;
use crate::routes::Shared;
use crate::views::allowance::{AllowanceView, SpendableView, source};
use crate::views::refusals::Changing;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use billing::ai::{self, Chat, ChatAnswer, DEMO_MODEL};
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
    /// The longest answer that may come back, in tokens; 500 unless told.
    #[schema(minimum = 1, maximum = 32000)]
    max_output_tokens: Option<i64>,
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
    model: &'static str,
    /// Not in the `done` event of a stream, which has said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<SaidView>,
    usage: TokensView,
    /// `allowance` or `tokens`: who paid.
    source: &'static str,
    /// Taken from the balance.
    tokens: i64,
    allowance: AllowanceView,
    balance: SpendableView,
}

#[derive(Debug, Serialize, ToSchema)]
struct SaidView {
    #[schema(example = "assistant")]
    role: &'static str,
    content: String,
}

/// One token for every four characters of each text, rounded up.
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
    pub(super) fn without_message(answer: &ChatAnswer) -> Self {
        Self {
            id: answer.id.clone(),
            model: DEMO_MODEL,
            message: None,
            usage: TokensView {
                input: answer.input_tokens,
                output: answer.output_tokens,
                total: answer.input_tokens + answer.output_tokens,
            },
            source: source(answer.from_allowance),
            tokens: answer.paid,
            allowance: (&answer.left).into(),
            balance: (&answer.left).into(),
        }
    }

    fn whole(answer: &ChatAnswer) -> Self {
        let message = SaidView { role: "assistant", content: answer.text.clone() };
        Self { message: Some(message), ..Self::without_message(answer) }
    }
}

/// Ask the demo model, which is none
///
/// It shows how an AI request is paid for: what was sent and the longest answer are held before the first word, and what
/// was used is taken after the last. The allowance pays for all of a request whose estimate is within the tier's largest
/// request; else tokens pay. A refusal is 403 before the first byte and consumes nothing. "long" in the last message gives
/// a long answer.
///
/// With `stream` the answer is `text/event-stream`: `delta` events with `{"text"}`, then `done` with this answer without
/// `message`, or `error` with a problem document. Whoever leaves pays for what was streamed until then, and nothing before
/// the first `delta`.
///
/// The same request again under its Idempotency-Key, streamed or not, gets the same answer as far as it was paid, and
/// pays nothing; while the first runs it is 409 `idempotency_key_in_use`.
#[utoipa::path(post, path = "/api/v1/ai/chat/", tag = "ai", request_body = ChatBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters"),
           ("On-Behalf-Of" = Option<String>, Header, description = "With a service key: the user")),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, content((ChatView = "application/json"), (String = "text/event-stream"))), Changing))]
pub(super) async fn chat(
    State(state): Shared,
    MemberOrService(caller): MemberOrService,
    key: IdempotencyKey,
    body: Body<ChatBody, LIMIT>,
) -> Result<Response, Problem> {
    caller.require_ai(&state)?;
    let ChatBody { messages, stream, max_output_tokens } = body.value;
    // Streamed or not, it is the same request.
    let digest = digest(&json!({"messages": messages, "max_output_tokens": max_output_tokens}));
    let command = Chat {
        account: caller.account().clone(),
        messages: messages.into_iter().map(Into::into).collect(),
        max_output: max_output_tokens,
        key: key.keyed(&caller.scope(), ROUTE, &digest),
    };
    if stream {
        return events::stream(&state, command).await;
    }
    let billing = state.billing.clone();
    let answer = state.run(async move { billing.chat(command, None).await }).await?;
    // Only a reader of a stream can leave.
    let answer = answer.ok_or_else(Problem::overloaded)?;
    let response = Answer::ok(ChatView::whole(&answer)).into_response();
    Ok(if answer.replayed { replayed(response) } else { response })
}
