//! `reconcile`: Stripe's side against ours, the ledger against itself, money against tokens.

use super::offline;
use super::setting_flags::SettingFlags;
use super::since::Since;
use billing::reconciliation::{Outcome, Reconcile};
use clap::Args;
use std::process::ExitCode;

/// Compare what Stripe has with what is here, and money with tokens; mend it with --repair
///
/// Without --repair nothing is changed at Stripe, nor in what members have. The report goes to standard output and is
/// kept in the database; progress goes to standard error. Subscriptions, customers and the ledger are compared whole;
/// payments, refunds, disputes and invoices since --since, and those that are not settled however old they are.
///
/// Exit code: 0 everything agrees, or was repaired; 1 something is left; 2 it could not come to its end, or another
/// run is under way.
#[derive(Debug, Args)]
pub(super) struct ReconcileCommand {
    /// Mend what can be mended, by the code that webhooks use; end second subscriptions and give their payments back
    #[arg(long)]
    repair: bool,
    /// A date (2026-11-01), or how long ago (24h, 7d) [default: 30d]
    #[arg(long)]
    since: Option<Since>,
    /// The report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: SettingFlags,
}

const UNFINISHED: u8 = 2;

pub(super) async fn run(command: ReconcileCommand) -> anyhow::Result<ExitCode> {
    match reconcile(command).await {
        Ok(code) => Ok(code),
        Err(error) => {
            // Not 1, which means that something was found.
            eprintln!("allthrive-billing: {error:#}");
            Ok(ExitCode::from(UNFINISHED))
        }
    }
}

async fn reconcile(command: ReconcileCommand) -> anyhow::Result<ExitCode> {
    let billing = offline::billing(&command.settings.config()?).await?;
    let since = command.since.map(|since| since.before(billing.now()));
    let options = Reconcile { repair: command.repair, since };
    let Some(report) = billing.reconcile(options, |doing| eprintln!("{doing}")).await? else {
        eprintln!("another reconciliation is under way; try again when it has ended");
        return Ok(ExitCode::from(UNFINISHED));
    };
    if command.json {
        println!("{:#}", report.to_json());
    } else {
        print!("{report}");
    }
    Ok(ExitCode::from(match report.outcome {
        Outcome::Agrees | Outcome::Repaired => 0,
        Outcome::Differs => 1,
        Outcome::Unfinished => UNFINISHED,
    }))
}
