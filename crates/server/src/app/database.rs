//! The database at start: opened, migrated, and of this mode.

use crate::config::{Config, Mode};
use anyhow::Context as _;
use billing::mode::remember_mode;
use domain::catalog::Catalog;
use domain::time::Timestamp;
use secrecy::ExposeSecret as _;
use store::{Db, migrations, settings};
use uuid::Uuid;

/// A database of another mode is refused: a forgotten key must not turn production into a free shop.
pub(crate) async fn open(config: &Config, now: Timestamp) -> anyhow::Result<Db> {
    let url = config.database_url.expose_secret();
    let db = Db::open(url).await.context("DATABASE_URL: the database cannot be opened")?;
    migrations::migrate(&db, now).await?;
    let remembered = remember_mode(&db, config.mode.name()).await?;
    anyhow::ensure!(
        remembered == config.mode.name(),
        "this database belongs to {remembered} mode, but the configuration is for {} mode \
         (STRIPE_SECRET_KEY decides): set the right key, or use another DATABASE_URL",
        config.mode
    );
    Ok(db)
}

pub(crate) fn catalog(config: &Config) -> anyhow::Result<Catalog> {
    let text = match &config.catalog {
        Some(path) => std::fs::read_to_string(path)
            .with_context(|| format!("CATALOG: cannot read {}", path.display()))?,
        None => include_str!("../../../../catalog.toml").to_owned(),
    };
    let catalog = Catalog::from_toml(&text).context("CATALOG")?;
    anyhow::ensure!(
        !(catalog.automatic_tax && config.mode == Mode::Sandbox),
        "CATALOG: tax.automatic needs Stripe: the sandbox computes no taxes"
    );
    Ok(catalog)
}

/// Made once, and the same after every restart: what was not delivered before is signed with it too.
pub(crate) async fn sandbox_webhook_secret(db: &Db) -> anyhow::Result<String> {
    let fresh = format!("whsec_{}", Uuid::new_v4().simple());
    let mut tx = db.begin().await?;
    let secret = settings::get_or_set(&mut tx, "sandbox_webhook_secret", &fresh).await?;
    tx.commit().await?;
    Ok(secret)
}
