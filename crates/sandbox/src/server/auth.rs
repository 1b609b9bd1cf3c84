//! Whose request it is: each key is an account of its own.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use crate::core::error::ApiError;

/// A caller: the account, and whether by the key that a browser may know.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) publishable: bool,
}

/// Reads the key from `Authorization` (Bearer or Basic), or from the parameter `key`, as Stripe.js sends it.
///
/// # Errors
/// 401 without a key, or with one that is not for testing.
pub(crate) fn caller(headers: &HeaderMap, parameter: Option<&str>) -> Result<Caller, ApiError> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let key = match header {
        Some(text) => key_in(text),
        None => parameter.map(str::to_owned),
    };
    let Some(key) = key.filter(|key| !key.is_empty()) else {
        return Err(unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer \
             auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for \
             details, or we can help at https://support.stripe.com/."
                .into(),
        ));
    };
    for (prefix, publishable) in [("sk_test_", false), ("rk_test_", false), ("pk_test_", true)] {
        if let Some(account) = key.strip_prefix(prefix)
            && !account.is_empty()
            && account.len() <= 200
            && account.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            return Ok(Caller { account: account.to_owned(), publishable });
        }
    }
    Err(unauthorized(format!("Invalid API Key provided: {}", masked(&key))))
}

fn unauthorized(message: String) -> ApiError {
    ApiError::new(401, "invalid_request_error", message)
}

fn key_in(header: &str) -> Option<String> {
    let (scheme, rest) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let text = String::from_utf8(base64(rest.trim())?).ok()?;
        return Some(text.split(':').next().unwrap_or_default().to_owned());
    }
    None
}

/// `sk_live_********wxyz`, as Stripe's message shows a key.
fn masked(key: &str) -> String {
    let shown: Vec<char> = key.chars().collect();
    if shown.len() <= 12 {
        return "*".repeat(shown.len());
    }
    let (head, tail): (String, String) =
        (shown[..8].iter().collect(), shown[shown.len() - 4..].iter().collect());
    format!("{head}{}{tail}", "*".repeat(shown.len() - 12))
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0_u32, Vec::new());
    for c in text.bytes().filter(|b| *b != b'=') {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    Some(bytes)
}
