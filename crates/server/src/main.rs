use clap::Parser as _;
use server::cli::Cli;

/// Of SQLite's too. What the C library has is slower with so many small pieces, and keeps more (`make bench`);
/// `.cargo/config.toml` says how it is set.
#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    server::cli::main(Cli::parse())
}
