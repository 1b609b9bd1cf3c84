//! Who uses the system: our own login, the users of a host application, and what the command line does.

mod authenticate;
mod check_password;
mod demo;
mod email;
mod error;
mod hash_redemptions;
mod known;
mod login;
mod logout;
mod look_ups;
mod make_admin;
mod password;
mod recognize;
mod register;
mod request_password_reset;
mod reset_password;
mod sign_in;
mod sign_in_codes;
mod verification_mail;
mod verify_email;

pub(crate) use check_password::check_password;
pub use demo::{DEMO_EMAIL, DEMO_PASSWORD};
pub(crate) use email::email_key;
pub use error::{Error, Result};
pub use known::{KnownUser, KnownUsers};
pub use recognize::Identity;
pub use register::Registration;
pub use sign_in::{SESSION_PREFIX, SignedIn};
pub use sign_in_codes::SignInCode;
pub use store::users::{LOCAL_ISSUER, User};
