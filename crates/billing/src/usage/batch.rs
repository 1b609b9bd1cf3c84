//! One batch: everything that its requests need is read under their accounts' locks, decided on by a pure function, and
//! written, in one transaction. Only then is anybody answered.

use super::read::KeptAnswers;
use super::waiting::{Job, accounts_of};
use crate::error::OutOfAllowance;
use crate::{Billing, Error, Result};
use domain::hold::{CannotEnd, Source};
use domain::ids::AccountId;
use domain::usage::{Answer, Made, Out, Refused, Rules};
use std::time::Duration;
use store::db::Dialect;
use store::{Tx, usage_batches};
use tokio::runtime::Handle;

/// How often a batch is tried that another process's locks, or a lost connection, have broken.
const TRIES: u32 = 3;
/// How often, and how soon at first, one looks what became of a COMMIT without an answer.
const LOOKS: u32 = 5;
const FIRST_LOOK: Duration = Duration::from_millis(100);

type Answers = Vec<Result<Answer, Refused>>;

/// What is decided and written, and not committed yet.
struct Decided {
    tx: Tx,
    answers: Answers,
    made: Vec<(AccountId, Made)>,
}

/// How a transaction has ended.
enum Ended {
    Committed(Answers),
    /// Something was answered under one of their keys already: nothing was written.
    Replayed,
    /// Nothing was written.
    Failed(Error),
    /// The answer to the COMMIT was lost.
    Unclear {
        id: String,
        answers: Answers,
        error: store::Error,
    },
}

impl Billing {
    /// Answers every job. One that fails by itself does not take the others with it.
    pub(super) async fn write_batch(&self, begun: store::Result<Tx>, mut jobs: Vec<Job>, askers: &Handle) {
        if jobs.is_empty() {
            return end_unused(begun).await;
        }
        metrics::histogram!("usage_batch_requests")
            .record(f64::from(u32::try_from(jobs.len()).unwrap_or(u32::MAX)));
        match self.written(begun, &mut jobs).await {
            Ok(answers) => self.reply(jobs, answers, askers),
            Err(error) if jobs.len() > 1 && is_of_one(&error) => {
                tracing::warn!(%error, requests = jobs.len(), "a batch failed; its requests are tried one by one");
                self.write_one_by_one(jobs, askers).await;
            }
            Err(error) => fail(jobs, &error),
        }
    }

    async fn write_one_by_one(&self, jobs: Vec<Job>, askers: &Handle) {
        let mut jobs = jobs.into_iter();
        while let Some(job) = jobs.next() {
            let mut alone = vec![job];
            match self.written(self.db.begin_batch().await, &mut alone).await {
                Ok(answers) => self.reply(alone, answers, askers),
                Err(error) if is_of_one(&error) => fail(alone, &error),
                // The database is gone: the others need not find that out one after the other.
                Err(error) => return fail(alone.into_iter().chain(jobs).collect(), &error),
            }
        }
    }

    /// What the jobs are answered, once it is written.
    async fn written(&self, mut begun: store::Result<Tx>, jobs: &mut [Job]) -> Result<Answers> {
        let mut tries = 1;
        let mut look = self.usage.looks_at_keys();
        loop {
            match self.transact(begun, jobs, look).await {
                Ended::Committed(answers) => return Ok(answers),
                Ended::Replayed => {
                    look = true;
                    self.usage.look_at_keys();
                }
                Ended::Failed(Error::Store(error))
                    if (error.is_transient() || error.is_lost()) && tries < TRIES =>
                {
                    tracing::warn!(%error, "a batch is tried once more");
                    tries += 1;
                }
                Ended::Failed(error) => return Err(error),
                Ended::Unclear { id, answers, error } => {
                    tracing::warn!(%error, "a batch has lost the answer to its COMMIT");
                    match self.is_written(jobs, &id).await {
                        Ok(true) => return Ok(answers),
                        Ok(false) => {}
                        Err(unknown) => {
                            tracing::error!(error = %unknown, "whether a batch was written is not known");
                            return Err(Error::Overloaded);
                        }
                    }
                    if tries >= TRIES {
                        return Err(error.into());
                    }
                    tries += 1;
                }
            }
            begun = self.db.begin_batch().await;
        }
    }

    async fn transact(&self, begun: store::Result<Tx>, jobs: &mut [Job], look: bool) -> Ended {
        let id = match self.new_uuid() {
            Ok(id) => id.simple().to_string(),
            Err(error) => return Ended::Failed(error),
        };
        let Decided { tx, answers, made } = match self.decide_and_write(begun, jobs, &id, look).await {
            Ok(Some(decided)) => decided,
            Ok(None) => return Ended::Replayed,
            // An answer that is kept already is a row that was not written; and what was done once may not be done again.
            Err(Error::Store(error)) if !look && error.is_of_the_data() => return Ended::Replayed,
            Err(error) => return Ended::Failed(error),
        };
        match tx.commit().await {
            Ok(()) => {
                if made.iter().any(|(_, made)| !made.told.is_empty()) {
                    self.outbox_wake();
                }
                count_holds(&made);
                Ended::Committed(answers)
            }
            // SQLite's answer is not lost: it runs in this process, and what it refuses it has not written.
            Err(error) if self.db.dialect() == Dialect::Sqlite => Ended::Failed(error.into()),
            Err(error) if error.is_of_the_data() || error.is_transient() => Ended::Failed(error.into()),
            Err(error) => Ended::Unclear { id, answers, error },
        }
    }

