//! Every request against Stripe's own specification of the pinned version: nobody here wrote that.

use crate::samples;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `ORACLES_PYTHON`, else the environment that `scripts/oracles.sh` makes.
fn python() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let named = std::env::var_os("ORACLES_PYTHON").map(PathBuf::from);
    let python = named.unwrap_or_else(|| root.join(".tools/oracles/bin/python"));
    assert!(python.exists(), "{} is missing: run scripts/oracles.sh", python.display());
    python
}

#[test]
fn every_request_is_one_that_stripes_specification_allows() {
    let requests: Vec<_> = samples::all()
        .into_iter()
        .map(|(name, request)| {
            json!({"name": name, "method": request.method, "path": request.path, "form": request.body, "version": request.version})
        })
        .collect();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("requests.json");
    std::fs::write(&file, serde_json::to_vec(&requests).unwrap()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/validate_requests.py");
    let output = Command::new(python()).arg(script).arg(&file).output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert!(said.contains(&format!("{} requests", requests.len())), "{said}");
}
