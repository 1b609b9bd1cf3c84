//! Judges that nobody here wrote: official clients and tools, which scripts/oracles.sh installs.

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A tool of theirs, or a failure that says how to get it.
pub(crate) fn tool(path: &str) -> PathBuf {
    let tool = root().join(path);
    assert!(
        tool.exists(),
        "{} is missing: run scripts/oracles.sh (it needs Python 3.11 and npm)",
        tool.display()
    );
    tool
}

/// Runs a command to its end without blocking the server. Answers what it printed.
pub(crate) async fn run(mut command: Command) -> String {
    let shown = format!("{command:?}");
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
    let output = output.unwrap_or_else(|error| panic!("{shown}: {error}"));
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let said = said.concat();
    assert!(output.status.success(), "{shown} failed:\n{said}");
    said
}
