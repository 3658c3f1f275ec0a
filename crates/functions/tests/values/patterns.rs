//! Regular expressions that are made at random.

use fastrand::Rng;

/// What is searched.
const TEXTS: [&str; 15] = [
    "",
    "a",
    "ab",
    "abc",
    "aabbcc",
    "abab ab",
    "a1b2c3",
    "  a b",
    "abcabcabc",
    "bca",
    "é a",
    "aaaa",
    "ABC",
    "a.b",
    "foo bar1",
];

/// Longer patterns show nothing that shorter ones don't.
const MOST_BYTES: usize = 60;

const CHARACTERS: [&str; 20] = [
    "a", "b", "c", ".", r"\w", r"\d", r"\s", "[ab]", "[^a]", r"\b", r"\B", "[a-c]", "1", " ",
    r"\W", "é", r"[\w-]", r"\.", "a", "b",
];
const QUANTIFIERS: [&str; 13] = [
    "", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?", "{2,}",
];
const ASSERTIONS: [&str; 5] = ["(?=", "(?!", "(?<", r"\b", r"\B"];

/// An expression that comes to what a pattern finds in a text, how it replaces there, and how it splits.
pub(crate) fn uses(random: &mut Rng) -> String {
    let pattern = pattern(random);
    let flags = ["", "g", "i", "m"][random.usize(..4)];
    let text = TEXTS[random.usize(..TEXTS.len())];
    format!(
        "[new RegExp({pattern:?}, {flags:?})].map((r) => [{text:?}.match(r), {text:?}.search(r), \
         {text:?}.replace(r, '[$&|$1]'), {text:?}.split(r)])"
    )
}

/// A pattern. A reference to a group has its group.
fn pattern(random: &mut Rng) -> String {
    loop {
        let mut pattern = alternatives(random, 3);
        if random.u8(..5) == 0 {
            pattern.insert(0, '^');
        }
        if random.u8(..5) == 0 {
            pattern.push('$');
        }
        let groups = pattern.matches('(').count();
        let refers = |reference: &str, least: usize| pattern.contains(reference) && groups < least;
        if pattern.len() < MOST_BYTES && !refers(r"\1", 1) && !refers(r"\2", 2) {
            return pattern;
        }
    }
}

fn alternatives(random: &mut Rng, depth: u8) -> String {
    let count = if random.u8(..4) == 0 { 2 } else { 1 };
    let all: Vec<String> = (0..count)
        .map(|_| {
            let terms = [1, 1, 2, 3][random.usize(..4)];
            (0..terms).map(|_| term(random, depth)).collect()
        })
        .collect();
    all.join("|")
}

fn term(random: &mut Rng, depth: u8) -> String {
    let atom = atom(random, depth);
    if ASSERTIONS.iter().any(|start| atom.starts_with(start)) {
        return atom;
    }
    atom + QUANTIFIERS[random.usize(..QUANTIFIERS.len())]
}

fn atom(random: &mut Rng, depth: u8) -> String {
    let kind = random.u8(..100);
    if kind < 45 || depth == 0 {
        return CHARACTERS[random.usize(..CHARACTERS.len())].to_owned();
    }
    let mut around = |start: &str| format!("{start}{})", alternatives(random, depth - 1));
    match kind {
        45..75 => around("("),
        75..85 => around("(?:"),
        85..90 => around("(?="),
        90..94 => around("(?!"),
        94..96 => "(?<=a)".to_owned(),
        96 => "(?<!b)".to_owned(),
        _ => format!("\\{}", random.u8(1..=2)),
    }
}
