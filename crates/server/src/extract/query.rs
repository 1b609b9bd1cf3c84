//! The query of a URL, of a known shape.

use crate::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(query)) if !parts.uri.query().unwrap_or_default().contains("%00") => {
                Ok(Self(query))
            }
            Ok(_) => Err(Problem::invalid("", "a text has a NUL character")),
            Err(rejection) => Err(Problem::invalid("", rejection.body_text())),
        }
    }
}
