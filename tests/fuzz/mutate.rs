//! Mutations of seeds, the same in each run.

/// Bytes that mean something to one of the parsers.
const TOKENS: [&[u8]; 32] = [
    b"\"",
    b"\\",
    b"'",
    b"{",
    b"}",
    b"[",
    b"]",
    b"[]",
    b"{}",
    b":",
    b",",
    b"/",
    b"?",
    b"&",
    b"=",
    b"%",
    b"%2F",
    b"%00",
    b"+",
    b".",
    b"..",
    b"*",
    b"\0",
    b"\r\n",
    b"\n",
    b"null",
    b"-1",
    b"18446744073709551616",
    b"\\ud83d",
    "é".as_bytes(),
    b"\xff",
    b"<a/>",
];

/// An input is never longer.
const MOST_BYTES: usize = 4096;

/// Makes inputs of seeds.
pub(crate) struct Mutator<'s> {
    seeds: Vec<&'s [u8]>,
    state: u64,
}

impl<'s> Mutator<'s> {
    pub(crate) fn new(seeds: Vec<&'s [u8]>) -> Self {
        let state = 0x9e37_79b9_7f4a_7c15;
        Self { seeds, state }
    }

    /// A seed with one to four mutations.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        let seed = self.below(self.seeds.len());
        let mut input = self.seeds[seed].to_vec();
        for _ in 0..=self.below(4) {
            self.mutate(&mut input);
        }
        input.truncate(MOST_BYTES);
        input
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        match self.below(8) {
            0 => flip_bit(input, at, self.below(8)),
            1 => {
                input.splice(at..(at + 1).min(input.len()), [self.below(256) as u8]);
            }
            2 => {
                input.splice(at..at, TOKENS[self.below(TOKENS.len())].iter().copied());
            }
            3 => {
                let token = TOKENS[self.below(TOKENS.len())];
                input.splice(self.range(at, input.len(), 8), token.iter().copied());
            }
            4 => {
                input.drain(self.range(at, input.len(), 16));
            }
            5 => {
                let part = input[self.range(at, input.len(), 64)].to_vec();
                let to = self.below(input.len() + 1);
                input.splice(to..to, part);
            }
            6 => {
                let other = self.below(self.seeds.len());
                let other = self.seeds[other];
                let from = self.below(other.len() + 1);
                let part = &other[self.range(from, other.len(), 256)];
                input.splice(at..at, part.iter().copied());
            }
            _ => input.truncate(at),
        }
    }

    /// At most so many bytes from a place.
    fn range(&mut self, at: usize, length: usize, most: usize) -> std::ops::Range<usize> {
        at..(at + 1 + self.below(most)).min(length).max(at)
    }

    /// A number below a bound (xorshift64*).
    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let bits = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d);
        ((bits >> 32) % bound as u64) as usize
    }
}

fn flip_bit(input: &mut [u8], at: usize, bit: usize) {
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << bit;
    }
}
