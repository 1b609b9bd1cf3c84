//! What there is of a batch's accounts, read under their locks: a statement or two for all of them, however many there are.

use super::present::Present;
use super::waiting::{Job, accounts_of};
use super::windows::Windows;
use crate::{Billing, Error, Result};
use domain::allowance::Window;
use domain::hold::Hold;
use domain::ids::{AccountId, HoldId, ServiceKeyId};
use domain::time::Timestamp;
use domain::usage::{Answer, Found, Keyed, Request, Sheet};
use std::collections::{BTreeMap, HashMap, HashSet};
use store::idempotency_keys::Kept;
use store::usage_sheets::{Standing, Wanted};
use store::{Tx, holds, idempotency_keys, service_keys, usage_sheets};

/// By account. Boxed: a sheet is large, and those of a batch are many.
pub(super) type Sheets = BTreeMap<AccountId, Box<Sheet>>;

/// By account.
pub(super) type KeptAnswers = HashMap<AccountId, Vec<(Keyed, Answer)>>;

impl Billing {
    /// One for each account that there is, with what is `kept` for it. The caller holds the accounts' locks.
    pub(super) async fn read_sheets(
        &self,
        tx: &mut Tx,
        jobs: &[Job],
        mut kept: KeptAnswers,
        now: Timestamp,
    ) -> Result<Sheets> {
        let asked = accounts_of(jobs);
        let guesses = self.guess_windows(&asked, now);
        let wanted: Vec<_> = asked
            .iter()
            .zip(&guesses)
            .map(|(account, window)| Wanted { account, window: window.as_ref() })
            .collect();
        let standings = usage_sheets::read(tx, &wanted).await?;
        let guesses: HashMap<_, _> = asked.iter().copied().zip(guesses).collect();
        let (mut windows, mut with_open, mut presents) = (Windows::default(), Vec::new(), HashMap::new());
        for standing in &standings {
            let (account, present) = (&standing.account, self.gives(&standing.facts, now));
            match guesses.get(account) {
                Some(Some(guess)) if guess.is(&present.window) => {
                    windows.know(account, &present.window, standing.used);
                }
                _ => windows.want(account, &present.window),
            }
            if standing.open_units > 0 {
                with_open.push(account);
            }
            presents.insert(account.clone(), present);
        }
        let mut found_holds = named_holds(tx, jobs, &kept).await?;
        let replaced = replaced_keys(tx, jobs, &found_holds).await?;
        for (account, holds) in &found_holds {
            for window in holds.iter().filter_map(Hold::window) {
                windows.want(account, window);
            }
        }
        windows.read(tx, &with_open).await?;
        let sheet = |Standing { account, facts, is_gone, balance, .. }: Standing| {
            let Present { tier, terms, window, .. } = presents.remove(&account)?;
            // Changes of them wait for the account's lock: these are committed.
            self.known_facts.keep(&account, facts);
            let found = Found {
                is_gone,
                tier,
                terms,
                window,
                balance,
                windows: windows.take(&account),
                holds: found_holds.remove(&account).unwrap_or_default(),
                kept: kept.remove(&account).unwrap_or_default(),
                replaced: replaced.clone(),
            };
            Some((account, Box::new(Sheet::new(found))))
        };
        Ok(standings.into_iter().filter_map(sheet).collect())
    }

    /// By what was read of each account earlier: whose use is read with everything else. One that is wrong costs one more
    /// statement, and nothing is decided by it.
    fn guess_windows(&self, accounts: &[&AccountId], now: Timestamp) -> Vec<Option<Window>> {
        let known = |account: &&AccountId| Some(self.gives(&self.known_facts.get(account)?, now).window);
        accounts.iter().map(known).collect()
    }

