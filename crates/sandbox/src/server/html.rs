//! HTML that escapes whatever it is given.

use std::fmt;

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};

const STYLE: &str = include_str!("dashboard/style.css");

/// Answers with a document that runs no scripts and loads nothing from elsewhere.
pub(crate) fn respond(status: StatusCode, document: &str) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    (status, headers, document.to_owned()).into_response()
}

/// A growing piece of a page. Only [`Html::raw`] takes markup, and only markup that is written in this program.
#[derive(Debug, Default)]
pub(crate) struct Html(String);

impl fmt::Display for Html {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A cell of a table.
#[derive(Debug)]
pub(crate) enum Cell {
    Text(String),
    /// An id: may be broken anywhere.
    Id(String),
    /// A word that says how something stands.
    Status(String),
}

impl Html {
    pub(crate) fn raw(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    pub(crate) fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                other => self.0.push(other),
            }
        }
    }

    /// `tag` may carry attributes.
    pub(crate) fn element(&mut self, tag: &'static str, text: &str) {
        self.0.push('<');
        self.0.push_str(tag);
        self.0.push('>');
        self.text(text);
        self.0.push_str("</");
        self.0.push_str(tag.split(' ').next().unwrap_or(tag));
        self.0.push_str(">\n");
    }

    pub(crate) fn link(&mut self, address: &str, text: &str, here: bool) {
        self.raw("<a href=\"");
        self.text(address);
        self.raw(if here { "\" aria-current=\"page\">" } else { "\">" });
        self.text(text);
        self.raw("</a>\n");
    }

    /// A labelled field of a form.
    pub(crate) fn input(&mut self, label: &str, name: &str, value: &str) {
        self.raw("<p><label>");
        self.text(label);
        self.raw(" <input name=\"");
        self.text(name);
        self.raw("\" value=\"");
        self.text(value);
        self.raw("\"></label></p>\n");
    }

    /// The whole document around this content.
    pub(crate) fn document(&self, title: &'static str) -> String {
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n</head>\n<body>\n<main>\n{self}</main>\n</body>\n</html>\n"
        )
    }

    /// A table; on narrow screens each row becomes a card with its headings beside the cells.
    pub(crate) fn table(&mut self, heads: &[&str], rows: impl IntoIterator<Item = Vec<Cell>>) {
        self.raw("<table>\n<thead><tr>");
        for head in heads {
            self.element("th scope=\"col\"", head);
        }
        self.raw("</tr></thead>\n<tbody>\n");
        for row in rows {
            self.raw("<tr>");
            for (head, cell) in heads.iter().zip(&row) {
                self.raw("<td data-head=\"");
                self.text(head);
                self.raw("\">");
                self.cell(cell);
                self.raw("</td>");
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody>\n</table>\n");
    }

    fn cell(&mut self, cell: &Cell) {
        match cell {
            Cell::Text(text) => self.text(text),
            Cell::Id(id) => self.element("code", id),
            Cell::Status(status) => {
                let tag = match tone(status) {
                    Tone::Good => "span class=\"status good\"",
                    Tone::Bad => "span class=\"status bad\"",
                    Tone::Open => "span class=\"status\"",
                };
                self.element(tag, status);
            }
        }
    }
}

enum Tone {
    Good,
    Bad,
    Open,
}

fn tone(status: &str) -> Tone {
    match status {
        "active" | "trialing" | "succeeded" | "paid" | "enabled" | "delivered" => Tone::Good,
        "past_due"
        | "unpaid"
        | "incomplete_expired"
        | "uncollectible"
        | "requires_payment_method"
        | "not delivered" => Tone::Bad,
        waiting if waiting.starts_with("tried") => Tone::Bad,
        _ => Tone::Open,
    }
}

/// A time in seconds since the Unix epoch, to the second and in UTC.
pub(crate) fn moment(seconds: i64) -> String {
    match jiff::Timestamp::from_second(seconds) {
        Ok(at) => at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => seconds.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_shown_is_escaped() {
        let mut html = Html::default();
        let odd = "<script>\"&'";
        html.text(odd);
        html.element("p class=\"x\"", odd);
        html.link(odd, odd, false);
        html.table(&[odd], [vec![Cell::Id(odd.into())], vec![Cell::Status(odd.into())]]);
        let shown = html.to_string();
        assert!(!shown.contains("<script"), "{shown}");
        assert!(shown.contains("<p class=\"x\">&lt;script&gt;&quot;&amp;&#39;</p>"), "{shown}");
        assert!(shown.contains("<a href=\"&lt;script&gt;&quot;&amp;&#39;\">"), "{shown}");
    }

    #[test]
    fn times_are_shown_in_utc() {
        assert_eq!(moment(1_800_000_000), "2027-01-15 08:00:00 UTC");
    }
}
