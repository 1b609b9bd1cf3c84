//! The members of an object, in the order in which they came; shared until one of the owners changes them.

use std::fmt;
use std::sync::Arc;

use super::names::Names;
use super::{Text, Value};

/// The members of an object. They are few: a look along their names is as fast as a hash.
///
/// Those that start with an underscore are kept apart, after all others: so what is shown of an object (in an answer, in
/// an event, under an idempotency key) is the object's own members, and not a copy.
#[derive(Clone, Default)]
pub(crate) struct Map {
    shown: Option<Arc<Members>>,
    hidden: Option<Arc<Members>>,
}

#[derive(Clone, Default)]
struct Members {
    names: Names,
    /// One for each name.
    values: Vec<Value>,
}

type Zip<'a> = std::iter::Zip<std::slice::Iter<'a, Text>, std::slice::Iter<'a, Value>>;

static NONE: Members = Members { names: Names::Kept(&[]), values: Vec::new() };

impl Members {
    fn iter(&self) -> Zip<'_> {
        self.names.list().iter().zip(&self.values)
    }

    fn push(&mut self, name: Text, value: Value) {
        self.names.push(name);
        if self.values.len() == self.values.capacity() {
            // Few come behind most: twice the room would be wasted.
            self.values.reserve_exact(2.max(self.values.len() / 4));
        }
        self.values.push(value);
    }
}

/// The same members, in any order.
impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        if std::ptr::eq(self, other) {
            return true;
        }
        if self.names.is_same(&other.names) {
            return self.values == other.values;
        }
        let theirs = |name: &str| other.names.find(name).and_then(|at| other.values.get(at));
        self.values.len() == other.values.len()
            && self.iter().all(|(name, value)| theirs(name) == Some(value))
    }
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

impl Map {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Members as the program writes them: one value for each name, its own ones last.
    pub(crate) fn written(names: &'static [Text], mut values: Vec<Value>) -> Self {
        let is_shown = |name: &Text| !is_hidden(name);
        let at = names.iter().position(|name| is_hidden(name)).unwrap_or(names.len());
        let (shown, hidden) = names.split_at(at);
        if hidden.iter().any(is_shown) {
            return names.iter().cloned().zip(values).collect();
        }
        let own = values.split_off(at.min(values.len()));
        let together = |names: &'static [Text], values: Vec<Value>| {
            (!values.is_empty()).then(|| Arc::new(Members { names: Names::Kept(names), values }))
        };
        Self { shown: together(shown, values), hidden: together(hidden, own) }
    }

    /// Members as they were read. Of those with one name, the first is seen.
    pub(super) fn read(members: Vec<(Text, Value)>) -> Self {
        let (hidden, shown): (Vec<_>, Vec<_>) = members.into_iter().partition(|(name, _)| is_hidden(name));
        let together = |members: Vec<(Text, Value)>| {
            let mut together = Members { names: Names::default(), values: Vec::with_capacity(members.len()) };
            for (name, value) in members {
                together.push(name, value);
            }
            (!together.values.is_empty()).then(|| Arc::new(together))
        };
        Self { shown: together(shown), hidden: together(hidden) }
    }

    pub(crate) fn len(&self) -> usize {
        self.among("").values.len() + self.among("_").values.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The members among which one of this name is.
    fn among(&self, name: &str) -> &Members {
        let members = if is_hidden(name) { &self.hidden } else { &self.shown };
        members.as_deref().unwrap_or(&NONE)
    }

    fn among_mut(&mut self, name: &str) -> &mut Members {
        let members = if is_hidden(name) { &mut self.hidden } else { &mut self.shown };
        Arc::make_mut(members.get_or_insert_default())
    }

    /// What is shown of an object.
    pub(crate) fn shown(&self) -> Self {
        Self { shown: self.shown.clone(), hidden: None }
    }

    /// Whether this is what is shown of another object, and no copy of it.
    pub(crate) fn is_shown_of(&self, other: &Self) -> bool {
        match (&self.shown, &other.shown) {
            (Some(one), Some(other)) => self.hidden.is_none() && Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// The members in which this differs from what is shown of another object, if both have the same names.
    pub(crate) fn differing(&self, other: &Self) -> Option<Self> {
        let (own, theirs) = (self.among(""), other.among(""));
        if self.hidden.is_some() || own.names.list() != theirs.names.list() {
            return None;
        }
        let differ = own.iter().zip(&theirs.values).filter(|((_, value), theirs)| value != theirs);
        Some(differ.map(|((name, value), _)| (name.clone(), value.clone())).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let members = self.among(name);
        members.values.get(members.names.find(name)?)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let at = self.among(name).names.find(name)?;
        self.among_mut(name).values.get_mut(at)
    }

    pub(crate) fn contains_key(&self, name: &str) -> bool {
        self.among(name).names.find(name).is_some()
    }

    /// Puts a member in its place, or after all others. Answers what was there.
    pub(crate) fn insert(&mut self, name: impl Name, value: Value) -> Option<Value> {
        if let Some(there) = self.get_mut(name.text()) {
            return Some(std::mem::replace(there, value));
        }
        let name = name.name();
        self.among_mut(&name).push(name, value);
        None
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.among(name).names.find(name)?;
        let members = self.among_mut(name);
        members.names.remove(at);
        Some(members.values.remove(at))
    }

    pub(crate) fn entry(&mut self, name: impl Name) -> Entry<'_> {
        Entry { map: self, name: name.name() }
    }

    pub(crate) fn iter(&self) -> std::iter::Chain<Zip<'_>, Zip<'_>> {
        self.among("").iter().chain(self.among("_").iter())
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &Text> {
        self.iter().map(|(name, _)| name)
    }

    #[cfg(test)]
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        let both = [&mut self.shown, &mut self.hidden].into_iter().flatten();
        both.flat_map(|members| Arc::make_mut(members).values.iter_mut())
    }

    /// By name.
    pub(crate) fn sort(&mut self) {
        let mut members: Vec<(Text, Value)> = std::mem::take(self).into_iter().collect();
        members.sort_by(|(one, _), (other, _)| one.as_str().cmp(other));
        self.extend(members);
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
        let at = members.names.find(&self.name).unwrap_or_else(|| {
            members.push(self.name, value());
            members.values.len() - 1
        });
        &mut members.values[at]
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
    type IntoIter = std::vec::IntoIter<(Text, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        let both = [self.shown, self.hidden].into_iter().flatten().map(Arc::unwrap_or_clone);
        let all = both.flat_map(|members| members.names.list().to_vec().into_iter().zip(members.values));
        all.collect::<Vec<_>>().into_iter()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a Text, &'a Value);
    type IntoIter = std::iter::Chain<Zip<'a>, Zip<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.among("") == other.among("") && self.among("_") == other.among("_")
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_map().entries(self.iter()).finish()
    }
}
