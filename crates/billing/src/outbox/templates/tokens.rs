//! Mails about tokens, and about what is left of an allowance.

use super::notices::{Words, count};
use crate::outbox::Mail;
use crate::outbox::letter::Letter;
use domain::notice::TokenNotice;

pub(super) fn mail(notice: &TokenNotice, words: Words<'_>) -> Mail {
    let page = format!("{}/tokens", words.public_url);
    match notice {
        TokenNotice::Bought { package, tokens, price } => {
            Letter::new(format!("Your receipt for {price}: {} tokens", count(*tokens)))
                .say(format!("Thank you. We have received your payment of {price}, and your tokens are there."))
                .rows(&[
                    ("Package".to_owned(), package.clone()),
                    ("Tokens".to_owned(), count(*tokens)),
                    ("Paid".to_owned(), format!("{price}, tax included")),
                ])
                .say("They do not expire.")
                .link("See your tokens", &page)
        }
        TokenNotice::Refunded { package, refunded, tokens_taken_back } => {
            Letter::new(format!("Your refund of {refunded}"))
                .say(format!(
                    "We have sent {refunded} back to the card that paid for {package}. With most banks it arrives \
                     within ten days."
                ))
                .say(format!("{} tokens were taken back for it.", count(*tokens_taken_back)))
                .link("See your tokens", &page)
        }
        TokenNotice::Disputed { package } => {
            Letter::new(format!("Your tokens from {package} are on hold"))
                .say(format!(
                    "Your bank told us that the payment for {package} is disputed. Until that is decided, what is left \
                     of its tokens cannot be used."
                ))
                .say("If this is a mistake, tell your bank, and write to our support.")
                .link("See your tokens", &page)
        }
        TokenNotice::Restored { package, tokens } => {
            Letter::new(format!("Your {} tokens are back", count(*tokens)))
                .say(format!(
                    "What was open about the payment for {package} is settled, and {} tokens that were taken back are \
                     yours again.",
                    count(*tokens)
                ))
                .link("See your tokens", &page)
        }
        TokenNotice::Granted { tokens, available } => {
            Letter::new(format!("You have been given {} tokens", count(*tokens)))
                .say(format!(
                    "We have added {} tokens to your balance, which is {} now. They do not expire.",
                    count(*tokens),
                    count(*available)
                ))
                .link("See your tokens", &page)
        }
        TokenNotice::BalanceLow { available, held } => {
            let running = (*held > 0).then(|| {
                format!(
                    "Another {} tokens are put aside for AI requests that still run; what they do not use comes back.",
                    count(*held)
                )
            });
            Letter::new(format!("You have {} tokens left", count(*available)))
                .say(format!(
                    "Your balance is down to {} tokens. When they are used up, AI requests beyond those of your plan \
                     are refused.",
                    count(*available)
                ))
                .maybe(running)
                .link("Buy tokens", &page)
        }
        TokenNotice::AllowanceUsed { percent, used, limit, resets_at } => {
            let subject = if *percent >= 100 {
                "You have used all AI requests of your plan".to_owned()
            } else {
                format!("You have used {percent}% of your AI requests")
            };
            let resets = resets_at.map(|at| format!("They are all there again on {} (UTC).", at.minute()));
            let after = "After that, AI requests are paid with tokens, if you have some.";
            Letter::new(subject)
                .say(format!("{} of {} AI requests of your plan are used.", count(*used), count(*limit)))
                .maybe(resets)
                .say(after)
                .link("Buy tokens, or see a larger plan", &page)
        }
    }
    .done()
}
