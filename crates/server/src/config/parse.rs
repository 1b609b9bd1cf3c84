//! One setting at a time: what is expected, and a sentence when it is something else. The values of secrets
//! are never repeated.

use super::{AdminClaim, Config, HostWebhook, InvalidConfig, Jwt, JwtSource, Mode, Values};
use axum::http::HeaderValue;
use billing::outbox::Host;
use secrecy::{ExposeSecret, SecretString};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use url::Url;

/// An HS256 secret shorter than its hash can be guessed offline (RFC 7518, 3.2).
const MIN_JWT_SECRET: usize = 32;

pub(super) struct Reader {
    values: Values,
    problems: Vec<String>,
}

impl Reader {
    pub(super) fn new(values: Values) -> Self {
        Self { values, problems: vec![] }
    }

    pub(super) fn refuse(&mut self, problem: String) {
        self.problems.push(problem);
    }

    pub(super) fn finish(self, config: Config) -> Result<Config, InvalidConfig> {
        if self.problems.is_empty() { Ok(config) } else { Err(InvalidConfig(self.problems)) }
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.values.remove(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub(super) fn secret(&mut self, name: &str) -> Option<SecretString> {
        self.text(name).map(SecretString::from)
    }

    pub(super) fn address(&mut self, name: &str, default: &str) -> SocketAddr {
        let value = self.text(name).unwrap_or_else(|| default.to_owned());
        value.parse().unwrap_or_else(|_| {
            self.refuse(format!("{name}: expected an address and a port, such as {default}, not `{value}`"));
            SocketAddr::from(([127, 0, 0, 1], 0))
        })
    }

    pub(super) fn url(&mut self, name: &str) -> Option<Url> {
        let value = self.text(name)?;
        let url =
            Url::parse(&value).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if url.is_none() {
            self.refuse(format!("{name}: expected an http:// or https:// address, not `{value}`"));
        }
        url
    }

    pub(super) fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.text(name).as_deref() {
            None => default,
            Some("true" | "1") => true,
            Some("false" | "0") => false,
            Some(other) => {
                self.refuse(format!("{name}: expected true or false, not `{other}`"));
                default
            }
        }
    }

    /// A whole number from 0 to `most`.
    pub(super) fn count(&mut self, name: &str, default: u32, most: u32) -> u32 {
        let Some(value) = self.text(name) else { return default };
        value.parse().ok().filter(|count| *count <= most).unwrap_or_else(|| {
            self.refuse(format!("{name}: expected a whole number from 0 to {most}, not `{value}`"));
            default
        })
    }

    pub(super) fn mode(&mut self, key: Option<&SecretString>) -> Mode {
        Mode::of_key(key.map(ExposeSecret::expose_secret)).unwrap_or_else(|| {
            let expected = "sk_test_..., rk_test_..., sk_live_... or rk_live_...";
            self.refuse(format!("STRIPE_SECRET_KEY: expected {expected}"));
            Mode::Test
        })
    }

    pub(super) fn database_url(&mut self, default: &str) -> String {
        let value = self.text("DATABASE_URL").unwrap_or_else(|| default.to_owned());
        if !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| value.starts_with(scheme)) {
            self.refuse("DATABASE_URL: expected sqlite:PATH or postgres://...".to_owned());
        }
        value
    }

    pub(super) fn public_url(&mut self, listen: SocketAddr) -> String {
        let url = self.url("PUBLIC_URL").map_or_else(|| format!("http://{listen}"), |url| url.to_string());
        url.trim_end_matches('/').to_owned()
    }

    /// Each as a browser writes it, since that is what it is compared with: in lower case, without a slash at its end.
    pub(super) fn origins(&mut self, name: &str) -> Vec<HeaderValue> {
        let all = self.text(name).unwrap_or_default();
        let origins: Vec<_> = all.split(',').map(str::trim).filter(|origin| !origin.is_empty()).collect();
        for origin in &origins {
            let is_one = Url::parse(origin).is_ok_and(|url| {
                matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == *origin
            });
            if !is_one {
                self.refuse(format!(
                    "{name}: expected origins such as https://app.example.com, separated by commas, not `{origin}`"
                ));
            }
        }
        origins.into_iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect()
    }

    pub(super) fn webhook_secrets(&mut self) -> Vec<SecretString> {
        let name = "STRIPE_WEBHOOK_SECRET";
        let all = self.text(name).unwrap_or_default();
        let secrets: Vec<_> = all.split(',').map(str::trim).filter(|secret| !secret.is_empty()).collect();
        if secrets.iter().any(|secret| !secret.starts_with("whsec_")) {
            self.refuse(format!("{name}: expected whsec_..., several separated by commas"));
        }
        secrets.into_iter().map(SecretString::from).collect()
    }

