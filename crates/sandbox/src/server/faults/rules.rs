//! The rules of faults as they are sent, and what is wrong with them.

use crate::core::json::Json;
use crate::core::value::{Map, Text, Value};

/// The longest latency of a request, in milliseconds (five minutes).
const MOST_LATENCY_MS: u64 = 300_000;
/// The longest delay of a delivery, in milliseconds (three days).
const MOST_DELAY_MS: u64 = 3 * 24 * 3600 * 1000;
/// How far a shuffled delivery is held back at most when nothing else is said, in milliseconds.
pub(crate) const SHUFFLED_WITHIN_MS: u64 = 1000;
/// The longest `Retry-After`, in seconds.
const MOST_RETRY_AFTER: u64 = 3600;
/// More rules than these are a mistake.
const MOST_RULES: usize = 100;

const OF_ALL: &[&str] = &["target", "share", "drop", "from", "until"];
const OF_REQUESTS: &[&str] =
    &["when", "status", "hang", "latency_ms", "path", "method", "retry_after", "should_retry"];
const OF_WEBHOOKS: &[&str] = &["duplicate", "delay_ms", "shuffle"];

/// How a struck request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Answered with this status.
    Status(u16),
    /// The connection is closed without an answer.
    Drop,
    /// No answer comes: it ends when the client gives up.
    Hang,
}

/// What happens to a struck request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RequestFault {
    pub(crate) failure: Option<Failure>,
    /// The failure comes after the request took effect.
    pub(crate) after: bool,
    pub(crate) latency_ms: u64,
    /// `Retry-After` of a failure, in seconds.
    pub(crate) retry_after: Option<u64>,
    /// `Stripe-Should-Retry` of a failure.
    pub(crate) should_retry: Option<bool>,
}

/// What happens to a struck delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WebhookFault {
    pub(crate) drop: bool,
    pub(crate) duplicate: bool,
    /// Held back for this time; with `shuffle`, for a part of it that is drawn.
    pub(crate) delay_ms: u64,
    pub(crate) shuffle: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    Request(RequestFault),
    Webhook(WebhookFault),
}

/// One rule: a share of what it is for is struck.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// From 0 (never) to 1 (always).
    pub(crate) share: f64,
    pub(crate) fault: Fault,
    /// The beginning of the path, of requests.
    pub(crate) path: String,
    pub(crate) method: Option<String>,
    /// Only from this moment on, and only before that one (business time, seconds): when a request comes, when an event
    /// happened.
    from: Option<i64>,
    until: Option<i64>,
    /// As it was sent.
    pub(crate) sent: Map,
}

/// Reads `{"seed", "rules"}`.
///
/// # Errors
/// A sentence that names the field that is wrong.
pub(crate) fn read(body: &[u8]) -> Result<(u64, Vec<Rule>), String> {
    let sent: Value =
        serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    let Value::Object(mut sent) = sent else { return Err("the body must be an object".into()) };
    let seed = match sent.remove("seed") {
        None | Some(Value::Null) => 0,
        Some(seed) => seed.as_u64().ok_or("seed: a whole number of 0 or more")?,
    };
    let rules = match sent.remove("rules") {
        Some(Value::Array(rules)) if rules.len() <= MOST_RULES => rules,
        _ => return Err(format!("rules: a list of {MOST_RULES} at most; an empty one switches faults off")),
    };
    if let Some(unknown) = sent.keys().next() {
        return Err(format!("{unknown}: unknown; there are seed and rules"));
    }
    let mut read = Vec::new();
    for (index, rule) in rules.into_iter().enumerate() {
        read.push(rule_of(rule).map_err(|message| format!("rules[{index}]{message}"))?);
    }
    Ok((seed, read))
}

fn rule_of(sent: Value) -> Result<Rule, String> {
    let Value::Object(sent) = sent else { return Err(": an object".into()) };
    let fields = Fields(&sent);
    let target = fields.text("target")?;
    let (own, other) = match target {
        Some("request") => (OF_REQUESTS, OF_WEBHOOKS),
        Some("webhook") => (OF_WEBHOOKS, OF_REQUESTS),
        _ => return Err(".target: request or webhook".into()),
    };
    for name in sent.keys().map(Text::as_str) {
        if other.contains(&name) {
            return Err(format!(".{name}: not for target {}", target.unwrap_or_default()));
        }
        if !OF_ALL.contains(&name) && !own.contains(&name) {
            return Err(format!(".{name}: unknown"));
        }
    }
    let share = sent.get("share").and_then(Value::as_f64).filter(|share| (0.0..=1.0).contains(share));
    let share = share.ok_or(".share: a number from 0 to 1")?;
    let path = fields.text("path")?.unwrap_or_default().to_owned();
    if !path.is_empty() && !path.starts_with('/') {
        return Err(".path: the beginning of a path, such as /v1/customers".into());
    }
    let method = fields.text("method")?.map(str::to_ascii_uppercase);
    if let Some(method) = &method
        && !["GET", "POST", "DELETE"].contains(&method.as_str())
    {
        return Err(".method: GET, POST or DELETE".into());
    }
    let fault = if target == Some("request") {
        Fault::Request(request_fault(&fields)?)
    } else {
        Fault::Webhook(webhook_fault(&fields)?)
    };
    let moment = |name: &str| -> Result<Option<i64>, String> {
        let number = fields.number(name, u64::MAX)?;
        number
            .map(|number| i64::try_from(number).map_err(|_| format!(".{name}: a time in seconds")))
            .transpose()
    };
    let (from, until) = (moment("from")?, moment("until")?);
    if let (Some(from), Some(until)) = (from, until)
        && from >= until
    {
        return Err(".until: later than from".into());
    }
    Ok(Rule { share, fault, path, method, from, until, sent })
}

