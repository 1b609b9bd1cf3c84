//! `keys create | list | revoke`: the service keys of host backends.

use super::offline;
use super::setting_flags::SettingFlags;
use anyhow::Context as _;
use billing::service_keys::SCOPES;
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make a key and print it, this once
    Create {
        /// Who uses it, such as `backend`
        name: String,
        /// What it may do: `usage` (consume, holds, and looking), `read` (only looking), `sign_in` (letting members into the pages); several by commas
        #[arg(long, default_value = SCOPES[0], value_delimiter = ',')]
        scopes: Vec<String>,
        /// Whose subjects On-Behalf-Of names [default: JWT_ISSUER, else `local`, whose subjects are user ids]
        #[arg(long)]
        issuer: Option<String>,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// List every key, newest first
    List {
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// End a key, at once and for ever
    Revoke {
        /// `key_...`, as `list` prints it
        id: String,
        #[command(flatten)]
        settings: SettingFlags,
    },
}

pub(super) async fn run(keys: Keys) -> anyhow::Result<ExitCode> {
    match keys.command {
        KeysCommand::Create { name, scopes, issuer, settings } => {
            let config = settings.config()?;
            let issuer = issuer.unwrap_or_else(|| config.default_issuer().to_owned());
            let created =
                offline::billing(&config).await?.create_service_key(&name, &scopes, &issuer).await?;
            eprintln!("{} for the subjects of `{issuer}`. It is shown this once:", created.key.id);
            println!("{}", created.secret);
        }
        KeysCommand::List { settings } => {
            for key in offline::billing(&settings.config()?).await?.list_service_keys().await? {
                let used = key.last_used_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
                let state = key.revoked_at.map_or_else(|| "live".to_owned(), |at| format!("revoked {at}"));
                println!(
                    "{}  {}...  {}  issuer {}  scopes {}  made {}  used {used}  {state}",
                    key.id, key.prefix, key.name, key.issuer, key.scopes, key.created_at
                );
            }
        }
        KeysCommand::Revoke { id, settings } => {
            let billing = offline::billing(&settings.config()?).await?;
            billing.revoke_service_key(&id).await.with_context(|| format!("no live key {id}"))?;
            eprintln!("{id} is revoked");
        }
    }
    Ok(ExitCode::SUCCESS)
}
