//! `openapi`: prints the document, as it is served and checked in.

use std::io::Write as _;
use std::process::ExitCode;

pub(super) fn run() -> anyhow::Result<ExitCode> {
    // Not by println!, which panics when the reader has gone.
    writeln!(std::io::stdout().lock(), "{}", crate::openapi::document().to_pretty_json()?)?;
    Ok(ExitCode::SUCCESS)
}
