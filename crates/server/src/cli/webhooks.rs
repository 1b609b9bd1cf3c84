//! `webhooks list | replay | test`: what the host application was told, by hand.

use super::offline;
use super::setting_flags::SettingFlags;
use billing::Error;
use clap::{Args, Subcommand, ValueEnum};
use domain::ids::MessageId;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Webhooks {
    #[command(subcommand)]
    command: WebhooksCommand,
}

#[derive(Debug, Subcommand)]
enum WebhooksCommand {
    /// Show the newest webhooks to the host application, and what became of them
    List {
        /// Only those in this state
        #[arg(long)]
        state: Option<State>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1000))]
        limit: i64,
        /// With what they say
        #[arg(long)]
        bodies: bool,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Send a webhook once more, or every one that was given up; the running server does it within a minute
    Replay {
        /// msg_...
        #[arg(required_unless_present = "failed", conflicts_with = "failed")]
        id: Option<String>,
        /// Every webhook that was given up
        #[arg(long)]
        failed: bool,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Send a webhook of the type webhook.test, to see whether it gets there
    Test {
        #[command(flatten)]
        settings: SettingFlags,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    Pending,
    Sent,
    /// Given up after many tries, or because the host application answered 410
    Failed,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}

pub(super) async fn run(webhooks: Webhooks) -> anyhow::Result<ExitCode> {
    match webhooks.command {
        WebhooksCommand::List { state, limit, bodies, settings } => {
            let billing = offline::billing(&settings.config()?).await?;
            for sent in billing.webhooks(state.map(State::word), limit).await? {
                let answer = sent.response_status.map(|status| status.to_string()).unwrap_or_default();
                println!(
                    "{}  {}  {:7}  {}  tries {}  {answer}  {}",
                    sent.created_at,
                    sent.id,
                    sent.status,
                    sent.subject,
                    sent.attempts,
                    sent.last_error.unwrap_or_default()
                );
                if bodies {
                    println!("  {}", sent.body_text);
                }
            }
        }
        WebhooksCommand::Replay { id: Some(id), settings, .. } => {
            let billing = offline::billing(&settings.config()?).await?;
            match billing.replay_webhook(&MessageId::from_stored(id.clone())).await {
                Ok(()) => eprintln!("{id} will be sent once more"),
                Err(Error::NotFound) => {
                    anyhow::bail!("there is no webhook {id} that is still kept: see `webhooks list`")
                }
                Err(error) => return Err(error.into()),
            }
        }
        WebhooksCommand::Replay { id: None, settings, .. } => {
            let count = offline::billing(&settings.config()?).await?.replay_failed_webhooks().await?;
            eprintln!("{count} webhooks will be sent once more");
        }
        WebhooksCommand::Test { settings } => {
            let id = offline::billing(&settings.config()?).await?.send_test_webhook().await?;
            eprintln!("{id} will be sent within a minute; `webhooks list` shows what became of it");
        }
    }
    Ok(ExitCode::SUCCESS)
}
