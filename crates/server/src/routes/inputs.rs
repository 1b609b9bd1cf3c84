//! Fields that several endpoints take, checked.

use crate::problem::Problem;
use crate::rate_limit::ClientAddress;
use axum::http::HeaderMap;
use billing::consents::Consent;
use domain::ids::StripePaymentMethodId;
use domain::money::Currency;
use domain::usage::Label;
use serde::Deserialize;
use utoipa::ToSchema;

/// A body without fields.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// To what the member said yes.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConsentBody {
    #[serde(default)]
    terms: bool,
    /// That it is paid again and again until it is canceled.
    #[serde(default)]
    renewal: bool,
}

pub(super) fn consent(body: Option<ConsentBody>, address: Option<ClientAddress>) -> Consent {
    let ConsentBody { terms, renewal } = body.unwrap_or_default();
    Consent { terms, renewal, address: address.map(|ClientAddress(address)| address.to_string()) }
}

/// Longer than any id of Stripe's, in bytes.
const LONGEST_ID: usize = 255;

/// `pm_...`, as Stripe Elements made it. Whether it exists is for Stripe to say.
pub(super) fn payment_method(id: Option<String>) -> Result<Option<StripePaymentMethodId>, Problem> {
    let Some(id) = id else { return Ok(None) };
    let plausible = id.starts_with("pm_")
        && id.len() <= LONGEST_ID
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plausible {
        Ok(Some(id.into()))
    } else {
        Err(Problem::invalid("payment_method_id", "must be a pm_... of Stripe's"))
    }
}

/// In characters.
const LONGEST_REASON: usize = 500;

/// Why somebody with power does something: for the log, in words.
pub(super) fn reason(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_REASON {
        let wrong = format!("must say why, in at most {LONGEST_REASON} characters");
        return Err(Problem::invalid("reason", wrong));
    }
    Ok(text.to_owned())
}

/// Under which an AI request is counted when nobody says.
const DEFAULT_FEATURE: &str = "ai_request";

/// The label of an AI request.
pub(super) fn label(feature: Option<&str>, model: Option<&str>) -> Result<Label, Problem> {
    let feature = feature.unwrap_or(DEFAULT_FEATURE);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if feature.is_empty() || feature.len() > 60 || !feature.bytes().all(plain) {
        return Err(Problem::invalid("feature", "must have 1 to 60 letters, digits, `_`, `-` or `.`"));
    }
    let named = |byte: u8| plain(byte) || matches!(byte, b':' | b'/');
    if model.is_some_and(|model| model.is_empty() || model.len() > 100 || !model.bytes().all(named)) {
        let wrong = "must have 1 to 100 letters, digits, `_`, `-`, `.`, `:` or `/`";
        return Err(Problem::invalid("model", wrong));
    }
    Ok(Label { feature: feature.to_owned(), model: model.map(str::to_owned) })
}

/// For which feature of the host's an AI request is, by its header; a label as of [`label`].
const X_FEATURE: &str = "x-feature";

/// `None` where the header is missing.
pub(super) fn named_feature(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(X_FEATURE) else { return Ok(None) };
    label(Some(value.to_str().unwrap_or_default()), None).map(|label| Some(label.feature))
}

pub(super) fn currency(code: Option<&str>) -> Result<Option<Currency>, Problem> {
    code.map(|code| {
        code.parse().map_err(|_| Problem::invalid("currency", "must be a three-letter code, such as usd"))
    })
    .transpose()
}
