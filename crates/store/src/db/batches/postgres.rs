//! The PostgreSQL connections that batches of AI requests keep for themselves. A pool would ask each one that it is given back
//! whether it still lives, one round trip more for a batch that has five; and it could not let go of one that does not answer.
//! These are closed by whatever goes wrong on them.

use super::super::{LONGEST_ANSWER, Result, within};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// Two batches are written at a time, each by a thread of its own.
const MOST_IDLE: usize = 2;
/// How long one waits for a connection: all who are behind it wait as long.
const PATIENCE: Duration = Duration::from_secs(5);
/// How the planner goes for rows that are named; a plan once made is good for every batch. And how long a batch waits for
/// what somebody else has locked, or for a server that does not come to an end: all who are behind it wait as long.
const BY_INDEX: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
    SET plan_cache_mode = force_generic_plan; SET jit = off;
    SET lock_timeout = '5s'; SET statement_timeout = '15s'; SET idle_in_transaction_session_timeout = '30s'";

#[derive(Clone, Debug)]
pub struct Batches(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    options: PgConnectOptions,
    idle: Mutex<Vec<Opened>>,
}

/// Its answers are noticed by the thread that has opened it, and wait for that one: no other uses it.
#[derive(Debug)]
struct Opened {
    connection: PgConnection,
    by: ThreadId,
}

/// A transaction. Dropped without [`Batch::commit`], it takes its connection with it, and the server rolls it back.
#[derive(Debug)]
pub(in super::super) struct Batch {
    opened: Opened,
    home: Batches,
}

impl Batches {
    pub(in super::super) fn new(options: PgConnectOptions) -> Self {
        Self(Arc::new(Kept { options, idle: Mutex::default() }))
    }

    /// Whether a connection that was kept is still good shows here: who fails begins again with another.
    pub(in super::super) async fn begin(&self) -> Result<Batch> {
        let by = thread::current().id();
        let opened = match self.kept_by(by) {
            Some(opened) => opened,
            None => Opened { connection: within(PATIENCE, self.connect()).await?, by },
        };
        let mut batch = Batch { opened, home: self.clone() };
        batch.answer(async |connection| connection.execute(sqlx::raw_sql("BEGIN")).await).await?;
        Ok(batch)
    }

    fn kept_by(&self, thread: ThreadId) -> Option<Opened> {
        let mut idle = self.idle();
        let at = idle.iter().position(|opened| opened.by == thread)?;
        Some(idle.swap_remove(at))
    }

    async fn connect(&self) -> sqlx::Result<PgConnection> {
        let mut connection = self.0.options.connect().await?;
        connection.execute(sqlx::raw_sql(BY_INDEX)).await?;
        Ok(connection)
    }

    pub(in super::super) async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle());
        for opened in idle {
            if let Err(error) = opened.connection.close().await {
                tracing::debug!(%error, "a connection did not close");
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Opened>> {
        // What it guards is whole between two statements.
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch {
    /// What `statement` is answered, or an error as of a lost connection when nothing is for too long.
    pub(in super::super) async fn answer<T>(
        &mut self,
        statement: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
    ) -> Result<T> {
        within(LONGEST_ANSWER, statement(&mut self.opened.connection)).await
    }

    pub(in super::super) async fn commit(mut self) -> Result<()> {
        self.answer(async |connection| connection.execute(sqlx::raw_sql("COMMIT")).await).await?;
        let mut idle = self.home.idle();
        if idle.len() == MOST_IDLE {
            // The longest unused one: its thread writes no more, as only so many do.
            drop(idle.remove(0));
        }
        idle.push(self.opened);
        Ok(())
    }
}
