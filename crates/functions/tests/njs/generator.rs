//! Makes programs, the same each time.

use crate::snippets::{EXPRESSION_PLACES, EXPRESSIONS, STATEMENT_PLACES, STATEMENTS, TOKENS};

/// Numbers that look random and are the same each time (splitmix64).
pub(crate) struct Numbers(u64);

impl Numbers {
    /// A sequence for each seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    fn choose<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// Each of `parts` in each of `places`.
fn grid<'a>(parts: &'a [&'a str], places: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
    places
        .iter()
        .flat_map(move |place| parts.iter().map(move |part| place.replacen('@', part, 1)))
}

/// `count` of the expressions and statements in places for them.
pub(crate) fn in_places(numbers: &mut Numbers, count: usize) -> Vec<String> {
    let mut all: Vec<_> = grid(EXPRESSIONS, EXPRESSION_PLACES)
        .chain(grid(STATEMENTS, STATEMENT_PLACES))
        .collect();
    (0..count.min(all.len()))
        .map(|_| all.swap_remove(numbers.below(all.len())))
        .collect()
}

/// Two statements, or expressions in places, after each other: which is refused first?
pub(crate) fn pairs(numbers: &mut Numbers, count: usize) -> Vec<String> {
    let one = |numbers: &mut Numbers| match numbers.below(3) {
        0 => numbers
            .choose(EXPRESSION_PLACES)
            .replacen('@', numbers.choose(EXPRESSIONS), 1),
        1 => numbers
            .choose(STATEMENT_PLACES)
            .replacen('@', numbers.choose(STATEMENTS), 1),
        _ => numbers.choose(STATEMENTS).to_owned(),
    };
    (0..count)
        .map(|_| {
            format!(
                "{}{}{}",
                one(numbers),
                ["\n", " ", ";"][numbers.below(3)],
                one(numbers)
            )
        })
        .collect()
}

/// Programs whose spaces are new lines here and there: which line is named?
pub(crate) fn with_lines(numbers: &mut Numbers, programs: &[String], count: usize) -> Vec<String> {
    let line =
        |numbers: &mut Numbers| ["\n", "\n\n", " // c\n", " /* c\n */ ", "\r\n"][numbers.below(5)];
    (0..count)
        .map(|_| {
            let program = &programs[numbers.below(programs.len())];
            let often = 1 + numbers.below(4);
            let mut text = String::new();
            for token in cut(program) {
                let chosen = numbers.below(often) == 0;
                match token.as_str() {
                    " " if chosen => text.push_str(line(numbers)),
                    "(" | ")" | "{" | "}" | "," | "[" | "]" if chosen => {
                        text.push_str(&token);
                        text.push_str(line(numbers));
                    }
                    _ => text.push_str(&token),
                }
            }
            text
        })
        .collect()
}

/// A program with a few tokens deleted, doubled, swapped, replaced or added.
pub(crate) fn mutations(numbers: &mut Numbers, programs: &[String], count: usize) -> Vec<String> {
    (0..count)
        .map(|_| {
            let mut tokens = cut(&programs[numbers.below(programs.len())]);
            for _ in 0..=numbers.below(2) {
                mutate(numbers, &mut tokens);
            }
            tokens.concat()
        })
        .collect()
}

fn mutate(numbers: &mut Numbers, tokens: &mut Vec<String>) {
    let at = numbers.below(tokens.len());
    let other = numbers.below(tokens.len());
    match numbers.below(6) {
        0 => {
            tokens.remove(at);
        }
        1 => tokens.insert(at, tokens[at].clone()),
        2 => tokens.swap(at, other),
        3 => tokens[at] = numbers.choose(TOKENS).to_owned(),
        4 => tokens.insert(at, format!(" {} ", numbers.choose(TOKENS))),
        _ => tokens[at] = tokens[other].clone(),
    }
}

/// Cuts a program roughly into tokens; their sequence is the program.
pub(crate) fn cut(program: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let kind = |character: char| match character {
        _ if character.is_ascii_alphanumeric() || character == '_' || character == '$' => 0,
        ' ' => 1,
        '=' | '+' | '-' | '&' | '|' | '<' | '>' | '?' | '*' | '!' => 2,
        _ => 3,
    };
    let mut last = 3;
    for character in program.chars() {
        let this = kind(character);
        match tokens.last_mut() {
            Some(token) if this == last && this != 3 => token.push(character),
            _ => tokens.push(character.into()),
        }
        last = this;
    }
    tokens
}
