//! What there is of a batch's accounts, read under their locks: a few statements for all of them, however many there are.

use super::present::{Present, present};
use super::queue::Job;
use crate::{Billing, Error, Result};
use domain::allowance::Window;
use domain::entitlement::entitlement;
use domain::hold::{Hold, Source};
use domain::ids::{AccountId, HoldId, ServiceKeyId};
use domain::time::Timestamp;
use domain::usage::{Answer, Found, Keyed, Request, Sheet, WindowUse};
use std::collections::{BTreeMap, HashMap, HashSet};
use store::accounts::AccountSet;
use store::standings::Standing;
use store::usage::Units;
use store::{Tx, accounts, holds, idempotency_keys, service_keys, standings, usage};

/// By account.
type UnitsOf = HashMap<AccountId, Vec<Units>>;

impl Billing {
    /// One for each account that there is. The locks are taken here.
    pub(super) async fn read_sheets(
        &self,
        tx: &mut Tx,
        jobs: &[Job],
        now: Timestamp,
    ) -> Result<BTreeMap<AccountId, Sheet>> {
        let asked: HashSet<_> = jobs.iter().map(|job| &job.account).collect();
        let set = AccountSet::of(&asked.into_iter().collect::<Vec<_>>())?;
        accounts::lock_all(tx, &set).await?;
        let mut kept = self.kept_answers(tx, jobs).await?;
        let mut found_holds = named_holds(tx, jobs, &kept).await?;
        let replaced = replaced_keys(tx, jobs, &found_holds).await?;
        let standings = standings::of(tx, &set).await?;
        let present_of = |standing: &Standing| {
            let subscription = standing.subscription.as_ref();
            let entitled = entitlement(subscription, standing.assigned.as_ref(), &self.catalog, now);
            (standing.account.clone(), present(subscription, entitled, &self.catalog, now))
        };
        let mut given: HashMap<_, _> = standings.iter().map(present_of).collect();
        let used = used_windows(tx, &given, &found_holds).await?;
        let open = open_units(tx, &standings, &set).await?;
        let sheet = |Standing { account, is_gone, balance, .. }: Standing| {
            let Present { tier, terms, window, .. } = given.remove(&account)?;
            let holds = found_holds.remove(&account).unwrap_or_default();
            let mut sheet_windows: Vec<WindowUse> = Vec::new();
            for window in std::iter::once(&window).chain(holds.iter().filter_map(window_of)) {
                if !sheet_windows.iter().any(|known| known.window.is(window)) {
                    let (used, open) = (units(&used, &account, window), units(&open, &account, window));
                    sheet_windows.push(WindowUse { window: window.clone(), used, open });
                }
            }
            let found = Found {
                is_gone,
                tier,
                terms,
                window,
                balance,
                windows: sheet_windows,
                holds,
                kept: kept.remove(&account).unwrap_or_default(),
                replaced: replaced.clone(),
            };
            Some((account, Sheet::new(found)))
        };
        Ok(standings.into_iter().filter_map(sheet).collect())
    }

    /// By account.
    async fn kept_answers(
        &self,
        tx: &mut Tx,
        jobs: &[Job],
    ) -> Result<HashMap<AccountId, Vec<(Keyed, Answer)>>> {
        let keyed: Vec<_> = jobs.iter().filter_map(|job| Some((job, job.asked.key.as_ref()?))).collect();
        let mut kept: HashMap<_, Vec<_>> = HashMap::new();
        if keyed.is_empty() {
            return Ok(kept);
        }
        let names: HashSet<_> = keyed.iter().map(|(_, key)| (key.scope.as_str(), key.key.as_str())).collect();
        let names: Vec<_> = names.into_iter().collect();
        let rows = idempotency_keys::kept(tx, &names, self.wall()).await?.into_iter();
        let mut rows: HashMap<_, _> =
            rows.map(|row| ((row.scope, row.idempotency_key), (row.request_hash, row.body))).collect();
        for (job, key) in keyed {
            let name = (key.scope.clone(), key.key.clone());
            let Some((request_hash, body)) = rows.remove(&name) else { continue };
            let answer = read_answer(&job.asked.request, body.as_deref().unwrap_or_default())?;
            let (scope, key) = name;
            kept.entry(job.account.clone()).or_default().push((Keyed { scope, key, request_hash }, answer));
        }
        Ok(kept)
    }
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
async fn named_holds(
    tx: &mut Tx,
    jobs: &[Job],
    kept: &HashMap<AccountId, Vec<(Keyed, Answer)>>,
) -> Result<HashMap<AccountId, Vec<Hold>>> {
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

async fn used_windows(
    tx: &mut Tx,
    given: &HashMap<AccountId, Present>,
    found: &HashMap<AccountId, Vec<Hold>>,
) -> Result<UnitsOf> {
    let mut windows: Vec<_> = given.iter().map(|(account, present)| (account, &present.window)).collect();
    for (account, holds) in found {
        let present = given.get(account).map(|present| &present.window);
        for window in holds.iter().filter_map(window_of) {
            if present.is_none_or(|present| !present.is(window)) {
                windows.push((account, window));
            }
        }
    }
    Ok(by_account(usage::used_in(tx, &windows).await?))
}

/// Most accounts have none.
async fn open_units(tx: &mut Tx, standings: &[Standing], set: &AccountSet) -> Result<UnitsOf> {
    if standings.iter().any(|standing| standing.open_units > 0) {
        return Ok(by_account(holds::open_units(tx, set).await?));
    }
    Ok(UnitsOf::new())
}

fn by_account(units: Vec<Units>) -> UnitsOf {
    let mut of = UnitsOf::new();
    for units in units {
        of.entry(units.account_id.clone()).or_default().push(units);
    }
    of
}

fn window_of(hold: &Hold) -> Option<&Window> {
    match &hold.source {
        Source::Allowance { window, .. } => Some(window),
        Source::Tokens => None,
    }
}

fn units(known: &UnitsOf, account: &AccountId, window: &Window) -> i64 {
    let of_account = known.get(account).map(Vec::as_slice).unwrap_or_default();
    of_account.iter().find(|units| units.are_of(window)).map_or(0, |units| units.units)
}
