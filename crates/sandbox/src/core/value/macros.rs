//! `json!`: values written as JSON.

/// A value, written as JSON with Rust's expressions in it. The names of an object's members are the program's own, and
/// what never changes is made once.
macro_rules! json {
    // The members of an object, one after the other: they gather in the brackets, with a word on their names.
    (@object [$(($word:ident $name:literal, $value:expr))*]) => {
        $crate::core::value::Value::Object($crate::core::value::Map::written(
            {
                static NAMES: &[$crate::core::value::Text] = &[$($crate::core::value::Text::Static($name)),*];
                NAMES
            },
            vec![$($value),*],
        ))
    };
    (@object [$(($word:ident $name:expr, $value:expr))*]) => {
        $crate::core::value::Value::Object([$(($crate::core::value::Text::name($name), $value)),*].into_iter().collect())
    };
    (@object [$($done:tt)*] $name:literal : null $(, $($rest:tt)*)?) => {
        $crate::core::value::json!(@object [$($done)* (written $name, $crate::core::value::Value::Null)] $($($rest)*)?)
    };
    (@object [$($done:tt)*] $name:literal : { $($inner:tt)* } $(, $($rest:tt)*)?) => {
        $crate::core::value::json!(
            @object [$($done)* (written $name, $crate::core::value::json!({ $($inner)* }))] $($($rest)*)?
        )
    };
    (@object [$($done:tt)*] $name:literal : [ $($inner:tt)* ] $(, $($rest:tt)*)?) => {
        $crate::core::value::json!(
            @object [$($done)* (written $name, $crate::core::value::json!([ $($inner)* ]))] $($($rest)*)?
        )
    };
    (@object [$($done:tt)*] $name:literal : $value:literal $(, $($rest:tt)*)?) => {
        $crate::core::value::json!(
            @object [$($done)* (written $name, $crate::core::value::literal($value))] $($($rest)*)?
        )
    };
    (@object [$($done:tt)*] $name:literal : $value:expr $(, $($rest:tt)*)?) => {
        $crate::core::value::json!(
            @object [$($done)* (written $name, $crate::core::value::ToValue::to_value(&$value))] $($($rest)*)?
        )
    };
    // A name that is not written here.
    (@object [$($done:tt)*] $name:tt : $value:expr $(, $($rest:tt)*)?) => {
        $crate::core::value::json!(
            @object [$($done)* (found $name, $crate::core::value::ToValue::to_value(&$value))] $($($rest)*)?
        )
    };
    // The elements of an array.
    (@array [$($done:expr,)*]) => { $crate::core::value::Value::Array(vec![$($done),*]) };
    (@array [$($done:expr,)*] null $(, $($rest:tt)*)?) => {
        $crate::core::value::json!(@array [$($done,)* $crate::core::value::Value::Null,] $($($rest)*)?)
    };
    (@array [$($done:expr,)*] { $($inner:tt)* } $(, $($rest:tt)*)?) => {
        $crate::core::value::json!(@array [$($done,)* $crate::core::value::json!({ $($inner)* }),] $($($rest)*)?)
    };
    (@array [$($done:expr,)*] [ $($inner:tt)* ] $(, $($rest:tt)*)?) => {
        $crate::core::value::json!(@array [$($done,)* $crate::core::value::json!([ $($inner)* ]),] $($($rest)*)?)
    };
    (@array [$($done:expr,)*] $value:expr $(, $($rest:tt)*)?) => {
        $crate::core::value::json!(@array [$($done,)* $crate::core::value::json!($value),] $($($rest)*)?)
    };
    (null) => { $crate::core::value::Value::Null };
    ({}) => { $crate::core::value::Value::Object($crate::core::value::Map::new()) };
    ({ $($name:literal : $value:literal),* $(,)? }) => {
        $crate::core::value::Value::clone({
            static ALWAYS: std::sync::LazyLock<$crate::core::value::Value> = std::sync::LazyLock::new(|| {
                $crate::core::value::json!(@object [$((written $name, $crate::core::value::literal($value)))*])
            });
            &ALWAYS
        })
    };
    ({ $($members:tt)* }) => { $crate::core::value::json!(@object [] $($members)*) };
    ([ $($elements:tt)* ]) => { $crate::core::value::json!(@array [] $($elements)*) };
    ($value:literal) => { $crate::core::value::literal($value) };
    ($value:expr) => { $crate::core::value::ToValue::to_value(&$value) };
}

pub(crate) use json;
