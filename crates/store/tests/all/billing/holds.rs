//! Holds: kept with all their facts, and ended once, whatever a program does.

use super::{NOW, account, begin, write};
use domain::allowance::Window;
use domain::catalog::WindowKind;
use domain::hold::{Hold, Source, State};
use domain::ids::{AccountId, HoldId};
use domain::usage::Label;
use ledger::Tokens;
use std::slice;
use store::db::built;
use store::{Tx, args, holds};
use testkit::Database;

testkit::on_both_databases!(
    a_hold_is_read_as_it_was_written,
    one_that_has_ended_is_neither_changed_nor_deleted,
    one_that_has_expired_can_still_be_captured_and_nothing_else,
    facts_that_do_not_belong_together_are_refused,
    those_that_are_due_are_found_the_longest_first,
);

fn hold(account: &AccountId, id: &str, source: Source) -> Hold {
    Hold {
        id: HoldId::from_stored(id),
        account: account.clone(),
        owner: None,
        tokens: Tokens::new(40).unwrap(),
        source,
        label: Label { feature: "essay".to_owned(), model: Some("demo".to_owned()) },
        state: State::Held,
        created_at: NOW,
        expires_at: NOW.plus(1_000),
    }
}

fn period() -> Source {
    let window = Window {
        kind: WindowKind::BillingPeriod,
        start: NOW,
        end: Some(NOW.plus(5)),
        subscription: Some("sub_1".into()),
    };
    Source::Allowance { window, covers: Tokens::new(100).unwrap() }
}

fn captured() -> State {
    let (used, paid) = (Tokens::new(50).unwrap(), Tokens::new(45).unwrap());
    State::Captured { used, paid, estimated: true, at: NOW.plus(7) }
}

async fn insert(tx: &mut Tx, holds: &[Hold]) -> store::Result<()> {
    write(tx, |writes| holds::insert(writes, holds)).await
}

async fn end(tx: &mut Tx, ended: &[(State, Hold)]) -> store::Result<()> {
    write(tx, |writes| holds::end(writes, ended)).await
}

async fn a_hold_is_read_as_it_was_written(database: Database) {
    let account = account(&database.db, "ada").await;
    let lifetime = Source::Allowance {
        window: Window::at(WindowKind::Lifetime, NOW, None),
        covers: Tokens::new(40).unwrap(),
    };
    let ends =
        [State::Held, captured(), State::Voided { at: NOW.plus(8) }, State::Expired { at: NOW.plus(9) }];
    for (number, (source, state)) in [Source::Tokens, period(), lifetime]
        .iter()
        .flat_map(|source| ends.iter().map(move |end| (source, end)))
        .enumerate()
    {
        let held = hold(&account, &format!("hold_{number}"), source.clone());
        let mut tx = begin(&database).await;
        insert(&mut tx, slice::from_ref(&held)).await.unwrap();
        let found = holds::find(&mut tx, &[(&account, &held.id)]).await.unwrap();
        assert_eq!(found, slice::from_ref(&held));
        let ended = Hold { state: state.clone(), ..held };
        if *state != State::Held {
            end(&mut tx, &[(State::Held, ended.clone())]).await.unwrap();
        }
        tx.commit().await.unwrap();
        let found = holds::find(&mut database.db.reader(), &[(&account, &ended.id)]).await.unwrap();
        assert_eq!(found, [ended]);
    }
    let stranger = AccountId::from_stored("acc_stranger");
    let id = HoldId::from_stored("hold_0");
    assert_eq!(holds::find(&mut database.db.reader(), &[(&stranger, &id)]).await.unwrap(), []);
}

async fn one_that_has_ended_is_neither_changed_nor_deleted(database: Database) {
    let account = account(&database.db, "ada").await;
    let held = hold(&account, "hold_1", Source::Tokens);
    let mut tx = begin(&database).await;
    insert(&mut tx, slice::from_ref(&held)).await.unwrap();
    let ended = Hold { state: captured(), ..held };
    end(&mut tx, &[(State::Held, ended.clone())]).await.unwrap();
    assert!(end(&mut tx, &[(State::Held, ended.clone())]).await.is_err(), "it ends once");
    tx.commit().await.unwrap();
    for sql in ["UPDATE token_holds SET used = 1, paid = 0", "DELETE FROM token_holds"] {
        let mut tx = begin(&database).await;
        let refused = tx.run(sql, args![]).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{sql}: {refused}");
    }
}

