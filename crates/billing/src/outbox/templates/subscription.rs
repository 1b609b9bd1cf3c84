//! Mails about a subscription.

use super::notices::{Words, card, price};
use crate::outbox::Mail;
use crate::outbox::letter::Letter;
use domain::notice::SubscriptionNotice;

/// Shown by every mail that speaks of an end.
const TOKENS_STAY: &str = "Tokens that you have bought stay yours, and you can go on using them.";

pub(super) fn mail(notice: &SubscriptionNotice, words: Words<'_>) -> Mail {
    let page = words.billing_page();
    match notice {
        SubscriptionNotice::TrialStarted { terms, ends_at } => {
            let name = words.tier(&terms.plan.tier);
            Letter::new(format!("Your {name} trial has started"))
                .say(format!("Welcome! You can use everything in {name} until {}, free of charge.", ends_at.day()))
                .say(format!(
                    "After that it goes on as a subscription for {}, until you cancel. If you do not want that, \
                     cancel before {}, and nothing is charged. We will remind you.",
                    price(terms),
                    ends_at.day()
                ))
                .link("See or cancel your subscription", &page)
        }
        SubscriptionNotice::TrialEndsSoon { terms, ends_at, card: pays } => {
            let name = words.tier(&terms.plan.tier);
            Letter::new(format!("Your {name} trial ends on {}", ends_at.day()))
                .say(format!(
                    "Your trial ends on {}. Then your subscription begins: {}, charged to {}.",
                    ends_at.day(),
                    price(terms),
                    card(pays.as_ref())
                ))
                .say("You need not do anything to keep it. If you do not want it, cancel before that day, and \
                      nothing is charged.")
                .link("See or cancel your subscription", &page)
        }
        SubscriptionNotice::TrialEnded { terms, card: pays } => {
            let name = words.tier(&terms.plan.tier);
            Letter::new(format!("Your {name} subscription has begun"))
                .say(format!(
                    "Your trial is over, and your subscription to {name} goes on for {}. The first payment is being \
                     charged to {}; a receipt follows.",
                    price(terms),
                    card(pays.as_ref())
                ))
                .link("See or cancel your subscription", &page)
        }
        SubscriptionNotice::Started { terms, renews_at } => {
            let name = words.tier(&terms.plan.tier);
            Letter::new(format!("Welcome to {name}"))
                .say(format!("Thank you! You have everything in {name} now."))
                .say(format!(
                    "It renews by itself for {}, next on {}, until you cancel. You can cancel at any time, and keep \
                     access until the end of what you have paid for.",
                    price(terms),
                    renews_at.day()
                ))
                .link("See your subscription", &page)
        }
        SubscriptionNotice::PlanChanged { from, terms, renews_at } => {
            let (old, new) = (words.tier(&from.tier), words.tier(&terms.plan.tier));
            let what = if from.tier == terms.plan.tier {
                format!("Your subscription to {new} is billed in another rhythm now.")
            } else {
                format!("Your subscription has changed from {old} to {new}.")
            };
            Letter::new(format!("Your subscription is now {new}"))
                .say(what)
                .say(format!("It renews for {}, next on {}.", price(terms), renews_at.day()))
                .say("If something was charged for the change, a receipt follows.")
                .link("See your subscription", &page)
        }
        SubscriptionNotice::ChangeScheduled { from, terms, at } => {
            let (old, new) = (words.tier(&from.tier), words.tier(&terms.plan.tier));
            let what = if from.tier == terms.plan.tier {
                format!("From {} your subscription to {new} is billed in another rhythm.", at.day())
            } else {
                format!("You keep {old} until {}. From then on your subscription is {new}.", at.day())
            };
            Letter::new(format!("Your subscription changes on {}", at.day()))
                .say(what)
                .say(format!("It then costs {}. Until then nothing is charged.", price(terms)))
                .say("If you change your mind before that day, one click undoes it.")
                .link("See your subscription", &page)
        }
        SubscriptionNotice::ScheduleUndone { terms, renews_at } => {
            let name = words.tier(&terms.plan.tier);
            Letter::new(format!("Your subscription stays {name}"))
                .say(format!(
                    "The change that was planned is undone. Your subscription to {name} renews for {}, next on {}.",
                    price(terms),
                    renews_at.day()
                ))
                .link("See your subscription", &page)
        }
        SubscriptionNotice::Paused { tier, paid_until, resumes_at } => {
            let name = words.tier(tier);
            let access = paid_until
                .map(|at| format!("You have paid until {}, and keep your access until then.", at.day()));
            let goes_on = resumes_at
                .map(|at| format!("It goes on by itself on {}, and is charged again from then on.", at.day()));
            Letter::new(format!("Your {name} subscription is paused"))
                .say(format!("Your subscription to {name} is paused: nothing is charged for it."))
                .maybe(access)
                .maybe(goes_on)
                .say(TOKENS_STAY)
                .link("Go on sooner", &page)
        }
        SubscriptionNotice::Resumed { terms, renews_at } => {
            let name = words.tier(&terms.plan.tier);
            Letter::new(format!("Your {name} subscription goes on"))
                .say(format!(
                    "The pause of your subscription to {name} is over. It renews for {}, next on {}.",
                    price(terms),
                    renews_at.day()
                ))
                .link("See your subscription", &page)
        }
        SubscriptionNotice::Refunded { tier, amount } => {
            let name = words.tier(tier);
            Letter::new(format!("Your refund of {amount}"))
                .say(format!(
                    "We have sent {amount} back to the card that paid for {name}. With most banks it arrives within ten \
                     days."
                ))
                .link("Your invoices", &page)
        }
        SubscriptionNotice::CancellationScheduled { tier, at } => {
            let name = words.tier(tier);
            Letter::new(format!("Your {name} subscription ends on {}", at.day()))
                .say(format!(
                    "As you asked, your subscription to {name} ends on {}. Until then everything stays as it is, and \
                     nothing more is charged for it.",
                    at.day()
                ))
                .say(TOKENS_STAY)
                .say("If you change your mind before that day, one click brings it back.")
                .link("Keep your subscription", &page)
        }
        SubscriptionNotice::CancellationUndone { terms, renews_at } => {
            let name = words.tier(&terms.plan.tier);
            Letter::new(format!("Your {name} subscription goes on"))
                .say(format!(
                    "Your cancellation is undone. Your subscription to {name} renews for {}, next on {}.",
                    price(terms),
                    renews_at.day()
                ))
                .link("See your subscription", &page)
        }
        SubscriptionNotice::Recovered { tier } => {
            let name = words.tier(tier);
            Letter::new("Your payment has arrived")
                .say(format!("Thank you. What was open is paid, and you have everything in {name} as before."))
                .link("See your subscription", &page)
        }
        SubscriptionNotice::CollectionStopped { tier } => {
            let name = words.tier(tier);
            Letter::new(format!("Your access to {name} has ended"))
                .say(format!(
                    "We could not collect what your subscription to {name} costs, and have stopped trying. You are on \
                     the free tier now."
                ))
                .say(TOKENS_STAY)
                .link("Pay what is open, or subscribe anew", &page)
        }
        SubscriptionNotice::Ended { tier, unpaid } => {
            let name = words.tier(tier);
            let why = unpaid.then_some("A payment was still missing; nothing more will be charged for it.");
            Letter::new(format!("Your {name} subscription has ended"))
                .say(format!("Your subscription to {name} has ended, and you are on the free tier now."))
                .maybe(why)
                .say(TOKENS_STAY)
                .say("You are welcome back at any time.")
                .link("Subscribe again", &page)
        }
        SubscriptionNotice::GraceEnded { tier } => {
            let name = words.tier(tier);
            Letter::new(format!("Your access to {name} is paused until your payment arrives"))
                .say(format!(
                    "Your last payment for {name} has not come through, and the days of grace are over. You are on the \
                     free tier until it does; then everything is back at once."
                ))
                .say(TOKENS_STAY)
                .link("Pay, or use another card", &page)
        }
        SubscriptionNotice::CardExpires { card: expiring, payment_at } => {
            let which = card(Some(expiring));
            Letter::new("Your card expires before your next payment")
                .say(format!(
                    "The next payment of your subscription is on {}, and {which} expires at the end of {:02}/{}.",
                    payment_at.day(),
                    expiring.exp_month,
                    expiring.exp_year
                ))
                .say("Add the new card before that day, and nothing is interrupted. If your bank has already sent us \
                      the new date, ignore this mail.")
                .link("Change your card", &page)
        }
    }
    .done()
}
