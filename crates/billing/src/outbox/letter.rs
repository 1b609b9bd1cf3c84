//! The form of our mails: paragraphs, a few rows of figures, a link. Written once, rendered as plain text and as
//! HTML.

use super::Mail;

#[derive(Debug)]
pub(super) struct Letter {
    subject: String,
    /// Each as plain text and as HTML.
    parts: Vec<(String, String)>,
}

impl Letter {
    pub(super) fn new(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), parts: Vec::new() }
    }

    pub(super) fn say(self, paragraph: impl AsRef<str>) -> Self {
        let paragraph = paragraph.as_ref();
        self.with(paragraph.to_owned(), format!("<p>{}</p>", escape(paragraph)))
    }

    /// As [`Letter::say`], where there is something to say.
    pub(super) fn maybe(self, paragraph: Option<impl AsRef<str>>) -> Self {
        match paragraph {
            Some(paragraph) => self.say(paragraph),
            None => self,
        }
    }

    /// What and how much, a line each.
    pub(super) fn rows(self, rows: &[(String, String)]) -> Self {
        let lines: Vec<_> = rows.iter().map(|(what, value)| format!("  {what}: {value}")).collect();
        let cells = |(what, value): &(String, String)| {
            let style = "style=\"padding-right:2em\"";
            format!("<tr><td {style}>{}</td><td>{}</td></tr>", escape(what), escape(value))
        };
        let table: String = rows.iter().map(cells).collect();
        self.with(lines.join("\n"), format!("<table>{table}</table>"))
    }

    /// What to do next, and where.
    pub(super) fn link(self, label: &str, url: &str) -> Self {
        let html = format!("<p><a href=\"{}\">{}</a></p>", escape(url), escape(label));
        self.with(format!("{label}:\n{url}"), html)
    }

    fn with(mut self, text: String, html: String) -> Self {
        self.parts.push((text, html));
        self
    }

    pub(super) fn done(self) -> Mail {
        let (texts, htmls): (Vec<_>, Vec<_>) = self.parts.into_iter().unzip();
        Mail { subject: self.subject, text: format!("{}\n", texts.join("\n\n")), html: htmls.concat() }
    }
}

/// Text from outside, for between tags and in quoted attributes.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_text_in_both_forms() {
        let mail = Letter::new("Hello")
            .say("<b>Ada</b> & \"Co\"")
            .rows(&[("<i>".into(), "1 < 2".into())])
            .link("Open", "https://a.example/?a=1&b='2'")
            .done();
        assert_eq!(mail.text, "<b>Ada</b> & \"Co\"\n\n  <i>: 1 < 2\n\nOpen:\nhttps://a.example/?a=1&b='2'\n");
        assert_eq!(
            mail.html,
            "<p>&lt;b&gt;Ada&lt;/b&gt; &amp; &quot;Co&quot;</p><table><tr><td style=\"padding-right:2em\">&lt;i&gt;\
             </td><td>1 &lt; 2</td></tr></table>\
             <p><a href=\"https://a.example/?a=1&amp;b=&#39;2&#39;\">Open</a></p>"
        );
    }
}
