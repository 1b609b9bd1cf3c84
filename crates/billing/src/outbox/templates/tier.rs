//! Mails about a tier that is given by people.

use super::notices::Words;
use crate::outbox::Mail;
use crate::outbox::letter::Letter;
use domain::notice::TierNotice;

pub(super) fn mail(notice: &TierNotice, words: Words<'_>) -> Mail {
    let page = words.billing_page();
    match notice {
        TierNotice::Applied { tier } => {
            let name = words.tier(tier);
            Letter::new(format!("We have your application for {name}"))
                .say(format!("Thank you for applying for {name}. We read every application, and write to you."))
                .link("See your application", &page)
        }
        TierNotice::Invited { tier } => {
            let name = words.tier(tier);
            let what_next = if words.catalog.tier(tier).is_some_and(|tier| tier.prices.is_empty()) {
                "We will set it up for you, and write again when it is there. You need not do anything."
            } else {
                "You can subscribe to it from now on."
            };
            Letter::new(format!("You are invited to {name}"))
                .say(format!("Good news: you are invited to {name}."))
                .say(what_next)
                .link("See what it gives", &page)
        }
        TierNotice::Declined { tier } => {
            let name = words.tier(tier);
            Letter::new(format!("Your application for {name}"))
                .say(format!(
                    "Thank you for applying for {name}. We cannot offer it to you now. You are welcome to apply again."
                ))
                .link("See your plan", &page)
        }
        TierNotice::Assigned { tier, until } => {
            let name = words.tier(tier);
            let how_long = match until {
                Some(at) => format!("It is yours until {}. Nothing is charged for it.", at.day()),
                None => "Nothing is charged for it.".to_owned(),
            };
            Letter::new(format!("You have {name} now"))
                .say(format!("We have given you {name}. {how_long}"))
                .link("See what it gives", &page)
        }
        TierNotice::AssignmentEnded { tier } => {
            let name = words.tier(tier);
            Letter::new(format!("Your time with {name} is over"))
                .say(format!("You had {name} from us, and that time is over. Your tokens stay yours."))
                .link("See your plan", &page)
        }
    }
    .done()
}
