use super::action::ActionPattern;
use super::arn::ResourcePattern;
use super::condition::Condition;
use super::document::{Effect, OneOrMore, StatementForm};
use super::{Principal, Problem, Request, Version};

/// One statement, ready to be evaluated.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) effect: Effect,
    actions: Selection<ActionPattern>,
    resources: Selection<ResourcePattern>,
    /// All must be true.
    conditions: Box<[Condition]>,
}

impl Statement {
    pub(crate) fn new(
        form: &StatementForm,
        version: Version,
        principal: &Principal,
    ) -> Result<Self, Problem> {
        let actions = Selection::new("Action", &form.action, &form.not_action, |text| {
            ActionPattern::new(text)
        })?;
        let resources = Selection::new("Resource", &form.resource, &form.not_resource, |text| {
            ResourcePattern::new(text, version, principal)
        })?;
        let conditions = match &form.condition {
            Some(block) => Condition::all_of(block, version, principal)
                .map_err(|problem| problem.within("Condition"))?,
            None => Box::default(),
        };
        Ok(Self {
            effect: form.effect,
            actions,
            resources,
            conditions,
        })
    }

    /// Whether it speaks of this request.
    pub(crate) fn applies(&self, request: &Request<'_>) -> bool {
        self.actions.holds(|p| p.matches(request.action))
            && self.resources.holds(|p| p.matches(request))
            && self.conditions.iter().all(|c| c.is_met(request))
    }
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Debug)]
pub(super) struct Selection<P> {
    patterns: Box<[P]>,
    /// Whether it is all that the patterns do not match.
    negated: bool,
}

impl<P> Selection<P> {
    pub(super) fn new(
        name: &str,
        positive: &Option<OneOrMore<String>>,
        negative: &Option<OneOrMore<String>>,
        read: impl Fn(&str) -> Result<P, Problem>,
    ) -> Result<Self, Problem> {
        let (texts, negated) = match (positive, negative) {
            (Some(texts), None) => (texts, false),
            (None, Some(texts)) => (texts, true),
            (None, None) => {
                return Err(Problem::new(format!("{name} or Not{name} is missing")));
            }
            (Some(_), Some(_)) => {
                return Err(Problem::new(format!(
                    "has both {name} and Not{name}; make two statements of it"
                )));
            }
        };
        let patterns = texts
            .0
            .iter()
            .map(|text| read(text))
            .collect::<Result<_, _>>();
        let written = if negated {
            format!("Not{name}")
        } else {
            name.to_owned()
        };
        Ok(Self {
            patterns: patterns.map_err(|problem| problem.within(&written))?,
            negated,
        })
    }

    pub(super) fn holds(&self, matches: impl FnMut(&P) -> bool) -> bool {
        self.patterns.iter().any(matches) != self.negated
    }
}
