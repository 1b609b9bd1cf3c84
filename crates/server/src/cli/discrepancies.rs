//! `discrepancies list | resolve`: what waits for a person.

use super::offline;
use super::setting_flags::SettingFlags;
use anyhow::bail;
use billing::Error;
use billing::admin_actions::Actor;
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Discrepancies {
    #[command(subcommand)]
    command: DiscrepanciesCommand,
}

#[derive(Debug, Subcommand)]
enum DiscrepanciesCommand {
    /// Those that are open, newest first: when it was found, kind, object, account, details
    List {
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Close one that a person has seen to; one that still holds is found again by the next reconciliation
    Resolve {
        /// As it is listed, such as `dispute_lost`
        kind: String,
        /// The id of what it is about
        object: String,
        /// What was done, for the log
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        settings: SettingFlags,
    },
}

pub(super) async fn run(discrepancies: Discrepancies) -> anyhow::Result<ExitCode> {
    match discrepancies.command {
        DiscrepanciesCommand::List { settings } => {
            let billing = offline::billing(&settings.config()?).await?;
            for open in billing.list_discrepancies().await? {
                let account = open.account_id.map_or_else(|| "-".to_owned(), |account| account.to_string());
                println!("{} {} {} {account} {}", open.found_at, open.kind, open.object_id, open.details);
            }
        }
        DiscrepanciesCommand::Resolve { kind, object, reason, settings } => {
            let billing = offline::billing(&settings.config()?).await?;
            match billing.resolve_discrepancy(&kind, &object, &Actor::command_line(), &reason).await {
                Ok(()) => eprintln!("{kind} of {object} is resolved"),
                Err(Error::NotFound) => {
                    bail!("no {kind} of {object} is open: see `allthrive-billing discrepancies list`")
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
