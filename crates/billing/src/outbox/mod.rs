//! Messages to people. Posted in the transaction of the change that they tell of, delivered by a worker.

mod deliver;
mod mailbox;
mod mailer;
mod post;
pub mod templates;

pub use mailer::{InvalidMailer, Mailer, Smtp};
pub use post::Mail;
pub use store::outbox_messages::Message;
