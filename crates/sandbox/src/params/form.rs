//! Stripe's v1 form encoding: brackets for depth, indexes or `[]` for lists.

use crate::core::value::{Map, Value};

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
pub(crate) fn decode(text: &str) -> Result<Map> {
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

fn insert(here: &mut Map, path: &[&str], leaf: &str) -> Option<()> {
    let (step, rest) = path.split_first()?;
    let key = if step.is_empty() { next_index(here, rest) } else { (*step).to_owned() };
    if rest.is_empty() {
        // As Stripe does with a name that comes twice: the last one counts.
        here.insert(key, Value::String(leaf.into()));
        return Some(());
    }
    match here.entry(key).or_insert_with(|| Value::Object(Map::new())) {
        Value::Object(inner) => insert(inner, rest, leaf),
        _ => None,
    }
}

/// The index that `[]` stands for. `a[][x]=1&a[][y]=2` is one element, until a member comes again.
fn next_index(here: &Map, rest: &[&str]) -> String {
    let count = here.len();
    if let (Some(member), Some(last)) = (rest.first(), count.checked_sub(1))
        && let Some(Value::Object(element)) = here.get(&last.to_string())
        && !element.contains_key(member)
    {
        return last.to_string();
    }
    count.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A tree as a client would send it: objects, lists with indexes, texts.
    fn tree() -> impl Strategy<Value = Map> {
        let leaf = ".{0,12}".prop_map(Value::from).boxed();
        let value = leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::btree_map("[a-z_]{1,8}", inner.clone(), 1..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
                prop::collection::vec(inner, 1..4).prop_map(|items| {
                    Value::Object(
                        items.into_iter().enumerate().map(|(i, item)| (i.to_string(), item)).collect(),
                    )
                }),
            ]
        });
        prop::collection::btree_map("[a-z_]{1,8}", value, 0..5).prop_map(|map| map.into_iter().collect())
    }

    fn encode(tree: &Map, prefix: &str, out: &mut url::form_urlencoded::Serializer<'_, String>) {
        for (key, value) in tree {
            let name = if prefix.is_empty() { key.to_string() } else { format!("{prefix}[{key}]") };
            match value {
                Value::Object(inner) => encode(inner, &name, out),
                other => {
                    out.append_pair(&name, other.as_str().unwrap_or_default());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded_again(tree in tree()) {
            let mut out = url::form_urlencoded::Serializer::new(String::new());
            encode(&tree, "", &mut out);
            prop_assert_eq!(decode(&out.finish()).unwrap(), tree);
        }

        #[test]
        fn no_text_at_all_makes_it_panic(text in ".{0,200}", brackets in r"[a-c\[\]=&0-9%]{0,60}") {
            let _ = decode(&text);
            let _ = decode(&brackets);
        }
    }

    #[test]
    fn empty_brackets_count_up() {
        let decoded = decode("a[]=x&a[]=y&items[][price]=p&items[][quantity]=2&items[][price]=q").unwrap();
        let expected = crate::core::value::json!({
            "a": { "0": "x", "1": "y" },
            "items": { "0": { "price": "p", "quantity": "2" }, "1": { "price": "q" } },
        });
        assert_eq!(Value::Object(decoded), expected);
    }
}
