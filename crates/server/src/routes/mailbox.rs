//! The mails that sandbox mode keeps instead of sending: for people, and for programs.

use super::Shared;
use super::page::page;
use crate::answer::Answer;
use crate::config::Mode;
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::response::Response;
use billing::outbox::{Message, escape};
use serde_json::json;

/// How many are shown, newest first.
const SHOWN: i64 = 100;

pub(super) async fn html(State(state): Shared) -> Result<Response, Problem> {
    let mails: String = messages(&state).await?.iter().map(article).collect();
    let none = if mails.is_empty() { "<p>No mail yet.</p>" } else { "" };
    let body = format!(
        "<h1>Mailbox</h1><p>In sandbox mode mails are not sent, but kept here. Newest first; \
         <a href=\"/mailbox.json\">as JSON</a>.</p>{none}{mails}"
    );
    Ok(page("Mailbox", &body))
}

/// The mail's HTML is our own template: links and paragraphs.
fn article(mail: &Message) -> String {
    format!(
        "<article><h2>{}</h2><small>to {} at {}</small>{}</article>",
        escape(&mail.subject),
        escape(&mail.recipient),
        mail.created_at,
        mail.body_html
    )
}

pub(super) async fn json(State(state): Shared) -> Result<Answer, Problem> {
    let mails = messages(&state).await?;
    let data: Vec<_> = mails
        .iter()
        .map(|mail| {
            json!({
                "id": mail.id.as_str(), "to": mail.recipient, "subject": mail.subject,
                "text": mail.body_text, "html": mail.body_html, "status": mail.status,
                "created_at": mail.created_at.to_string(),
            })
        })
        .collect();
    Ok(Answer::ok(json!({ "data": data })))
}

async fn messages(state: &AppState) -> Result<Vec<Message>, Problem> {
    if state.config.mode != Mode::Sandbox {
        return Err(Problem::not_found());
    }
    Ok(state.billing.mailbox(SHOWN).await?)
}
