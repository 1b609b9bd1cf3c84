//! The members of an object, in the order in which they came; shared until one of the owners changes them.

use std::fmt;
use std::sync::Arc;

use super::{Text, Value};

type Members = Vec<(Text, Value)>;

/// The members of an object. They are few: a look along them is as fast as a hash.
///
/// Those that start with an underscore are kept apart, after all others: so what is shown of an object (in an answer, in
/// an event, under an idempotency key) is the object's own members, and not a copy.
#[derive(Clone, Default)]
pub(crate) struct Map {
    shown: Arc<Members>,
    hidden: Option<Arc<Members>>,
}

/// What names a member that may be made.
pub(crate) trait Name {
    fn text(&self) -> &str;
    fn name(self) -> Text;
}

impl Name for &str {
    fn text(&self) -> &str {
        self
    }

    fn name(self) -> Text {
        Text::name(self)
    }
}

impl Name for String {
    fn text(&self) -> &str {
        self
    }

    fn name(self) -> Text {
        Text::name(&self)
    }
}

impl Name for Text {
    fn text(&self) -> &str {
        self
    }

    fn name(self) -> Text {
        self
    }
}

fn is_hidden(name: &str) -> bool {
    name.starts_with('_')
}

fn find(members: &[(Text, Value)], name: &str) -> Option<usize> {
    members.iter().position(|(other, _)| other.as_str() == name)
}

impl Map {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn len(&self) -> usize {
        self.shown.len() + self.hidden().len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn hidden(&self) -> &[(Text, Value)] {
        self.hidden.as_deref().map_or(&[], Vec::as_slice)
    }

    /// The members among which one of this name is.
    fn among(&self, name: &str) -> &[(Text, Value)] {
        if is_hidden(name) { self.hidden() } else { &self.shown }
    }

    fn among_mut(&mut self, name: &str) -> &mut Members {
        Arc::make_mut(if is_hidden(name) { self.hidden.get_or_insert_default() } else { &mut self.shown })
    }

    /// What is shown of an object.
    pub(crate) fn shown(&self) -> Self {
        Self { shown: Arc::clone(&self.shown), hidden: None }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.among(name).iter().find(|(other, _)| other.as_str() == name).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let at = find(self.among(name), name)?;
        self.among_mut(name).get_mut(at).map(|(_, value)| value)
    }

    pub(crate) fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Puts a member in its place, or after all others. Answers what was there.
    pub(crate) fn insert(&mut self, name: impl Name, value: Value) -> Option<Value> {
        if let Some(there) = self.get_mut(name.text()) {
            return Some(std::mem::replace(there, value));
        }
        let name = name.name();
        self.among_mut(&name).push((name, value));
        None
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<Value> {
        let at = find(self.among(name), name)?;
        Some(self.among_mut(name).remove(at).1)
    }

    pub(crate) fn entry(&mut self, name: impl Name) -> Entry<'_> {
        Entry { map: self, name: name.name() }
    }

    pub(crate) fn iter(&self) -> Iter<'_> {
        self.shown.iter().chain(self.hidden()).map(|(name, value)| (name, value))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &Text> {
        self.iter().map(|(name, _)| name)
    }

    #[cfg(test)]
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        let hidden = self.hidden.as_mut().map(|hidden| Arc::make_mut(hidden).iter_mut());
        let all = Arc::make_mut(&mut self.shown).iter_mut().chain(hidden.into_iter().flatten());
        all.map(|(_, value)| value)
    }

    /// By name.
    pub(crate) fn sort(&mut self) {
        Arc::make_mut(&mut self.shown).sort_by(|(one, _), (other, _)| one.as_str().cmp(other));
    }
}

/// The place of a member, whether it is there or not.
pub(crate) struct Entry<'a> {
    map: &'a mut Map,
    name: Text,
}

impl<'a> Entry<'a> {
    pub(crate) fn or_insert(self, value: Value) -> &'a mut Value {
        self.or_insert_with(|| value)
    }

    pub(crate) fn or_insert_with(self, value: impl FnOnce() -> Value) -> &'a mut Value {
        let members = self.map.among_mut(&self.name);
        let at = find(members, &self.name).unwrap_or_else(|| {
            members.push((self.name, value()));
            members.len() - 1
        });
        &mut members[at].1
    }
}

/// Of members with one name, the first is seen.
impl From<Members> for Map {
    fn from(mut members: Members) -> Self {
        let hidden: Members = members.extract_if(.., |(name, _)| is_hidden(name)).collect();
        Self { shown: Arc::new(members), hidden: (!hidden.is_empty()).then(|| Arc::new(hidden)) }
    }
}

impl<N: Name> FromIterator<(N, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(members: I) -> Self {
        let mut map = Self::new();
        map.extend(members);
        map
    }
}

impl<N: Name> Extend<(N, Value)> for Map {
    fn extend<I: IntoIterator<Item = (N, Value)>>(&mut self, members: I) {
        for (name, value) in members {
            self.insert(name, value);
        }
    }
}

impl IntoIterator for Map {
    type Item = (Text, Value);
    type IntoIter = std::iter::Chain<std::vec::IntoIter<Self::Item>, std::vec::IntoIter<Self::Item>>;

    fn into_iter(self) -> Self::IntoIter {
        let hidden = self.hidden.map(Arc::unwrap_or_clone).unwrap_or_default();
        Arc::unwrap_or_clone(self.shown).into_iter().chain(hidden)
    }
}

type Slice<'a> = std::slice::Iter<'a, (Text, Value)>;
type Iter<'a> =
    std::iter::Map<std::iter::Chain<Slice<'a>, Slice<'a>>, fn(&'a (Text, Value)) -> (&'a Text, &'a Value)>;

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a Text, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The same members, in any order.
impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        same(&self.shown, &other.shown) && same(self.hidden(), other.hidden())
    }
}

fn same(one: &[(Text, Value)], other: &[(Text, Value)]) -> bool {
    std::ptr::eq(one, other)
        || one.len() == other.len()
            && one.iter().enumerate().all(|(at, (name, value))| {
                // Nearly always in the same place.
                let there = other.get(at).filter(|(same, _)| same == name);
                let there = there.or_else(|| other.iter().find(|(same, _)| same == name));
                there.is_some_and(|(_, theirs)| theirs == value)
            })
}

impl fmt::Debug for Map {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_map().entries(self.iter()).finish()
    }
}
