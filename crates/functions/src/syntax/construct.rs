//! Guesses at what somebody meant who wrote a token that is refused. They are for advice, not for the refusal.

use super::refusal::Construct;
use super::token::{Kind, Mark, Token, Word};

/// What an unexpected `token` is a part of.
pub(super) fn of_unexpected(source: &str, token: &Token) -> Construct {
    let before = source.get(..token.start).unwrap_or_default();
    let close = before.trim_end();
    match token.kind {
        Kind::Mark(Mark::Ellipsis) => Construct::Spread,
        Kind::Mark(Mark::Arrow) => of_parameters(close),
        Kind::Mark(Mark::Assign)
            if ["??", "||", "&&"]
                .iter()
                .any(|operator| before.ends_with(operator)) =>
        {
            Construct::LogicalAssignment
        }
        Kind::Mark(Mark::Star) if close.ends_with("function") => Construct::Generator,
        Kind::Mark(Mark::Star) if close.ends_with(['{', ',']) => Construct::Generator,
        Kind::Mark(Mark::Dot) if close.ends_with("new") => Construct::NewTarget,
        Kind::Name if before.ends_with(|digit: char| digit.is_ascii_alphanumeric()) => {
            if source.get(token.start..token.end) == Some("n") {
                Construct::BigInt
            } else {
                Construct::Other
            }
        }
        Kind::Word(Word::Export) => Construct::Export,
        _ => Construct::Other,
    }
}

/// What an arrow function's parameters have that the engine hasn't. `before` is the program up to the arrow.
fn of_parameters(before: &str) -> Construct {
    let mut open = 0_usize;
    let start = before.bytes().rposition(|byte| {
        match byte {
            b')' => open += 1,
            b'(' => open = open.saturating_sub(1),
            _ => {}
        }
        open == 0
    });
    match start.and_then(|start| before.get(start..)) {
        Some(parameters) if parameters.contains(['[', '{']) => Construct::Destructuring,
        Some(parameters) if parameters.contains('=') => Construct::DefaultParameter,
        _ => Construct::Other,
    }
}

/// The column of a byte of a program, in characters, from 1.
pub(super) fn column(source: &str, start: usize) -> u32 {
    let before = source.get(..start).unwrap_or_default();
    let line = before
        .rfind('\n')
        .map_or(before, |newline| &before[newline + 1..]);
    u32::try_from(line.chars().count())
        .unwrap_or(u32::MAX)
        .saturating_add(1)
}
