//! One trial per person: whom we take two e-mail addresses to belong to (trap 19).

/// The address as the mail provider sees it: lower case, without `+tag`, and at Gmail without dots.
/// Only for comparing trials; mail always goes to the address as it was given.
pub fn normalize_email(email: &str) -> String {
    let lower = email.trim().to_lowercase();
    let Some((local, domain)) = lower.rsplit_once('@') else { return lower };
    let local = local.split_once('+').map_or(local, |(name, _tag)| name);
    if matches!(domain, "gmail.com" | "googlemail.com") {
        return format!("{}@gmail.com", local.replace('.', ""));
    }
    format!("{local}@{domain}")
}

/// By what a trial is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redemption {
    User(String),
    Email(String),
    /// The card's fingerprint; only where the catalog asks for it.
    Card(String),
}

impl Redemption {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Email(_) => "email",
            Self::Card(_) => "card",
        }
    }

    pub fn value(&self) -> &str {
        match self {
            Self::User(value) | Self::Email(value) | Self::Card(value) => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_19_tags_dots_and_case_do_not_make_another_person() {
        for alias in ["Jane.Doe+two@GMAIL.com", " janedoe@googlemail.com", "j.a.n.e.d.o.e@gmail.com"] {
            assert_eq!(normalize_email(alias), "janedoe@gmail.com");
        }
        assert_eq!(normalize_email("jane.doe+x@example.org"), "jane.doe@example.org");
        assert_eq!(normalize_email("no-address"), "no-address");
    }
}
