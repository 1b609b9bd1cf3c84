//! What we read of a token, once its signature is known to be the host's.

use crate::config::{AdminClaim, Jwt};
use billing::users::Identity;
use domain::time::Timestamp;
use serde_json::Value;

/// By how much clocks may differ, in seconds.
const LEEWAY: i64 = 30;
/// In bytes.
const MAX_SUBJECT: usize = 255;

/// The reason in words, when these claims let nobody in. Time is the injected wall clock's.
pub(super) fn identity(claims: &Value, host: &Jwt, now: Timestamp) -> Result<Identity, &'static str> {
    let seconds = |name: &str| claims[name].as_i64().or_else(|| claims[name].as_f64().map(whole));
    let now = now.seconds();
    if seconds("exp").ok_or("the token has no `exp`")? <= now - LEEWAY {
        return Err("the token has expired");
    }
    if seconds("nbf").is_some_and(|from| from > now + LEEWAY) {
        return Err("the token is not valid yet");
    }
    if claims["iss"].as_str() != Some(&host.issuer) {
        return Err("the token is of another issuer");
    }
    if !audience_matches(&claims["aud"], host.audience.as_deref()) {
        return Err("the token is for another audience");
    }
    let text = |name: &str| claims[name].as_str().filter(|text| !text.contains('\0')).map(str::to_owned);
    // Some hosts number their users.
    let subject = text("sub").or_else(|| claims["sub"].as_i64().map(|number| number.to_string()));
    let subject = subject.filter(|subject| !subject.is_empty() && subject.len() <= MAX_SUBJECT);
    Ok(Identity {
        issuer: host.issuer.clone(),
        subject: subject.ok_or("the token has no `sub`")?,
        email: text("email"),
        email_verified: claims["email_verified"].as_bool().unwrap_or(false),
        name: text("name"),
    })
}

/// Whether the configured claim makes an admin. Without a configuration nobody is one.
pub(super) fn is_admin(claims: &Value, rule: Option<&AdminClaim>) -> bool {
    let Some(rule) = rule else { return false };
    let found = rule.path.iter().try_fold(claims, |value, name| value.get(name));
    match found {
        Some(Value::Array(items)) => items.iter().any(|item| says(item, &rule.value)),
        Some(value) => says(value, &rule.value),
        None => false,
    }
}

fn says(value: &Value, expected: &str) -> bool {
    match value {
        Value::String(text) => text == expected,
        Value::Bool(flag) => flag.to_string() == expected,
        _ => false,
    }
}

fn audience_matches(audience: &Value, expected: Option<&str>) -> bool {
    match (audience, expected) {
        (Value::Null, None) => true,
        (Value::String(one), Some(expected)) => one == expected,
        (Value::Array(several), Some(expected)) => several.iter().any(|one| one.as_str() == Some(expected)),
        _ => false,
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a cast of f64 saturates, and these are times in seconds")]
fn whole(seconds: f64) -> i64 {
    seconds as i64
}
