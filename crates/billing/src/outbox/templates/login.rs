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
