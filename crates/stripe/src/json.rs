//! Reading JSON tolerantly: only what is used is required, and what is missing is named by its path.

use domain::time::Timestamp;
use serde_json::Value;

/// Why an answer could not be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Misread {
    /// A field that we use is missing, or is of another type.
    Shape { path: String, expected: &'static str },
    /// Understood, and not one of ours: such as a subscription of several items.
    Foreign { id: String, reason: &'static str },
}

/// A value, and where it stands in the answer.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Node<'a> {
    pub(crate) fn root(value: &'a Value) -> Self {
        Self { value, path: String::new() }
    }

    /// A field; absent and null are the same.
    pub(crate) fn opt(&self, name: &str) -> Option<Node<'a>> {
        let value = self.value.get(name)?;
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        (!value.is_null()).then_some(Node { value, path })
    }

    pub(crate) fn get(&self, name: &str) -> Result<Node<'a>, Misread> {
        self.opt(name).ok_or_else(|| {
            let dot = if self.path.is_empty() { "" } else { "." };
            Misread::Shape { path: format!("{}{dot}{name}", self.path), expected: "a value" }
        })
    }

    pub(crate) fn wrong(&self, expected: &'static str) -> Misread {
        Misread::Shape { path: self.path.clone(), expected }
    }

    pub(crate) fn text(&self) -> Result<&'a str, Misread> {
        self.value.as_str().ok_or_else(|| self.wrong("a string"))
    }

    pub(crate) fn number(&self) -> Result<i64, Misread> {
        self.value.as_i64().ok_or_else(|| self.wrong("an integer"))
    }

    /// A number as it is written, for what may have decimals.
    pub(crate) fn digits(&self) -> Result<String, Misread> {
        self.value.as_number().map(ToString::to_string).ok_or_else(|| self.wrong("a number"))
    }

    pub(crate) fn flag(&self) -> Result<bool, Misread> {
        self.value.as_bool().ok_or_else(|| self.wrong("a boolean"))
    }

    /// An id, whether the object was expanded or not.
    pub(crate) fn id(&self) -> Result<&'a str, Misread> {
        match self.value {
            Value::Object(_) => self.get("id")?.text(),
            _ => self.text(),
        }
    }

    pub(crate) fn time(&self) -> Result<Timestamp, Misread> {
        self.number().map(Timestamp::from_seconds)
    }

    pub(crate) fn items(&self) -> Result<Vec<Node<'a>>, Misread> {
        let values = self.value.as_array().ok_or_else(|| self.wrong("a list"))?;
        let node = |(index, value)| Node { value, path: format!("{}[{index}]", self.path) };
        Ok(values.iter().enumerate().map(node).collect())
    }

    pub(crate) fn is_object(&self) -> bool {
        self.value.is_object()
    }

    // The fields that most readers want, in one step.

    pub(crate) fn text_at(&self, name: &str) -> Result<&'a str, Misread> {
        self.get(name)?.text()
    }

    pub(crate) fn number_at(&self, name: &str) -> Result<i64, Misread> {
        self.get(name)?.number()
    }

    pub(crate) fn time_at(&self, name: &str) -> Result<Timestamp, Misread> {
        self.get(name)?.time()
    }

    pub(crate) fn opt_text(&self, name: &str) -> Result<Option<String>, Misread> {
        self.opt(name).map(|node| node.text().map(str::to_owned)).transpose()
    }

    pub(crate) fn opt_time(&self, name: &str) -> Result<Option<Timestamp>, Misread> {
        self.opt(name).map(|node| node.time()).transpose()
    }

    pub(crate) fn opt_id<T: From<&'a str>>(&self, name: &str) -> Result<Option<T>, Misread> {
        self.opt(name).map(|node| node.id().map(T::from)).transpose()
    }

    pub(crate) fn metadata(&self, key: &str) -> Option<String> {
        let text = self.opt("metadata")?.opt(key)?.text().ok()?.to_owned();
        (!text.is_empty()).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_is_named_by_its_path() {
        let value = json!({"items": {"data": [{"price": {"unit_amount": "12"}}]}});
        let price = Node::root(&value).get("items").unwrap().get("data").unwrap().items().unwrap()[0]
            .get("price")
            .unwrap();
        let wrong = price.number_at("unit_amount").unwrap_err();
        assert_eq!(
            wrong,
            Misread::Shape { path: "items.data[0].price.unit_amount".into(), expected: "an integer" }
        );
        let missing = price.text_at("currency").unwrap_err();
        assert_eq!(
            missing,
            Misread::Shape { path: "items.data[0].price.currency".into(), expected: "a value" }
        );
    }

    #[test]
    fn an_id_is_read_from_an_object_as_well() {
        let value = json!({"a": "cus_1", "b": {"id": "cus_2"}, "c": null});
        let root = Node::root(&value);
        assert_eq!(root.opt_id::<String>("a").unwrap().as_deref(), Some("cus_1"));
        assert_eq!(root.opt_id::<String>("b").unwrap().as_deref(), Some("cus_2"));
        assert_eq!(root.opt_id::<String>("c").unwrap(), None);
    }
}
