//! Chance that depends on the seed and on what is asked, never on who asked before: two processes throw the same dice.

/// The dice of one simulation.
#[derive(Debug, Clone, Copy)]
pub struct Chance {
    seed: u64,
}

impl Chance {
    /// Dice for a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// 64 even bits for a label and a number (FNV-1a over both, finished as SplitMix64 does).
    pub fn bits(&self, label: &str, n: i64) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for byte in label.bytes().chain(n.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&self, label: &str, n: i64, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low)).unwrap_or(0).saturating_add(1);
        low + i64::try_from(self.bits(label, n) % span.max(1)).unwrap_or(0)
    }

    /// An id of `len` characters of `alphabet`.
    pub fn text(&self, label: &str, n: i64, alphabet: &[u8], len: usize) -> String {
        let size = u64::try_from(alphabet.len().max(1)).unwrap_or(1);
        let mut bits = self.bits(label, n);
        let mut out = String::with_capacity(len);
        for turn in 0..len {
            if turn % 8 == 7 {
                bits = self.bits(label, n.wrapping_add(i64::try_from(turn).unwrap_or(0) << 32));
            }
            let at = usize::try_from(bits % size).unwrap_or(0);
            out.push(alphabet.get(at).copied().map_or('0', char::from));
            bits /= size;
        }
        out
    }

    /// An id in the form of a UUID.
    pub fn uuid(&self, label: &str, n: i64) -> String {
        let (high, low) = (self.bits(label, n), self.bits(label, !n));
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_question_gets_the_same_answer_and_another_seed_another() {
        let (one, two) = (Chance::new(1), Chance::new(2));
        assert_eq!(one.bits("lag", 7), one.bits("lag", 7));
        assert_ne!(one.bits("lag", 7), two.bits("lag", 7));
        assert_ne!(one.bits("lag", 7), one.bits("lag", 8));
        assert_ne!(one.bits("lag", 7), one.bits("log", 7));
        assert_eq!(one.uuid("request", 3).len(), 36);
        assert_eq!(one.text("change", 1, b"ABCDEF0123456789", 20).len(), 20);
    }

    #[test]
    fn throws_are_even_enough() {
        let dice = Chance::new(42);
        let below = (0..10_000).filter(|n| dice.between("throttle", *n, 0, 99) < 50).count();
        assert!((4_700..5_300).contains(&below), "{below}");
        assert!((0..1_000).all(|n| (20..=40).contains(&dice.between("pending", n, 20, 40))));
    }
}
