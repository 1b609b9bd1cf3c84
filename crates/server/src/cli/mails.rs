//! `mails replay`: what no server of mails took, once more.

use super::offline;
use super::setting_flags::SettingFlags;
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Mails {
    #[command(subcommand)]
    command: MailsCommand,
}

#[derive(Debug, Subcommand)]
enum MailsCommand {
    /// Send every mail that was given up once more; the running server does it within a minute
    Replay {
        /// Every mail that was given up
        #[arg(long, required = true)]
        failed: bool,
        #[command(flatten)]
        settings: SettingFlags,
    },
}

pub(super) async fn run(mails: Mails) -> anyhow::Result<ExitCode> {
    let MailsCommand::Replay { settings, .. } = mails.command;
    let count = offline::billing(&settings.config()?).await?.replay_failed_mails().await?;
    eprintln!("{count} mails will be sent once more");
    Ok(ExitCode::SUCCESS)
}
