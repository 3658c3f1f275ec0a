use http::header::{
    AUTHORIZATION, CONNECTION, EXPECT, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING, USER_AGENT,
};
use http::request::Parts;

use crate::canonical::Subject;
use crate::credential::Scope;
use crate::header_form::{DATE_HEADER, REGION_SET_HEADER, TOKEN_HEADER};
use crate::signed_headers::SignedHeaders;
use crate::{Algorithm, AmzDate, Payload, SigningKeys, hex};

/// Headers that proxies change or that belong to one connection; the SDKs don't sign them either.
const UNSIGNED: [HeaderName; 5] = [
    AUTHORIZATION,
    CONNECTION,
    EXPECT,
    TRANSFER_ENCODING,
    USER_AGENT,
];

/// A request can't be signed. The text says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsignable(&'static str);

/// Signs requests, with the signature in the `Authorization` header.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The access key.
    pub keys: &'a SigningKeys,
    /// SigV4 or SigV4A.
    pub algorithm: Algorithm,
    /// The region, for SigV4; the region set, for SigV4A: `*` or a list with commas.
    pub region: &'a str,
    /// The service in the scope, such as `cloudfront`.
    pub service: &'a str,
    /// The session token, if the access key is a temporary one.
    pub session_token: Option<&'a str>,
}

impl Signer<'_> {
    /// Adds the headers that make a signed request of this one; `Host`, too, if there is only an
    /// authority in the URI. All headers that are there are signed, but for a few that are not the
    /// client's to fix.
    ///
    /// The path is signed as it is and sent as it is: no dot segment is folded.
    pub fn sign(
        &self,
        request: &mut Parts,
        payload: &Payload,
        now: jiff::Timestamp,
    ) -> Result<(), Unsignable> {
        let signed = AmzDate::containing(now);
        self.add_headers(request, signed)?;
        let names = request
            .headers
            .keys()
            .filter(|name| !UNSIGNED.contains(*name));
        let signed_headers = SignedHeaders::new(names.map(HeaderName::as_str).collect());
        let scope = Scope::new(self.algorithm, signed, self.region, self.service);
        let subject = Subject {
            request,
            signed_headers: &signed_headers,
            payload,
            algorithm: self.algorithm,
            signed,
            scope: &scope,
        };
        let header = self.authorization(&subject)?;
        request.headers.insert(AUTHORIZATION, header);
        Ok(())
    }

    fn add_headers(&self, request: &mut Parts, signed: AmzDate) -> Result<(), Unsignable> {
        if !request.headers.contains_key(HOST) {
            let host = request.uri.authority().map(|authority| authority.as_str());
            let host = host.ok_or(Unsignable("the request has no host"))?;
            let host = value(host)?;
            request.headers.insert(HOST, host);
        }
        let headers = &mut request.headers;
        headers.insert(DATE_HEADER, value(&signed.to_string())?);
        if self.algorithm == Algorithm::Ecdsa {
            headers.insert(REGION_SET_HEADER, value(self.region)?);
        }
        if let Some(token) = self.session_token {
            let mut token = value(token)?;
            token.set_sensitive(true);
            headers.insert(TOKEN_HEADER, token);
        }
        Ok(())
    }

    fn authorization(&self, subject: &Subject<'_>) -> Result<HeaderValue, Unsignable> {
        let mut buffer = Vec::new();
        subject
            .string_to_sign(subject.request.uri.path(), &mut buffer)
            .map_err(|_| Unsignable("a header that is to be signed is not there"))?;
        let signature = self.signature(&buffer, subject.scope)?;
        let text = format!(
            "{} Credential={}/{}, SignedHeaders={}, Signature=",
            self.algorithm.name(),
            self.keys.access_key_id(),
            subject.scope.as_str(),
            subject.signed_headers.as_str(),
        );
        let header = [text.as_bytes(), &signature].concat();
        let mut header = HeaderValue::try_from(header).map_err(|_| NOT_A_HEADER)?;
        header.set_sensitive(true);
        Ok(header)
    }

    fn signature(&self, message: &[u8], scope: &Scope) -> Result<Vec<u8>, Unsignable> {
        match self.algorithm {
            Algorithm::Hmac => {
                let mut digits = Vec::with_capacity(64);
                hex::encode(&*self.keys.scope_key(scope).sign(message), &mut digits);
                Ok(digits)
            }
            Algorithm::Ecdsa => self
                .keys
                .ecdsa()
                .and_then(|key| key.sign(message))
                .ok_or(Unsignable("the access key has no key for SigV4A")),
        }
    }
}

const NOT_A_HEADER: Unsignable = Unsignable("a value is not fit for a header");

fn value(text: &str) -> Result<HeaderValue, Unsignable> {
    HeaderValue::from_str(text).map_err(|_| NOT_A_HEADER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(request: http::request::Builder, algorithm: Algorithm) -> Result<Parts, Unsignable> {
        let (mut request, ()) = request.body(()).unwrap().into_parts();
        let signer = Signer {
            keys: &SigningKeys::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            algorithm,
            region: "us-east-1",
            service: "service",
            session_token: Some("token"),
        };
        let now = "2015-08-30T12:36:00.9Z".parse().unwrap();
        signer.sign(&mut request, &Payload::of(b""), now)?;
        Ok(request)
    }

    #[test]
    fn adds_what_a_signed_request_needs() {
        let request = http::Request::get("http://kvs.example:8080/a")
            .header("user-agent", "test")
            .header("if-match", "KV1");
        let request = sign(request, Algorithm::Ecdsa).unwrap();
        let header = |name: &str| request.headers[name].to_str().unwrap();
        assert_eq!(header("host"), "kvs.example:8080");
        assert_eq!(header("x-amz-date"), "20150830T123600Z");
        assert_eq!(header("x-amz-region-set"), "us-east-1");
        assert!(request.headers["x-amz-security-token"].is_sensitive());
        assert!(request.headers[AUTHORIZATION].is_sensitive());
        let start = "AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/20150830/service/aws4_request, \
                     SignedHeaders=host;if-match;x-amz-date;x-amz-region-set;x-amz-security-token, \
                     Signature=30";
        assert!(header("authorization").starts_with(start));
    }

    #[test]
    fn a_request_without_a_host_is_not_signed() {
        let failure = sign(http::Request::get("/a"), Algorithm::Hmac).unwrap_err();
        assert_eq!(failure, Unsignable("the request has no host"));
    }
}