    /// Up to the COMMIT. Nearly every key is new, which shows when its answer is written: so only those under which nothing
    /// would be written are looked for, unless all are because a batch shortly before had an old one (`look`). `None` when
    /// there is one, and all of it has to be decided anew.
    async fn decide_and_write(
        &self,
        begun: store::Result<Tx>,
        jobs: &mut [Job],
        id: &str,
        look: bool,
    ) -> Result<Option<Decided>> {
        let mut tx = begun?;
        let now = self.now();
        lock(&mut tx, jobs).await?;
        let kept = if look { self.kept_answers(&mut tx, jobs.iter()).await? } else { KeptAnswers::new() };
        let mut sheets = self.read_sheets(&mut tx, jobs, kept, now).await?;
        let rules = Rules { now, over: self.catalog.over_hold, alerts: &self.catalog.alerts };
        let mut answers = Vec::with_capacity(jobs.len());
        for Job { account, asked, .. } in &mut *jobs {
            asked.id = self.new_uuid()?;
            answers.push(match sheets.get_mut(account) {
                Some(sheet) => sheet.decide(account, asked, &rules),
                None => Err(Refused::NotFound),
            });
        }
        if !look {
            let unwritten = jobs.iter().filter(|Job { account, asked, .. }| {
                asked
                    .key
                    .as_ref()
                    .is_some_and(|key| !sheets.get(account).is_some_and(|sheet| sheet.keeps(key)))
            });
            if !self.kept_answers(&mut tx, unwritten).await?.is_empty() {
                return Ok(None);
            }
        }
        let made: Vec<_> = sheets.into_iter().map(|(account, sheet)| (account, sheet.close())).collect();
        self.write_made(&mut tx, id, &made, look, now).await?;
        Ok(Some(Decided { tx, answers, made }))
    }

    /// What became of a batch whose COMMIT was not answered. It may still be under way: its locks are taken first, which
    /// it has until it is over.
    async fn is_written(&self, jobs: &[Job], id: &str) -> Result<bool> {
        let mut pause = FIRST_LOOK;
        let mut looks = 1;
        loop {
            match self.look_for(jobs, id).await {
                Err(Error::Store(error)) if looks < LOOKS => {
                    tracing::warn!(%error, "whether a batch was written is not known yet");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                    looks += 1;
                }
                looked => return looked,
            }
        }
    }

    async fn look_for(&self, jobs: &[Job], id: &str) -> Result<bool> {
        let mut tx = self.db.begin_batch().await?;
        lock(&mut tx, jobs).await?;
        Ok(usage_batches::is_written(&mut tx, id).await?)
    }

    /// Where they wait: to wake each of them from here would keep the next batch waiting.
    fn reply(&self, jobs: Vec<Job>, answers: Answers, askers: &Handle) {
        let billing = self.clone();
        askers.spawn(async move {
            for (job, answer) in jobs.into_iter().zip(answers) {
                // Nobody there any more: it is done all the same.
                drop(job.reply.send(answer.map_err(|refused| billing.refused(refused))));
            }
        });
    }

    fn refused(&self, refused: Refused) -> Error {
        match refused {
            Refused::NotFound => Error::NotFound,
            Refused::KeyReused => Error::IdempotencyKeyReused,
            Refused::NotHeld(hold) => Error::HoldNotHeld { hold },
            Refused::Books(hold, wrong) => {
                Error::Internal(format!("{}: {}", hold.id, CannotEnd::Books(wrong)))
            }
            Refused::Out(out) => {
                let Out { refusal, allowance, balance, tier } = *out;
                let upgrade = self.catalog.upgrade_from(self.catalog.tier_or_free(&tier));
                let upgrade_to = upgrade.map(|tier| tier.slug.clone());
                let out = OutOfAllowance { refusal, allowance, balance, upgrade_to };
                Error::OutOfAllowance(Box::new(out))
            }
        }
    }
}

/// Another writer has what it was begun for. Dropped, it would take its connection with it.
async fn end_unused(begun: store::Result<Tx>) {
    let Ok(tx) = begun else { return };
    if let Err(error) = tx.commit().await {
        tracing::debug!(%error, "a transaction in which nothing was done did not end");
    }
}

async fn lock(tx: &mut Tx, jobs: &[Job]) -> Result<()> {
    Ok(store::accounts::lock_all(tx, &accounts_of(jobs)).await?)
}

/// Whether it may be the fault of one request, and the others can be done without it. Where the database is gone it is not.
fn is_of_one(error: &Error) -> bool {
    match error {
        Error::Store(error) => error.is_of_the_data(),
        Error::Overloaded => false,
        _ => true,
    }
}

fn count_holds(made: &[(AccountId, Made)]) {
    let new = made.iter().flat_map(|(_, made)| &made.held);
    let ended = made.iter().flat_map(|(_, made)| made.ended.iter().map(|(_, hold)| hold));
    for hold in new.chain(ended) {
        let source = if hold.source == Source::Tokens { "tokens" } else { "allowance" };
        metrics::counter!("holds_total", "status" => hold.state.as_str(), "source" => source).increment(1);
    }
}

/// None of them was done, as far as is known.
fn fail(jobs: Vec<Job>, error: &Error) {
    tracing::error!(%error, requests = jobs.len(), "requests could not be written");
    for job in jobs {
        let told = if is_of_one(error) { Error::Internal(error.to_string()) } else { Error::Overloaded };
        drop(job.reply.send(Err(told)));
    }
}
