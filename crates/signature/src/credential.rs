use crate::{AmzDate, Failure};

/// How a request is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// SigV4, `AWS4-HMAC-SHA256`: a key of one day, region and service.
    Hmac,
    /// SigV4A, `AWS4-ECDSA-P256-SHA256`: one key for all days, regions and services.
    Ecdsa,
}

impl Algorithm {
    /// The algorithm's name in a request.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hmac => "AWS4-HMAC-SHA256",
            Self::Ecdsa => "AWS4-ECDSA-P256-SHA256",
        }
    }

    pub(crate) fn from_name(name: &str) -> Result<Self, Failure> {
        [Self::Hmac, Self::Ecdsa]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
            .ok_or(Failure::Incomplete("Unsupported AWS 'algorithm'."))
    }

    /// How many parts a scope has: SigV4A's has no region.
    const fn scope_parts(self) -> usize {
        match self {
            Self::Hmac => 4,
            Self::Ecdsa => 3,
        }
    }
}

const TERMINATOR: &str = "aws4_request";

/// The scope of a signature: `date/region/service/aws4_request`, or the same without region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope(String);

impl Scope {
    /// The scope of a signature that is being made.
    pub(crate) fn new(algorithm: Algorithm, signed: AmzDate, region: &str, service: &str) -> Self {
        let moment = signed.to_string();
        let date = &moment[..8];
        Self(match algorithm {
            Algorithm::Hmac => format!("{date}/{region}/{service}/{TERMINATOR}"),
            Algorithm::Ecdsa => format!("{date}/{service}/{TERMINATOR}"),
        })
    }

    /// The whole, as it stands in the string to sign.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is for this service, on the day of signing. The region may be any, also none:
    /// clients with an endpoint of their own sign for whatever region they are set to.
    pub(crate) fn check(&self, service: &str, signed: AmzDate) -> Result<(), Failure> {
        let Some(rest) = without_last(&self.0, TERMINATOR) else {
            return Err(Failure::Scope(format!(
                "Credential should be scoped with a valid terminator: '{TERMINATOR}'."
            )));
        };
        let Some(rest) = without_last(rest, service) else {
            return Err(Failure::Scope(format!(
                "Credential should be scoped to correct service: '{service}'."
            )));
        };
        let date = rest.split('/').next().unwrap_or_default();
        if date.as_bytes() != &signed.text()[..8] {
            return Err(Failure::Scope(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
                 from HTTP: '{signed}'."
            )));
        }
        Ok(())
    }
}

/// What stands before the last part of a scope and its slash, if the last part is this one.
fn without_last<'a>(scope: &'a str, part: &str) -> Option<&'a str> {
    scope.strip_suffix(part)?.strip_suffix('/')
}

/// Takes a credential, `access key id/scope`, apart.
pub(crate) fn parse(text: &str, algorithm: Algorithm) -> Result<(String, Scope), Failure> {
    const HMAC: Failure = Failure::Incomplete(
        "Credential must have exactly 5 slash-delimited elements, \
         e.g. keyid/date/region/service/term.",
    );
    const ECDSA: Failure = Failure::Incomplete(
        "Credential must have exactly 4 slash-delimited elements, e.g. keyid/date/service/term.",
    );
    text.split_once('/')
        .filter(|(id, scope)| {
            !id.is_empty()
                && scope.split('/').count() == algorithm.scope_parts()
                && text.bytes().all(|b| b.is_ascii_graphic())
        })
        .map(|(id, scope)| (id.to_owned(), Scope(scope.to_owned())))
        .ok_or(match algorithm {
            Algorithm::Hmac => HMAC,
            Algorithm::Ecdsa => ECDSA,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> AmzDate {
        AmzDate::from_basic("20261122T120000Z").unwrap()
    }

    #[test]
    fn takes_any_region() {
        for region in ["us-east-1", "aws-global", ""] {
            let text = format!("AK/20261122/{region}/cloudfront/aws4_request");
            let (id, scope) = parse(&text, Algorithm::Hmac).unwrap();
            assert_eq!(id, "AK");
            scope.check("cloudfront", noon()).unwrap();
            assert_eq!(
                scope,
                Scope::new(Algorithm::Hmac, noon(), region, "cloudfront")
            );
        }
    }

    #[test]
    fn the_number_of_parts_is_the_algorithms() {
        let four = "AK/20261122/kvs/aws4_request";
        let five = "AK/20261122/us-east-1/kvs/aws4_request";
        assert!(parse(four, Algorithm::Ecdsa).is_ok());
        assert!(parse(five, Algorithm::Hmac).is_ok());
        for (text, algorithm) in [
            (five, Algorithm::Ecdsa),
            (four, Algorithm::Hmac),
            ("", Algorithm::Hmac),
            ("/20261122/kvs/aws4_request", Algorithm::Ecdsa),
            ("A\n/20261122/kvs/aws4_request", Algorithm::Ecdsa),
            ("AK/a/b/c/d/e", Algorithm::Hmac),
        ] {
            let failure = parse(text, algorithm).unwrap_err();
            assert!(matches!(failure, Failure::Incomplete(_)), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_with_a_scope() {
        for (scope, says) in [
            ("20261122/kvs/aws5_request", "terminator"),
            ("20261122/kvs/xaws4_request", "terminator"),
            ("20261122/other/aws4_request", "service"),
            ("20261122/xkvs/aws4_request", "service"),
            ("20261121/kvs/aws4_request", "Date"),
            ("/kvs/aws4_request", "Date"),
        ] {
            let (_, scope) = parse(&format!("AK/{scope}"), Algorithm::Ecdsa).unwrap();
            let failure = scope.check("kvs", noon()).unwrap_err();
            assert!(failure.to_string().contains(says), "{failure}");
        }
    }
}
