//! Problems as OpenAI's clients read them: `{"error": {"message", "type", "param", "code"}}`. `code` is ours, and what else a
//! problem says stands beside it, so that the clients raise the right class and callers find what would help.

use crate::openapi::OpenAiErrorBody;
use crate::problem::Problem;
use axum::extract::Request;
use axum::http::header::{HeaderName, HeaderValue};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};
use utoipa::IntoResponses;

/// OpenAI's clients try again after every 409, 429 and 5xx, unless this says no.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// Every problem of the routes behind it.
pub(super) async fn in_their_form(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) => rendered(response, &problem),
        None => response,
    }
}

/// With the headers that the problem had.
fn rendered(response: Response, problem: &Problem) -> Response {
    let (parts, _) = response.into_parts();
    let mut response = (status(problem), body(problem).to_string()).into_response();
    for (name, value) in &parts.headers {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            response.headers_mut().insert(name, value.clone());
        }
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if matches!(problem.code, "idempotency_key_reused" | "already_answered") {
        headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
    }
    response
}

/// What OpenAI answers to a body that it does not understand.
fn status(problem: &Problem) -> StatusCode {
    if problem.status == StatusCode::UNPROCESSABLE_ENTITY { StatusCode::BAD_REQUEST } else { problem.status }
}

pub(super) fn body(problem: &Problem) -> Value {
    let mut error = Map::new();
    error.insert("message".into(), json!(message(problem)));
    error.insert("type".into(), json!(kind(problem)));
    error.insert(
        "param".into(),
        problem.members.get("errors").map_or(Value::Null, |errors| errors[0]["field"].clone()),
    );
    error.insert("code".into(), json!(problem.code));
    for (name, value) in problem.members.iter().filter(|(name, _)| *name != "upstream") {
        error.entry(name.as_str()).or_insert_with(|| value.clone());
    }
    // What the service itself says of a request that it refuses is in this form already.
    let said = problem.members.get("upstream").and_then(Value::as_object);
    for (name, value) in said.into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        error.insert(name.clone(), value.clone());
    }
    json!({ "error": error })
}

fn message(problem: &Problem) -> String {
    let wrong = problem.members.get("errors").map(|errors| &errors[0]);
    match (wrong, &problem.detail) {
        (Some(wrong), _) => {
            let text = |name: &str| wrong[name].as_str().unwrap_or_default();
            format!("{}: {} {}", problem.title, text("field"), text("reason"))
        }
        (None, Some(detail)) => format!("{}. {detail}", problem.title),
        (None, None) => problem.title.clone(),
    }
}

/// OpenAI's own words, as far as it has one.
fn kind(problem: &Problem) -> &'static str {
    match (problem.status.as_u16(), problem.code) {
        (_, "out_of_tokens" | "out_of_ai_requests") => "insufficient_quota",
        (401, _) => "authentication_error",
        (403, _) => "permission_error",
        (429, _) => "rate_limit_error",
        (400..500, _) => "invalid_request_error",
        _ => "server_error",
    }
}

/// The refusals of all of them, for the document.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "describes what extractors and use cases answer")]
pub(super) enum Refusals {
    #[response(status = 400, description = "invalid_request, invalid_json, what the AI service refuses")]
    Invalid(OpenAiErrorBody),
    #[response(status = 401, description = "unauthenticated")]
    Unauthenticated(OpenAiErrorBody),
    #[response(
        status = 403,
        description = "out_of_ai_requests, out_of_tokens (`resets_at`, `upgrade_to`, `allowance`, `balance`), \
                       model_not_in_tier (`upgrade_to`), not_allowed, email_not_verified"
    )]
    NotAllowed(OpenAiErrorBody),
    #[response(status = 404, description = "model_not_found")]
    NotFound(OpenAiErrorBody),
    #[response(status = 408, description = "body_too_slow")]
    TooSlow(OpenAiErrorBody),
    #[response(
        status = 409,
        description = "idempotency_key_in_use, idempotency_key_reused, already_answered, account_leaving"
    )]
    Conflict(OpenAiErrorBody),
    #[response(status = 413, description = "payload_too_large")]
    TooLarge(OpenAiErrorBody),
    #[response(status = 415, description = "unsupported_media_type")]
    NotTyped(OpenAiErrorBody),
    #[response(status = 429, description = "rate_limited, too_many_at_a_time; with Retry-After")]
    TooMany(OpenAiErrorBody),
    #[response(status = 502, description = "upstream_failed")]
    Failed(OpenAiErrorBody),
    #[response(
        status = 503,
        description = "upstream_busy, upstream_unreachable, overloaded; with Retry-After"
    )]
    Unavailable(OpenAiErrorBody),
    #[response(status = 504, description = "upstream_timeout")]
    TimedOut(OpenAiErrorBody),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_keeps_its_code_and_what_would_help() {
        let problem = Problem::new(StatusCode::FORBIDDEN, "out_of_tokens", "You do not have enough tokens")
            .detail("Upgrade.")
            .member("upgrade_to", "community-pro")
            .member("code", "another");
        assert_eq!(
            body(&problem)["error"],
            json!({"message": "You do not have enough tokens. Upgrade.", "type": "insufficient_quota",
                   "param": null, "code": "out_of_tokens", "upgrade_to": "community-pro"})
        );
    }

    #[test]
    fn a_field_that_is_wrong_is_the_param() {
        let problem = Problem::invalid("messages", "must be a list");
        let error = &body(&problem)["error"];
        assert_eq!((&error["param"], &error["code"]), (&json!("messages"), &json!("invalid_request")));
        assert!(error["message"].as_str().unwrap().ends_with("messages must be a list"), "{error}");
        assert_eq!(status(&problem), StatusCode::BAD_REQUEST);
    }

    #[test]
    fn the_services_own_words_are_passed_on_with_a_code_in_any_case() {
        let of = |upstream: Value| {
            let problem = Problem::new(StatusCode::BAD_REQUEST, "upstream_refused", "The AI service refuses");
            body(&problem.member("upstream", upstream))["error"].clone()
        };
        let theirs = json!({"message": "too long", "type": "t", "param": "messages", "code": "context_length_exceeded"});
        assert_eq!(of(theirs.clone()), theirs);
        let without = of(json!({"message": "no", "type": null, "param": null, "code": null}));
        assert_eq!(
            without,
            json!({"message": "no", "type": "invalid_request_error", "param": null, "code": "upstream_refused"})
        );
    }
}
