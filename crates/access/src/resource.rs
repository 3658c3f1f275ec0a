use crate::policy::Arn;

/// What an action is done to, under each ARN that a policy may write for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource<'a> {
    arn: &'a str,
    by_id: Option<&'a str>,
}

impl<'a> Resource<'a> {
    /// A resource with one ARN.
    pub fn new(arn: &'a str) -> Self {
        Self { arn, by_id: None }
    }

    /// A resource with two ARNs, one that ends with its name and one that ends with its id.
    ///
    /// It is judged once: a pattern matches it if the pattern matches the ARN by name, or if the
    /// pattern matches the ARN by id and writes that id out. A wildcard never stands for a part of
    /// an id, because `key-value-store/a*` means names, and would be one id in sixteen as well.
    pub fn with_name_and_id(by_name: &'a str, by_id: &'a str) -> Self {
        Self {
            arn: by_name,
            by_id: Some(by_id),
        }
    }

    /// The ARN, and the one by id if there are two. `None` if a text is no ARN.
    pub(crate) fn parse(self) -> Option<(Arn<'a>, Option<Arn<'a>>)> {
        let by_id = match self.by_id {
            Some(text) => Some(Arn::new(text)?),
            None => None,
        };
        Some((Arn::new(self.arn)?, by_id))
    }
}
