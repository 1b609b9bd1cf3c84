//! The whole state: accounts, each a set of JSON objects with their indexes and the queue of what is due.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::agenda::{Agenda, Due};
use super::change::Changes;
use super::ids::{Random, hash};
use super::value::{Text, Value};

/// Makes `indexed`, which is asked for each member of each object: most names are none of these.
macro_rules! indexed {
    ($($name:literal),* $(,)?) => {
        const INDEXED: [&str; [$($name),*].len()] = [$($name),*];

        /// The place of a member among those by which objects are found without a scan.
        fn indexed(name: &str) -> Option<usize> {
            match name {
                $($name)|* => INDEXED.iter().position(|other| *other == name),
                _ => None,
            }
        }
    };
}
indexed![
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

    /// Whether a delivery is pending.
    pub(crate) fn owes(&self) -> bool {
        self.accounts.values().any(|account| !account.outbox.is_empty())
    }

    /// What is due first, up to and including `until` (business seconds).
    pub(crate) fn next_due(&self, until: i64) -> Option<Due<'_>> {
        self.accounts.values().filter_map(|account| account.agenda.next(&account.name, until)).min()
    }
}

/// Where an object is found: its kind and its place among all objects.
#[derive(Debug)]
struct Entry {
    /// A place in `kinds`.
    kind: usize,
    seq: u64,
    value: Arc<Value>,
}

/// The objects of one kind, in order of creation, and by their indexed members.
#[derive(Debug, Default)]
struct Kind {
    by_seq: BTreeMap<u64, Arc<Value>>,
    /// For each indexed member: the places of the objects in which it has a value, ascending.
    index: [HashMap<Text, Vec<u64>, RandomState>; INDEXED.len()],
}

impl Kind {
    fn enter(&mut self, member: usize, value: &Text, seq: u64) {
        let places = self.index[member].entry(value.clone()).or_default();
        if let Err(at) = places.binary_search(&seq) {
            places.insert(at, seq);
        }
    }

    fn leave(&mut self, member: usize, value: &Text, seq: u64) {
        let Some(places) = self.index[member].get_mut(value.as_str()) else { return };
        if let Ok(at) = places.binary_search(&seq) {
            places.remove(at);
        }
        if places.is_empty() {
            self.index[member].remove(value.as_str());
        }
    }
}

/// What the state wants to know of an object, found in one look along its members.
#[derive(Default)]
struct Facts<'a> {
    id: Option<&'a Text>,
    kind: Option<&'a Text>,
    seq: u64,
    next_ms: Option<i64>,
    indexed: [Option<&'a Text>; INDEXED.len()],
}

fn facts(value: &Value) -> Facts<'_> {
    let mut facts = Facts::default();
    for (name, member) in value.as_object().into_iter().flatten() {
        let text = if let Value::String(text) = member { Some(text) } else { None };
        match name.as_str() {
            "id" => facts.id = text,
            "object" => facts.kind = text,
            "_seq" => facts.seq = member.as_u64().unwrap_or_default(),
            "_next_ms" => facts.next_ms = member.as_i64(),
            name => {
                if let (Some(text), Some(at)) = (text, indexed(name)) {
                    facts.indexed[at] = Some(text);
                }
            }
        }
    }
    facts
}

/// One account: its objects by id, by kind in order of creation, and by indexed members.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) name: String,
    /// State of the generator of ids.
    pub(crate) random: u64,
    /// The last sequence number that was given to an object.
    pub(crate) seq: u64,
    objects: HashMap<Text, Entry, RandomState>,
    /// With their names: they are few.
    kinds: Vec<(Text, Kind)>,
    agenda: Agenda,
    /// Pending deliveries by the wall time (milliseconds) of their next try.
    outbox: BTreeMap<(i64, u64), Arc<Value>>,
}

