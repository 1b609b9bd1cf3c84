//! What a page has to know before anybody has signed in.

use super::Shared;
use crate::answer::Answer;
use crate::config::Mode;
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use billing::users::{DEMO_EMAIL, DEMO_PASSWORD};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(config))
}

#[derive(Debug, Serialize, ToSchema)]
struct ConfigView {
    /// `sandbox` (no money moves), `test` or `live`.
    mode: String,
    stripe_publishable_key: String,
    stripe_js_url: String,
    /// The default currency.
    currency: String,
    /// The billing period that is shown first.
    primary_period: &'static str,
    /// New subscriptions and purchases are off; everything else goes on.
    sales_paused: bool,
    /// For how many days a subscription can be paused at most; 0: not at all.
    longest_pause_days: i64,
    consent: ConsentView,
    /// Whether people register and sign in here. Otherwise they come with tokens of a host application.
    own_login: bool,
    /// Where members of the host application sign in; `{next}` in it stands for the page that they came from.
    host_sign_in_url: Option<String>,
    /// No AI service is set: built-in models answer, which ask no AI.
    ai_is_demo: bool,
    /// In sandbox mode: whom anybody may sign in as.
    demo_user: Option<DemoUserView>,
}

/// What a member has to agree to before something is bought.
#[derive(Debug, Serialize, ToSchema)]
struct ConsentView {
    required: bool,
    terms_version: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct DemoUserView {
    email: &'static str,
    password: &'static str,
}

/// Public configuration
#[utoipa::path(get, path = "/api/v1/billing/config/", tag = "catalog", responses((status = 200, body = ConfigView)))]
async fn config(State(state): Shared) -> Result<Answer, Problem> {
    Ok(Answer::ok(ConfigView {
        mode: state.config.mode.name().to_owned(),
        stripe_publishable_key: state.config.publishable_key(),
        stripe_js_url: state.config.stripe_js_url(),
        currency: state.billing.catalog.currency.to_string(),
        primary_period: state.billing.catalog.primary_period.as_str(),
        sales_paused: state.billing.sales_paused().await?,
        longest_pause_days: state.billing.catalog.longest_pause_days,
        consent: ConsentView {
            required: state.billing.catalog.consent.required,
            terms_version: state.billing.catalog.consent.terms_version.clone(),
        },
        own_login: !state.config.has_host(),
        host_sign_in_url: state.config.jwt.as_ref().and_then(|jwt| jwt.sign_in_url.clone()),
        ai_is_demo: state.billing.ai.is_demo(),
        demo_user: (state.config.mode == Mode::Sandbox)
            .then_some(DemoUserView { email: DEMO_EMAIL, password: DEMO_PASSWORD }),
    }))
}
