//! Objects as the journal has them: as text, until somebody asks for one.
//!
//! A start need not make trees of a year's events. What the state has to know of an object is found by a look along its
//! text, and the text is kept.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::change;
use super::json::Json;
use super::state::{Facts, indexed};
use super::value::{Text, Value};

/// An object in store.
#[derive(Clone, Debug)]
pub(crate) enum Stored {
    Made(Arc<Value>),
    Kept(Arc<Kept>),
}

/// One object of a line.
#[derive(Debug)]
pub(crate) struct Kept {
    line: Arc<KeptLine>,
    /// Its place in the line.
    at: usize,
    facts: KeptFacts,
    value: OnceLock<Arc<Value>>,
}

/// The objects of a line of the journal, as parts of a text.
#[derive(Debug)]
struct KeptLine {
    text: Arc<Vec<u8>>,
    objects: Vec<Range<usize>>,
}

/// [`Facts`] of an object that is kept.
#[derive(Debug, Default)]
struct KeptFacts {
    id: Option<Text>,
    kind: Option<Text>,
    seq: u64,
    next_ms: Option<i64>,
    has_due: bool,
    indexed: Vec<(usize, Text)>,
}

/// A line of the journal, read.
#[derive(Debug)]
pub(crate) enum Read {
    Changes(KeptChanges),
    /// The business clock's offset in milliseconds, from here on.
    Clock(i64),
    Reset,
}

/// The changes of one command, as the journal has them.
#[derive(Debug)]
pub(crate) struct KeptChanges {
    pub(crate) account: String,
    pub(crate) random: u64,
    pub(crate) seq: u64,
    pub(crate) put: Vec<Stored>,
    pub(crate) removed: Vec<String>,
}

impl Stored {
    pub(crate) fn value(&self) -> &Arc<Value> {
        match self {
            Self::Made(value) => value,
            Self::Kept(kept) => kept.value.get_or_init(|| Arc::new(kept.line.read(kept.at))),
        }
    }

    /// The object, for once: it is not kept for whoever asks next.
    pub(crate) fn look(&self) -> Arc<Value> {
        match self {
            Self::Made(value) => Arc::clone(value),
            Self::Kept(kept) => {
                kept.value.get().cloned().unwrap_or_else(|| Arc::new(kept.line.read(kept.at)))
            }
        }
    }

    pub(crate) fn facts(&self) -> Facts<'_> {
        match self {
            Self::Made(value) => Facts::of(value),
            Self::Kept(kept) => {
                let known = &kept.facts;
                let mut facts = Facts {
                    id: known.id.as_ref(),
                    kind: known.kind.as_ref(),
                    seq: known.seq,
                    next_ms: known.next_ms,
                    has_due: known.has_due,
                    ..Facts::default()
                };
                for (at, value) in &known.indexed {
                    facts.indexed[*at] = Some(value);
                }
                facts
            }
        }
    }
}

impl KeptLine {
    /// Null if it is not what was looked at when it was read in: memory does not change by itself.
    fn parse(&self, at: usize) -> Value {
        let text = self.objects.get(at).and_then(|range| self.text.get(range.clone()));
        text.and_then(|text| serde_json::from_slice(text).ok()).unwrap_or_default()
    }

    fn read(&self, at: usize) -> Value {
        let mut value = self.parse(at);
        if let Some(path) = change::copy_in(&value)
            && let Some(whole) = change::fill(value.at(path), |same| self.parse(same))
        {
            value.set(path, whole);
        }
        value
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum LineText<'a> {
    Changes(#[serde(borrow)] ChangesText<'a>),
    Clock { offset_ms: i64 },
    Reset,
}

#[derive(serde::Deserialize)]
struct ChangesText<'a> {
    account: String,
    random: u64,
    seq: u64,
    #[serde(default, borrow)]
    put: Vec<&'a RawValue>,
    #[serde(default)]
    removed: Vec<String>,
}

/// Reads a line of the journal: a part of a text.
///
/// # Errors
/// When it is no such line.
pub(crate) fn read(text: &Arc<Vec<u8>>, line: Range<usize>) -> serde_json::Result<Read> {
    let changes = match serde_json::from_slice(text.get(line).unwrap_or_default())? {
        LineText::Changes(changes) => changes,
        LineText::Clock { offset_ms } => return Ok(Read::Clock(offset_ms)),
        LineText::Reset => return Ok(Read::Reset),
    };
    let begin = text.as_ptr() as usize;
    let range = |raw: &&RawValue| {
        let from = raw.get().as_ptr() as usize - begin;
        from..from + raw.get().len()
    };
    let kept =
        Arc::new(KeptLine { text: Arc::clone(text), objects: changes.put.iter().map(range).collect() });
    let put = changes.put.iter().enumerate().map(|(at, raw)| {
        let facts = serde_json::from_str(raw.get())?;
        Ok(Stored::Kept(Arc::new(Kept { line: Arc::clone(&kept), at, facts, value: OnceLock::new() })))
    });
    Ok(Read::Changes(KeptChanges {
        account: changes.account,
        random: changes.random,
        seq: changes.seq,
        put: put.collect::<serde_json::Result<_>>()?,
        removed: changes.removed,
    }))
}

impl<'de> Deserialize<'de> for KeptFacts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(FactsReader)
    }
}

