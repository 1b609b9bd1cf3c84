//! The document that describes the API, generated from the handlers.

use crate::problem::Problem;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use std::sync::OnceLock;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, OpenApi};
use utoipa::{Modify, OpenApi as _, ToSchema};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "AllThrive Billing",
        description = "Subscriptions and AI tokens on Stripe. Amounts are integers in minor units, times RFC 3339 \
                       in UTC, lists newest first. A trailing slash is canonical; without it works too. Errors are \
                       RFC 9457 problem documents with a stable `code`; below `/v1`, where AI is asked in OpenAI's \
                       form, they are in that form, with the same codes.",
        license(name = "Apache-2.0")
    ),
    components(schemas(ProblemBody, OpenAiErrorBody)),
    modifiers(&Security),
    tags(
        (name = "catalog", description = "What is sold, for anyone"),
        (name = "subscription", description = "A member's subscription"),
        (name = "paying", description = "A member's cards, invoices and billing address"),
        (name = "tokens", description = "A member's tokens"),
        (name = "usage", description = "AI requests: who pays for them, and how many there were"),
        (name = "ai", description = "AI requests, in our own form"),
        (name = "openai", description = "AI requests as OpenAI's clients make them, with errors in their form"),
        (name = "admin", description = "What people with the admin's role do; every change is logged with its reason"),
        (name = "webhooks", description = "What Stripe delivers"),
        (name = "auth", description = "Our own login, for a deployment without a host application"),
        (name = "operations", description = "Health and metrics")
    )
)]
struct Document;

/// Before the routes are in it.
pub fn base() -> OpenApi {
    Document::openapi()
}

/// Where it is served.
pub(crate) const PATH: &str = "/api/openapi.json";

/// The whole document, as it is served and checked in.
pub fn document() -> OpenApi {
    crate::routes::api().into_openapi()
}

/// Written when somebody first asks for it, and kept as text: as a document it takes several megabytes.
pub(crate) async fn served() -> Result<impl IntoResponse, Problem> {
    static TEXT: OnceLock<Bytes> = OnceLock::new();
    let text = if let Some(text) = TEXT.get() {
        text
    } else {
        let text = document().to_json().map_err(|error| Problem::internal(error.to_string()))?;
        TEXT.get_or_init(|| text.into())
    };
    Ok(([(CONTENT_TYPE, "application/json")], text.clone()))
}

/// What every error looks like.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[allow(dead_code, reason = "describes what problem.rs writes")]
pub(crate) struct ProblemBody {
    #[schema(example = "urn:allthrive:problem:invalid_request")]
    r#type: String,
    title: String,
    status: u16,
    detail: Option<String>,
    /// The stable contract.
    #[schema(example = "invalid_request")]
    code: String,
    /// With `invalid_request`: which field, and why.
    errors: Option<Vec<FieldErrorBody>>,
}

#[derive(ToSchema)]
#[schema(as = FieldError)]
#[allow(dead_code, reason = "describes what problem.rs writes")]
pub(crate) struct FieldErrorBody {
    field: String,
    reason: String,
}

/// What every error below `/v1` looks like.
#[derive(ToSchema)]
#[schema(as = OpenAiError)]
#[allow(dead_code, reason = "describes what routes/openai/errors.rs writes")]
pub(crate) struct OpenAiErrorBody {
    error: OpenAiErrorMembersBody,
}

/// And beside these what the problem says else, such as `resets_at` and `upgrade_to`.
#[derive(ToSchema)]
#[schema(as = OpenAiErrorMembers)]
#[allow(dead_code, reason = "describes what routes/openai/errors.rs writes")]
pub(crate) struct OpenAiErrorMembersBody {
    message: String,
    #[schema(example = "insufficient_quota")]
    r#type: String,
    /// The field that is wrong.
    param: Option<String>,
    /// The stable contract; of a request that the AI service refuses, its own.
    #[schema(example = "out_of_tokens")]
    code: String,
}

struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut OpenApi) {
        let components = openapi.components.get_or_insert_with(Components::default);
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.description = Some(
            "A session's token, a JWT of the host application, or a service key with On-Behalf-Of".into(),
        );
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let cookie = ApiKeyValue::new(crate::extract::SESSION_COOKIE);
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}
