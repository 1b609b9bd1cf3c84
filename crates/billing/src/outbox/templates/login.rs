//! Mails of our own login.

use crate::outbox::Mail;
use crate::outbox::letter::Letter;

pub fn verify_email(public_url: &str, token: &str) -> Mail {
    with_link(
        "Please verify your e-mail address",
        "Welcome! Follow this link to verify your e-mail address. It works for three days.",
        &format!("{public_url}/verify-email?token={token}"),
        "If you did not register, ignore this mail.",
    )
}

pub fn reset_password(public_url: &str, token: &str) -> Mail {
    with_link(
        "Set a new password",
        "Follow this link to set a new password. It works once, within an hour.",
        &format!("{public_url}/reset-password?token={token}"),
        "If you did not ask for it, ignore this mail: your password stays as it is.",
    )
}

fn with_link(subject: &str, before: &str, link: &str, after: &str) -> Mail {
    Letter::new(subject).say(before).link("Open this page", link).say(after).done()
}

/// The last mail that somebody gets.
pub(crate) fn account_deleted() -> Mail {
    Letter::new("Your account was deleted")
        .say(
            "As you asked, your account was deleted. Your subscription has ended, nothing will be charged any more, and \
             your cards are removed.",
        )
        .say(
            "What the law wants kept (payments, invoices, and what was bought) stays under a number that no longer \
             has your name.",
        )
        .say("If it was not you who asked for this, write to our support at once.")
        .done()
}
