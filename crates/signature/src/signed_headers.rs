use crate::Failure;

/// The names of the headers that are signed: `host;x-amz-date`, in lower case and in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignedHeaders(String);

impl SignedHeaders {
    /// Takes the list as a request has it. Rising order also means that no name comes twice.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let in_form = |name: &str| {
            let lower = |b: u8| b.is_ascii_graphic() && !b.is_ascii_uppercase();
            !name.is_empty() && name.bytes().all(lower)
        };
        if !text.split(';').all(in_form) || !text.split(';').is_sorted_by(|a, b| a < b) {
            return Err(Failure::Incomplete(
                "SignedHeaders must be names in lower case, in order, separated by ';'.",
            ));
        }
        let list = Self(text.to_owned());
        if !list.contains("host") {
            return Err(Failure::Incomplete(
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            ));
        }
        Ok(list)
    }

    /// The list of a signature that is being made; the names are in lower case.
    pub(crate) fn new(mut names: Vec<&str>) -> Self {
        names.sort_unstable();
        names.dedup();
        Self(names.join(";"))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(';')
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.iter().any(|signed| signed == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_in_order_with_host_among_them() {
        let list = SignedHeaders::parse("content-type;host;x-amz-date").unwrap();
        assert!(list.contains("host") && !list.contains("x-amz"));
        for text in [
            "",
            ";",
            "host;",
            "x-amz-date",
            "Host;x-amz-date",
            "x-amz-date;host",
            "host;host",
            "host; x-amz-date",
            "host;x\n",
        ] {
            assert!(SignedHeaders::parse(text).is_err(), "{text}");
        }
    }
}
