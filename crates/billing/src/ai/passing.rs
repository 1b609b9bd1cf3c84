//! An answer that comes in parts is passed on as it comes, as long as somebody takes it.

use super::chunk::{self, Ends};
use super::demo;
use super::prepared::Prepared;
use super::relay::Relay;
use super::settle::{Course, End};
use super::upstream::{Answering, UpstreamFailure};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long the usage of an answer that is complete is waited for when nobody reads any more.
const FOR_USAGE: Duration = Duration::from_secs(5);

/// An answer that is under way.
pub(super) enum Chunks {
    Demo(demo::Chunks),
    Service(Answering),
}

impl Chunks {
    async fn next(&mut self) -> Result<Option<String>, UpstreamFailure> {
        match self {
            Self::Demo(chunks) => Ok(chunks.next().await),
            Self::Service(answering) => answering.next().await,
        }
    }
}

/// Until the answer ends or nobody reads it. Once all of it is there the usage is still waited for.
pub(super) async fn pass_on(
    mut chunks: Chunks,
    prepared: &Prepared,
    out: &Relay,
    mut until: Instant,
) -> Course {
    let mut course = Course::ended(End::Whole);
    let (mut written, mut ends, mut left) = (0, Ends::default(), false);
    let failed = loop {
        let complete = ends.are_all(prepared.choices);
        // Also where the next part is there already, and would win against the clock.
        if Instant::now() >= until {
            break (!complete).then_some(UpstreamFailure::TimedOut);
        }
        let next = tokio::select! {
            biased;
            () = out.left(), if !left => {
                left = true;
                if !complete {
                    break None;
                }
                until = until.min(Instant::now() + FOR_USAGE);
                continue;
            }
            next = timeout_at(until, chunks.next()) => next.unwrap_or(Err(UpstreamFailure::TimedOut)),
        };
        let chunk = match next {
            Ok(Some(data)) => chunk::read(data, prepared.wants_usage),
            Ok(None) => break None,
            Err(failure) => Err(failure),
        };
        match chunk {
            Ok(chunk) => {
                course.reported = chunk.usage.or(course.reported);
                ends.note(&chunk);
                let Some(part) = chunk.part.filter(|_| !left) else { continue };
                written += part.characters;
                if out.say(part, until).await.is_err() {
                    // Who takes nothing for so long has left: what comes later would have a hole before it.
                    left = true;
                    if !complete {
                        break None;
                    }
                    until = until.min(Instant::now() + FOR_USAGE);
                }
            }
            Err(_) if complete => break None,
            Err(failure) => break Some(failure),
        }
    };
    // What was taken decides what is paid.
    if failed.is_some() {
        out.heard(written).await;
    }
    course.counted_output = super::text::of_characters(written);
    course.end = match failed {
        Some(failure) => End::Failed(failure),
        None if left => End::Left,
        None => End::Whole,
    };
    course
}

#[cfg(test)]
mod tests {
    use super::super::relay::relay;
    use super::super::request::prepare;
    use super::*;
    use domain::ai::{Kind, LimitField, Model, Rates, Upstream};
    use serde_json::json;

    fn prepared() -> Prepared {
        let kind = Kind::Chat {
            rates: Rates { input: 1_000, cached_input: 1_000, output: 1_000 },
            default_output: 500,
            max_output: 1_000,
            limit_field: LimitField::MaxTokens,
        };
        let model =
            Model { name: "ours".into(), upstream_name: "demo".into(), upstream: Upstream::Demo, kind };
        let body = json!({"messages": [{"role": "user", "content": "a long story"}], "stream": true});
        prepare(body.as_object().unwrap().clone(), None, &model).unwrap()
    }

    fn chunks(prepared: &Prepared) -> Chunks {
        Chunks::Demo(demo::Said::of(prepared).chunks(0))
    }

    fn within(duration: Duration) -> Instant {
        Instant::now() + duration
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_all_of_it_has_it_whole() {
        let (prepared, (relay, mut reading)) = (prepared(), relay());
        let taking = async { while reading.next().await.is_some() {} };
        let passing = async {
            let course = pass_on(chunks(&prepared), &prepared, &relay, within(Duration::from_mins(10))).await;
            let taken = relay.taken();
            drop(relay);
            (course, taken)
        };
        let ((course, taken), ()) = tokio::join!(passing, taking);
        assert!(matches!(course.end, End::Whole));
        assert!(course.reported.is_some() && taken > 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_stays_and_takes_nothing_more_has_left_and_gets_no_part_of_what_comes_later() {
        let (prepared, (relay, mut reading)) = (prepared(), relay());
        let began = Instant::now();
        let stalling = async {
            for _ in 0..3 {
                reading.next().await.unwrap();
            }
            reading
        };
        let passing = pass_on(chunks(&prepared), &prepared, &relay, within(Duration::from_mins(10)));
        let (course, mut reading) = tokio::join!(passing, stalling);
        assert!(matches!(course.end, End::Left));
        assert!(began.elapsed() < Duration::from_mins(2), "{:?}", began.elapsed());
        let taken = relay.taken();
        drop(relay);
        // One part was under way; behind it there is nothing.
        reading.next().await.unwrap();
        assert!(reading.next().await.is_none());
        assert!(taken > 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_not_there_in_time_ends_also_while_its_parts_come() {
        let (prepared, (relay, mut reading)) = (prepared(), relay());
        let taking = async { while reading.next().await.is_some() {} };
        let passing = async {
            let course =
                pass_on(chunks(&prepared), &prepared, &relay, within(Duration::from_millis(60))).await;
            drop(relay);
            course
        };
        let (course, ()) = tokio::join!(passing, taking);
        assert!(matches!(course.end, End::Failed(UpstreamFailure::TimedOut)));
    }
}
