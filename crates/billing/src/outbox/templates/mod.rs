//! The words of our mails.

mod invoice;
mod login;
mod notices;
mod subscription;
mod tier;
mod tokens;

pub(crate) use login::account_deleted;
pub use login::{reset_password, verify_email};
pub(crate) use notices::{Words, notice};
