//! The command line. A new command is a file in this folder, a variant here, and an arm in `run`.

mod discrepancies;
mod events;
mod keys;
mod mails;
mod offline;
mod openapi;
mod reconcile;
mod sales;
mod seed;
mod serve;
mod setting_flags;
mod since;
mod users;
mod webhooks;

use clap::{Parser, Subcommand};
use setting_flags::SettingFlags;
use std::process::ExitCode;

/// Subscriptions and AI tokens on Stripe.
///
/// Every setting is a flag, a variable in the environment, or a line of the --config file; a flag beats the
/// environment, which beats the file. Any of them with _FILE reads the value from a file.
#[derive(Debug, Parser)]
#[command(name = "allthrive-billing", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API; migrates the database and seeds the catalog by itself
    Serve(SettingFlags),
    /// Bring the database and Stripe to the catalog
    Seed(seed::Seed),
    /// Show Stripe's events and what became of them, apply them once more, or fetch those that were missed
    Events(events::Events),
    Reconcile(reconcile::ReconcileCommand),
    /// Show what does not agree and waits for a person, or close what was seen to
    Discrepancies(discrepancies::Discrepancies),
    /// Make, list and revoke the service keys of host backends
    Keys(keys::Keys),
    /// Find a user's account, make a user an admin, or invite one to the Creator / Mentor tier
    Users(users::Users),
    /// Stop new subscriptions and purchases, or let them go on
    Sales(sales::Sales),
    /// Show what the host application was told, tell it once more, or send it a test
    Webhooks(webhooks::Webhooks),
    /// Send mails that were given up once more
    Mails(mails::Mails),
    /// Print the OpenAPI document
    Openapi,
}

pub fn main(cli: Cli) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("allthrive-billing: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli.command)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("allthrive-billing: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(flags) => serve::run(flags.config()?).await,
        Command::Seed(seed) => seed::run(seed).await,
        Command::Events(events) => events::run(events).await,
        Command::Reconcile(command) => reconcile::run(command).await,
        Command::Discrepancies(discrepancies) => discrepancies::run(discrepancies).await,
        Command::Keys(keys) => keys::run(keys).await,
        Command::Users(users) => users::run(users).await,
        Command::Sales(sales) => sales::run(sales).await,
        Command::Webhooks(webhooks) => webhooks::run(webhooks).await,
        Command::Mails(mails) => mails::run(mails).await,
        Command::Openapi => openapi::run(),
    }
}
