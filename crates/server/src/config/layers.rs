//! Where settings come from: a TOML file, the environment, flags. The later wins.

use super::{InvalidConfig, SETTINGS};
use figment::Figment;
use figment::providers::{Format as _, Toml};
use figment::value::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Values by the setting's name.
pub type Values = BTreeMap<&'static str, String>;

#[derive(Debug, Default)]
pub struct Layers {
    merged: Values,
    problems: Vec<String>,
}

impl Layers {
    /// A file of `name = value` lines. Every name in it must be a setting.
    pub fn file(&mut self, path: &Path) {
        let read: Result<BTreeMap<String, Value>, _> = Figment::from(Toml::file_exact(path)).extract();
        let mut found = BTreeMap::new();
        match read {
            Ok(values) => {
                for (name, value) in values {
                    if let Some(value) = scalar(&value) {
                        found.insert(name.to_uppercase(), value);
                    } else {
                        let expected = "a text, a number, true or false";
                        self.problems.push(format!("{name}: expected {expected}"));
                    }
                }
            }
            Err(error) => self.problems.push(format!("{}: {error}", path.display())),
        }
        self.merge(found, &format!("in {}", path.display()), true);
    }

    /// Names that are none of ours belong to somebody else. An empty value counts as none.
    pub fn environment(&mut self, variables: impl Iterator<Item = (String, String)>) {
        let ours = variables.filter(|(_, value)| !value.is_empty()).collect();
        self.merge(ours, "in the environment", false);
    }

    pub fn flags(&mut self, flags: BTreeMap<String, String>) {
        self.merge(flags, "among the flags", true);
    }

    pub fn finish(self) -> Result<Values, InvalidConfig> {
        if self.problems.is_empty() { Ok(self.merged) } else { Err(InvalidConfig(self.problems)) }
    }

    fn merge(&mut self, mut found: BTreeMap<String, String>, place: &str, all_ours: bool) {
        for setting in SETTINGS {
            let file_name = setting.file_name;
            let value = match (found.remove(setting.name), found.remove(file_name)) {
                (Some(_), Some(_)) => {
                    self.problems.push(format!("{} and {file_name}: both are set {place}", setting.name));
                    continue;
                }
                (Some(value), None) => value,
                (None, Some(path)) => match std::fs::read_to_string(&path) {
                    Ok(text) => text.trim_end_matches(['\r', '\n']).to_owned(),
                    Err(error) => {
                        self.problems.push(format!("{file_name}: cannot read {path}: {error}"));
                        continue;
                    }
                },
                (None, None) => continue,
            };
            self.merged.insert(setting.name, value);
        }
        if all_ours {
            self.problems
                .extend(found.keys().map(|name| format!("{name}: there is no such setting ({place})")));
        }
    }
}

fn scalar(value: &Value) -> Option<String> {
    value
        .as_str()
        .map(str::to_owned)
        .or_else(|| value.to_bool().map(|value| value.to_string()))
        .or_else(|| value.to_num().and_then(|number| number.to_i128().map(|number| number.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> BTreeMap<String, String> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// A file that is gone with the test.
    struct Temporary(std::path::PathBuf);

    impl Temporary {
        fn with(text: &str) -> Self {
            let path = std::env::temp_dir().join(format!("allthrive-{}", uuid::Uuid::new_v4()));
            std::fs::write(&path, text).unwrap();
            Self(path)
        }
    }

    impl Drop for Temporary {
        fn drop(&mut self) {
            drop(std::fs::remove_file(&self.0));
        }
    }

    #[test]
    fn flags_beat_the_environment_and_the_environment_beats_the_file() {
        let file = Temporary::with("billing_listen = \"a:1\"\npublic_url = \"file\"\ncatalog = \"file\"\n");
        let mut layers = Layers::default();
        layers.file(&file.0);
        layers.environment(pairs(&[("PUBLIC_URL", "env"), ("CATALOG", "env"), ("HOME", "/x")]).into_iter());
        layers.flags(pairs(&[("CATALOG", "flag")]));
        let values = layers.finish().unwrap();
        assert_eq!(values["BILLING_LISTEN"], "a:1");
        assert_eq!(values["PUBLIC_URL"], "env");
        assert_eq!(values["CATALOG"], "flag");
    }

    #[test]
    fn a_secret_can_stand_in_a_file() {
        let file = Temporary::with("0042\n");
        let mut layers = Layers::default();
        layers.environment(pairs(&[("JWT_SECRET_FILE", file.0.to_str().unwrap())]).into_iter());
        assert_eq!(layers.finish().unwrap()["JWT_SECRET"], "0042");
    }

    #[test]
    fn unknown_names_in_a_file_and_contradictions_are_named() {
        let file = Temporary::with("billing_listn = \"a:1\"\nsmtp_url = [1]\n");
        let mut layers = Layers::default();
        layers.file(&file.0);
        layers.environment(pairs(&[("JWT_SECRET", "x"), ("JWT_SECRET_FILE", "/y")]).into_iter());
        let problems = layers.finish().unwrap_err().0.join("\n");
        assert!(problems.contains("BILLING_LISTN: there is no such setting"), "{problems}");
        assert!(problems.contains("smtp_url: expected a text"), "{problems}");
        assert!(problems.contains("JWT_SECRET and JWT_SECRET_FILE: both are set"), "{problems}");
    }
}
