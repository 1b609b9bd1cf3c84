//! A thread that batches are written on. On PostgreSQL a batch is many small waits, and among the tasks of requests
//! that come in each of them would be noticed late. SQLite does its work on the thread itself.

use std::io;
use tokio::runtime::{Builder, Runtime};

#[derive(Debug)]
pub(super) struct Writer(Option<Runtime>);

impl Writer {
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            // At most a look-up of the database host's name.
            .max_blocking_threads(1)
            .thread_name("usage-writer")
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.0 {
            runtime.spawn(work);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Where it is dropped, one may not wait.
            runtime.shutdown_background();
        }
    }
}
