//! Stripe's form encoding: `items[0][price]=price_1&expand[0]=latest_invoice`.

use std::fmt::{Display, Write as _};

/// A form under construction, in the order of its calls: the same calls give the same bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(String);

impl Form {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Brackets in names stay as they are (Stripe's own Ruby client does the same); everything else that is
    /// not unreserved is percent-encoded. An empty value unsets a field.
    pub(crate) fn set(mut self, name: &str, value: impl Display) -> Self {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        encode(&mut self.0, name, b"-_.~[]");
        self.0.push('=');
        encode(&mut self.0, &value.to_string(), b"-_.~");
        self
    }

    pub(crate) fn maybe(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// `name[0]=..&name[1]=..`
    pub(crate) fn list(mut self, name: &str, values: impl IntoIterator<Item = impl Display>) -> Self {
        for (index, value) in values.into_iter().enumerate() {
            self = self.set(&format!("{name}[{index}]"), value);
        }
        self
    }

    /// At most four levels deep, or Stripe refuses.
    pub(crate) fn expand(self, paths: &[&str]) -> Self {
        self.list("expand", paths)
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}

/// One segment of a path. Ids come from outside: whatever is not a letter, digit, `_` or `-` is encoded, and
/// an empty one, which would turn an object into its list, becomes an id that nothing has.
pub(crate) fn segment(id: &str) -> String {
    if id.is_empty() || id.bytes().all(|byte| byte == b'.') {
        return "invalid".to_owned();
    }
    let mut out = String::with_capacity(id.len());
    encode(&mut out, id, b"-_.");
    out
}

fn encode(out: &mut String, text: &str, kept: &[u8]) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_brackets_and_values_are_encoded() {
        let form = Form::new().set("items[0][price]", "price_1").set("name", "Ann & Bö+b").set("coupon", "");
        assert_eq!(form.finish(), "items[0][price]=price_1&name=Ann%20%26%20B%C3%B6%2Bb&coupon=");
    }

    #[test]
    fn a_list_is_numbered() {
        assert_eq!(Form::new().expand(&["a.b", "c"]).finish(), "expand[0]=a.b&expand[1]=c");
    }

    #[test]
    fn an_id_cannot_leave_its_place_in_the_path() {
        assert_eq!(segment("pm_1A-b"), "pm_1A-b");
        assert_eq!(segment("../customers"), "..%2Fcustomers");
        assert_eq!(segment("pm_1?expand=x#"), "pm_1%3Fexpand%3Dx%23");
        assert_eq!((segment(".."), segment("")), ("invalid".into(), "invalid".into()));
    }
}
