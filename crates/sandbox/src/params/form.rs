//! Stripe's v1 form encoding: brackets for depth, indexes or `[]` for lists.

use serde_json::{Map, Value};

use crate::core::error::{ApiError, Result};

/// Deeper names are refused: nothing of Stripe's is.
const MAX_DEPTH: usize = 12;

/// Decodes a body or a query string into a tree of objects whose leaves are strings.
///
/// Lists stay objects with the keys `"0"`, `"1"` ... here; the shape of the endpoint says what is a list.
/// `a[]=x&a[]=y` counts up.
///
/// # Errors
/// 400 when a name is used both for a value and for something nested, or is malformed.
pub(crate) fn decode(text: &str) -> Result<Map<String, Value>> {
    let mut root = Map::new();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        let path = split(&name).ok_or_else(|| malformed(&name))?;
        insert(&mut root, &path, &value).ok_or_else(|| malformed(&name))?;
    }
    Ok(root)
}

fn malformed(name: &str) -> ApiError {
    ApiError::invalid(format!("Invalid parameter name: {name}")).param(name)
}

/// `a[b][0]` is `a`, `b`, `0`.
fn split(name: &str) -> Option<Vec<&str>> {
    let Some(open) = name.find('[') else { return Some(vec![name]) };
    let (head, mut rest) = name.split_at(open);
    let mut path = vec![head];
    while !rest.is_empty() {
        let (step, after) = rest.strip_prefix('[')?.split_once(']')?;
        path.push(step);
        rest = after;
    }
    (path.len() <= MAX_DEPTH && !head.is_empty()).then_some(path)
}

fn insert(here: &mut Map<String, Value>, path: &[&str], leaf: &str) -> Option<()> {
    let (step, rest) = path.split_first()?;
    let key = if step.is_empty() { next_index(here, rest) } else { (*step).to_owned() };
    if rest.is_empty() {
        // As Stripe does with a name that comes twice: the last one counts.
        here.insert(key, Value::String(leaf.to_owned()));
        return Some(());
    }
    match here.entry(key).or_insert_with(|| Value::Object(Map::new())) {
        Value::Object(inner) => insert(inner, rest, leaf),
        _ => None,
    }
}

/// The index that `[]` stands for. `a[][x]=1&a[][y]=2` is one element, until a member comes again.
fn next_index(here: &Map<String, Value>, rest: &[&str]) -> String {
    let count = here.len();
    if let (Some(member), Some(last)) = (rest.first(), count.checked_sub(1))
        && let Some(Value::Object(element)) = here.get(&last.to_string())
        && !element.contains_key(*member)
    {
        return last.to_string();
    }
    count.to_string()
}