    /// What was answered to these requests' keys earlier, if anything was. To decide on it, hold the accounts' locks:
    /// whoever else writes under one of these keys waits for one of them.
    pub(super) async fn kept_answers<'a>(
        &self,
        tx: &mut Tx,
        jobs: impl Iterator<Item = &'a Job> + Clone,
    ) -> Result<KeptAnswers> {
        let keys = keys_of(jobs.clone());
        if keys.is_empty() {
            return Ok(KeptAnswers::new());
        }
        by_account(jobs, idempotency_keys::kept(tx, &keys, self.wall()).await?)
    }
}

/// Scope and key, each once.
fn keys_of<'a>(jobs: impl Iterator<Item = &'a Job>) -> Vec<(&'a str, &'a str)> {
    let keys = jobs.filter_map(|job| job.asked.key.as_ref());
    let keys: HashSet<_> = keys.map(|key| (key.scope.as_str(), key.key.as_str())).collect();
    keys.into_iter().collect()
}

fn by_account<'a>(jobs: impl Iterator<Item = &'a Job>, rows: Vec<Kept>) -> Result<KeptAnswers> {
    let mut kept: HashMap<_, Vec<_>> = HashMap::new();
    let mut rows: HashMap<_, _> = rows
        .into_iter()
        .map(|row| ((row.scope, row.idempotency_key), (row.request_hash, row.body)))
        .collect();
    for (job, key) in jobs.filter_map(|job| Some((job, job.asked.key.as_ref()?))) {
        let name = (key.scope.clone(), key.key.clone());
        let Some((request_hash, body)) = rows.remove(&name) else { continue };
        let answer = read_answer(&job.asked.request, body.as_deref().unwrap_or_default())?;
        let (scope, key) = name;
        kept.entry(job.account.clone()).or_default().push((Keyed { scope, key, request_hash }, answer));
    }
    Ok(kept)
}

/// What a request of this kind was answered.
fn read_answer(request: &Request, body: &str) -> Result<Answer> {
    let answer = match request {
        Request::Consume { .. } => serde_json::from_str(body).map(Answer::Consumed),
        _ => serde_json::from_str(body).map(Answer::Hold),
    };
    answer.map_err(|error| Error::Internal(format!("the answer kept for a key cannot be read: {error}")))
}

/// Those that requests name, and those of the kept answers.
async fn named_holds(tx: &mut Tx, jobs: &[Job], kept: &KeptAnswers) -> Result<HashMap<AccountId, Vec<Hold>>> {
    let asked = jobs.iter().filter_map(|job| Some((&job.account, job.asked.request.hold()?)));
    let earlier = kept.iter().flat_map(|(account, answers)| {
        answers.iter().filter_map(move |(_, answer)| match answer {
            Answer::Hold(earlier) => Some((account, &earlier.hold.id)),
            Answer::Consumed(_) => None,
        })
    });
    let named: HashSet<(&AccountId, &HoldId)> = asked.chain(earlier).collect();
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    if !named.is_empty() {
        for hold in holds::find(tx, &named.into_iter().collect::<Vec<_>>()).await? {
            found.entry(hold.account.clone()).or_default().push(hold);
        }
    }
    Ok(found)
}

/// Of who wants to end a hold that another key has made: whether that one is revoked, and this one in its place.
async fn replaced_keys(
    tx: &mut Tx,
    jobs: &[Job],
    found: &HashMap<AccountId, Vec<Hold>>,
) -> Result<Vec<(ServiceKeyId, ServiceKeyId)>> {
    let pairs: HashSet<_> = jobs
        .iter()
        .filter_map(|job| {
            let ends = job.asked.request.ends()?;
            let hold = found.get(&job.account)?.iter().find(|hold| hold.id == ends.hold)?;
            let (made, by) = (hold.owner.as_ref()?, ends.owner.as_ref()?);
            (made != by).then_some((made, by))
        })
        .collect();
    let mut replaced = Vec::new();
    for (made, by) in pairs {
        if service_keys::replaces(tx, by, made).await? {
            replaced.push((made.clone(), by.clone()));
        }
    }
    Ok(replaced)
}
