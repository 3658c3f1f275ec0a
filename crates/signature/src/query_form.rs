//! A signature in the query: a presigned URL.

use http::header::HeaderMap;

use crate::claim::{Claim, Essentials, Validity, present, single};
use crate::header_form::{DATE_HEADER, PAYLOAD_HEADER, REGION_SET_HEADER, TOKEN_HEADER};
use crate::query::{SIGNATURE, query_parameters};
use crate::{Algorithm, AmzDate, Failure};

/// The longest validity of a presigned URL: a week.
const MAX_EXPIRES_SECONDS: u32 = 604_800;

/// Whether a query has any of the parameters that make a request a presigned one.
pub(crate) fn is_used(query: &str) -> bool {
    !query.is_empty()
        && query_parameters(query).any(|(name, _)| {
            [
                &b"X-Amz-Algorithm"[..],
                b"X-Amz-Credential",
                SIGNATURE.as_bytes(),
            ]
            .contains(&&*name)
        })
}

/// The parameters of a presigned URL. All but the signature are part of what is signed.
#[derive(Default)]
pub(crate) struct Parameters {
    algorithm: Option<String>,
    credential: Option<String>,
    date: Option<String>,
    expires: Option<String>,
    signed_headers: Option<String>,
    signature: Option<String>,
    token: Option<String>,
    region_set: Option<String>,
    payload: Option<String>,
}

impl Parameters {
    pub(crate) fn parse(query: &str) -> Result<Self, Failure> {
        let mut parameters = Self::default();
        for (name, value) in query_parameters(query) {
            parameters.take(&name, &value)?;
        }
        Ok(parameters)
    }

    fn take(&mut self, name: &[u8], value: &[u8]) -> Result<(), Failure> {
        let parameter = match name {
            b"X-Amz-Algorithm" => &mut self.algorithm,
            b"X-Amz-Credential" => &mut self.credential,
            b"X-Amz-Date" => &mut self.date,
            b"X-Amz-Expires" => &mut self.expires,
            b"X-Amz-SignedHeaders" => &mut self.signed_headers,
            b"X-Amz-Signature" => &mut self.signature,
            b"X-Amz-Security-Token" => &mut self.token,
            b"X-Amz-Region-Set" => &mut self.region_set,
            b"X-Amz-Content-Sha256" => &mut self.payload,
            _ => return Ok(()),
        };
        let value = str::from_utf8(value)
            .map_err(|_| Failure::Incomplete("An AWS query-string parameter is not UTF-8."))?;
        if parameter.replace(value.to_owned()).is_some() {
            return Err(Failure::Incomplete(
                "An AWS query-string parameter comes more than once.",
            ));
        }
        Ok(())
    }

    fn validity(&self) -> Result<Validity, Failure> {
        self.expires
            .as_deref()
            .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|text| text.parse().ok())
            .filter(|seconds| (1..=MAX_EXPIRES_SECONDS).contains(seconds))
            .map(Validity::Seconds)
            .ok_or(Failure::Incomplete(
                "AWS query-string parameters must include 'X-Amz-Expires', from 1 to 604800.",
            ))
    }
}

/// The claim of a request whose query has been read.
pub(crate) fn claim(parameters: &Parameters, headers: &HeaderMap) -> Result<Claim, Failure> {
    for name in [DATE_HEADER, TOKEN_HEADER, REGION_SET_HEADER] {
        if headers.contains_key(&name) {
            return Err(Failure::Incomplete(
                "A presigned request may have X-Amz-Date, X-Amz-Security-Token and \
                 X-Amz-Region-Set in its query only.",
            ));
        }
    }
    let declared_header = single(headers, &PAYLOAD_HEADER)?.map(str::to_owned);
    if declared_header.is_some() && parameters.payload.is_some() {
        return Err(Failure::Incomplete(
            "X-Amz-Content-Sha256 is in the query and in a header.",
        ));
    }
    let claim = essentials(parameters)?.claim(date(parameters)?, parameters.validity()?)?;
    Ok(Claim {
        session_token: parameters.token.clone(),
        declared_payload: declared_header.or_else(|| parameters.payload.clone()),
        ..claim
    })
}

fn essentials(parameters: &Parameters) -> Result<Essentials<'_>, Failure> {
    let algorithm = present(
        parameters.algorithm.as_deref(),
        "AWS query-string parameters must include 'X-Amz-Algorithm'.",
    )?;
    let essentials = Essentials {
        algorithm: Algorithm::from_name(algorithm)?,
        credential: present(
            parameters.credential.as_deref(),
            "AWS query-string parameters must include 'X-Amz-Credential'.",
        )?,
        signed_headers: present(
            parameters.signed_headers.as_deref(),
            "AWS query-string parameters must include 'X-Amz-SignedHeaders'.",
        )?,
        signature: present(
            parameters.signature.as_deref(),
            "AWS query-string parameters must include 'X-Amz-Signature'.",
        )?,
    };
    if essentials.algorithm == Algorithm::Ecdsa && parameters.region_set.is_none() {
        return Err(Failure::Incomplete(
            "AWS query-string parameters must include 'X-Amz-Region-Set'.",
        ));
    }
    Ok(essentials)
}

