//! The names of an object's members. Objects of one kind nearly all have the same, and share them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Text;

/// Names, in the order in which they came.
#[derive(Clone)]
pub(super) enum Names {
    /// Of the program, or as many objects have them: kept for ever, so that one address is one list.
    Kept(&'static [Text]),
    Own(Arc<Vec<Text>>),
}

/// No more lists than this are kept.
const KEPT_LISTS: usize = 8192;

/// The list that follows when a name is put behind a list, by the addresses of both.
type Next = HashMap<(usize, usize), &'static [Text]>;

static NEXT: Mutex<Option<Next>> = Mutex::new(None);

thread_local! {
    /// What this thread has met of them, to be found without a lock.
    static MET: RefCell<Next> = RefCell::default();
}

impl Default for Names {
    fn default() -> Self {
        Self::Kept(&[])
    }
}

impl Names {
    pub(super) fn list(&self) -> &[Text] {
        match self {
            Self::Kept(names) => names,
            Self::Own(names) => names,
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.list().iter().position(|other| other.as_str() == name)
    }

    /// Whether two lists are one.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq(self.list(), other.list())
    }

    /// Puts a name behind the others.
    pub(super) fn push(&mut self, name: Text) {
        if let (Self::Kept(names), Text::Static(behind)) = (&*self, &name)
            && let Some(next) = next(names, behind)
        {
            *self = Self::Kept(next);
        } else {
            self.change(|names| names.push(name));
        }
    }

    pub(super) fn remove(&mut self, at: usize) {
        self.change(|names| drop(names.remove(at)));
    }

    fn change(&mut self, change: impl FnOnce(&mut Vec<Text>)) {
        match self {
            Self::Own(names) => change(Arc::make_mut(names)),
            Self::Kept(names) => {
                let mut names = names.to_vec();
                change(&mut names);
                *self = Self::Own(Arc::new(names));
            }
        }
    }
}

fn next(names: &'static [Text], name: &'static str) -> Option<&'static [Text]> {
    // All empty lists are one.
    let key = (names.first().map_or(0, |first| std::ptr::from_ref(first) as usize), name.as_ptr() as usize);
    let is_it = |list: &&'static [Text]| {
        list.len() == names.len() + 1 && list.last().is_some_and(|last| last == name)
    };
    if let Some(met) = MET.with_borrow(|met| met.get(&key).copied()).filter(is_it) {
        return Some(met);
    }
    let mut kept = NEXT.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = kept.get_or_insert_with(HashMap::new);
    let list = if let Some(list) = kept.get(&key).copied() {
        // Of two names that begin at one address, the longer one has no list.
        Some(list).filter(is_it)?
    } else {
        if kept.len() >= KEPT_LISTS {
            return None;
        }
        let list: Vec<Text> = names.iter().cloned().chain([Text::Static(name)]).collect();
        let list: &'static [Text] = Box::leak(list.into_boxed_slice());
        kept.insert(key, list);
        list
    };
    MET.with_borrow_mut(|met| met.insert(key, list));
    Some(list)
}