/// Whoever gives neither a failure nor a latency means a 500.
fn request_fault(fields: &Fields<'_>) -> Result<RequestFault, String> {
    let when = fields.text("when")?;
    let after = match when {
        None | Some("before") => false,
        Some("after") => true,
        Some(_) => return Err(".when: before or after".into()),
    };
    let status = match fields.number("status", u64::MAX)? {
        None => None,
        Some(429) => Some(429),
        Some(500) => Some(500),
        Some(503) => Some(503),
        Some(_) => return Err(".status: 429, 500 or 503".into()),
    };
    let latency_ms = fields.number("latency_ms", MOST_LATENCY_MS)?;
    let failure = match (status, fields.flag("drop")?, fields.flag("hang")?) {
        (_, true, true) => return Err(".hang: a dropped connection does not hang".into()),
        (Some(_), true, _) => return Err(".drop: a dropped connection has no status".into()),
        (Some(_), _, true) => return Err(".hang: what hangs has no status".into()),
        (None, true, _) => Some(Failure::Drop),
        (None, _, true) => Some(Failure::Hang),
        (Some(status), _, _) => Some(Failure::Status(status)),
        (None, _, _) if when.is_some() || latency_ms.is_none() => Some(Failure::Status(500)),
        (None, _, _) => None,
    };
    let retry_after = fields.number("retry_after", MOST_RETRY_AFTER)?;
    let should_retry = fields.given("should_retry").map(|_| fields.flag("should_retry")).transpose()?;
    if (retry_after.is_some() || should_retry.is_some()) && !matches!(failure, Some(Failure::Status(_))) {
        let field = if retry_after.is_some() { "retry_after" } else { "should_retry" };
        return Err(format!(".{field}: only an answer with a status has headers"));
    }
    Ok(RequestFault { failure, after, latency_ms: latency_ms.unwrap_or(0), retry_after, should_retry })
}

fn webhook_fault(fields: &Fields<'_>) -> Result<WebhookFault, String> {
    let shuffle = fields.flag("shuffle")?;
    let delay_ms = fields.number("delay_ms", MOST_DELAY_MS)?;
    let fault = WebhookFault {
        drop: fields.flag("drop")?,
        duplicate: fields.flag("duplicate")?,
        delay_ms: delay_ms.unwrap_or(if shuffle { SHUFFLED_WITHIN_MS } else { 0 }),
        shuffle,
    };
    let others = fault.duplicate || delay_ms.is_some() || shuffle;
    match (fault.drop, others) {
        (false, false) => Err(": one of drop, duplicate, delay_ms, shuffle".into()),
        (true, true) => Err(".drop: what is dropped cannot be duplicated, delayed or shuffled".into()),
        _ => Ok(fault),
    }
}

/// Typed reading of a rule's fields; null is absent.
struct Fields<'a>(&'a Map);

impl<'a> Fields<'a> {
    fn given(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<&'a str>, String> {
        let read = |value: &'a Value| value.as_str().ok_or_else(|| format!(".{name}: a text"));
        self.given(name).map(read).transpose()
    }

    fn flag(&self, name: &str) -> Result<bool, String> {
        let read = |value: &Value| value.as_bool().ok_or_else(|| format!(".{name}: true or false"));
        Ok(self.given(name).map(read).transpose()?.unwrap_or(false))
    }

    fn number(&self, name: &str, most: u64) -> Result<Option<u64>, String> {
        let read = |value: &Value| {
            let number = value.as_u64().filter(|number| *number <= most);
            number.ok_or_else(|| match most {
                u64::MAX => format!(".{name}: a whole number"),
                most => format!(".{name}: a whole number from 0 to {most}"),
            })
        };
        self.given(name).map(read).transpose()
    }
}

impl Rule {
    /// Whether a request is one that this rule is for.
    pub(crate) fn is_for(&self, method: &str, path: &str) -> bool {
        path.starts_with(&self.path) && self.method.as_deref().is_none_or(|wanted| wanted == method)
    }

    /// Whether a moment (business time, seconds) lies in the rule's period.
    pub(crate) fn is_at(&self, at: i64) -> bool {
        self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at < until)
    }

    /// As it was sent, with how often it was asked and struck.
    pub(crate) fn show(&self, asked: u64, struck: u64) -> Value {
        let mut shown = Value::Object(self.sent.clone());
        shown.set("asked", asked);
        shown.set("struck", struck);
        shown
    }
}