fn date(parameters: &Parameters) -> Result<AmzDate, Failure> {
    let text = present(
        parameters.date.as_deref(),
        "AWS query-string parameters must include 'X-Amz-Date'.",
    )?;
    AmzDate::from_basic(text).ok_or(Failure::Incomplete(
        "X-Amz-Date must be in ISO-8601 'basic format', e.g. 20150830T123600Z.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::tests::{incomplete, parse};
    use http::request::Builder;

    const HMAC: &str = "X-Amz-Algorithm=AWS4-HMAC-SHA256&\
                        X-Amz-Credential=AK%2F20261122%2Fus-east-1%2Fcloudfront%2Faws4_request&\
                        X-Amz-Date=20261122T165248Z&X-Amz-Expires=60&\
                        X-Amz-SignedHeaders=host&X-Amz-Signature=00ff";

    fn request(query: &str) -> Builder {
        http::Request::get(format!("/?{query}")).header("host", "kvs.example")
    }

    #[test]
    fn reads_all_parts() {
        let query = format!("a=b&{HMAC}&X-Amz-Security-Token=a%2Bb%2F&X-Amz-Content-Sha256=e3");
        let claim = parse(request(&query)).unwrap().unwrap();
        assert_eq!(claim.access_key_id(), "AK");
        assert_eq!(claim.algorithm(), Algorithm::Hmac);
        assert_eq!(claim.session_token(), Some("a+b/"));
        assert_eq!(claim.signature, "00ff");
        assert_eq!(claim.validity, Validity::Seconds(60));
        assert_eq!(claim.declared_payload.as_deref(), Some("e3"));
    }

    #[test]
    fn other_queries_say_nothing() {
        for query in [
            "",
            "a=b",
            "X-Amz-Date=20261122T165248Z",
            "x-amz-signature=00",
        ] {
            assert!(parse(request(query)).unwrap().is_none(), "{query}");
        }
    }

    #[test]
    fn every_part_must_be_there_once() {
        for parameter in HMAC.split('&') {
            let (name, _) = parameter.split_once('=').unwrap();
            let others = |p: &&str| *p != parameter;
            let without: Vec<_> = HMAC.split('&').filter(others).collect();
            incomplete(request(&without.join("&")), name);
            incomplete(request(&format!("{HMAC}&{parameter}")), "more than once");
            let emptied = HMAC.replace(parameter, &format!("{name}="));
            assert!(parse(request(&emptied)).is_err(), "{name}");
        }
        let spelt_otherwise = format!("{HMAC}&X-Amz%2DSignature=00ff");
        incomplete(request(&spelt_otherwise), "more than once");
        incomplete(
            request(&format!("{HMAC}&X-Amz-Security-Token=%FF")),
            "UTF-8",
        );
    }

    #[test]
    fn sigv4a_needs_a_region_set() {
        let query = HMAC
            .replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")
            .replace("us-east-1%2F", "");
        incomplete(request(&query), "X-Amz-Region-Set");
        let claim = parse(request(&format!("{query}&X-Amz-Region-Set=%2A"))).unwrap();
        assert_eq!(claim.unwrap().algorithm(), Algorithm::Ecdsa);
    }

    #[test]
    fn is_good_for_a_second_to_a_week() {
        let with = |expires: &str| request(&HMAC.replace("=60", &format!("={expires}")));
        for expires in ["1", "604800"] {
            assert!(parse(with(expires)).is_ok(), "{expires}");
        }
        for expires in ["0", "604801", "-1", "%2B1", "1.5", "99999999999999999999"] {
            incomplete(with(expires), "X-Amz-Expires");
        }
    }

    #[test]
    fn nothing_may_be_in_a_header_as_well() {
        let authorization = "AWS4-HMAC-SHA256 Credential=AK/20261122/us-east-1/cloudfront/\
                             aws4_request, SignedHeaders=host, Signature=00";
        incomplete(
            request(HMAC).header("authorization", authorization),
            "Only one",
        );
        let some = "X-Amz-Signature=00";
        incomplete(
            request(some).header("authorization", authorization),
            "Only one",
        );
        for name in ["x-amz-date", "x-amz-security-token", "x-amz-region-set"] {
            incomplete(
                request(HMAC).header(name, "20261122T165248Z"),
                "in its query only",
            );
        }
        let query = format!("{HMAC}&X-Amz-Content-Sha256=e3");
        incomplete(
            request(&query).header("x-amz-content-sha256", "e3"),
            "and in a header",
        );
    }
}
