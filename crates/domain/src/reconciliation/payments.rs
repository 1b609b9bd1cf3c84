//! Payments for tokens: what was paid is granted, once; what went back is taken back.

use super::{Finding, Kind, Ours, Repair, Theirs};
use crate::dispute::money_back;
use crate::ids::{AccountId, TokenPurchaseId};
use crate::payment::{PaymentIntent, Refund};
use crate::purchase::{CallState, Payment, PurchaseStatus, TokenPurchase};
use crate::wanted::Wanted;

pub(super) fn compare(theirs: &Theirs, ours: &Ours) -> Vec<Finding> {
    let mut findings = Vec::new();
    for intent in &theirs.payments {
        let Some(id) = &intent.purchase_id else { continue };
        match ours.purchases.get(&TokenPurchaseId::from_stored(id.clone())) {
            Some(purchase) => findings.extend(one(purchase, intent, theirs, ours)),
            None => findings.extend(without_purchase(intent, theirs, ours)),
        }
    }
    let granted = ours.purchases.values().filter(|purchase| purchase.status.is_granted());
    findings.extend(granted.filter_map(|purchase| {
        let payment = purchase.payment_intent.as_ref()?;
        theirs.missing_payments.contains(payment).then(|| {
            let details = format!("Stripe has no {payment}");
            Finding::new(Kind::GrantedNotPaid, &purchase.id, &purchase.account, details, Repair::Person)
        })
    }));
    findings.extend(failed_refunds(theirs));
    findings.extend(stuck(ours));
    findings
}

fn one(purchase: &TokenPurchase, intent: &PaymentIntent, theirs: &Theirs, ours: &Ours) -> Option<Finding> {
    // A call is under way; one that is so for long is a finding of its own.
    if purchase.call != CallState::Settled {
        return None;
    }
    let account = &purchase.account;
    let fetch = Repair::Fetch {
        customer: intent.customer.clone().or_else(|| ours.customer_of(account).cloned())?,
        wanted: Wanted::Payment(intent.id.clone()),
    };
    let found =
        |kind, details: String, repair| Some(Finding::new(kind, &intent.id, account, details, repair));
    let status = purchase.status.as_str();
    let payment = match purchase.payment(intent) {
        Ok(payment) => payment,
        // Neither its money is here any more, nor tokens for it.
        Err(_) if !theirs.keeps(intent) && !is_granted_for(purchase, intent) => return None,
        Err(mismatch) => return found(Kind::PaymentMismatch, mismatch.to_string(), Repair::Person),
    };
    let refunded = theirs.refunded.get(&intent.id).copied();
    match (payment, purchase.status) {
        (Payment::Paid, PurchaseStatus::Pending | PurchaseStatus::Failed) => {
            found(Kind::PurchaseNotGranted, format!("{} is paid, and {status} here", purchase.id), fetch)
        }
        (Payment::Paid, PurchaseStatus::Canceled)
            if refunded.unwrap_or(0) < purchase.price.amount && !theirs.is_with_the_bank(&intent.id) =>
        {
            let repair = Repair::GiveBack { payment: intent.id.clone(), purchase: purchase.id.clone() };
            found(Kind::PaidAfterAll, format!("{} was given up, yet it is paid", purchase.id), repair)
        }
        (Payment::Paid, granted) if granted.is_granted() => {
            let refunded = refunded.unwrap_or(purchase.refunded_amount).clamp(0, purchase.price.amount);
            let disputes: Vec<_> = theirs
                .disputes
                .iter()
                .filter(|it| it.payment_intent.as_ref() == Some(&intent.id))
                .cloned()
                .collect();
            let known = ours.disputes.iter().filter(|it| it.payment_intent.as_ref() == Some(&intent.id));
            let known = known.filter(|known| !disputes.iter().any(|seen| seen.id == known.id)).cloned();
            let all: Vec<_> = disputes.iter().cloned().chain(known).collect();
            let due = purchase.taken_back_with(money_back(refunded, &all));
            let right = refunded == purchase.refunded_amount && due == purchase.tokens_taken_back;
            let details = format!(
                "{refunded} went back of {}, {} here; {due} tokens are to be taken back, {} are",
                purchase.price, purchase.refunded_amount, purchase.tokens_taken_back
            );
            if right { None } else { found(Kind::RefundNotApplied, details, fetch) }
        }
        (Payment::Canceled, PurchaseStatus::Pending | PurchaseStatus::Failed)
        | (Payment::Refused, PurchaseStatus::Pending) => {
            let at_stripe = intent.status.as_str();
            found(
                Kind::PurchaseDiffers,
                format!("{} is {status} here, {at_stripe} at Stripe", purchase.id),
                fetch,
            )
        }
        (Payment::Open | Payment::Refused | Payment::Canceled, granted) if granted.is_granted() => {
            let details = format!("{} is {status} here, {} at Stripe", purchase.id, intent.status.as_str());
            found(Kind::GrantedNotPaid, details, Repair::Person)
        }
        _ => None,
    }
}

fn is_granted_for(purchase: &TokenPurchase, intent: &PaymentIntent) -> bool {
    purchase.status.is_granted() && purchase.payment_intent.as_ref() == Some(&intent.id)
}

