//! Messages to people and to the host application. Posted in the transaction of the change that they tell of,
//! delivered by workers.

mod announce;
mod carrier;
mod deliver;
mod host;
mod letter;
mod mailbox;
mod mailer;
mod post;
mod tell;
pub mod templates;
mod webhooks;

pub(crate) use announce::Announcement;
pub use carrier::Carrier;
pub use host::{Host, InvalidHost};
pub use letter::escape;
pub use mailer::{InvalidMailer, Mailer, Smtp};
pub use post::Mail;
pub use store::outbox_messages::Message;
