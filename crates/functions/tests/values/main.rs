//! What expressions and regular expressions come to, beside other engines: Debian's njs 0.7.9, an older version of AWS's
//! engine, and Node.js.
//!
//! They are made at random, the same each time. `SEED=2 cargo test -p keyfront-functions --test values` makes others.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod engines;
mod expressions;
mod patterns;

use engines::{Answers, NJS, NODE, ours};
use fastrand::Rng;

/// What stands before the questions of a program.
const SHOW: &str = include_str!("show.js");

/// How many questions are put to one program: so few that what it logs is not cut.
const QUESTIONS: usize = 40;

fn random() -> Rng {
    let seed = std::env::var("SEED").ok();
    Rng::with_seed(seed.and_then(|seed| seed.parse().ok()).unwrap_or(1))
}

/// A program that shows what each of the expressions comes to.
fn program(expressions: &[String]) -> String {
    let ask = |(number, expression)| format!("show({number}, () => {expression});\n");
    let questions: String = expressions.iter().enumerate().map(ask).collect();
    format!("{SHOW}{questions}")
}

/// The answers to a part of the expressions.
struct Compared<'a> {
    expressions: &'a [String],
    ours: Answers,
    others: Vec<Answers>,
}

impl Compared<'_> {
    /// How many were answered by all engines.
    fn answered(&self) -> usize {
        let by_all = |number: &&usize| self.others.iter().all(|other| other.contains_key(number));
        self.ours.keys().filter(by_all).count()
    }

    /// The expressions that came to something else than in every other engine, with all answers.
    fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (number, ours) in &self.ours {
            let others: Vec<_> = self
                .others
                .iter()
                .filter_map(|other| other.get(number))
                .collect();
            if others.len() == self.others.len() && !others.contains(&ours) {
                let expression = &self.expressions[*number];
                found.push(format!(
                    "{expression}\n    ours   {ours}\n    others {others:?}"
                ));
            }
        }
        found
    }
}

/// The expressions that come to something else than in every other engine. That nearly all were answered is asserted.
fn differences(expressions: &[String], others: &[&engines::Other]) -> Vec<String> {
    let compared: Vec<_> = expressions
        .chunks(QUESTIONS)
        .map(|expressions| {
            let program = program(expressions);
            Compared {
                expressions,
                ours: ours(&program),
                others: others.iter().map(|other| other.answers(&program)).collect(),
            }
        })
        .collect();
    let answered: usize = compared.iter().map(Compared::answered).sum();
    assert!(
        answered * 100 >= expressions.len() * 95,
        "{answered} of {} answered",
        expressions.len()
    );
    compared.iter().flat_map(Compared::differences).collect()
}

/// Where the other two differ, either is right.
#[test]
fn expressions_come_to_what_they_do_in_njs_or_in_node() {
    if !NJS.is_here() || !NODE.is_here() {
        return;
    }
    let mut random = random();
    let made: Vec<_> = (0..4000)
        .map(|_| expressions::expression(&mut random, 3))
        .collect();
    let found = differences(&made, &[&NJS, &NODE]);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// njs has another engine for regular expressions, PCRE, which differs from ECMAScript.
#[test]
fn regular_expressions_match_what_they_do_in_node() {
    if !NODE.is_here() {
        return;
    }
    let mut random = random();
    let made: Vec<_> = (0..2000).map(|_| patterns::uses(&mut random)).collect();
    let found = differences(&made, &[&NODE]);
    assert!(found.is_empty(), "{}", found.join("\n"));
}
