//! Texts that are cheap to copy: those of the program, and those that are shared.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

/// A text, or the name of a member.
#[derive(Clone)]
pub(crate) enum Text {
    Static(&'static str),
    /// Short: its length, and so many bytes of UTF-8.
    Short(u8, [u8; SHORT]),
    Shared(Arc<str>),
}

/// As many bytes as there is room for.
const SHORT: usize = 22;

/// Names that came often enough to be kept for ever: no more than this, and none longer than that.
const KEPT_NAMES: usize = 4096;
const LONGEST_NAME: usize = 64;

static NAMES: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);

thread_local! {
    /// The names that this thread has met, to be found without a lock.
    static MET: RefCell<HashSet<&'static str>> = RefCell::default();
}

impl Text {
    pub(crate) fn as_str(&self) -> &str {
        self
    }

    /// The name of a member. Most are the same few, again and again, and are kept as one.
    pub(crate) fn name(name: &str) -> Self {
        if name.len() > LONGEST_NAME {
            return name.into();
        }
        if let Some(met) = MET.with_borrow(|names| names.get(name).copied()) {
            return Self::Static(met);
        }
        match keep(name) {
            Some(kept) => {
                MET.with_borrow_mut(|names| names.insert(kept));
                Self::Static(kept)
            }
            None => name.into(),
        }
    }
}

fn keep(name: &str) -> Option<&'static str> {
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let names = names.get_or_insert_with(HashSet::new);
    if let Some(kept) = names.get(name) {
        return Some(kept);
    }
    if names.len() >= KEPT_NAMES {
        return None;
    }
    let kept: &'static str = Box::leak(name.into());
    names.insert(kept);
    Some(kept)
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Static(text) => text,
            Self::Short(length, bytes) => bytes
                .get(..usize::from(*length))
                .and_then(|text| std::str::from_utf8(text).ok())
                .unwrap_or_default(),
            Self::Shared(text) => text,
        }
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text {}

/// As its `str`, so that one is found by the other.
impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        str::hash(self, state);
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(room), Ok(length)) => {
                room.copy_from_slice(text.as_bytes());
                Self::Short(length, bytes)
            }
            _ => Self::Shared(text.into()),
        }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.as_ref().to_owned()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, out)
    }
}
