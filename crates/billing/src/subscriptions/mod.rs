//! Subscriptions, as their members ask for them.

mod answer;
mod calls;
mod cancel;
mod cancel_preview;
mod card_reminders;
mod changes;
mod ended;
mod incomplete;
mod intents;
mod offer;
mod overview;
mod paid;
mod pause;
mod pay;
mod preview;
mod promised_refund;
mod refund;
mod resume;
mod subscribe;
mod trial;
mod void_stuck;

pub use answer::{Confirm, ConfirmAction, ConfirmIntent, SubscribeAnswer};
pub use cancel::{Cancel, CancelAt};
pub use domain::subscription::By;
pub use overview::{NextPayment, Overview, PendingChange};
pub use pause::Pause;
pub use pay::PayOpen;
pub use stripe::requests::Feedback;
pub use subscribe::Subscribe;

pub(crate) use calls::Note;
pub(crate) use intents::{kept_request, own_retry, unclear};
pub(crate) use pay::{is_owed, payable};
pub(crate) use trial::redemptions;
pub(crate) use void_stuck::OWN_RETRY;
