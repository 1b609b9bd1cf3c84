//! `json!`: values written as JSON.

/// A value, written as JSON with Rust's expressions in it. Objects are made in one piece.
macro_rules! json {
    // The members of an object, one after the other: (name, value) pairs gather in the brackets.
    (@object [$($done:tt)*]) => {
        $crate::core::value::Value::Object($crate::core::value::json!(@made $($done)*))
    };
    (@object [$($done:tt)*] $name:literal : null $(, $($rest:tt)*)?) => {
        $crate::core::value::json!(@object [$($done)* ($crate::core::value::Text::Static($name), $crate::core::value::Value::Null)] $($($rest)*)?)
    };
    (@object [$($done:tt)*] $name:literal : { $($inner:tt)* } $(, $($rest:tt)*)?) => {
        $crate::core::value::json!(@object [$($done)* ($crate::core::value::Text::Static($name), $crate::core::value::json!({ $($inner)* }))] $($($rest)*)?)
    };
    (@object [$($done:tt)*] $name:literal : [ $($inner:tt)* ] $(, $($rest:tt)*)?) => {
        $crate::core::value::json!(@object [$($done)* ($crate::core::value::Text::Static($name), $crate::core::value::json!([ $($inner)* ]))] $($($rest)*)?)
    };
    (@object [$($done:tt)*] $name:literal : $value:literal $(, $($rest:tt)*)?) => {
        $crate::core::value::json!(@object [$($done)* ($crate::core::value::Text::Static($name), $crate::core::value::literal($value))] $($($rest)*)?)
    };
    (@object [$($done:tt)*] $name:literal : $value:expr $(, $($rest:tt)*)?) => {
        $crate::core::value::json!(
            @object [$($done)* ($crate::core::value::Text::Static($name), $crate::core::value::ToValue::to_value(&$value))] $($($rest)*)?
        )
    };
    // A name that is not written here.
    (@object [$($done:tt)*] $name:tt : $value:expr $(, $($rest:tt)*)?) => {
        $crate::core::value::json!(
            @object [
                $($done)*
                ($crate::core::value::Text::name($name), $crate::core::value::ToValue::to_value(&$value))
            ]
            $($($rest)*)?
        )
    };
    (@made $(($name:expr, $value:expr))*) => { $crate::core::value::Map::from(vec![$(($name, $value)),*]) };
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
    ({ $($members:tt)* }) => { $crate::core::value::json!(@object [] $($members)*) };
    ([ $($elements:tt)* ]) => { $crate::core::value::json!(@array [] $($elements)*) };
    ($value:literal) => { $crate::core::value::literal($value) };
    ($value:expr) => { $crate::core::value::ToValue::to_value(&$value) };
}

pub(crate) use json;
