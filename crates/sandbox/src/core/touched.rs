//! The objects that a command has touched, in the order in which they were touched first.

use std::collections::HashMap;
use std::sync::Arc;

use super::value::{Text, Value};

/// So few are found by a look along them; most commands touch fewer.
const FEW: usize = 24;

#[derive(Clone, Debug, Default)]
pub(super) struct Touched {
    all: Vec<(Text, Arc<Value>)>,
    /// Where each of them is, once they are no longer few.
    places: HashMap<Text, usize>,
}

impl Touched {
    fn place(&self, id: &str) -> Option<usize> {
        if self.all.len() <= FEW {
            self.all.iter().position(|(other, _)| other.as_str() == id)
        } else {
            self.places.get(id).copied()
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&Arc<Value>> {
        self.place(id).and_then(|at| self.all.get(at)).map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Arc<Value>> {
        self.place(id).and_then(|at| self.all.get_mut(at)).map(|(_, value)| value)
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.place(id).is_some()
    }

    /// Puts an object in its place, or after all others. Answers what was there.
    pub(super) fn put(&mut self, id: Text, value: Arc<Value>) -> Option<Arc<Value>> {
        if let Some((_, there)) = self.place(&id).and_then(|at| self.all.get_mut(at)) {
            return Some(std::mem::replace(there, value));
        }
        self.all.push((id, value));
        if self.all.len() > FEW {
            // All that are not yet there: one, or the first time all.
            let from = self.places.len();
            let new = self.all.iter().enumerate().skip(from).map(|(at, (id, _))| (id.clone(), at));
            self.places.extend(new);
        }
        None
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.all.retain(|(other, _)| other.as_str() != id);
        let few = self.all.len() <= FEW;
        let all = self.all.iter().enumerate().map(|(at, (id, _))| (id.clone(), at));
        self.places = if few { HashMap::new() } else { all.collect() };
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Arc<Value>> {
        self.all.iter().map(|(_, value)| value)
    }

    pub(super) fn into_values(self) -> Vec<Arc<Value>> {
        self.all.into_iter().map(|(_, value)| value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_found_as_few_are() {
        let mut touched = Touched::default();
        let object = |number: usize| Arc::new(Value::from(number));
        for number in 0..60 {
            assert_eq!(touched.put(number.to_string().into(), object(number)), None);
            assert_eq!(touched.put(number.to_string().into(), object(number + 1)), Some(object(number)));
            assert!(
                (0..=number).all(|earlier| touched.get(&earlier.to_string()) == Some(&object(earlier + 1)))
            );
        }
        for number in (0..60).step_by(2) {
            touched.remove(&number.to_string());
            assert!(
                (0..60)
                    .all(|other| touched.contains(&other.to_string()) == (other > number || other % 2 == 1))
            );
        }
        assert_eq!(touched.into_values(), (0..30).map(|half| object(2 * half + 2)).collect::<Vec<_>>());
    }
}
