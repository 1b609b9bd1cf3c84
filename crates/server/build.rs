//! The pages are embedded from web/dist, which `make web` fills.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let dist = Path::new("../../web/dist");
    // Without Node the program is built all the same, and says what to run.
    fs::create_dir_all(dist)?;
    // A debug build reads the files when it is asked for them.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed={}", dist.display());
    }
    Ok(())
}
