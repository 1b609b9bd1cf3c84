//! The shape of an endpoint's parameters: whatever is not in it is refused, at every depth.

use crate::core::value::{Map, Value};

use crate::core::error::{ApiError, Result};

/// Names and kinds of the parameters that an endpoint, or something nested, takes.
pub(crate) type Shape = &'static [(&'static str, Kind)];

/// What a parameter may be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Any text of up to 5,000 characters. Empty unsets.
    Text,
    /// A text of up to so many characters. Empty unsets.
    UpTo(usize),
    /// A whole number.
    Int,
    /// A decimal number, kept as text.
    Decimal,
    /// A decimal number, shown as one.
    Number,
    Bool,
    /// Seconds since the Unix epoch, or one of these words.
    Time(&'static [&'static str]),
    /// One of these words. Empty unsets.
    Word(&'static [&'static str]),
    /// Keys with texts; an empty text removes its key, an empty parameter all keys.
    Metadata,
    /// Nested parameters. Empty unsets.
    Nested(Shape),
    /// A text (an id), or nested parameters. Empty unsets.
    TextOr(Shape),
    /// Keys of the caller's choice (currencies), each with nested parameters.
    Map(Shape),
    /// A list of texts.
    Texts,
    /// A list of these words.
    Words(&'static [&'static str]),
    /// A list of nested parameters.
    Each(Shape),
    /// A moment, or a range of moments (`gt`, `gte`, `lt`, `lte`).
    Range,
}

/// What one shape takes and what another one does: together `N` parameters, or it does not compile.
pub(crate) const fn joined<const N: usize>(one: Shape, other: Shape) -> [(&'static str, Kind); N] {
    assert!(one.len() + other.len() == N);
    let mut all = [("", Kind::Text); N];
    let mut at = 0;
    while at < N {
        all[at] = if at < one.len() { one[at] } else { other[at - one.len()] };
        at += 1;
    }
    all
}

/// Checks and types a decoded tree.
///
/// # Errors
/// 400 `parameter_unknown`, `parameter_invalid_integer` and the like, as Stripe words them.
pub(crate) fn check(shape: Shape, tree: &Map) -> Result<Value> {
    check_nested(shape, tree, "", true)
}

fn check_nested(shape: Shape, tree: &Map, prefix: &str, top: bool) -> Result<Value> {
    let full = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}[{name}]") };
    let known = |name: &str| (top && name == "expand") || shape.iter().any(|(known, _)| *known == name);
    let unknown: Vec<String> = tree.keys().filter(|name| !known(name)).map(|name| full(name)).collect();
    if let Some(first) = unknown.first() {
        let plural = if unknown.len() > 1 { "s" } else { "" };
        let message = format!("Received unknown parameter{plural}: {}", unknown.join(", "));
        return Err(ApiError::invalid(message).code("parameter_unknown").param(first));
    }
    let mut typed = Map::new();
    if let (true, Some(value)) = (top, tree.get("expand")) {
        typed.insert("expand", check_value(&Kind::Texts, value, "expand")?);
    }
    for (name, kind) in shape {
        if let Some(value) = tree.get(name) {
            typed.insert((*name).to_owned(), check_value(kind, value, &full(name))?);
        }
    }
    Ok(Value::Object(typed))
}

fn check_value(kind: &Kind, value: &Value, name: &str) -> Result<Value> {
    let text = value.as_str();
    if text == Some("")
        && !matches!(kind, Kind::Int | Kind::Bool | Kind::Range | Kind::Decimal | Kind::Number)
    {
        return Ok(Value::Null);
    }
    match (kind, text, value.as_object()) {
        (Kind::Text | Kind::TextOr(_), Some(text), _) => short(text, LONGEST, name),
        (Kind::UpTo(most), Some(text), _) => short(text, *most, name),
        (Kind::Text | Kind::UpTo(_), _, _) => {
            Err(ApiError::invalid(format!("Invalid string: {value}")).param(name))
        }
        (Kind::Decimal, Some(text), _) => decimal(text, name),
        (Kind::Number, Some(text), _) => number(text, name),
        (Kind::Bool, Some("true"), _) => Ok(true.into()),
        (Kind::Bool, Some("false"), _) => Ok(false.into()),
        (Kind::Bool, _, _) => {
            Err(ApiError::invalid(format!("Invalid boolean: {}", shown(value))).param(name))
        }
        (Kind::Time(words), Some(text), _) if words.contains(&text) => Ok(text.into()),
        (Kind::Word(words), Some(text), _) if words.contains(&text) => Ok(text.into()),
        (Kind::Word(words), _, _) => {
            let message = format!("Invalid {name}: must be one of {}", listed(words));
            Err(ApiError::invalid(message).param(name))
        }
        (Kind::Metadata, _, Some(tree)) => metadata(tree, name),
        (Kind::Nested(shape) | Kind::TextOr(shape), _, Some(tree)) => check_nested(shape, tree, name, false),
        (Kind::Map(shape), _, Some(tree)) => each_key(shape, tree, name),
        (Kind::Texts, _, Some(tree)) => elements(tree, name, &Kind::Text),
        (Kind::Words(words), _, Some(tree)) => elements(tree, name, &Kind::Word(words)),
        (Kind::Each(shape), _, Some(tree)) => elements(tree, name, &Kind::Nested(shape)),
        (Kind::Int | Kind::Time(_) | Kind::Range, Some(text), _) => int(text, name),
        (Kind::Range, _, Some(tree)) => check_nested(RANGE, tree, name, false),
        (Kind::Texts | Kind::Words(_) | Kind::Each(_), _, _) => {
            Err(ApiError::invalid("Invalid array").param(name))
        }
        (Kind::Metadata | Kind::Nested(_) | Kind::TextOr(_) | Kind::Map(_), _, _) => {
            Err(ApiError::invalid("Invalid object").param(name))
        }
        (Kind::Int | Kind::Time(_) | Kind::Range | Kind::Decimal | Kind::Number, _, _) => {
            int(&shown(value), name)
        }
    }
}

