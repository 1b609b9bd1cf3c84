//! Follows the sandbox's business clock, wherever the sandbox runs: `advance` there answers only when its
//! followers have the new time.

use serde::Deserialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How long one question may be left open, in seconds.
const WAIT: u64 = 25;
/// Before asking again a sandbox that did not answer.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Deserialize)]
struct ClockState {
    offset_ms: i64,
    version: u64,
}

/// Sets `offset` (milliseconds) and wakes those who watch it, until `stop`.
pub(crate) async fn follow(
    sandbox: String,
    offset: Arc<AtomicI64>,
    moves: watch::Sender<i64>,
    stop: CancellationToken,
) {
    let client = reqwest::Client::new();
    let mut known: Option<u64> = None;
    loop {
        let answer = tokio::select! {
            () = stop.cancelled() => return,
            answer = ask(&client, &sandbox, known) => answer,
        };
        match answer {
            Ok(clock) => {
                offset.store(clock.offset_ms, Ordering::SeqCst);
                known = Some(clock.version);
                moves.send_replace(clock.offset_ms);
            }
            Err(error) => {
                tracing::debug!(%error, "the sandbox's clock cannot be followed right now");
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
        }
    }
}

/// Sets `offset` (milliseconds) once, if the sandbox is up.
pub(crate) async fn look(sandbox: &str, offset: &AtomicI64) {
    match ask(&reqwest::Client::new(), sandbox, None).await {
        Ok(clock) => offset.store(clock.offset_ms, Ordering::SeqCst),
        Err(error) => tracing::debug!(%error, "the sandbox's clock cannot be read"),
    }
}

/// Answers at once the first time, afterwards when the clock has moved or `WAIT` is over.
async fn ask(client: &reqwest::Client, sandbox: &str, known: Option<u64>) -> reqwest::Result<ClockState> {
    let url = match known {
        None => format!("{sandbox}/_sandbox/clock"),
        Some(version) => format!("{sandbox}/_sandbox/clock?after={version}&wait={WAIT}"),
    };
    let request = client.get(url).timeout(Duration::from_secs(WAIT + 10));
    request.send().await?.error_for_status()?.json().await
}
