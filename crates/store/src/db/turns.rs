//! Whose turn it is to write into SQLite. It lets one at a time, and whoever has to wait looks again after some milliseconds;
//! within this process everybody waits here instead, and is let in by the order of asking.

use super::{Error, PATIENCE, Result};
use sqlx::{Sqlite, SqlitePool, Transaction};
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard};

#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Mutex<()>>);

/// Dropped, it is the next one's.
pub(super) type Turn = OwnedMutexGuard<()>;

impl Turns {
    pub(super) async fn take(&self) -> Result<Turn> {
        let taken = tokio::time::timeout(PATIENCE, self.0.clone().lock_owned()).await;
        // As a pool of one connection says it.
        taken.map_err(|_| Error::Sql(sqlx::Error::PoolTimedOut))
    }
}

/// A transaction of the pool, with the turn. Dropped without [`Alone::commit`], it is rolled back, and only then it is the next
/// one's turn. It is there until then.
#[derive(Debug)]
pub(super) struct Alone(Option<(Transaction<'static, Sqlite>, Turn)>);

impl Alone {
    pub(super) async fn begin(writer: &SqlitePool, turns: &Turns) -> Result<Self> {
        let turn = turns.take().await?;
        Ok(Self(Some((writer.begin_with("BEGIN IMMEDIATE").await?, turn))))
    }

    pub(super) fn get(&mut self) -> Result<&mut Transaction<'static, Sqlite>> {
        self.0.as_mut().map(|(tx, _)| tx).ok_or(Error::Interrupted)
    }

    pub(super) async fn commit(mut self) -> Result<()> {
        let (tx, _turn) = self.0.take().ok_or(Error::Interrupted)?;
        Ok(tx.commit().await?)
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        // Without a runtime nobody waits for the turn.
        if let (Some((tx, turn)), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move {
                if let Err(error) = tx.rollback().await {
                    tracing::warn!(%error, "a transaction was not rolled back");
                }
                drop(turn);
            });
        }
    }
}
