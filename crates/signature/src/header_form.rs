//! A signature in the `Authorization` header.

use http::header::{DATE, HeaderMap, HeaderName};

use crate::claim::{Claim, Essentials, Validity, present, single};
use crate::{Algorithm, AmzDate, Failure};

pub(crate) const DATE_HEADER: HeaderName = HeaderName::from_static("x-amz-date");
pub(crate) const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-amz-security-token");
pub(crate) const REGION_SET_HEADER: HeaderName = HeaderName::from_static("x-amz-region-set");
pub(crate) const PAYLOAD_HEADER: HeaderName = HeaderName::from_static("x-amz-content-sha256");

/// `ALGORITHM Credential=…, SignedHeaders=…, Signature=…`, the three in any order.
pub(crate) struct Authorization<'a>(Essentials<'a>);

impl<'a> Authorization<'a> {
    pub(crate) fn parse(header: &'a str) -> Result<Self, Failure> {
        let (algorithm, rest) = header.trim().split_once(' ').unwrap_or((header, ""));
        let algorithm = Algorithm::from_name(algorithm)?;
        let mut fields = Fields::default();
        for field in rest.split(',') {
            fields.take(field.trim())?;
        }
        Ok(Self(Essentials {
            algorithm,
            credential: present(
                fields.credential,
                "Authorization header requires 'Credential' parameter.",
            )?,
            signed_headers: present(
                fields.signed_headers,
                "Authorization header requires 'SignedHeaders' parameter.",
            )?,
            signature: present(
                fields.signature,
                "Authorization header requires 'Signature' parameter.",
            )?,
        }))
    }
}

#[derive(Default)]
struct Fields<'a> {
    credential: Option<&'a str>,
    signed_headers: Option<&'a str>,
    signature: Option<&'a str>,
}

impl<'a> Fields<'a> {
    fn take(&mut self, field: &'a str) -> Result<(), Failure> {
        let (name, value) = field.split_once('=').ok_or(Failure::Incomplete(
            "Authorization header has a part that is not a key=value pair.",
        ))?;
        let parameter = match name {
            "Credential" => &mut self.credential,
            "SignedHeaders" => &mut self.signed_headers,
            "Signature" => &mut self.signature,
            _ => {
                return Err(Failure::Incomplete(
                    "Authorization header has an unknown parameter.",
                ));
            }
        };
        if parameter.replace(value).is_some() {
            return Err(Failure::Incomplete(
                "Authorization header has a parameter twice.",
            ));
        }
        Ok(())
    }
}

/// The claim of a request whose `Authorization` header has been read.
pub(crate) fn claim(
    Authorization(essentials): &Authorization<'_>,
    headers: &HeaderMap,
) -> Result<Claim, Failure> {
    let claim = essentials.claim(date(headers)?, Validity::AroundNow)?;
    let [date, token, regions] = [DATE_HEADER, TOKEN_HEADER, REGION_SET_HEADER].map(|name| {
        let value = single(headers, &name)?;
        if value.is_some() && !claim.signed_headers.contains(name.as_str()) {
            return Err(Failure::Incomplete(
                "X-Amz-Date, X-Amz-Security-Token and X-Amz-Region-Set must be signed.",
            ));
        }
        Ok(value)
    });
    let (_, token, regions) = (date?, token?, regions?);
    if claim.algorithm == Algorithm::Ecdsa && regions.is_none() {
        return Err(Failure::Incomplete(
            "Authorization header requires existence of a 'X-Amz-Region-Set' header.",
        ));
    }
    Ok(Claim {
        session_token: token.map(str::to_owned),
        declared_payload: single(headers, &PAYLOAD_HEADER)?.map(str::to_owned),
        ..claim
    })
}

