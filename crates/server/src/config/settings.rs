//! Every setting: its name, and what it is for. The flags and the help are made of this list.

/// `BILLING_LISTEN` in the environment, `billing_listen` in a TOML file, `--billing-listen` as a flag; and
/// each with `_FILE`, for a value that stands in a file.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub name: &'static str,
    pub file_name: &'static str,
    pub flag: &'static str,
    pub file_flag: &'static str,
    pub help: &'static str,
}

macro_rules! setting {
    ($name:literal, $flag:literal, $help:literal) => {
        Setting {
            name: $name,
            file_name: concat!($name, "_FILE"),
            flag: $flag,
            file_flag: concat!($flag, "-file"),
            help: $help,
        }
    };
}

pub const SETTINGS: &[Setting] = &[
    setting!("BILLING_LISTEN", "billing-listen", "Address to serve on [default: 127.0.0.1:8000]"),
    setting!(
        "SANDBOX_LISTEN",
        "sandbox-listen",
        "Address of the embedded Stripe sandbox [default: 127.0.0.1:12111]"
    ),
    setting!("SANDBOX_URL", "sandbox-url", "A Stripe sandbox that runs already, instead of the embedded one"),
    setting!(
        "DATABASE_URL",
        "database-url",
        "sqlite:PATH or postgres://... [default: sqlite:data/billing.db]"
    ),
    setting!(
        "PUBLIC_URL",
        "public-url",
        "Where people reach this server; every link starts with it [default: http://BILLING_LISTEN]"
    ),
    setting!(
        "ALLOWED_ORIGINS",
        "allowed-origins",
        "Other origins whose pages may use the API, by a token and never by a cookie, separated by commas"
    ),
    setting!("CATALOG", "catalog", "Tiers, prices and packages, a TOML file [default: built in]"),
    setting!(
        "STRIPE_SECRET_KEY",
        "stripe-secret-key",
        "sk_test_..., rk_test_..., sk_live_... or rk_live_...; without it, sandbox mode"
    ),
    setting!("STRIPE_PUBLISHABLE_KEY", "stripe-publishable-key", "pk_test_... or pk_live_..., for the pages"),
    setting!("STRIPE_WEBHOOK_SECRET", "stripe-webhook-secret", "whsec_..., several separated by commas"),
    setting!("STRIPE_API_BASE", "stripe-api-base", "Another address of Stripe's API (not in live mode)"),
    setting!("STRIPE_JS_URL", "stripe-js-url", "Another address of Stripe's script for the pages"),
    setting!("JWT_SECRET", "jwt-secret", "HS256 secret of the host application's tokens, at least 32 bytes"),
    setting!("JWKS_URL", "jwks-url", "Published keys of the host application's tokens (RS256, ES256)"),
    setting!(
        "JWT_ISSUER",
        "jwt-issuer",
        "`iss` of the host application's tokens; needed with either of the two above"
    ),
    setting!("JWT_AUDIENCE", "jwt-audience", "`aud` of the host application's tokens"),
    setting!(
        "JWT_ADMIN_CLAIM",
        "jwt-admin-claim",
        "CLAIM=VALUE that makes an admin, dots lead into objects: app.role=billing"
    ),
    setting!(
        "JWT_COOKIE",
        "jwt-cookie",
        "Name of the host application's cookie that holds such a token, where it reaches this server too"
    ),
    setting!(
        "HOST_SIGN_IN_URL",
        "host-sign-in-url",
        "Where members of the host application sign in; {next} in it stands for where they came from"
    ),
    setting!(
        "SMTP_URL",
        "smtp-url",
        "smtps://user:password@host, for mails; without it they stay in the outbox"
    ),
    setting!(
        "HOST_WEBHOOK_URL",
        "host-webhook-url",
        "Where the host application is told what has changed, by signed webhooks"
    ),
    setting!(
        "HOST_WEBHOOK_SECRET",
        "host-webhook-secret",
        "whsec_ and a key in base64 that signs them, several separated by commas"
    ),
    setting!("SENTRY_DSN", "sentry-dsn", "Where errors are reported"),
    setting!(
        "AI_UPSTREAM_URL",
        "ai-upstream-url",
        "The OpenAI-compatible service that answers AI requests, such as https://api.openai.com/v1; without any, a demo"
    ),
    setting!("AI_UPSTREAM_KEY", "ai-upstream-key", "Its key"),
    setting!(
        "AI_UPSTREAMS",
        "ai-upstreams",
        "More such services, NAME=URL separated by commas, which models of the catalog name as their `upstream`"
    ),
    setting!("AI_UPSTREAM_KEYS", "ai-upstream-keys", "Their keys, NAME=KEY separated by commas"),
    setting!(
        "AI_UPSTREAM_SILENCE",
        "ai-upstream-silence",
        "Seconds for which such a service may say nothing before it is given up, from 1 to 600 [default: 300]"
    ),
    setting!(
        "REQUIRE_VERIFIED_EMAIL",
        "require-verified-email",
        "true or false: AI requests need a verified e-mail address [default: true in live mode]"
    ),
    setting!(
        "USAGE_BATCH",
        "usage-batch",
        "AI requests that share a transaction at most; 1: each has its own [default: 256]"
    ),
    setting!(
        "RECONCILE_EVERY_HOURS",
        "reconcile-every-hours",
        "Hours between two reconciliations with Stripe, which repair what they can; 0 switches them off [default: 24]"
    ),
    setting!(
        "ALLOW_SANDBOX",
        "allow-sandbox",
        "true lets sandbox mode listen on an address that is not loopback"
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_the_name_in_lower_case() {
        for setting in SETTINGS {
            assert_eq!(setting.flag, setting.name.to_lowercase().replace('_', "-"));
        }
    }
}
