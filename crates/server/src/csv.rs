//! Tables as files for spreadsheets: RFC 4180, with what a spreadsheet would take for a formula made harmless.

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use futures_util::TryStream;

/// Rows end in CR LF, also the last.
const END: &str = "\r\n";
/// How a cell begins that a spreadsheet may calculate: some do not see the blanks before a formula.
const FORMULAS: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

/// One row of cells that are written as they are: names, numbers, times, words of ours.
pub(crate) fn row<const N: usize>(cells: [&str; N]) -> String {
    cells.map(quoted).join(",") + END
}

/// A cell with text that somebody else may have written: never a formula.
pub(crate) fn text(cell: &str) -> String {
    if cell.starts_with(FORMULAS) { format!("'{cell}") } else { cell.to_owned() }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// An answer that is saved as `disposition` says, as its rows come. One that fails on its way is cut off, and does not look
/// complete to who asked.
pub(crate) fn file<S>(disposition: &'static str, rows: S) -> Response
where
    S: TryStream<Ok = Bytes, Error = billing::Error> + Send + 'static,
{
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (CONTENT_DISPOSITION, HeaderValue::from_static(disposition)),
    ];
    (headers, Body::from_stream(rows)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        assert_eq!(
            row(["a", "-5", "say \"hi\", you", "two\nlines"]),
            "a,-5,\"say \"\"hi\"\", you\",\"two\nlines\"\r\n"
        );
        assert_eq!(row(["", ""]), ",\r\n");
    }

    #[test]
    fn text_is_no_formula() {
        for formula in ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1"] {
            assert_eq!(text(formula), format!("'{formula}"));
        }
        assert_eq!([text("a=b"), text("Starter"), text("")], ["a=b", "Starter", ""]);
    }
}
