//! What tests are written with: databases, the whole application, waiting without sleeping.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "only tests use this crate")]

#[cfg(feature = "app")]
mod app;
#[cfg(feature = "app")]
mod client;
mod clock;
mod database;
mod wait;

#[cfg(feature = "app")]
pub use app::App;
#[cfg(feature = "app")]
pub use client::{Client, Reply};
pub use clock::{clocks, now};
pub use database::Database;
pub use tokio;
pub use wait::wait_until;

/// Runs async functions that take a [`Database`] as tests on both: `sqlite::name` and `postgres::name`.
///
/// ```ignore
/// testkit::on_both_databases!(a_row_is_there_after_its_commit);
///
/// async fn a_row_is_there_after_its_commit(database: Database) { ... }
/// ```
#[macro_export]
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[$crate::tokio::test(flavor = "multi_thread", worker_threads = 2, crate = "testkit::tokio")]
            async fn $test() {
                super::$test($crate::Database::sqlite().await).await;
            })+
        }
        $crate::on_postgres!($($test),+);
    };
}

/// The same, for what only a server can do.
#[macro_export]
macro_rules! on_postgres {
    ($($test:ident),+ $(,)?) => {
        mod postgres {
            $(#[$crate::tokio::test(flavor = "multi_thread", worker_threads = 2, crate = "testkit::tokio")]
            async fn $test() {
                super::$test($crate::Database::postgres().await).await;
            })+
        }
    };
}
