//! Ids and secrets from a seeded generator that is part of the state: same seed, same commands, same ids.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// SplitMix64: small, with a state of one number that is easy to store. Not for secrets outside a sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn text(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(ALPHABET[(self.next() % 62) as usize])).collect()
    }

    /// Capitals and digits, as in an invoice prefix.
    pub(crate) fn capitals(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(ALPHABET[(self.next() % 36) as usize])).collect()
    }

    /// An id with Stripe's length for its prefix (lengths seen in real traffic; all others 24).
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        let length = match prefix {
            "cus" | "prod" | "si" => 14,
            _ => 24,
        };
        format!("{prefix}_{}", self.text(length))
    }
}

/// A stable number for a text (FNV-1a): fingerprints and the generators' first states.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// 16 characters that are the same for the same card number in the same account.
pub(crate) fn fingerprint(account: &str, number: &str) -> String {
    Random(hash(&format!("{account}/{number}"))).text(16)
}
