//! The whole state: accounts, each a set of JSON objects with their indexes and the queue of what is due.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::agenda::{Agenda, Due};
use super::change::Changes;
use super::ids::{Random, hash};
use super::json::Json;

/// Members by which objects are found without a scan.
const INDEXED: &[&str] = &[
    "customer",
    "subscription",
    "_subscription",
    "invoice",
    "payment_intent",
    "setup_intent",
    "charge",
    "lookup_key",
    "product",
    "_clock",
    "_event",
    "_pi",
    "_code",
];

/// All accounts. Each secret key is an account of its own.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) seed: u64,
    pub(crate) accounts: BTreeMap<String, Account>,
}

impl State {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, accounts: BTreeMap::new() }
    }

    pub(crate) fn fresh_account(&self, name: &str) -> Account {
        Account { name: name.to_owned(), random: self.seed ^ hash(name), ..Account::default() }
    }

    pub(crate) fn apply(&mut self, changes: &Changes) {
        if !self.accounts.contains_key(&changes.account) {
            let fresh = self.fresh_account(&changes.account);
            self.accounts.insert(changes.account.clone(), fresh);
        }
        if let Some(account) = self.accounts.get_mut(&changes.account) {
            account.apply(changes);
        }
    }

    /// What is due first, up to and including `until` (business seconds).
    pub(crate) fn next_due(&self, until: i64) -> Option<Due<'_>> {
        self.accounts.values().filter_map(|account| account.agenda.next(&account.name, until)).min()
    }
}

#[derive(Debug)]
struct Entry {
    kind: String,
    seq: u64,
    value: Arc<Value>,
}

/// One account: its objects by id, by kind in order of creation, and by indexed members.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) name: String,
    /// State of the generator of ids.
    pub(crate) random: u64,
    /// The last sequence number that was given to an object.
    pub(crate) seq: u64,
    objects: HashMap<String, Entry>,
    kinds: HashMap<String, BTreeMap<u64, String>>,
    index: HashMap<(String, String, String), BTreeMap<u64, String>>,
    agenda: Agenda,
    /// Pending deliveries by the wall time (milliseconds) of their next try.
    outbox: BTreeMap<(i64, u64), String>,
}

impl Account {
    pub(crate) fn random(&self) -> Random {
        Random(self.random)
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Arc<Value>> {
        self.objects.get(id).map(|entry| &entry.value)
    }

    pub(crate) fn count(&self, kind: &str) -> usize {
        self.kinds.get(kind).map_or(0, BTreeMap::len)
    }

    /// Every object of a kind, newest first.
    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Arc<Value>> {
        let ids = self.kinds.get(kind).map(|by_seq| by_seq.values().rev());
        ids.into_iter().flatten().filter_map(|id| self.get(id))
    }

    /// The objects of a kind older than a sequence number (or all), newest first.
    pub(crate) fn of_kind_before(&self, kind: &str, seq: Option<u64>) -> impl Iterator<Item = &Arc<Value>> {
        let ids = self.kinds.get(kind).map(|by_seq| by_seq.range(..seq.unwrap_or(u64::MAX)).rev());
        ids.into_iter().flatten().filter_map(|(_, id)| self.get(id))
    }

    /// The objects of a kind newer than a sequence number, oldest first.
    pub(crate) fn of_kind_after(&self, kind: &str, seq: u64) -> impl Iterator<Item = &Arc<Value>> {
        let ids = self.kinds.get(kind).map(|by_seq| by_seq.range(seq + 1..));
        ids.into_iter().flatten().filter_map(|(_, id)| self.get(id))
    }

    /// The objects of a kind in which an indexed member has this value, newest first.
    pub(crate) fn matching(&self, kind: &str, member: &str, value: &str) -> Vec<&Arc<Value>> {
        debug_assert!(INDEXED.contains(&member), "{member} is not indexed");
        let key = (kind.to_owned(), member.to_owned(), value.to_owned());
        let ids = self.index.get(&key).map(|by_seq| by_seq.values().rev());
        ids.into_iter().flatten().filter_map(|id| self.get(id)).collect()
    }

    /// Pending deliveries, the next first, with the wall time (milliseconds) of their next try.
    pub(crate) fn outbox(&self) -> impl Iterator<Item = (i64, &Arc<Value>)> {
        self.outbox.iter().filter_map(|((at, _), id)| Some((*at, self.get(id)?)))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Value>> {
        self.objects.values().map(|entry| &entry.value)
    }

    fn apply(&mut self, changes: &Changes) {
        self.random = changes.random;
        self.seq = self.seq.max(changes.seq);
        for id in &changes.removed {
            self.forget(id);
        }
        for value in &changes.put {
            self.put(value);
        }
    }

    fn put(&mut self, value: &Arc<Value>) {
        let id = value.id();
        self.forget(&id);
        let kind = value.string("object");
        let seq = value.at("_seq").as_u64().unwrap_or_default();
        self.kinds.entry(kind.clone()).or_default().insert(seq, id.clone());
        for member in INDEXED {
            if let Some(found) = value.text(member) {
                let key = (kind.clone(), (*member).to_owned(), found.to_owned());
                self.index.entry(key).or_default().insert(seq, id.clone());
            }
        }
        self.agenda.put(seq, value);
        if let Some(at) = value.int("_next_ms") {
            self.outbox.insert((at, seq), id.clone());
        }
        self.objects.insert(id, Entry { kind, seq, value: Arc::clone(value) });
    }

    fn forget(&mut self, id: &str) {
        let Some(Entry { kind, seq, value }) = self.objects.remove(id) else { return };
        if let Some(by_seq) = self.kinds.get_mut(&kind) {
            by_seq.remove(&seq);
        }
        for member in INDEXED {
            if let Some(found) = value.text(member) {
                let key = (kind.clone(), (*member).to_owned(), found.to_owned());
                if let Some(by_seq) = self.index.get_mut(&key) {
                    by_seq.remove(&seq);
                    if by_seq.is_empty() {
                        self.index.remove(&key);
                    }
                }
            }
        }
        self.agenda.forget(seq, &value);
        if let Some(at) = value.int("_next_ms") {
            self.outbox.remove(&(at, seq));
        }
    }
}
