//! `events list | replay | catch-up`: the inbox of Stripe's events, by hand.

use super::offline;
use super::setting_flags::SettingFlags;
use super::since::Since;
use billing::Error;
use clap::{Args, Subcommand, ValueEnum};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Events {
    #[command(subcommand)]
    command: EventsCommand,
}

#[derive(Debug, Subcommand)]
enum EventsCommand {
    /// Show the newest events, what became of them and why
    List {
        /// Only those in this state
        #[arg(long)]
        state: Option<State>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1000))]
        limit: i64,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Apply an event once more, or every event that was given up; the running server does it within a minute
    Replay {
        /// evt_...
        #[arg(required_unless_present = "failed", conflicts_with = "failed")]
        id: Option<String>,
        /// Every event that was given up
        #[arg(long)]
        failed: bool,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Fetch the events that were never delivered; the running server applies them within a minute
    ///
    /// Without --since: from a little before the newest that came. Stripe keeps events for 30 days. One that is
    /// delivered later after all changes nothing twice.
    CatchUp {
        /// A date (2026-11-01), or how long ago (24h, 7d)
        #[arg(long)]
        since: Option<Since>,
        #[command(flatten)]
        settings: SettingFlags,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    Pending,
    Processed,
    Ignored,
    /// Given up after many tries
    Dead,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processed => "processed",
            Self::Ignored => "ignored",
            Self::Dead => "dead",
        }
    }
}

pub(super) async fn run(events: Events) -> anyhow::Result<ExitCode> {
    match events.command {
        EventsCommand::List { state, limit, settings } => {
            let billing = offline::billing(&settings.config()?).await?;
            for event in billing.list_events(state.map(State::word), limit).await? {
                let why = event.reason.or(event.last_error).unwrap_or_default();
                let customer = event.stripe_customer_id.map(|id| id.to_string()).unwrap_or_default();
                println!(
                    "{}  {}  {:9}  {}  {customer}  tries {}  {why}",
                    event.received_at, event.id, event.state, event.kind, event.attempts
                );
            }
        }
        EventsCommand::CatchUp { since, settings } => {
            let billing = offline::billing(&settings.config()?).await?;
            let caught = billing.catch_up(since.map(|since| since.before(billing.now()))).await?;
            println!("{} events since {}, {} of them had not come", caught.seen, caught.since, caught.missed);
        }
        EventsCommand::Replay { id: Some(id), settings, .. } => {
            let billing = offline::billing(&settings.config()?).await?;
            match billing.replay_event(&id.as_str().into()).await {
                Ok(()) => eprintln!("{id} will be applied once more"),
                Err(Error::NotFound) => anyhow::bail!("there is no event {id}: see `events list`"),
                Err(error) => return Err(error.into()),
            }
        }
        EventsCommand::Replay { id: None, settings, .. } => {
            let count = offline::billing(&settings.config()?).await?.replay_failed_events().await?;
            eprintln!("{count} events will be applied once more");
        }
    }
    Ok(ExitCode::SUCCESS)
}
