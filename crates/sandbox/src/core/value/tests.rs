//! Values are what serde_json's would be.

use proptest::prelude::*;
use serde_json::Value as Theirs;

use super::{Map, Value, json};
use crate::core::json::Json;

/// A tree of theirs; names are few, so that members meet.
fn tree() -> impl Strategy<Value = Theirs> {
    let leaf = prop_oneof![
        Just(Theirs::Null),
        any::<bool>().prop_map(Theirs::from),
        any::<i64>().prop_map(Theirs::from),
        any::<u64>().prop_map(Theirs::from),
        (-1000..1000_i32).prop_map(|halves| (f64::from(halves) / 2.0).into()),
        ".{0,8}".prop_map(Theirs::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Theirs::from),
            prop::collection::vec(("[_a-d]{1,2}", inner), 0..6)
                .prop_map(|members| Theirs::Object(members.into_iter().collect())),
        ]
    })
}

fn ours(theirs: &Theirs) -> Value {
    serde_json::from_str(&theirs.to_string()).unwrap()
}

proptest! {
    #[test]
    fn what_is_read_is_written_again(theirs in tree()) {
        let again: Theirs = serde_json::from_str(&ours(&theirs).to_string()).unwrap();
        prop_assert_eq!(&again, &theirs);
    }

    #[test]
    fn two_are_equal_when_theirs_are(one in tree(), other in tree()) {
        prop_assert_eq!(ours(&one) == ours(&other), one == other);
        prop_assert_eq!(ours(&one), ours(&one));
    }

    #[test]
    fn a_copy_that_is_changed_leaves_the_other_as_it_was(
        theirs in tree(), steps in prop::collection::vec(("[_a-d]{1,2}", any::<Option<i64>>()), 0..9)
    ) {
        let before = Value::Object(Map::from_iter([("x", ours(&theirs)), ("_x", ours(&theirs))]));
        let (mut after, mut expected) = (before.clone(), serde_json::json!({ "x": theirs, "_x": theirs }));
        for (name, value) in steps {
            let (Value::Object(own), Some(members)) = (&mut after, expected.as_object_mut()) else { continue };
            if let Some(number) = value {
                    let was = own.insert(name.as_str(), number.into()).map(|was| was.to_string());
                    prop_assert_eq!(was, members.insert(name, number.into()).map(|was| ours(&was).to_string()));
            } else {
                    let was = own.remove(&name).map(|was| was.to_string());
                    prop_assert_eq!(was, members.shift_remove(&name).map(|was| ours(&was).to_string()));
            }
            prop_assert_eq!(own.len(), members.len());
        }
        prop_assert_eq!(&after, &ours(&expected));
        prop_assert_eq!(&before["x"], &ours(&theirs));
        prop_assert_eq!(before.at("_x"), &ours(&theirs));
    }
}

#[test]
fn json_is_written_as_it_reads() {
    let (name, items) = ("found", vec![1, 2]);
    let written = json!({
        "text": "a", "number": -1, "yes": true, "nothing": null, "empty": {}, "list": [1, null, { "a": [] }],
        "always": { "status": "fixed" }, "of": name, "items": items, "missing": None::<i64>, "_own": 1,
    });
    let text = r#"{"text":"a","number":-1,"yes":true,"nothing":null,"empty":{},"list":[1,null,{"a":[]}],"always":{"status":"fixed"},"of":"found","items":[1,2],"missing":null,"_own":1}"#;
    assert_eq!(written.to_string(), text);
    assert_eq!(json!({ "_own": 1, "a": 2, "_also": 3 }).to_string(), r#"{"a":2,"_own":1,"_also":3}"#);
    assert_eq!(json!({ name: 1 }).to_string(), r#"{"found":1}"#);
    let Value::Object(members) = &written else { panic!("an object") };
    assert!(!members.shown().contains_key("_own") && members.contains_key("_own"));
}
