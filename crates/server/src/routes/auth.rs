//! Our own login.

mod codes;
mod delete_me;
mod enter;
mod export;
mod forgot_password;
mod login;
mod logout;
mod me;
mod register;
mod reset_password;
mod signed_in;
mod verification_mail;
mod verify_email;

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(register::register))
        .routes(routes!(login::login))
        .routes(routes!(codes::issue))
        .routes(routes!(enter::enter))
        .routes(routes!(logout::logout))
        .routes(routes!(verification_mail::verification_mail))
        .routes(routes!(verify_email::verify_email))
        .routes(routes!(forgot_password::forgot_password))
        .routes(routes!(reset_password::reset_password))
        .routes(routes!(me::me, delete_me::delete_me))
        .routes(routes!(export::export))
}