    /// Both settings or neither. The address may have a password in it, so it is not repeated.
    pub(super) fn host_webhook(&mut self) -> Option<HostWebhook> {
        let (url, all) = (self.text("HOST_WEBHOOK_URL"), self.text("HOST_WEBHOOK_SECRET"));
        let secrets: Vec<_> = all.iter().flat_map(|all| all.split(',')).map(str::trim).collect();
        let secrets: Vec<_> =
            secrets.into_iter().filter(|secret| !secret.is_empty()).map(SecretString::from).collect();
        let Some(url) = url else {
            if !secrets.is_empty() {
                self.refuse("HOST_WEBHOOK_URL: needed with HOST_WEBHOOK_SECRET".to_owned());
            }
            return None;
        };
        let fits =
            Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !fits {
            self.refuse("HOST_WEBHOOK_URL: expected an http:// or https:// address".to_owned());
        }
        if secrets.is_empty() {
            self.refuse("HOST_WEBHOOK_SECRET: needed with HOST_WEBHOOK_URL".to_owned());
        } else if let Err(error) = Host::new(&url, &secrets) {
            self.refuse(format!("HOST_WEBHOOK_SECRET: {error}, several separated by commas"));
        }
        Some(HostWebhook { url: url.into(), secrets })
    }

    pub(super) fn jwt(&mut self) -> Option<Jwt> {
        let (secret, jwks) = (self.secret("JWT_SECRET"), self.url("JWKS_URL"));
        let (issuer, audience) = (self.text("JWT_ISSUER"), self.text("JWT_AUDIENCE"));
        let admin = self.admin_claim();
        let (cookie, sign_in_url) = (self.text("JWT_COOKIE"), self.sign_in_url());
        let source = match (secret, jwks) {
            (Some(_), Some(_)) => {
                self.refuse("JWT_SECRET and JWKS_URL: only one of them".to_owned());
                return None;
            }
            (Some(secret), None) => {
                if secret.expose_secret().len() < MIN_JWT_SECRET {
                    self.refuse(format!("JWT_SECRET: expected at least {MIN_JWT_SECRET} bytes"));
                }
                JwtSource::Secret(secret)
            }
            (None, Some(url)) => JwtSource::Jwks(url),
            (None, None) => {
                if [&issuer, &audience, &cookie, &sign_in_url].iter().any(|value| value.is_some())
                    || admin.is_some()
                {
                    self.refuse("JWT_SECRET or JWKS_URL: needed with the other JWT settings".to_owned());
                }
                return None;
            }
        };
        match issuer {
            Some(issuer) if issuer != billing::users::LOCAL_ISSUER => {
                Some(Jwt { source, issuer, audience, admin, cookie, sign_in_url })
            }
            _ => {
                self.refuse("JWT_ISSUER: expected the `iss` of the host's tokens (not `local`)".to_owned());
                None
            }
        }
    }

    fn sign_in_url(&mut self) -> Option<String> {
        let value = self.text("HOST_SIGN_IN_URL")?;
        let url = Url::parse(&value.replace("{next}", "next")).ok();
        if !url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
            self.refuse("HOST_SIGN_IN_URL: expected an http:// or https:// address".to_owned());
        }
        Some(value)
    }

    fn admin_claim(&mut self) -> Option<AdminClaim> {
        let value = self.text("JWT_ADMIN_CLAIM")?;
        match value.split_once('=') {
            Some((path, value)) if !path.is_empty() && !value.is_empty() => Some(AdminClaim {
                path: path.split('.').map(str::to_owned).collect(),
                value: value.to_owned(),
            }),
            _ => {
                self.refuse(format!("JWT_ADMIN_CLAIM: expected CLAIM=VALUE, not `{value}`"));
                None
            }
        }
    }
}

