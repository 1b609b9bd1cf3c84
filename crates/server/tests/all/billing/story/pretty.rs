//! JSON as people read it: what fits stands on one line, nulls are left out.

use serde_json::Value;

const WIDTH: usize = 110;

pub(super) fn pretty(value: &Value, depth: usize) -> String {
    let line = one_line(value);
    if line.chars().count() + 2 * depth <= WIDTH {
        return line;
    }
    let inner = "  ".repeat(depth + 1);
    let outer = "  ".repeat(depth);
    let entries: Vec<String> = match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, field)| !field.is_null())
            .map(|(name, field)| format!("{inner}{name}: {}", pretty(field, depth + 1)))
            .collect(),
        Value::Array(items) => {
            items.iter().map(|item| format!("{inner}{}", pretty(item, depth + 1))).collect()
        }
        _ => return line,
    };
    let (open, close) = if value.is_array() { ('[', ']') } else { ('{', '}') };
    format!("{open}\n{}\n{outer}{close}", entries.join("\n"))
}

fn one_line(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, field)| !field.is_null());
            let fields: Vec<_> = fields.map(|(name, field)| format!("{name}: {}", one_line(field))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(one_line).collect::<Vec<_>>().join(", ")),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
