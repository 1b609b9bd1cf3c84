//! How fast an AI request is admitted and recorded, durably and over HTTP, beside what the database does by itself in the
//! same run on the same machine: `make bench`, or `cargo bench -p server --bench usage -- --help`.
//!
//! Every figure is of this run alone. What counts are the ratios.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a measurement that fails says so"
)]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures"
)]

mod clock;
mod figures;
mod load;
mod pgbench;
mod plan;
mod process;
mod report;
mod seed;
mod served;

use clap::Parser as _;

fn main() {
    let plan = plan::Plan::parse();
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(report::run(plan));
}