impl Account {
    pub(crate) fn random(&self) -> Random {
        Random(self.random)
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Arc<Value>> {
        self.objects.get(id).map(|entry| &entry.value)
    }

    fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|(other, _)| other.as_str() == name).map(|(_, kind)| kind)
    }

    pub(crate) fn count(&self, kind: &str) -> usize {
        self.kind(kind).map_or(0, |kind| kind.by_seq.len())
    }

    /// Every object of a kind, newest first.
    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Arc<Value>> {
        self.of_kind_before(kind, None)
    }

    /// The objects of a kind older than a sequence number (or all), newest first.
    pub(crate) fn of_kind_before(&self, kind: &str, seq: Option<u64>) -> impl Iterator<Item = &Arc<Value>> {
        let found = self.kind(kind).map(|kind| kind.by_seq.range(..seq.unwrap_or(u64::MAX)).rev());
        found.into_iter().flatten().map(|(_, value)| value)
    }

    /// The objects of a kind newer than a sequence number, oldest first.
    pub(crate) fn of_kind_after(&self, kind: &str, seq: u64) -> impl Iterator<Item = &Arc<Value>> {
        let found = self.kind(kind).map(|kind| kind.by_seq.range(seq + 1..));
        found.into_iter().flatten().map(|(_, value)| value)
    }

    /// The objects of a kind in which an indexed member has this value, newest first.
    pub(crate) fn matching(&self, kind: &str, member: &str, value: &str) -> Vec<&Arc<Value>> {
        let at = indexed(member);
        debug_assert!(at.is_some(), "{member} is not indexed");
        let found = self.kind(kind).zip(at).and_then(|(kind, at)| {
            let places = kind.index[at].get(value)?;
            Some(places.iter().rev().filter_map(|seq| kind.by_seq.get(seq)))
        });
        found.into_iter().flatten().collect()
    }

    /// Pending deliveries, the next first, with the wall time (milliseconds) of their next try.
    pub(crate) fn outbox(&self) -> impl Iterator<Item = (i64, &Arc<Value>)> {
        self.outbox.iter().map(|((at, _), delivery)| (*at, delivery))
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

    /// The place of a kind, made if there is none yet.
    fn place_of(&mut self, name: &Text) -> usize {
        self.kinds.iter().position(|(other, _)| other == name).unwrap_or_else(|| {
            self.kinds.push((name.clone(), Kind::default()));
            self.kinds.len() - 1
        })
    }

    fn put(&mut self, value: &Arc<Value>) {
        let new = facts(value);
        let (Some(id), Some(kind), seq) = (new.id, new.kind, new.seq) else { return };
        let kind = self.place_of(kind);
        let entry = Entry { kind, seq, value: Arc::clone(value) };
        // Something else may have had this id: then its place is another one.
        let is_elsewhere = |there: &Entry| there.kind != kind || there.seq != seq;
        if self.objects.get(id.as_str()).is_some_and(is_elsewhere) {
            self.forget(id);
        }
        let old = self.objects.insert(id.clone(), entry).map(|entry| entry.value);
        let was = old.as_deref().map(facts).unwrap_or_default();
        if let Some((_, kind)) = self.kinds.get_mut(kind) {
            kind.by_seq.insert(seq, Arc::clone(value));
            for (at, (is, was)) in new.indexed.iter().zip(was.indexed).enumerate() {
                if *is != was {
                    if let Some(was) = was {
                        kind.leave(at, was, seq);
                    }
                    if let Some(is) = is {
                        kind.enter(at, is, seq);
                    }
                }
            }
        }
        if let Some(old) = &old {
            self.agenda.forget(seq, old);
        }
        self.agenda.put(seq, value);
        if let Some(at) = was.next_ms {
            self.outbox.remove(&(at, seq));
        }
        if let Some(at) = new.next_ms {
            self.outbox.insert((at, seq), Arc::clone(value));
        }
    }

    fn forget(&mut self, id: &str) {
        let Some(Entry { kind, seq, value }) = self.objects.remove(id) else { return };
        let was = facts(&value);
        if let Some((_, kind)) = self.kinds.get_mut(kind) {
            kind.by_seq.remove(&seq);
            for (at, value) in was.indexed.into_iter().enumerate() {
                if let Some(value) = value {
                    kind.leave(at, value, seq);
                }
            }
        }
        self.agenda.forget(seq, &value);
        if let Some(at) = was.next_ms {
            self.outbox.remove(&(at, seq));
        }
    }
}
