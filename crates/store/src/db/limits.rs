//! How long an answer is waited for: a host that has gone does not say so, and TCP would wait for minutes.

use super::{Error, Result};
use std::io::{self, ErrorKind};
use std::time::Duration;

/// Of a statement that many wait for.
pub const LONGEST_ANSWER: Duration = Duration::from_secs(20);

/// What `work` comes to, or an error as of a lost connection when it takes too long.
pub async fn within<T, E>(time: Duration, work: impl Future<Output = Result<T, E>>) -> Result<T>
where
    Error: From<E>,
{
    let late = |_| {
        sqlx::Error::from(io::Error::new(ErrorKind::TimedOut, format!("no answer in {} s", time.as_secs())))
    };
    Ok(tokio::time::timeout(time, work).await.map_err(late)??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_takes_too_long_is_an_error_as_of_a_lost_connection() {
        let never = within(LONGEST_ANSWER, std::future::pending::<Result<()>>()).await;
        assert!(never.unwrap_err().is_lost());
        let soon = async {
            tokio::time::sleep(LONGEST_ANSWER / 2).await;
            Ok::<_, Error>(1)
        };
        assert_eq!(within(LONGEST_ANSWER, soon).await.unwrap(), 1);
        let refused = within(LONGEST_ANSWER, async { Err::<(), _>(Error::NotAFile) }).await;
        assert!(matches!(refused, Err(Error::NotAFile)));
    }
}