async fn one_that_has_expired_can_still_be_captured_and_nothing_else(database: Database) {
    let account = account(&database.db, "ada").await;
    let held = hold(&account, "hold_1", Source::Tokens);
    let (expired, voided) = (State::Expired { at: NOW.plus(1_001) }, State::Voided { at: NOW.plus(1_002) });
    let mut tx = begin(&database).await;
    insert(&mut tx, slice::from_ref(&held)).await.unwrap();
    end(&mut tx, &[(State::Held, Hold { state: expired.clone(), ..held.clone() })]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = begin(&database).await;
    let refused =
        end(&mut tx, &[(expired.clone(), Hold { state: voided, ..held.clone() })]).await.unwrap_err();
    assert!(refused.to_string().contains("append-only"), "{refused}");
    drop(tx);
    let captured = Hold { state: captured(), ..held };
    let mut tx = begin(&database).await;
    end(&mut tx, &[(expired.clone(), captured.clone())]).await.unwrap();
    assert!(end(&mut tx, &[(expired.clone(), captured.clone())]).await.is_err(), "once");
    assert_eq!(holds::find(&mut tx, &[(&account, &captured.id)]).await.unwrap(), [captured]);
}

async fn facts_that_do_not_belong_together_are_refused(database: Database) {
    let account = account(&database.db, "ada").await;
    let mut tx = begin(&database).await;
    insert(&mut tx, &[hold(&account, "hold_1", Source::Tokens)]).await.unwrap();
    insert(&mut tx, &[hold(&account, "hold_2", period())]).await.unwrap();
    tx.commit().await.unwrap();
    for (id, wrong) in [
        ("hold_1", "tokens = 0"),
        ("hold_1", "expires_at = created_at"),
        ("hold_1", "status = 'voided'"),
        ("hold_1", "closed_at = 1"),
        ("hold_1", "used = 1, paid = 1, estimated = false"),
        ("hold_1", "status = 'captured', closed_at = 1"),
        ("hold_1", "status = 'captured', closed_at = 1, used = 1, paid = 2, estimated = false"),
        ("hold_1", "status = 'captured', closed_at = 1, used = 0, paid = 0, estimated = false"),
        ("hold_1", "status = 'lost', closed_at = 1"),
        ("hold_1", "source = 'allowance'"),
        ("hold_1", "window_kind = 'day'"),
        ("hold_2", "source = 'tokens'"),
        ("hold_2", "window_kind = 'week'"),
        ("hold_2", "window_start = NULL"),
        ("hold_2", "covers = 39"),
    ] {
        let mut tx = begin(&database).await;
        let sql = built(format!("UPDATE token_holds SET {wrong} WHERE id = $1"));
        let refused = tx.run(sql, args![id]).await.unwrap_err();
        assert!(refused.is_check_violation(), "{wrong}: {refused}");
    }
}

async fn those_that_are_due_are_found_the_longest_first(database: Database) {
    let account = account(&database.db, "ada").await;
    let mut tx = begin(&database).await;
    for (id, expires) in [("hold_1", 3), ("hold_2", 1), ("hold_3", 2), ("hold_4", 4)] {
        let held = Hold { expires_at: NOW.plus(expires), ..hold(&account, id, Source::Tokens) };
        insert(&mut tx, slice::from_ref(&held)).await.unwrap();
        if id == "hold_3" {
            let ended = Hold { state: State::Voided { at: NOW }, ..held };
            end(&mut tx, &[(State::Held, ended.clone())]).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
    let due = holds::due(&mut database.db.reader(), NOW.plus(3), 10).await.unwrap();
    let ids: Vec<_> = due.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["hold_2", "hold_1"]);
    assert_eq!(holds::due(&mut database.db.reader(), NOW.plus(3), 1).await.unwrap().len(), 1);
    let mut tx = begin(&database).await;
    let (first, now) = (HoldId::from_stored("hold_2"), NOW.plus(3));
    assert!(holds::put_off(&mut tx, &first, now, NOW.plus(9)).await.unwrap());
    assert!(!holds::put_off(&mut tx, &first, now, NOW.plus(99)).await.unwrap(), "by one of two");
    assert!(!holds::put_off(&mut tx, &HoldId::from_stored("hold_3"), now, NOW.plus(9)).await.unwrap());
    tx.commit().await.unwrap();
    for (at, expected) in
        [(3, vec!["hold_1"]), (8, vec!["hold_1", "hold_4"]), (9, vec!["hold_2", "hold_1", "hold_4"])]
    {
        let due = holds::due(&mut database.db.reader(), NOW.plus(at), 10).await.unwrap();
        assert_eq!(due.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), expected);
    }
}
