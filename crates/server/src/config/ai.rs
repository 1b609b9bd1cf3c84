//! The services that answer AI requests.

use super::parse::Reader;
use billing::ai::{Address, DEFAULT_SILENCE};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

/// The longest silence that can be set, in seconds: as long as the longest answer.
const LONGEST_SILENCE: u32 = 600;

#[derive(Debug, Clone)]
pub struct AiUpstreams {
    /// Of the models whose `upstream` is left out.
    pub default: Option<Address>,
    /// By the name that models of the catalog name.
    pub named: BTreeMap<String, Address>,
    /// How long one may say nothing.
    pub silence: Duration,
}

impl Reader {
    pub(super) fn ai_upstreams(&mut self) -> AiUpstreams {
        let (url, key) = (self.url("AI_UPSTREAM_URL"), self.secret("AI_UPSTREAM_KEY"));
        if url.is_none() && key.is_some() {
            self.refuse("AI_UPSTREAM_URL: needed with AI_UPSTREAM_KEY".to_owned());
        }
        let urls = self.pairs("AI_UPSTREAMS", "NAME=URL");
        let mut keys = self.pairs("AI_UPSTREAM_KEYS", "NAME=KEY");
        let mut named = BTreeMap::new();
        for (name, url) in urls {
            let fits =
                Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            if !fits {
                self.refuse(format!("AI_UPSTREAMS: expected an http:// or https:// address of `{name}`"));
            }
            let key = keys.remove(&name).map(SecretString::from);
            named.insert(name, Address { url, key });
        }
        for name in keys.keys() {
            self.refuse(format!("AI_UPSTREAM_KEYS: AI_UPSTREAMS has no `{name}`"));
        }
        let default = url.map(|url| Address { url: url.to_string(), key });
        let seconds = u32::try_from(DEFAULT_SILENCE.as_secs()).unwrap_or(LONGEST_SILENCE);
        let silence = match self.count("AI_UPSTREAM_SILENCE", seconds, LONGEST_SILENCE) {
            0 => {
                self.refuse("AI_UPSTREAM_SILENCE: expected at least one second".to_owned());
                DEFAULT_SILENCE
            }
            seconds => Duration::from_secs(seconds.into()),
        };
        AiUpstreams { default, named, silence }
    }

    /// Values may be secrets, so that they are not repeated.
    fn pairs(&mut self, setting: &str, form: &str) -> BTreeMap<String, String> {
        let all = self.text(setting).unwrap_or_default();
        let mut read = BTreeMap::new();
        for pair in all.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => {
                    read.insert(name.trim().to_owned(), value.trim().to_owned());
                }
                _ => self.refuse(format!("{setting}: expected {form}, several separated by commas")),
            }
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::super::{AiUpstreams, Config};
    use std::time::Duration;

    fn read(pairs: &[(&'static str, &str)]) -> Result<AiUpstreams, String> {
        let values = pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Config::from_values(values).map(|config| config.ai).map_err(|error| error.to_string())
    }

    #[test]
    fn services_have_an_address_and_perhaps_a_key() {
        let none = read(&[]).unwrap();
        assert!(none.default.is_none() && none.named.is_empty());
        assert_eq!(none.silence, Duration::from_mins(5));
        let all = read(&[
            ("AI_UPSTREAM_URL", "https://ai.example/v1"),
            ("AI_UPSTREAM_KEY", "sk-hidden"),
            ("AI_UPSTREAMS", "local=http://127.0.0.1:11434/v1, other=https://o.example"),
            ("AI_UPSTREAM_KEYS", "other=sk-hidden"),
            ("AI_UPSTREAM_SILENCE", "7"),
        ]);
        let all = all.unwrap();
        assert_eq!(all.default.as_ref().unwrap().url, "https://ai.example/v1");
        assert_eq!(all.named["local"].url, "http://127.0.0.1:11434/v1");
        assert!(all.named["local"].key.is_none() && all.named["other"].key.is_some());
        assert_eq!(all.silence, Duration::from_secs(7));
        assert!(!format!("{all:?}").contains("hidden"));
    }

    #[test]
    fn what_is_wrong_is_named_without_its_secrets() {
        for (setting, value, expected) in [
            ("AI_UPSTREAM_KEY", "hidden", "AI_UPSTREAM_URL: needed"),
            ("AI_UPSTREAMS", "hidden", "AI_UPSTREAMS: expected NAME=URL"),
            ("AI_UPSTREAMS", "local=hidden", "AI_UPSTREAMS: expected an http"),
            ("AI_UPSTREAM_KEYS", "other=hidden", "AI_UPSTREAM_KEYS: AI_UPSTREAMS has no `other`"),
            ("AI_UPSTREAM_SILENCE", "0", "AI_UPSTREAM_SILENCE"),
            ("AI_UPSTREAM_SILENCE", "601", "AI_UPSTREAM_SILENCE"),
        ] {
            let error = read(&[(setting, value)]).unwrap_err();
            assert!(error.contains(expected) && !error.contains("hidden"), "{error}");
        }
    }
}
