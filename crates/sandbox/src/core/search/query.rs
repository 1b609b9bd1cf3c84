//! Stripe's search query language, read into clauses.
//!
//! [doc] search query language: clauses of a field, an operator and a value; joined by `AND` (also by nothing but a
//! space) or by `OR`, never by both; a `-` before a clause negates it; texts stand in quotes, numbers need none.

use super::super::error::{ApiError, Result};

/// [doc]: "You can use up to 10 query clauses".
const MOST_CLAUSES: usize = 10;

/// A whole query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) clauses: Vec<Clause>,
    /// One clause that holds is enough.
    pub(super) any: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) negated: bool,
    pub(super) field: String,
    /// What stands in brackets after the field: a key of metadata.
    pub(super) key: Option<String>,
    pub(super) operator: Operator,
    pub(super) value: Sought,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Is,
    Contains,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// What is sought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sought {
    /// In quotes.
    Text(String),
    /// Without quotes.
    Number(i64),
    /// `null`: the field is not there.
    Nothing,
}

/// Reads a query.
///
/// # Errors
/// 400 in Stripe's words for whatever is not one.
pub(super) fn parse(text: &str) -> Result<Query> {
    let mut reader = Reader { rest: text.trim() };
    let (mut clauses, mut joint) = (Vec::new(), None);
    loop {
        clauses.push(reader.clause()?);
        if clauses.len() > MOST_CLAUSES {
            let message = format!("Search queries can have up to {MOST_CLAUSES} clauses.");
            return Err(ApiError::invalid(message).param("query"));
        }
        if reader.rest.is_empty() {
            break;
        }
        let any = reader.joint()?;
        if joint.is_some_and(|joint| joint != any) {
            return Err(ApiError::invalid(
                "A search query cannot combine AND with OR; use one or the other.",
            )
            .param("query"));
        }
        joint = Some(any);
    }
    Ok(Query { clauses, any: joint == Some(true) })
}

