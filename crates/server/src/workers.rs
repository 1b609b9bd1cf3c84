//! Background work: each worker is a step that does what is due and answers when it is due again. The loop
//! around it only waits.

use domain::clock::Clock;
use domain::time::Timestamp;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The longest sleep: what nobody announced is found by then.
const HEARTBEAT: Duration = Duration::from_mins(1);
/// After a failed step; doubles up to the heartbeat while it keeps failing.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub struct Workers {
    running: TaskTracker,
    stop: CancellationToken,
    /// Changes whenever business time jumps.
    clock_moves: watch::Receiver<i64>,
}

impl Workers {
    pub(crate) fn new(clock_moves: watch::Receiver<i64>) -> Self {
        Self { running: TaskTracker::new(), stop: CancellationToken::new(), clock_moves }
    }

    /// Steps at once, then whenever `wake` is notified, business time jumps, or `clock` shows the time that
    /// the step answered; at least once a minute. A step that fails or panics is reported and tried again.
    pub fn start<S, F, E>(&self, name: &'static str, clock: Clock, wake: Arc<Notify>, step: S)
    where
        S: Fn() -> F + Send + 'static,
        F: Future<Output = Result<Option<Timestamp>, E>> + Send + 'static,
        E: Display + Send + 'static,
    {
        let (stop, mut clock_moves) = (self.stop.clone(), self.clock_moves.clone());
        self.running.spawn(async move {
            let mut failures = 0_u32;
            while !stop.is_cancelled() {
                clock_moves.borrow_and_update();
                let failure = match tokio::spawn(step()).await {
                    Ok(Ok(due)) => {
                        failures = 0;
                        wait(until(due, &clock), &wake, &mut clock_moves, &stop).await;
                        continue;
                    }
                    Ok(Err(error)) => error.to_string(),
                    Err(panic) => panic.to_string(),
                };
                failures += 1;
                tracing::error!(worker = name, failures, failure, "a worker's step failed");
                metrics::counter!("worker_failures_total", "worker" => name).increment(1);
                let pause = FIRST_PAUSE * 2_u32.pow(failures.min(6) - 1);
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(pause.min(HEARTBEAT)) => {}
                }
            }
        });
    }

    /// Starts nothing more; answers when the steps that run now have ended.
    pub(crate) async fn drain(&self) {
        self.stop.cancel();
        self.running.close();
        self.running.wait().await;
    }

    pub(crate) fn stop_signal(&self) -> CancellationToken {
        self.stop.clone()
    }
}

fn until(due: Option<Timestamp>, clock: &Clock) -> Duration {
    let milliseconds = due.map(|due| due.0.saturating_sub(clock.now().0).max(0));
    milliseconds.map_or(HEARTBEAT, |wait| Duration::from_millis(wait.unsigned_abs()).min(HEARTBEAT))
}

async fn wait(
    pause: Duration,
    wake: &Notify,
    clock_moves: &mut watch::Receiver<i64>,
    stop: &CancellationToken,
) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = wake.notified() => {}
        // An error: nobody moves the clock any more.
        Ok(()) = clock_moves.changed() => {}
        () = tokio::time::sleep(pause) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

    struct Fixture {
        workers: Workers,
        moves: watch::Sender<i64>,
        wake: Arc<Notify>,
        clock: Clock,
        steps: Arc<AtomicU32>,
    }

    /// A worker that is due at 1000; `fails` of its first steps fail or panic.
    fn worker(fails: u32) -> Fixture {
        let (moves, moved) = watch::channel(0);
        let (workers, steps) = (Workers::new(moved), Arc::<AtomicU32>::default());
        let (wake, clock) = (Arc::<Notify>::default(), Clock::new(|| 0, Arc::<AtomicI64>::default()));
        let counted = steps.clone();
        workers.start("test", clock.clone(), wake.clone(), move || {
            let step = counted.fetch_add(1, Ordering::SeqCst);
            async move {
                assert!(step != 0 || fails == 0, "the first step panics");
                if step < fails { Err("broken") } else { Ok(Some(Timestamp(1000))) }
            }
        });
        Fixture { workers, moves, wake, clock, steps }
    }

    impl Fixture {
        async fn steps_after(&self, pause: Duration) -> u32 {
            tokio::time::sleep(pause).await;
            self.steps.load(Ordering::SeqCst)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn steps_at_once_when_due_when_woken_and_when_time_jumps() {
        let worker = worker(0);
        assert_eq!(worker.steps_after(Duration::from_millis(900)).await, 1);
        assert_eq!(worker.steps_after(Duration::from_millis(200)).await, 2);
        worker.wake.notify_one();
        assert_eq!(worker.steps_after(Duration::from_millis(1)).await, 3);
        worker.moves.send_replace(5);
        assert_eq!(worker.steps_after(Duration::from_millis(1)).await, 4);
        worker.workers.drain().await;
        worker.wake.notify_one();
        assert_eq!(worker.steps_after(Duration::from_secs(100)).await, 4);
        assert_eq!(worker.clock.now(), Timestamp(0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_or_panicked_step_is_tried_again_after_a_pause() {
        let worker = worker(2);
        assert_eq!(worker.steps_after(Duration::from_millis(900)).await, 1);
        assert_eq!(worker.steps_after(Duration::from_millis(200)).await, 2);
        assert_eq!(worker.steps_after(Duration::from_secs(2)).await, 3);
    }
}
