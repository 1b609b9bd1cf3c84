//! Waiting for something that happens elsewhere, with a deadline instead of a guess.

use crate::clock;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);

/// Asks again and again until the answer is there, and returns it. Panics with `what` after 20 seconds.
pub async fn wait_until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let started = clock::instant();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(started.elapsed() < DEADLINE, "waited in vain for: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