fn without_purchase(intent: &PaymentIntent, theirs: &Theirs, ours: &Ours) -> Option<Finding> {
    if !theirs.keeps(intent) {
        return None;
    }
    let account = AccountId::from_stored(intent.account_id.clone()?);
    ours.customer_of(&account)?;
    let details =
        format!("{} was paid for a purchase that is not here: {:?}", intent.amount, intent.purchase_id);
    Some(Finding::new(Kind::PaymentWithoutPurchase, &intent.id, &account, details, Repair::Person))
}

fn failed_refunds(theirs: &Theirs) -> impl Iterator<Item = Finding> {
    let with_the_bank = |refund: &Refund| {
        refund.payment_intent.as_ref().is_some_and(|payment| theirs.is_with_the_bank(payment))
    };
    theirs.failed_refunds.iter().filter(move |(_, refund)| !with_the_bank(refund)).map(|(account, refund)| {
        Finding::new(Kind::RefundFailed, &refund.id, account, refund.failure(), Repair::Person)
    })
}

fn stuck(ours: &Ours) -> Vec<Finding> {
    let found = |stuck: &super::Stuck| {
        let details = format!("{} since {}", stuck.state, stuck.since);
        Finding::new(Kind::CallStuck, &stuck.object, &stuck.account, details, Repair::FinishCalls)
    };
    ours.stuck.iter().map(found).collect()
}

/// Of payments whose customer is one of ours: Stripe was asked for no others.
pub(super) fn disputes(theirs: &Theirs, ours: &Ours) -> Vec<Finding> {
    let mut findings = Vec::new();
    for seen in &theirs.disputes {
        let Some(payment) = &seen.payment_intent else { continue };
        let Some((account, customer)) = theirs.disputed.get(payment) else { continue };
        let details = match ours.disputes.iter().find(|known| known.id == seen.id) {
            None => format!("{} at Stripe, unknown here", seen.status.as_str()),
            Some(known) if (known.status, known.amount) != (seen.status, seen.amount) => format!(
                "{} of {} here, {} of {} at Stripe",
                known.status.as_str(),
                known.amount,
                seen.status.as_str(),
                seen.amount
            ),
            Some(_) => continue,
        };
        let wanted = Wanted::Dispute(seen.id.clone(), payment.clone());
        let repair = Repair::Fetch { customer: customer.clone(), wanted };
        findings.push(Finding::new(Kind::DisputeNotApplied, &seen.id, account, details, repair));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispute::DisputeStatus;
    use crate::dispute::tests::dispute;
    use crate::payment::IntentStatus;
    use crate::purchase::tests::{intent, purchase};

    fn ours(purchases: &[TokenPurchase]) -> Ours {
        let account = AccountId::from_stored("acc_1");
        Ours {
            customers: [("cus_1".into(), account.clone())].into(),
            current: [(account, "cus_1".into())].into(),
            purchases: purchases.iter().map(|it| (it.id.clone(), it.clone())).collect(),
            ..Ours::default()
        }
    }

    /// Of a payment of 500.
    fn theirs(payment: PaymentIntent, refunded: i64) -> Theirs {
        let refunded = [(payment.id.clone(), refunded)].into();
        Theirs { payments: vec![payment], refunded, ..Theirs::default() }
    }

    fn kinds(theirs: &Theirs, ours: &Ours) -> Vec<Kind> {
        compare(theirs, ours).iter().map(|finding| finding.kind).collect()
    }

    fn completed() -> TokenPurchase {
        TokenPurchase { status: PurchaseStatus::Completed, ..purchase() }
    }

    #[test]
    fn a_second_payment_is_found_until_all_of_it_is_gone() {
        let ours = ours(&[completed()]);
        let second = PaymentIntent { id: "pi_2".into(), ..intent(IntentStatus::Succeeded) };
        for (refunded, found) in
            [(0, vec![Kind::PaymentMismatch]), (499, vec![Kind::PaymentMismatch]), (500, vec![])]
        {
            assert_eq!(kinds(&theirs(second.clone(), refunded), &ours), found, "{refunded}");
        }
        for (status, found) in
            [(DisputeStatus::Lost, vec![]), (DisputeStatus::Won, vec![Kind::PaymentMismatch])]
        {
            let of_second =
                crate::dispute::Dispute { payment_intent: Some("pi_2".into()), ..dispute(status, 500) };
            let disputed = Theirs { disputes: vec![of_second], ..theirs(second.clone(), 0) };
            assert_eq!(kinds(&disputed, &ours), found, "{status:?}");
        }
        let open = PaymentIntent { status: IntentStatus::RequiresAction, ..second };
        assert_eq!(kinds(&theirs(open, 0), &ours), []);
    }

    #[test]
    fn what_was_granted_for_a_payment_that_does_not_fit_is_found_though_the_money_went_back() {
        let short = PaymentIntent { amount_received: 400, ..intent(IntentStatus::Succeeded) };
        assert_eq!(kinds(&theirs(short.clone(), 400), &ours(&[completed()])), [Kind::PaymentMismatch]);
        assert_eq!(kinds(&theirs(short, 400), &ours(&[purchase()])), []);
    }

    #[test]
    fn a_payment_without_its_purchase_is_found_until_it_is_given_back() {
        let lost = PaymentIntent { account_id: Some("acc_1".into()), ..intent(IntentStatus::Succeeded) };
        assert_eq!(kinds(&theirs(lost.clone(), 499), &ours(&[])), [Kind::PaymentWithoutPurchase]);
        assert_eq!(kinds(&theirs(lost, 500), &ours(&[])), []);
    }
}
