//! `users find | make-admin | invite`: what only the operator may do.

use super::offline;
use super::setting_flags::SettingFlags;
use billing::admin_actions::Actor;
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Users {
    #[command(subcommand)]
    command: UsersCommand,
}

#[derive(Debug, Subcommand)]
enum UsersCommand {
    /// Print the account and the id of a user, as the calls for admins want them
    Find {
        email: String,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Give a user the admin's role
    MakeAdmin {
        email: String,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Let a user take the Creator / Mentor tier
    Invite {
        email: String,
        #[command(flatten)]
        settings: SettingFlags,
    },
}

pub(super) async fn run(users: Users) -> anyhow::Result<ExitCode> {
    match users.command {
        UsersCommand::Find { email, settings } => {
            let user = offline::billing(&settings.config()?).await?.the_user_with(&email).await?;
            println!("{}  {}", user.account_id, user.id);
        }
        UsersCommand::MakeAdmin { email, settings } => {
            let user = offline::billing(&settings.config()?).await?.make_admin(&email).await?;
            eprintln!("{} is an admin now", user.id);
        }
        UsersCommand::Invite { email, settings } => {
            let billing = offline::billing(&settings.config()?).await?;
            let user = billing.the_user_with(&email).await?;
            billing.invite(&user.account_id, &Actor::command_line(), "").await?;
            eprintln!("{} is invited", user.account_id);
        }
    }
    Ok(ExitCode::SUCCESS)
}