const RANGE: Shape = &[("gt", Kind::Int), ("gte", Kind::Int), ("lt", Kind::Int), ("lte", Kind::Int)];

/// The longest text that a parameter takes where nothing else is said ([spec]).
const LONGEST: usize = 5000;

fn short(text: &str, most: usize, name: &str) -> Result<Value> {
    let length = text.chars().count();
    if length <= most {
        return Ok(text.into());
    }
    let ends = |from: usize, count: usize| text.chars().skip(from).take(count).collect::<String>();
    let shown =
        if length <= 40 { text.to_owned() } else { format!("{}...{}", ends(0, 4), ends(length - 4, 4)) };
    Err(ApiError::invalid(format!("Invalid string: {shown}; must be at most {most} characters")).param(name))
}

/// Words as Stripe's messages list them: `a or b`, and `a, b, or c`.
fn listed(words: &[&str]) -> String {
    match words {
        [one] => (*one).to_owned(),
        [one, two] => format!("{one} or {two}"),
        [others @ .., last] => format!("{}, or {last}", others.join(", ")),
        [] => String::new(),
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| "{}".to_owned(), str::to_owned)
}

fn int(text: &str, name: &str) -> Result<Value> {
    let number = text.trim().parse::<i64>();
    number.map(Value::from).map_err(|_| {
        ApiError::invalid(format!("Invalid integer: {text}")).code("parameter_invalid_integer").param(name)
    })
}

fn decimal(text: &str, name: &str) -> Result<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let good = !digits.is_empty()
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && digits.matches('.').count() <= 1
        && digits.len() <= 24;
    if good {
        Ok(text.into())
    } else {
        Err(ApiError::invalid(format!("Invalid decimal: {text}")).param(name))
    }
}

fn number(text: &str, name: &str) -> Result<Value> {
    let number = decimal(text, name)?.as_str().and_then(|text| text.parse::<f64>().ok());
    number.map(Value::from).ok_or_else(|| ApiError::invalid(format!("Invalid decimal: {text}")).param(name))
}

/// Stripe docs: metadata: up to 50 keys, names up to 40 characters, values up to 500.
fn metadata(tree: &Map, name: &str) -> Result<Value> {
    let mut pairs = Map::new();
    for (key, value) in tree {
        let Value::String(text) = value else {
            let message = format!("Invalid metadata: {name}[{key}] must be a string");
            return Err(ApiError::invalid(message).param(&format!("{name}[{key}]")));
        };
        if key.chars().count() > 40 || text.chars().count() > 500 {
            let message = "Metadata keys can have up to 40 characters and values up to 500 characters";
            return Err(ApiError::invalid(message).param(name));
        }
        pairs.insert(key.clone(), value.clone());
    }
    if pairs.len() > 50 {
        return Err(ApiError::invalid("You can specify up to 50 metadata keys").param(name));
    }
    Ok(Value::Object(pairs))
}

fn each_key(shape: Shape, tree: &Map, name: &str) -> Result<Value> {
    let typed = tree.iter().map(|(key, value)| {
        Ok((key.clone(), check_value(&Kind::Nested(shape), value, &format!("{name}[{key}]"))?))
    });
    typed.collect::<Result<Map>>().map(Value::Object)
}

/// List elements in the order of their indexes.
fn elements(tree: &Map, name: &str, kind: &Kind) -> Result<Value> {
    let mut indexed = Vec::with_capacity(tree.len());
    for (key, value) in tree {
        let index = key.parse::<usize>().map_err(|_| ApiError::invalid("Invalid array").param(name))?;
        indexed.push((index, value));
    }
    indexed.sort_by_key(|(index, _)| *index);
    let typed =
        indexed.into_iter().map(|(index, value)| check_value(kind, value, &format!("{name}[{index}]")));
    typed.collect::<Result<Vec<_>>>().map(Value::Array)
}
