//! How many tokens a text has, where nobody reports it: one for every four characters, about as real models count English.

const CHARACTERS: i64 = 4;

/// Rounded up.
pub(super) fn tokens(text: &str) -> i64 {
    of_characters(characters(text))
}

pub(super) fn characters(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

pub(super) const fn of_characters(characters: i64) -> i64 {
    characters.saturating_add(CHARACTERS - 1) / CHARACTERS
}

/// The beginning of a text that has so many tokens.
pub(super) fn first(text: &str, tokens: i64) -> &str {
    let characters = usize::try_from(tokens.saturating_mul(CHARACTERS)).unwrap_or_default();
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_four_characters_rounded_up() {
        assert_eq!([tokens(""), tokens("a"), tokens("abcd"), tokens("abcde")], [0, 1, 1, 2]);
        assert_eq!(tokens("ñandú"), 2, "characters, not bytes");
        assert_eq!(
            [first("abcdefgh", 1), first("abcdefgh", 2), first("abc", 1)],
            ["abcd", "abcdefgh", "abc"]
        );
        assert_eq!(first("ñandúes", 1), "ñand");
    }
}
