//! One command at work: reads the account through its own pending changes, and collects them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::core::value::{Text, Value, json};

use super::agenda::TEST_CLOCK;
use super::change::Changes;
use super::error::{ApiError, Result};
use super::events;
use super::ids::Random;
use super::json::Json;
use super::render;
use super::state::Account;
use super::touched::Touched;

/// The version whose shapes are answered.
pub(crate) const API_VERSION: &str = "2026-05-27.dahlia";

/// Who asked for the change: it is named in the events.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) request_id: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    /// The sandbox's own address as the request reached it, `http://HOST`; empty when time asked.
    pub(crate) address: String,
}

/// A command's view of one account.
#[derive(Clone, Debug)]
pub(crate) struct Work<'a> {
    pub(crate) account: &'a Account,
    /// Business time in seconds.
    pub(crate) now: i64,
    /// Wall time in milliseconds: when deliveries are due.
    pub(crate) wall_ms: i64,
    pub(crate) asked: Asked,
    pub(crate) random: Random,
    /// The test clock in whose time this happens.
    clock: Option<String>,
    /// Something is only tried out.
    pub(crate) previews: bool,
    seq: u64,
    touched: Touched,
    removed: BTreeSet<String>,
    /// Objects as the last event about them showed them.
    told: Touched,
}

impl<'a> Work<'a> {
    pub(crate) fn new(account: &'a Account, now: i64, wall_ms: i64, asked: Asked) -> Self {
        Self {
            account,
            now,
            wall_ms,
            asked,
            random: account.random(),
            clock: None,
            previews: false,
            seq: account.seq,
            touched: Touched::default(),
            removed: BTreeSet::new(),
            told: Touched::default(),
        }
    }

    /// The changes so far. Without effect if there are none: not even the generator moves.
    pub(crate) fn into_changes(self) -> Changes {
        let put = self.touched.into_values();
        Changes {
            account: self.account.name.clone(),
            random: self.random.0,
            seq: self.seq,
            put,
            removed: self.removed.into_iter().collect(),
        }
    }

    /// A copy on which something can be tried out: what it changes is gone with it.
    pub(crate) fn fork(&self) -> Self {
        Self { previews: true, ..self.clone() }
    }

    /// Goes to the time of the test clock that an object lives on; answers whether there is one.
    pub(crate) fn enter_time_of(&mut self, id: &str) -> bool {
        let Some(clock) = self.clock_of(id) else { return false };
        self.now = clock.num("frozen_time");
        self.clock = Some(clock.id());
        true
    }

    /// As [`Self::enter_time_of`], at a moment on the clock's way.
    pub(crate) fn enter_clock_of(&mut self, id: &str) {
        self.clock = self.clock_of(id).map(|clock| clock.id());
    }

    /// An object becomes another one's: it lives on that one's test clock from now on, if there is one.
    pub(crate) fn join_clock_of(&mut self, id: &str, owner: &str) {
        if let Some(clock) = self.clock_of(owner) {
            self.set(id, "_clock", clock.id());
        }
    }

    /// Whether this happens in the time of a test clock.
    pub(crate) fn is_on_clock(&self) -> bool {
        self.clock.is_some()
    }

    fn clock_of(&self, id: &str) -> Option<Arc<Value>> {
        let object = self.get(id)?;
        if object.is("object", "_item") {
            // An item lives where its subscription does.
            return self.clock_of(object.text("_subscription")?);
        }
        if object.is("object", TEST_CLOCK) { Some(object) } else { self.get(object.text("_clock")?) }
    }

    pub(crate) fn new_id(&mut self, prefix: &str) -> String {
        self.random.id(prefix)
    }

    pub(crate) fn get(&self, id: &str) -> Option<Arc<Value>> {
        if self.removed.contains(id) {
            return None;
        }
        self.touched.get(id).or_else(|| self.account.get(id)).cloned()
    }

    /// The object, or null: for members that name an object of ours.
    pub(crate) fn see(&self, id: &str) -> Arc<Value> {
        self.get(id).unwrap_or_default()
    }

    /// An object that the path names: 404 `resource_missing` without it.
    pub(crate) fn path(&self, kind: &str, id: &str) -> Result<Arc<Value>> {
        match self.get(id) {
            Some(found) if found.is("object", kind) => Ok(found),
            _ => Err(ApiError::missing(&spoken(kind), id)),
        }
    }

    /// An object that a parameter names: 400 `resource_missing` without it.
    pub(crate) fn named(&self, kind: &str, id: &str, param: &str) -> Result<Arc<Value>> {
        match self.get(id) {
            Some(found) if found.is("object", kind) && !found.flag("deleted") => Ok(found),
            _ => Err(ApiError::missing_param(&spoken(kind), id, param)),
        }
    }

