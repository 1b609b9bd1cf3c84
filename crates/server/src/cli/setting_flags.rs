//! A flag for every setting, made from the list of settings.

use crate::config::{Config, InvalidConfig, Layers, SETTINGS};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, value_parser};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What was given on the command line. Secrets are better off in the environment or in a file.
#[derive(Default)]
pub(super) struct SettingFlags {
    file: Option<PathBuf>,
    flags: BTreeMap<String, String>,
}

impl SettingFlags {
    /// File, environment, flags: read, merged and checked.
    pub(super) fn config(self) -> Result<Config, InvalidConfig> {
        let mut layers = Layers::default();
        if let Some(file) = &self.file {
            layers.file(file);
        }
        // A variable that is no text cannot be one of ours.
        layers.environment(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        );
        layers.flags(self.flags);
        Config::from_values(layers.finish()?)
    }
}

impl std::fmt::Debug for SettingFlags {
    /// Without the values: some are secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.flags.keys()).finish()
    }
}

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        let file = Arg::new("config").long("config").value_name("FILE").value_parser(value_parser!(PathBuf));
        let mut command =
            command.arg(file.help("A TOML file of settings: billing_listen = \"127.0.0.1:8000\""));
        for setting in SETTINGS {
            let help = format!("{} [env: {}]", setting.help, setting.name);
            command = command
                .arg(Arg::new(setting.name).long(setting.flag).value_name("VALUE").help(help))
                .arg(Arg::new(setting.file_name).long(setting.file_flag).hide(true));
        }
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut all = Self::default();
        all.update_from_arg_matches(matches)?;
        Ok(all)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.file = matches.get_one::<PathBuf>("config").cloned();
        for name in SETTINGS.iter().flat_map(|setting| [setting.name, setting.file_name]) {
            if let Some(value) = matches.get_one::<String>(name) {
                self.flags.insert(name.to_owned(), value.clone());
            }
        }
        Ok(())
    }
}