/// The sandbox's state lies beside a SQLite database. Beside PostgreSQL there is no folder: `data/sandbox`.
pub(super) fn sandbox_folder(database_url: &str) -> PathBuf {
    let file = database_url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
    let file = file.map(|path| path.split('?').next().unwrap_or_default());
    file.and_then(|file| Path::new(file).parent()).unwrap_or(Path::new("data")).join("sandbox")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&'static str, &str)]) -> Result<Config, String> {
        let values = pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Config::from_values(values).map_err(|error| error.to_string())
    }

    #[test]
    fn reconciliation_is_daily_unless_told_otherwise() {
        let hours = |value| config(&[("RECONCILE_EVERY_HOURS", value)]).unwrap().reconcile_every_hours;
        assert_eq!(config(&[]).unwrap().reconcile_every_hours, Some(24));
        assert_eq!((hours("6"), hours("0")), (Some(6), None));
        assert!(config(&[("RECONCILE_EVERY_HOURS", "361")]).is_err());
    }

    const LIVE: [(&str, &str); 3] = [
        ("STRIPE_SECRET_KEY", "sk_live_hidden"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_a, whsec_b"),
        ("PUBLIC_URL", "https://billing.example/"),
    ];

    #[test]
    fn nothing_set_is_sandbox_mode_on_loopback() {
        let config = config(&[]).unwrap();
        assert_eq!(config.mode, Mode::Sandbox);
        assert_eq!(config.public_url, "http://127.0.0.1:8000");
        assert!(!config.require_verified_email);
    }

    #[test]
    fn the_kind_of_key_decides_the_mode() {
        assert_eq!(config(&[("STRIPE_SECRET_KEY", "rk_test_x")]).unwrap().mode, Mode::Test);
        let live = config(&LIVE).unwrap();
        assert_eq!(live.mode, Mode::Live);
        assert_eq!(live.public_url, "https://billing.example");
        assert_eq!(live.stripe.webhook_secrets.len(), 2);
        assert!(live.require_verified_email);
        assert!(!format!("{live:?}").contains("hidden"));
        let error = config(&[("STRIPE_SECRET_KEY", "hidden")]).unwrap_err();
        assert!(
            error.contains("STRIPE_SECRET_KEY: expected sk_test_") && !error.contains("hidden"),
            "{error}"
        );
    }

    #[test]
    fn live_mode_refuses_what_is_for_trying_out() {
        let mut wrong = LIVE.to_vec();
        wrong[1].1 = " ";
        wrong[2].1 = "http://billing.example";
        wrong.push(("STRIPE_API_BASE", "http://127.0.0.1:12111"));
        let error = config(&wrong).unwrap_err();
        for name in ["PUBLIC_URL", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE"] {
            assert!(error.contains(name), "{name} is not in {error}");
        }
    }

    #[test]
    fn other_origins_stand_as_a_browser_writes_them() {
        let of = |origins| config(&[("ALLOWED_ORIGINS", origins)]);
        assert!(config(&[]).unwrap().allowed_origins.is_empty());
        let two = of("https://app.example, http://localhost:5173").unwrap().allowed_origins;
        assert_eq!(two, ["https://app.example", "http://localhost:5173"]);
        for wrong in
            ["*", "null", "app.example", "https://app.example/", "https://App.example", "https://a:443"]
        {
            let error = of(wrong).unwrap_err();
            assert!(error.contains("ALLOWED_ORIGINS: expected") && error.contains(wrong), "{error}");
        }
        let plain = [&LIVE[..], &[("ALLOWED_ORIGINS", "http://app.example")]].concat();
        assert!(config(&plain).unwrap_err().contains("ALLOWED_ORIGINS: live mode needs https"));
    }

    #[test]
    fn the_host_application_is_told_at_an_address_by_signed_webhooks() {
        let url = ("HOST_WEBHOOK_URL", "http://host.internal/hooks");
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let both = format!("{secret}, {secret}");
        let host = config(&[url, ("HOST_WEBHOOK_SECRET", &both)]).unwrap().host_webhook.unwrap();
        assert_eq!(host.secrets.len(), 2);
        assert!(config(&[url]).unwrap_err().contains("HOST_WEBHOOK_SECRET"));
        assert!(config(&[("HOST_WEBHOOK_SECRET", secret)]).unwrap_err().contains("HOST_WEBHOOK_URL"));
        let weak = config(&[url, ("HOST_WEBHOOK_SECRET", "whsec_hidden")]).unwrap_err();
        assert!(weak.contains("HOST_WEBHOOK_SECRET: expected") && !weak.contains("hidden"), "{weak}");
        let nowhere = config(&[("HOST_WEBHOOK_URL", "hidden"), ("HOST_WEBHOOK_SECRET", secret)]).unwrap_err();
        assert!(nowhere.contains("HOST_WEBHOOK_URL: expected") && !nowhere.contains("hidden"), "{nowhere}");
        let open = [&LIVE[..], &[url, ("HOST_WEBHOOK_SECRET", secret)]].concat();
        assert!(config(&open).unwrap_err().contains("HOST_WEBHOOK_URL: live mode needs"));
    }

    #[test]
    fn sandbox_mode_is_not_for_strangers() {
        let public = ("BILLING_LISTEN", "0.0.0.0:8000");
        assert!(config(&[public]).unwrap_err().contains("ALLOW_SANDBOX"));
        assert!(config(&[public, ("ALLOW_SANDBOX", "1")]).is_ok());
    }

    #[test]
    fn what_is_malformed_is_named_all_at_once() {
        let error = config(&[
            ("BILLING_LISTEN", "everywhere"),
            ("SANDBOX_URL", "sandbox"),
            ("DATABASE_URL", "mysql://secret@x"),
            ("REQUIRE_VERIFIED_EMAIL", "maybe"),
            ("RECONCILE_EVERY_HOURS", "daily"),
            ("JWT_SECRET", "short"),
            ("JWT_ISSUER", "local"),
            ("JWT_ADMIN_CLAIM", "role"),
        ])
        .unwrap_err();
        for name in [
            "BILLING_LISTEN",
            "SANDBOX_URL",
            "DATABASE_URL",
            "REQUIRE_VERIFIED_EMAIL",
            "RECONCILE_EVERY_HOURS",
            "JWT_SECRET",
            "JWT_ISSUER",
            "JWT_ADMIN_CLAIM",
        ] {
            assert!(error.contains(name), "{name} is not in {error}");
        }
        assert!(!error.contains("secret@x") && !error.contains("`short`"), "{error}");
    }
}
