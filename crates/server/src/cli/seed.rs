//! `seed`: brings the database and Stripe to the catalog.

use super::offline;
use super::setting_flags::SettingFlags;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Seed {
    /// Change nothing: show the difference, and exit with 1 if there is one
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    settings: SettingFlags,
}

pub(super) async fn run(seed: Seed) -> anyhow::Result<ExitCode> {
    let billing = offline::billing(&seed.settings.config()?).await?;
    let report = if seed.check { billing.check_seed().await? } else { billing.seed().await? };
    for change in &report.changes {
        println!("{change}");
    }
    if report.changes.is_empty() {
        eprintln!("the database and Stripe agree with the catalog");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(if seed.check { ExitCode::from(1) } else { ExitCode::SUCCESS })
}
