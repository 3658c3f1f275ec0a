use super::document::{Members, OneOrMore, Scalar};
use super::key::Key;
use super::operator::{Operator, Test};
use super::{Principal, Problem, Request, Version};

/// One key of a condition, compared with its values by one operator (IAM user guide, "Condition
/// operators").
#[derive(Debug)]
pub(crate) struct Condition {
    key: Key,
    test: Test,
    /// A negated operator asks that none of the values match.
    negated: bool,
    /// What is said of a request that lacks the key.
    absent: bool,
}

impl Condition {
    /// Reads a `Condition` element. All that comes out must be met.
    pub(crate) fn all_of(
        block: &Members<Members<OneOrMore<Scalar>>>,
        version: Version,
        principal: &Principal,
    ) -> Result<Box<[Self]>, Problem> {
        let mut conditions = Vec::new();
        for (operator, keys) in &block.0 {
            let parsed = Operator::parse(operator)?;
            for (key, values) in &keys.0 {
                let condition = Self::new(&parsed, key, &values.0, version, principal)
                    .map_err(|problem| problem.within(operator))?;
                conditions.push(condition);
            }
        }
        Ok(conditions.into())
    }

    fn new(
        operator: &Operator,
        key: &str,
        values: &[Scalar],
        version: Version,
        principal: &Principal,
    ) -> Result<Self, Problem> {
        let known = Key::parse(key)?;
        if !operator.fits(known) {
            return Err(Problem::new(format!(
                "`{key}` is compared with {}",
                known.operators()
            )));
        }
        let test = operator
            .test(values, version, principal)
            .map_err(|problem| problem.within(key))?;
        Ok(Self {
            key: known,
            test,
            negated: operator.negated,
            absent: operator.negated || operator.if_exists,
        })
    }

    pub(crate) fn is_met(&self, request: &Request<'_>) -> bool {
        let value = self.key.value(request);
        match (&self.test, value) {
            (Test::Null(wanted), value) => wanted.contains(&value.is_none()),
            (_, None) => self.absent,
            (test, Some(value)) => test.matches_any(value) != self.negated,
        }
    }
}
