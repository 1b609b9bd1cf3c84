//! Why somebody could not be let in, or not be changed.

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Field and reason, in words for the person who typed it.
    #[error("{field}: {reason}")]
    Invalid { field: &'static str, reason: String },
    /// The same for an unknown address and a wrong password.
    #[error("the e-mail address or the password is wrong")]
    WrongCredentials,
    /// Never made, used up, or too old.
    #[error("this link is not valid any more")]
    LinkNotValid,
    /// As a link, of a code that a host has asked for.
    #[error("this code is not valid any more")]
    CodeNotValid,
    /// Whom a host may not let in.
    #[error("they come by their own password or token")]
    NotAllowed,
    /// The subject's tombstone: a token from before the deletion does not bring the user back.
    #[error("this user was deleted")]
    Deleted,
    #[error("there is no such user")]
    NotFound,
    /// For the command line: which of them is meant?
    #[error("several users have this e-mail address: {0}")]
    Ambiguous(String),
    #[error(transparent)]
    Other(#[from] crate::Error),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Other(error.into())
    }
}

impl Error {
    pub(super) fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { field, reason: reason.into() }
    }
}
