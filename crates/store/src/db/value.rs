//! Arguments of statements. A NULL keeps its type, which PostgreSQL needs.

use super::sources::Array;

/// One `$n`. JSON travels as text in both databases.
#[derive(Clone, Debug, PartialEq)]
pub enum Val {
    Bool(Option<bool>),
    Int(Option<i64>),
    Text(Option<String>),
    /// Made by [`Rows`](super::Rows), for PostgreSQL alone.
    Array(Array),
}

macro_rules! vals {
    ($($type:ty => $variant:ident $convert:expr;)*) => { $(
        impl From<$type> for Val {
            fn from(value: $type) -> Self {
                Self::$variant(Some($convert(value)))
            }
        }
        impl From<Option<$type>> for Val {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value.map($convert))
            }
        }
    )* }
}

vals! {
    bool => Bool |value| value;
    i64 => Int |value| value;
    i32 => Int i64::from;
    u32 => Int i64::from;
    String => Text |value| value;
    &String => Text String::clone;
    &str => Text str::to_owned;
}

/// `args![user_id, 5, None::<String>]`: the arguments of `$1`, `$2`, `$3`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { ::std::vec![$($crate::db::Val::from($value)),*] };
}