struct FactsReader;

impl<'de> Visitor<'de> for FactsReader {
    type Value = KeptFacts;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object of the sandbox")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<KeptFacts, A::Error> {
        let mut facts = KeptFacts::default();
        while let Some(Name(name)) = from.next_key()? {
            match &*name {
                "id" => facts.id = from.next_value::<Member>()?.text(),
                "object" => facts.kind = from.next_value::<Member>()?.text(),
                "_seq" => facts.seq = from.next_value()?,
                "_next_ms" => facts.next_ms = from.next_value::<Member>()?.number(),
                "_due" => facts.has_due = from.next_value::<Member>()?.number().is_some(),
                name => match indexed(name) {
                    Some(at) => {
                        facts.indexed.extend(from.next_value::<Member>()?.text().map(|text| (at, text)));
                    }
                    None => {
                        from.next_value::<IgnoredAny>()?;
                    }
                },
            }
        }
        Ok(facts)
    }
}

#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// A member of which only a text or a whole number is of interest.
enum Member {
    Text(Text),
    Number(i64),
    Other,
}

impl Member {
    fn text(self) -> Option<Text> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    fn number(self) -> Option<i64> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(MemberReader)
    }
}

struct MemberReader;

impl<'de> Visitor<'de> for MemberReader {
    type Value = Member;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Member, E> {
        Ok(Member::Number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Member, E> {
        Ok(i64::try_from(number).map_or(Member::Other, Member::Number))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Member, E> {
        Ok(Member::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Member, A::Error> {
        while from.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Member, A::Error> {
        while from.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }
}

/// Whether the journal has of these changes what they are; every story of the core's tests is held to it.
#[cfg(test)]
pub(crate) fn is_kept_whole(changes: &change::Changes) -> bool {
    let line = Arc::new(serde_json::to_vec(&change::Line::Changes(changes.clone())).unwrap());
    let Ok(Read::Changes(kept)) = read(&line, 0..line.len()) else { return false };
    let same = |(kept, made): (&Stored, &Arc<Value>)| {
        let read = kept.look();
        read.to_string() == made.to_string()
            && format!("{:?}", kept.facts()) == format!("{:?}", Facts::of(made))
    };
    kept.put.len() == changes.put.len() && kept.put.iter().zip(&changes.put).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::change::{Changes, Line};
    use crate::core::state::{Account, State};
    use crate::core::story::Story;

    fn text_of(account: &Account) -> Vec<String> {
        let mut all: Vec<_> = account.all().collect();
        all.sort_by_key(|object| object.at("_seq").as_u64());
        all.into_iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_the_journal_has_of_objects_is_what_they_are() {
        let mut story = Story::new(1_800_000_000);
        let card = "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa";
        let customer = story.post("customers", &format!("{card}&metadata[_same]=1&metadata[\"]=ü"));
        let price = "unit_amount=900&currency=usd&recurring[interval]=month&product_data[name]=Pro";
        let price = story.post("prices", price);
        let body = format!("customer={}&items[0][price]={}", customer.id(), price.id());
        let subscription = story.post("subscriptions", &body);
        story.post(&format!("customers/{}", customer.id()), "name=Jenny");
        story.later(40 * 86_400);
        story.post(&format!("subscriptions/{}", subscription.id()), "cancel_at_period_end=true");
        let account = &story.state.accounts["test"];
        let mut put: Vec<Arc<Value>> = account.all().cloned().collect();
        put.sort_by_key(|object| object.at("_seq").as_u64());
        let whole: usize = put.iter().map(|object| object.to_string().len()).sum();
        let changes =
            Changes { account: "test".into(), random: 7, seq: account.seq, put, removed: Vec::new() };
        let line = serde_json::to_vec(&Line::Changes(changes)).unwrap();
        assert!(line.len() < whole * 3 / 4, "{} bytes of {whole}: copies are left out", line.len());
        let (length, line) = (line.len(), Arc::new(line));
        let Read::Changes(kept) = read(&line, 0..length).unwrap() else { panic!("changes") };
        let mut state = State::new(1);
        state.restore(&kept);
        assert_eq!(text_of(&state.accounts["test"]), text_of(account));
        for (kind, member, id) in
            [("invoice", "customer", customer.id()), ("invoice", "_subscription", subscription.id())]
        {
            let ids = |account: &Account| {
                account.matching(kind, member, &id).iter().map(|object| object.id()).collect::<Vec<_>>()
            };
            assert_eq!(ids(&state.accounts["test"]), ids(account));
        }
        assert_eq!(state.next_due(i64::MAX), story.state.next_due(i64::MAX));
        assert!(read(&line, 0..length - 1).is_err());
    }
}
