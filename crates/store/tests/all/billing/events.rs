//! The inbox, and one writer per customer.

use super::{NOW, account, begin};
use domain::ids::{StripeCustomerId, StripeEventId};
use domain::time::Timestamp;
use store::customer_syncs::{self, Outcome};
use store::events::{self, NewEvent};
use testkit::Database;

testkit::on_both_databases!(
    an_event_is_stored_once_and_lives_until_it_is_settled,
    an_event_without_a_customer_waits_until_it_is_resolved,
    trap_02_whoever_lost_the_lease_writes_nothing,
    what_came_in_during_a_sync_is_synced_afterwards,
    a_discrepancy_is_reported_once,
);

fn new<'a>(
    id: &'a StripeEventId,
    customer: Option<&'a StripeCustomerId>,
    ignored: Option<&'a str>,
) -> NewEvent<'a> {
    NewEvent {
        id,
        kind: "invoice.paid",
        object_id: "in_1",
        customer,
        subscription: None,
        payment_intent: None,
        payload: "{}",
        ignored,
        created_at: NOW,
        received_at: NOW,
    }
}

async fn an_event_is_stored_once_and_lives_until_it_is_settled(database: Database) {
    let ada = account(&database.db, "ada").await;
    let customer = "cus_ada".into();
    let ids: Vec<StripeEventId> = ["evt_1", "evt_2", "evt_3", "evt_4"].map(Into::into).into();
    let mut tx = begin(&database).await;
    for id in &ids[..3] {
        assert!(events::accept(&mut tx, &new(id, Some(&customer), None)).await.unwrap());
        assert!(!events::accept(&mut tx, &new(id, Some(&customer), Some("again"))).await.unwrap());
    }
    assert!(events::accept(&mut tx, &new(&ids[3], Some(&customer), Some("of no use"))).await.unwrap());
    assert_eq!(events::pending(&mut tx, &customer, NOW, 10).await.unwrap().len(), 3);
    assert_eq!(events::next_pending(&mut tx, &customer).await.unwrap(), Some(NOW));
    events::processed(&mut tx, &ids[0], &ada, NOW).await.unwrap();
    events::failed(&mut tx, &ids[1], "no luck", Some(NOW.plus(5_000))).await.unwrap();
    events::defer(&mut tx, &ids[2], NOW.plus(9_000)).await.unwrap();
    assert_eq!(events::pending(&mut tx, &customer, NOW, 10).await.unwrap().len(), 0);
    assert_eq!(events::next_pending(&mut tx, &customer).await.unwrap(), Some(NOW.plus(5_000)));
    events::wake(&mut tx, &customer, NOW).await.unwrap();
    assert_eq!(events::pending(&mut tx, &customer, NOW, 10).await.unwrap().len(), 2);
    events::failed(&mut tx, &ids[1], "given up", None).await.unwrap();
    events::ignored(&mut tx, &ids[2], Some(&ada), "of no use", NOW).await.unwrap();
    // What is settled stays so.
    events::failed(&mut tx, &ids[0], "too late", None).await.unwrap();
    events::ignored(&mut tx, &ids[0], None, "too late", NOW).await.unwrap();
    let states = events::list(&mut tx, None, 10).await.unwrap();
    let states: Vec<_> = states.iter().map(|event| (event.id.as_str(), event.state.as_str())).collect();
    assert_eq!(
        states,
        [("evt_4", "ignored"), ("evt_3", "ignored"), ("evt_2", "dead"), ("evt_1", "processed")]
    );
    assert_eq!(events::dead(&mut tx).await.unwrap(), [ids[1].clone()]);
    let dead = events::find(&mut tx, &ids[1]).await.unwrap().unwrap();
    assert_eq!((dead.attempts, dead.last_error.as_deref()), (2, Some("given up")));
    assert!(events::replay(&mut tx, &ids[1], 0, NOW).await.unwrap());
    assert!(!events::replay(&mut tx, &"evt_none".into(), 0, NOW).await.unwrap());
    assert_eq!(events::list(&mut tx, Some("pending"), 10).await.unwrap().len(), 1);
}

