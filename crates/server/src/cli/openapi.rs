//! `openapi`: prints the document, as it is served and checked in.

use std::process::ExitCode;

pub(super) fn run() -> anyhow::Result<ExitCode> {
    println!("{}", crate::openapi::document().to_pretty_json()?);
    Ok(ExitCode::SUCCESS)
}
