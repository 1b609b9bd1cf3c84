//! An id in a path.

use crate::problem::Problem;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

/// Longer than any id of ours or Stripe's, in bytes.
const MAX_LENGTH: usize = 255;

/// What stands at `{id}`. Whether it names something is for a look-up to say; what cannot be an id is not
/// found right away.
#[derive(Debug)]
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(id) = path.map_err(|_| Problem::not_found())?;
        let plausible =
            !id.is_empty() && id.len() <= MAX_LENGTH && id.bytes().all(|byte| byte.is_ascii_graphic());
        if plausible { Ok(Self(id)) } else { Err(Problem::not_found()) }
    }
}
