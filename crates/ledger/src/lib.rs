//! The ledger of AI tokens: pure arithmetic, nothing else.
//!
//! No clock, no database, no HTTP, no async: a caller loads a [`Balance`], asks it a question, and
//! stores the answer together with its [`Posting`].

mod balance;
mod taken_back;
mod tokens;
mod transaction;

pub use balance::{Balance, BalanceOverflow, InsufficientTokens, NotReserved};
pub use taken_back::{MoneyBack, tokens_taken_back};
pub use tokens::Tokens;
pub use transaction::{Kind, Posting, UnknownKind};
