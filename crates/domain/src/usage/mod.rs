//! AI requests: who pays for them, and what a batch of them makes of an account.

mod admission;
mod answer;
mod decide;
#[cfg(test)]
mod properties;
mod request;
mod sheet;

pub use admission::{Admission, Refusal, admit};
pub use answer::{Answer, Consumed, Left, Out, Refused};
pub use request::{Asked, Ends, Keyed, Request};
pub use sheet::{Found, Made, Rules, Sheet, Spent, Told, WindowUse};

/// Tokens that a request costs when its caller names no amount.
pub const DEFAULT_COST: i64 = 1;

/// What an AI request was for, for the statistics alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label {
    pub feature: String,
    /// The AI model that answers; `None` where nobody says.
    pub model: Option<String>,
}
