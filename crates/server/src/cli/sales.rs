//! `sales pause | resume`: the kill switch.

use super::offline;
use super::setting_flags::SettingFlags;
use billing::admin_actions::Actor;
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Sales {
    #[command(subcommand)]
    command: SalesCommand,
}

#[derive(Debug, Subcommand)]
enum SalesCommand {
    /// Refuse new subscriptions and purchases, on every instance at once; everything else goes on
    Pause {
        /// Why, for the log
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Let them go on
    Resume {
        /// Why, for the log
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        settings: SettingFlags,
    },
}

pub(super) async fn run(sales: Sales) -> anyhow::Result<ExitCode> {
    let (paused, reason, settings) = match sales.command {
        SalesCommand::Pause { reason, settings } => (true, reason, settings),
        SalesCommand::Resume { reason, settings } => (false, reason, settings),
    };
    let billing = offline::billing(&settings.config()?).await?;
    let switched = billing.pause_sales(paused, &Actor::command_line(), &reason).await?;
    let state = if paused { "paused" } else { "on" };
    eprintln!("sales are {state}{}", if switched { "" } else { ", as they were" });
    Ok(ExitCode::SUCCESS)
}