async fn an_event_without_a_customer_waits_until_it_is_resolved(database: Database) {
    let (id, customer) = ("evt_1".into(), "cus_ada".into());
    let mut tx = begin(&database).await;
    events::accept(&mut tx, &new(&id, None, None)).await.unwrap();
    assert_eq!(events::next_unresolved(&mut tx).await.unwrap(), Some(NOW));
    assert_eq!(events::unresolved(&mut tx, NOW, 10).await.unwrap().len(), 1);
    events::set_customer(&mut tx, &id, &customer).await.unwrap();
    assert_eq!(events::unresolved(&mut tx, NOW, 10).await.unwrap().len(), 0);
    assert_eq!(events::next_unresolved(&mut tx).await.unwrap(), None);
    assert_eq!(events::pending(&mut tx, &customer, NOW, 10).await.unwrap().len(), 1);
}

const LEASE: i64 = 60_000;

async fn trap_02_whoever_lost_the_lease_writes_nothing(database: Database) {
    let customer = "cus_ada".into();
    let mut tx = begin(&database).await;
    customer_syncs::mark_dirty(&mut tx, &customer, NOW).await.unwrap();
    let take = async |tx: &mut store::Tx, now: Timestamp| {
        customer_syncs::take(tx, &customer, now, now.plus(LEASE)).await.unwrap()
    };
    let slow = take(&mut tx, NOW).await.unwrap();
    assert_eq!(take(&mut tx, NOW.plus(1)).await, None, "one at a time");
    assert_eq!(customer_syncs::due(&mut tx, NOW.plus(1), 10).await.unwrap(), []);
    assert_eq!(customer_syncs::next_due(&mut tx).await.unwrap(), Some(NOW.plus(LEASE)));
    let next = take(&mut tx, NOW.plus(LEASE)).await.unwrap();
    assert!(next.fence > slow.fence);
    assert!(!customer_syncs::finish(&mut tx, &slow, Outcome::Synced).await.unwrap());
    assert!(customer_syncs::is_dirty(&mut tx, &customer).await.unwrap());
    assert!(customer_syncs::finish(&mut tx, &next, Outcome::Synced).await.unwrap());
    assert!(!customer_syncs::is_dirty(&mut tx, &customer).await.unwrap());
    assert_eq!(customer_syncs::next_due(&mut tx).await.unwrap(), None);
}

async fn what_came_in_during_a_sync_is_synced_afterwards(database: Database) {
    let customer: StripeCustomerId = "cus_ada".into();
    let mut tx = begin(&database).await;
    customer_syncs::mark_dirty(&mut tx, &customer, NOW).await.unwrap();
    let lease = customer_syncs::take(&mut tx, &customer, NOW, NOW.plus(LEASE)).await.unwrap().unwrap();
    customer_syncs::mark_dirty(&mut tx, &customer, NOW.plus(1)).await.unwrap();
    customer_syncs::finish(&mut tx, &lease, Outcome::Synced).await.unwrap();
    let due = customer_syncs::due(&mut tx, NOW.plus(1), 10).await.unwrap();
    assert_eq!(due, std::slice::from_ref(&customer));
    for failures in 1..=3 {
        let now = NOW.plus(failures * LEASE);
        let lease = customer_syncs::take(&mut tx, &customer, now, now.plus(LEASE)).await.unwrap().unwrap();
        customer_syncs::finish(&mut tx, &lease, Outcome::Failed { at: now.plus(1_000) }).await.unwrap();
        assert_eq!(customer_syncs::failures(&mut tx, &customer).await.unwrap(), failures);
        assert_eq!(customer_syncs::due(&mut tx, now, 10).await.unwrap(), []);
        assert_eq!(customer_syncs::next_due(&mut tx).await.unwrap(), Some(now.plus(1_000)));
    }
}

async fn a_discrepancy_is_reported_once(database: Database) {
    let ada = account(&database.db, "ada").await;
    let mut tx = begin(&database).await;
    let first =
        store::discrepancies::report(&mut tx, "dis_1", "odd", "sub_1", Some(&ada), "why", NOW).await.unwrap();
    let again =
        store::discrepancies::report(&mut tx, "dis_2", "odd", "sub_1", Some(&ada), "why", NOW).await.unwrap();
    let other =
        store::discrepancies::report(&mut tx, "dis_3", "odd", "sub_2", None, "why", NOW).await.unwrap();
    assert_eq!((first, again, other), (true, false, true));
    let open = store::discrepancies::open(&mut tx, 10).await.unwrap();
    assert_eq!(open.iter().map(|found| found.object_id.as_str()).collect::<Vec<_>>(), ["sub_2", "sub_1"]);
}
