//! Every route. A file for each noun, a file for each endpoint of a larger one.

mod admin;
mod ai;
pub mod auth;
mod billing_details;
mod config;
mod entitlements;
mod health;
mod holds;
mod inputs;
mod invitation;
mod invoices;
mod mailbox;
mod openai;
mod page;
mod payment_methods;
mod portal;
mod stripe_webhooks;
mod subscriptions;
mod tiers;
mod tokens;
mod usage;
mod web;

use inputs::{ConsentBody, Nothing, consent, currency, label, named_feature, payment_method, reason};

use crate::state::AppState;
use crate::{cors, headers, monitoring, openapi, problem};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::Uri;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::FutureExt as _;
use std::any::Any;
use tower::ServiceBuilder;
use tower::util::MapRequest;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The API with its document. A new noun's routes are merged here.
pub fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::base())
        .merge(auth::routes())
        .merge(tiers::routes())
        .merge(config::routes())
        .merge(subscriptions::routes())
        .merge(payment_methods::routes())
        .merge(invoices::routes())
        .merge(billing_details::routes())
        .merge(portal::routes())
        .merge(tokens::routes())
        .merge(usage::routes())
        .merge(holds::routes())
        .merge(ai::routes())
        .merge(openai::routes())
        .merge(entitlements::routes())
        .merge(invitation::routes())
        .merge(admin::routes())
        .merge(stripe_webhooks::routes())
        .merge(health::routes())
}

/// What answers each request.
pub(crate) type Service = MapRequest<Router, fn(Request) -> Request>;

/// Everything that is served, with what surrounds each request.
pub(crate) fn service(state: AppState) -> Service {
    let (api, _) = api().split_for_parts();
    // Of the API alone: the pages are for our own origin. What a browser asks first is no method of any route, so the
    // answer to those stands within.
    let api = match state.config.allowed_origins.as_slice() {
        [] => api,
        origins => api.method_not_allowed_fallback(problem::method_not_allowed).layer(cors::layer(origins)),
    };
    let https = state.config.public_url.starts_with("https://");
    // One layer of the router: each one that it is given by itself it boxes, and clones with all beneath it for a request.
    let around = ServiceBuilder::new()
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(middleware::from_fn_with_state(https, surround))
        .layer(CatchPanicLayer::custom(panicked));
    let router = api
        .route("/mailbox", get(mailbox::html))
        .route("/mailbox.json", get(mailbox::json))
        .merge(web::routes())
        .route(openapi::PATH, get(openapi::served))
        .merge(SwaggerUi::new("/api/docs").config(Config::from(openapi::PATH)))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(around)
        .with_state(state);
    // Around the router: afterwards it is too late to choose another route.
    MapRequest::new(router, with_trailing_slash)
}

/// In one layer, as each of them keeps what is beneath it in memory by itself for as long as a request lasts.
fn surround(State(https): State<bool>, request: Request, next: Next) -> impl Future<Output = Response> {
    let place = headers::Place::of(request.uri().path());
    monitoring::record(request, next).map(move |response| headers::secure(response, place, https))
}

/// The canonical path of the API ends in a slash; without it works too.
fn with_trailing_slash(mut request: Request) -> Request {
    let uri = request.uri();
    if uri.path().starts_with("/api/v1/") && !uri.path().ends_with('/') {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        // A path with a slash more is a path: this cannot fail, and if it did, the route is not found.
        if let Ok(uri) = format!("{}/{query}", uri.path()).parse::<Uri>() {
            *request.uri_mut() = uri;
        }
    }
    request
}

#[allow(clippy::needless_pass_by_value, reason = "the layer's signature")]
fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text = cause.downcast_ref::<&str>().copied().map(str::to_owned);
    let text = text.or_else(|| cause.downcast_ref::<String>().cloned()).unwrap_or_default();
    problem::Problem::internal(format!("a handler panicked: {text}")).into_response()
}

/// Handlers get the state by this.
pub type Shared = State<AppState>;