/// When the request was signed: `X-Amz-Date` or, without one, `Date`. The date is part of the
/// string to sign, so that a `Date` need not be among the signed headers.
fn date(headers: &HeaderMap) -> Result<AmzDate, Failure> {
    if let Some(text) = single(headers, &DATE_HEADER)? {
        return AmzDate::from_basic(text).ok_or(Failure::Incomplete(
            "X-Amz-Date must be in ISO-8601 'basic format', e.g. 20150830T123600Z.",
        ));
    }
    let text = single(headers, &DATE)?.ok_or(Failure::Incomplete(
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    ))?;
    AmzDate::from_date_header(text).ok_or(Failure::Incomplete("The Date header can't be read."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::tests::{incomplete, parse};
    use http::request::Builder;

    const HMAC: &str = "AWS4-HMAC-SHA256 Credential=AK/20261122/us-east-1/cloudfront/aws4_request, \
                        SignedHeaders=host;x-amz-date, Signature=00ff";

    fn request(authorization: &str) -> Builder {
        http::Request::get("/")
            .header("host", "kvs.example")
            .header("x-amz-date", "20261122T165248Z")
            .header("authorization", authorization)
    }

    fn read(request: Builder) -> Result<Claim, Failure> {
        parse(request).map(Option::unwrap)
    }

    #[test]
    fn reads_all_parts_in_any_order() {
        let reordered = "AWS4-HMAC-SHA256 Signature=00ff,SignedHeaders=host;x-amz-date,\
                         Credential=AK/20261122/us-east-1/cloudfront/aws4_request";
        for header in [HMAC, reordered] {
            let claim = read(request(header)).unwrap();
            assert_eq!(claim.access_key_id(), "AK");
            assert_eq!(claim.algorithm(), Algorithm::Hmac);
            assert_eq!(claim.signature, "00ff");
            assert_eq!(claim.signed.to_string(), "20261122T165248Z");
            assert_eq!(claim.session_token(), None);
        }
    }

    #[test]
    fn refuses_other_schemes() {
        for header in [
            "",
            "Basic QTpC",
            "Bearer x",
            "AWS4-HMAC-SHA512 a=b",
            "aws4-hmac-sha256 a=b",
        ] {
            incomplete(request(header), "Unsupported");
        }
    }

    #[test]
    fn refuses_a_header_that_is_not_whole() {
        incomplete(request("AWS4-HMAC-SHA256"), "key=value");
        incomplete(
            request(&HMAC.replace("Credential=", "Credential")),
            "key=value",
        );
        incomplete(
            request(&HMAC.replace("Signature=00ff", "Signature=")),
            "'Signature'",
        );
        incomplete(
            request(&HMAC.replace(", Signature=00ff", "")),
            "'Signature'",
        );
        incomplete(
            request(&HMAC.replace("SignedHeaders=", "SignedHeader=")),
            "unknown",
        );
        incomplete(request(&format!("{HMAC}, Signature=00")), "twice");
        incomplete(
            request(&HMAC.replace("aws4_request", "a/b")),
            "5 slash-delimited",
        );
        incomplete(request(&HMAC.replace("host;", "")), "'Host'");
    }

    #[test]
    fn what_says_when_and_who_must_be_signed() {
        incomplete(request(&HMAC.replace(";x-amz-date", "")), "must be signed");
        incomplete(
            request(HMAC).header("x-amz-security-token", "t"),
            "must be signed",
        );
        incomplete(
            request(HMAC).header("x-amz-region-set", "*"),
            "must be signed",
        );
        let signed = HMAC.replace("x-amz-date", "x-amz-date;x-amz-security-token");
        let claim = read(request(&signed).header("x-amz-security-token", "t")).unwrap();
        assert_eq!(claim.session_token(), Some("t"));
    }

    #[test]
    fn sigv4a_needs_a_signed_region_set() {
        let header = "AWS4-ECDSA-P256-SHA256 Credential=AK/20261122/kvs/aws4_request, \
                      SignedHeaders=host;x-amz-date;x-amz-region-set, Signature=00";
        incomplete(request(header), "Region-Set");
        let unsigned = header.replace(";x-amz-region-set", "");
        incomplete(
            request(&unsigned).header("x-amz-region-set", "*"),
            "must be signed",
        );
        for set in ["*", "us-east-1,eu-*", ""] {
            let claim = read(request(header).header("x-amz-region-set", set)).unwrap();
            assert_eq!(claim.algorithm(), Algorithm::Ecdsa);
        }
    }

    #[test]
    fn nothing_may_come_twice() {
        incomplete(
            request(HMAC).header("authorization", HMAC),
            "more than once",
        );
        incomplete(
            request(HMAC).header("x-amz-date", "20261122T165248Z"),
            "more than once",
        );
        incomplete(
            request(HMAC).header("host", "kvs.example"),
            "more than one Host",
        );
        let tokens = request(HMAC)
            .header("x-amz-security-token", "a")
            .header("x-amz-security-token", "a");
        incomplete(tokens, "more than once");
    }

    #[test]
    fn the_date_header_stands_in() {
        let header = HMAC.replace(";x-amz-date", "");
        let request = |date: &str| {
            http::Request::get("/")
                .header("authorization", &header)
                .header("date", date)
        };
        for date in ["20261122T165248Z", "Sun, 22 Nov 2026 16:52:48 GMT"] {
            let claim = read(request(date)).unwrap();
            assert_eq!(claim.signed.to_string(), "20261122T165248Z");
        }
        incomplete(request("tomorrow"), "Date");
        incomplete(
            http::Request::get("/").header("authorization", &header),
            "'Date'",
        );
        incomplete(
            request("20261122T165248Z").header("x-amz-date", "x"),
            "basic format",
        );
    }

    #[test]
    fn a_claim_is_not_logged_with_its_signature_or_token() {
        let signed = HMAC.replace("x-amz-date", "x-amz-date;x-amz-security-token");
        let claim = read(request(&signed).header("x-amz-security-token", "hush")).unwrap();
        let text = format!("{claim:?}");
        assert!(!text.contains("hush") && !text.contains("00ff"), "{text}");
    }
}