    /// A new object: its place in the lists is after all others.
    pub(crate) fn create(&mut self, mut value: Value) -> String {
        self.seq += 1;
        value.set("_seq", self.seq);
        if let Some(clock) = self.clock.as_deref()
            && !is_shared(value.text("object").unwrap_or_default())
        {
            value.set("_clock", clock);
            if value.get("test_clock").is_some() {
                value.set("test_clock", clock);
            }
        }
        let id = id_of(&value);
        self.put(id.clone(), Arc::new(value));
        id.into()
    }

    /// Changes an object that exists.
    pub(crate) fn edit(&mut self, id: &str, change: impl FnOnce(&mut Value)) {
        // What nobody else looks at, and what was told of it stands apart: no copy is needed.
        if self.told.contains(id)
            && let Some(own) = self.touched.get_mut(id).and_then(Arc::get_mut)
        {
            return change(own);
        }
        let Some(before) = self.get(id) else { return };
        let mut after = (*before).clone();
        change(&mut after);
        if after == *before {
            return;
        }
        let id = id_of(&before);
        if !self.told.contains(&id) {
            self.told.put(id.clone(), before);
        }
        self.put(id, Arc::new(after));
    }

    pub(crate) fn set(&mut self, id: &str, path: &str, value: impl Into<Value>) {
        self.edit(id, |object| object.set(path, value));
    }

    pub(crate) fn remove(&mut self, id: &str) {
        self.touched.remove(id);
        self.removed.insert(id.to_owned());
    }

    fn put(&mut self, id: Text, value: Arc<Value>) {
        self.removed.remove(id.as_str());
        self.touched.put(id, value);
    }

    /// Every object of a kind in which an indexed member has this value, newest first.
    pub(crate) fn matching(&self, kind: &str, member: &str, value: &str) -> Vec<Arc<Value>> {
        let stored = self.account.matching(kind, member, value).into_iter();
        self.overlaid(stored, |object| object.is("object", kind) && object.is(member, value))
    }

    pub(crate) fn all(&self, kind: &str) -> Vec<Arc<Value>> {
        self.overlaid(self.account.of_kind(kind), |object| object.is("object", kind))
    }

    fn overlaid<'b>(
        &self,
        stored: impl Iterator<Item = &'b Arc<Value>>,
        belongs: impl Fn(&Value) -> bool,
    ) -> Vec<Arc<Value>> {
        let mut found: Vec<Arc<Value>> = stored
            .filter(|object| {
                object.text("id").is_some_and(|id| !self.touched.contains(id) && !self.removed.contains(id))
            })
            .cloned()
            .collect();
        found.extend(self.touched.values().filter(|o| belongs(o)).cloned());
        found.sort_by_key(|object| std::cmp::Reverse(object.at("_seq").as_u64()));
        found
    }

    /// Tells the endpoints of a new object or of something that happened to one.
    pub(crate) fn tell(&mut self, event: &str, id: &str) {
        let Some(object) = self.get(id) else { return };
        self.tell_of(event, &object);
    }

    /// As [`Self::tell`], but only if the object differs from what the last event showed.
    pub(crate) fn tell_if_changed(&mut self, event: &str, id: &str) {
        let Some(object) = self.get(id) else { return };
        let changed = self.told.get(id).is_some_and(|old| render::public(old) != render::public(&object));
        if changed {
            self.tell_of(event, &object);
        }
    }

    pub(crate) fn tell_of(&mut self, event: &str, object: &Arc<Value>) {
        let before = self.told.put(id_of(object), Arc::clone(object));
        events::emit(self, event, object, before.as_deref());
    }
}

fn id_of(object: &Value) -> Text {
    if let Some(Value::String(id)) = object.get("id") { id.clone() } else { Text::Static("") }
}

/// Kinds whose objects never live on a test clock: what belongs to the whole account, what is told and what is owed.
pub(crate) fn is_shared(kind: &str) -> bool {
    kind.starts_with('_')
        || matches!(
            kind,
            "billing_portal.configuration"
                | "coupon"
                | "event"
                | "price"
                | "product"
                | "promotion_code"
                | "tax_rate"
                | "webhook_endpoint"
                | TEST_CLOCK
        )
}

/// How Stripe's messages call a kind of object.
pub(crate) fn spoken(kind: &str) -> String {
    match kind {
        // Seen by several who ask for a clock that is gone.
        TEST_CLOCK => "billingclock".into(),
        "customer_balance_transaction" => "customer balance transaction".into(),
        "payment_method" => "PaymentMethod".into(),
        "promotion_code" => "promotion code".into(),
        "webhook_endpoint" => "webhook endpoint".into(),
        other => other.to_owned(),
    }
}

/// Stripe's form of a list that is whole.
pub(crate) fn whole_list(url: &str, data: Vec<Value>) -> Value {
    let count = data.len();
    let mut list =
        json!({ "object": "list", "data": null, "has_more": false, "total_count": count, "url": url });
    list.set("data", data);
    list
}
