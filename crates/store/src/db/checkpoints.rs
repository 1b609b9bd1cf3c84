//! What SQLite has committed is in its log first. It is copied into the database beside the writer, which would otherwise
//! stop for it after every few megabytes.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, SqliteConnection};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Pages in the log from which on the writer copies after all: when the copying beside it does not keep up, and because it
/// alone can begin the log anew while it is busy. 128 MiB.
pub(super) const LONGEST_LOG: u32 = 32_768;
/// A page that many transactions have changed meanwhile is copied once.
const EVERY: Duration = Duration::from_millis(500);

/// The task that copies. It ends with the last clone of its database.
#[derive(Debug, Clone)]
pub struct Checkpoints(Arc<Copying>);

#[derive(Debug)]
struct Copying {
    stop: Arc<Notify>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Checkpoints {
    pub(super) async fn start(options: SqliteConnectOptions) -> sqlx::Result<Self> {
        let connection = options.connect().await?;
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(copy(connection, stop.clone()));
        Ok(Self(Arc::new(Copying { stop, task: Mutex::new(Some(task)) })))
    }

    /// After the copying that runs now.
    pub(super) async fn stop(&self) {
        self.0.stop.notify_one();
        let task = self.0.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::warn!(%error, "the copying of SQLite's log has failed");
        }
    }
}

impl Drop for Copying {
    fn drop(&mut self) {
        self.stop.notify_one();
    }
}

async fn copy(mut connection: SqliteConnection, stop: Arc<Notify>) {
    loop {
        // Nobody waits for it.
        if let Err(error) = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").await {
            // The writer still copies at LONGEST_LOG.
            tracing::warn!(%error, "SQLite's log could not be copied");
        }
        if tokio::time::timeout(EVERY, stop.notified()).await.is_ok() {
            break;
        }
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the connection that copied SQLite's log did not close");
    }
}
