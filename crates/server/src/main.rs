use clap::Parser as _;
use server::cli::Cli;

fn main() -> std::process::ExitCode {
    server::cli::main(Cli::parse())
}