/// The words were seen in the messages of the real one (tests of public mocks that run against it).
fn unreadable() -> ApiError {
    ApiError::invalid(
        "We were unable to parse your search query. Try using the format `metadata[\"key\"]:\"value\"` to query for \
         metadata or key:\"value\" to query for other fields.",
    )
    .param("query")
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Between two clauses: whether `OR` joins them. Keywords are case insensitive ([doc]).
    fn joint(&mut self) -> Result<bool> {
        let after = self.rest.trim_start();
        if after.len() == self.rest.len() {
            return Err(unreadable());
        }
        for (word, any) in [("and", false), ("or", true)] {
            let Some((head, tail)) = after.split_at_checked(word.len()) else { continue };
            if head.eq_ignore_ascii_case(word) && tail.starts_with(char::is_whitespace) {
                self.rest = tail.trim_start();
                return Ok(any);
            }
        }
        self.rest = after;
        Ok(false)
    }

    fn clause(&mut self) -> Result<Clause> {
        let negated = self.take("-");
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'));
        let (field, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let field = field.to_owned();
        self.rest = rest;
        if field.is_empty() {
            return Err(unreadable());
        }
        let key = if self.take("[") {
            let key = self.quoted()?;
            if !self.take("]") {
                return Err(unreadable());
            }
            Some(key)
        } else {
            None
        };
        Ok(Clause { negated, field, key, operator: self.operator()?, value: self.value()? })
    }

    fn operator(&mut self) -> Result<Operator> {
        const OPERATORS: [(&str, Operator); 6] = [
            (":", Operator::Is),
            ("~", Operator::Contains),
            (">=", Operator::GreaterOrEqual),
            ("<=", Operator::LessOrEqual),
            (">", Operator::Greater),
            ("<", Operator::Less),
        ];
        let found = OPERATORS.into_iter().find(|(text, _)| self.take(text));
        found.map(|(_, operator)| operator).ok_or_else(unreadable)
    }

    fn value(&mut self) -> Result<Sought> {
        if self.rest.starts_with(['"', '\'']) {
            return self.quoted().map(Sought::Text);
        }
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        let value = if word.eq_ignore_ascii_case("null") {
            Sought::Nothing
        } else {
            Sought::Number(word.parse().map_err(|_| unreadable())?)
        };
        self.rest = rest;
        Ok(value)
    }

    /// A text in single or double quotes; a backslash takes the next quote or backslash as it is ([doc]).
    fn quoted(&mut self) -> Result<String> {
        let mut chars = self.rest.char_indices();
        let quote =
            chars.next().map(|(_, c)| c).filter(|c| matches!(c, '"' | '\'')).ok_or_else(unreadable)?;
        let (mut text, mut escaped) = (String::new(), false);
        for (at, c) in chars {
            match c {
                _ if escaped => {
                    if !matches!(c, '"' | '\'' | '\\') {
                        text.push('\\');
                    }
                    text.push(c);
                    escaped = false;
                }
                '\\' => escaped = true,
                _ if c == quote => {
                    self.rest = &self.rest[at + c.len_utf8()..];
                    return Ok(text);
                }
                _ => text.push(c),
            }
        }
        Err(unreadable())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is(field: &str, value: &str) -> Clause {
        Clause {
            negated: false,
            field: field.into(),
            key: None,
            operator: Operator::Is,
            value: Sought::Text(value.into()),
        }
    }

    #[test]
    fn clauses_are_joined_by_and_by_a_space_or_by_or() {
        let both = Query { clauses: vec![is("email", "a@b.c"), is("name", "Jane Doe")], any: false };
        assert_eq!(parse("email:\"a@b.c\" name:'Jane Doe'").unwrap(), both);
        assert_eq!(parse(" email:'a@b.c' and name:\"Jane Doe\" ").unwrap(), both);
        let any = Query { any: true, ..both };
        assert_eq!(parse("email:'a@b.c' OR name:'Jane Doe'").unwrap(), any);
        assert!(parse("a:'1' AND b:'2' OR c:'3'").is_err());
        assert!(parse("a:'1' OR b:'2' c:'3'").is_err());
    }

    #[test]
    fn quotes_escapes_negation_keys_and_null_are_read() {
        let read =
            parse(r#"-metadata["the \"key\""]:null description~"The \"Sky\"" created>=17 total:-5"#).unwrap();
        let shown: Vec<_> = read
            .clauses
            .iter()
            .map(|c| (c.negated, c.field.as_str(), c.key.as_deref(), c.operator))
            .collect();
        assert_eq!(
            shown,
            [
                (true, "metadata", Some("the \"key\""), Operator::Is),
                (false, "description", None, Operator::Contains),
                (false, "created", None, Operator::GreaterOrEqual),
                (false, "total", None, Operator::Is),
            ]
        );
        assert_eq!(read.clauses[0].value, Sought::Nothing);
        assert_eq!(read.clauses[1].value, Sought::Text("The \"Sky\"".into()));
        assert_eq!(read.clauses[3].value, Sought::Number(-5));
    }

    #[test]
    fn what_is_no_query_is_refused() {
        for text in [
            "",
            " ",
            "jane",
            "email:",
            "email:jane",
            ":'x'",
            "email:'x",
            "a:'1'b:'2'",
            "a:'1' AND",
            "a[b]:'1'",
            "(a:'1')",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let eleven = ["a:'1'"; 11].join(" ");
        assert!(parse(&eleven).is_err());
    }

    fn quoted(text: &str) -> String {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }

    fn clause() -> impl Strategy<Value = Clause> {
        let operator = prop::sample::select(vec![
            Operator::Is,
            Operator::Contains,
            Operator::Greater,
            Operator::GreaterOrEqual,
            Operator::Less,
            Operator::LessOrEqual,
        ]);
        let value = prop_oneof![
            ".{0,12}".prop_map(Sought::Text),
            any::<i64>().prop_map(Sought::Number),
            Just(Sought::Nothing),
        ];
        (any::<bool>(), "[a-z_.]{1,9}", prop::option::of(".{0,9}"), operator, value).prop_map(
            |(negated, field, key, operator, value)| Clause { negated, field, key, operator, value },
        )
    }

    fn write(query: &Query) -> String {
        let clause = |clause: &Clause| {
            let key = clause.key.as_ref().map(|key| format!("[{}]", quoted(key))).unwrap_or_default();
            let operator = match clause.operator {
                Operator::Is => ":",
                Operator::Contains => "~",
                Operator::Greater => ">",
                Operator::GreaterOrEqual => ">=",
                Operator::Less => "<",
                Operator::LessOrEqual => "<=",
            };
            let value = match &clause.value {
                Sought::Text(text) => quoted(text),
                Sought::Number(number) => number.to_string(),
                Sought::Nothing => "NULL".into(),
            };
            format!("{}{}{key}{operator}{value}", if clause.negated { "-" } else { "" }, clause.field)
        };
        let clauses: Vec<String> = query.clauses.iter().map(clause).collect();
        clauses.join(if query.any { " OR " } else { " AND " })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(clauses in prop::collection::vec(clause(), 1..10), any in any::<bool>()) {
            let any = any && clauses.len() > 1;
            let query = Query { clauses, any };
            prop_assert_eq!(parse(&write(&query)).unwrap(), query);
        }

        #[test]
        fn no_text_at_all_makes_it_panic(text in ".{0,80}", marks in r#"[-a\["'\]:~<>=\\ 1é]{0,40}"#) {
            let _ = parse(&text);
            let _ = parse(&marks);
        }
    }
}
