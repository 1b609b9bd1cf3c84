//! One line of an account's history: what moved the balance, by how much, and what stood afterwards.

use crate::Tokens;

/// Why tokens moved. `as_str` is the word used by the API and the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A token package was paid for.
    Purchase,
    /// An AI request was paid with tokens.
    Usage,
    /// Money went back to the card, and tokens with it.
    Refund,
    /// An earlier taking was undone: a refund that failed, a dispute that was won.
    Reversal,
    /// Tokens given without a payment, for a named reason.
    Grant,
    /// A correction by a person, for a named reason.
    Adjustment,
}

impl Kind {
    pub const ALL: [Self; 6] =
        [Self::Purchase, Self::Usage, Self::Refund, Self::Reversal, Self::Grant, Self::Adjustment];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Usage => "usage",
            Self::Refund => "refund",
            Self::Reversal => "reversal",
            Self::Grant => "grant",
            Self::Adjustment => "adjustment",
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(word: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or_else(|| UnknownKind(word.to_owned()))
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a kind of token transaction")]
pub struct UnknownKind(String);

/// A movement that has been decided and is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    pub kind: Kind,
    /// Signed: positive into the account, negative out of it.
    pub delta: i64,
    /// [`Balance::net`](crate::Balance::net) after this movement; negative while the account is in debt.
    pub balance_after: i64,
}

impl Posting {
    pub(crate) fn credit(kind: Kind, tokens: Tokens, balance_after: i64) -> Self {
        Self { kind, delta: tokens.get(), balance_after }
    }

    pub(crate) fn debit(kind: Kind, tokens: Tokens, balance_after: i64) -> Self {
        Self { kind, delta: -tokens.get(), balance_after }
    }
}
