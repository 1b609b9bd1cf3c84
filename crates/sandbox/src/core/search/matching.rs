//! Whether an object is what a query seeks.

use crate::core::value::Value;

use super::super::json::Json;
use super::fields::{self, Resource, Type};
use super::query::{Clause, Operator, Query, Sought};

pub(super) fn matches(resource: &Resource, query: &Query, object: &Value) -> bool {
    let holds = |clause: &Clause| holds(resource, clause, object) != clause.negated;
    if query.any { query.clauses.iter().any(holds) } else { query.clauses.iter().all(holds) }
}

fn holds(resource: &Resource, clause: &Clause, object: &Value) -> bool {
    let Some(field) = fields::field(resource, &clause.field) else { return false };
    let member = match (field.kind, &clause.key) {
        // A key may have dots in it: it is no path.
        (Type::Metadata, Some(key)) => object.at(field.path).get(key).unwrap_or(&Value::Null),
        _ => object.at(field.path),
    };
    // [doc]: a charge that cannot be refunded has no `refunded`.
    let absent = member.is_null() || (field.name == "refunded" && !object.flag("captured"));
    if clause.value == Sought::Nothing || absent {
        return absent && clause.value == Sought::Nothing;
    }
    match (&clause.value, clause.operator) {
        (Sought::Text(sought), Operator::Contains) => shown(member).contains(&sought.to_lowercase()),
        (Sought::Text(sought), Operator::Is) if field.kind != Type::Number => {
            shown(member) == sought.to_lowercase()
        }
        (Sought::Text(sought), operator) => {
            sought.parse().is_ok_and(|sought| compares(member, operator, sought))
        }
        (Sought::Number(sought), operator) => compares(member, operator, *sought),
        (Sought::Nothing, _) => false,
    }
}

/// Texts are compared without regard to case ([doc]); numbers and booleans as they are written.
fn shown(member: &Value) -> String {
    member.as_str().map_or_else(|| member.to_string(), str::to_lowercase)
}

fn compares(member: &Value, operator: Operator, sought: i64) -> bool {
    let Some(number) = member.as_i64() else { return false };
    match operator {
        Operator::Is => number == sought,
        Operator::Greater => number > sought,
        Operator::GreaterOrEqual => number >= sought,
        Operator::Less => number < sought,
        Operator::LessOrEqual => number <= sought,
        Operator::Contains => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::core::value::json;

    use super::super::fields::{CHARGES, CUSTOMERS};
    use super::super::query::parse;
    use super::*;

    fn found(query: &str) -> bool {
        let jane = json!({
            "created": 100, "email": "Jane@Example.com", "name": "Jane Doe", "phone": null,
            "metadata": { "a.b": "c", "Key": "Value" },
        });
        matches(&CUSTOMERS, &parse(query).unwrap(), &jane)
    }

    #[test]
    fn a_customer_is_found_by_what_the_query_says_and_by_nothing_else() {
        for query in [
            "email:'jane@example.com'",
            "email~'EXAMPLE'",
            "phone:null",
            "-phone:'1'",
            "-name:null",
            "created>99 created<=100 created:100 created:'100'",
            "metadata['a.b']:'C'",
            "metadata['none']:NULL",
            "-metadata['a.b']:null",
            "name:'Nobody' OR created>=100",
        ] {
            assert!(found(query), "{query}");
        }
        for query in [
            "email:'jane'",
            "-email~'jane'",
            "phone~'123'",
            "metadata['key']:'value'",
            "created>100",
            "name:'Jane Doe' AND created<100",
            "name:'x' OR name:'y'",
        ] {
            assert!(!found(query), "{query}");
        }
    }

    #[test]
    fn a_failed_charge_is_neither_refunded_nor_not() {
        let failed = json!({ "captured": false, "refunded": false });
        let is = |query: &str| matches(&CHARGES, &parse(query).unwrap(), &failed);
        assert_eq!(
            [is("refunded:'false'"), is("refunded:'true'"), is("refunded:null")],
            [false, false, true]
        );
    }
}
