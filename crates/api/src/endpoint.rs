use std::pin::Pin;

use http::{Method, StatusCode};
use keyfront_model::Limits;
use keyfront_server::Answer;
use keyfront_service::Service;
use keyfront_signature::DotSegments;

use crate::call::Call;
use crate::error::{Code, Refusal};
use crate::operation::{self, Operation};
use crate::plane::Plane;
use crate::uri;

/// One operation of a plane: what its type declares, as a value.
pub(crate) struct Endpoint<P: Plane> {
    /// Its name in the model.
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    /// Its path; a segment in braces is a label.
    pub(crate) path: &'static str,
    pub(crate) fixed_query: Option<(&'static str, &'static str)>,
    pub(crate) query: &'static [&'static str],
    pub(crate) request_headers: &'static [&'static str],
    pub(crate) response_headers: &'static [&'static str],
    pub(crate) success: StatusCode,
    pub(crate) errors: &'static [P::Code],
    pub(crate) unreadable: P::Code,
    pub(crate) max_body_bytes: fn(&Limits) -> u64,
    pub(crate) too_large: fn(&Limits) -> Refusal<P::Code>,
    pub(crate) perform: Perform<P::Code>,
}

/// Performs an operation for a call.
type Perform<C> = for<'a> fn(&'a Service, &'a Call<'a>) -> Performing<'a, C>;

type Performing<'a, C> = Pin<Box<dyn Future<Output = Result<Answer, Refusal<C>>> + Send + 'a>>;

fn perform<'a, O: Operation>(
    service: &'a Service,
    call: &'a Call<'a>,
) -> Performing<'a, <O::Plane as Plane>::Code> {
    Box::pin(operation::perform::<O>(service, call))
}

impl<P: Plane> Endpoint<P> {
    /// The endpoint that an operation declares.
    pub(crate) const fn of<O: Operation<Plane = P>>() -> Self {
        Self {
            name: O::NAME,
            method: O::METHOD,
            path: O::PATH,
            fixed_query: O::FIXED_QUERY,
            query: O::QUERY,
            request_headers: O::REQUEST_HEADERS,
            response_headers: O::RESPONSE_HEADERS,
            success: O::SUCCESS,
            errors: O::ERRORS,
            unreadable: O::UNREADABLE,
            max_body_bytes: O::max_body_bytes,
            too_large: O::too_large,
            perform: perform::<O>,
        }
    }

    /// A refusal with a code that the operation may answer. Typed clients don't know any other code, so a
    /// refusal with one is a fault of this server and answered as an internal error.
    pub(crate) fn listed(&self, refusal: Refusal<P::Code>) -> Refusal<P::Code> {
        let code = refusal.code;
        if self.errors.contains(&code) || code.is_universal() || code == P::Code::INTERNAL {
            return refusal;
        }
        tracing::error!(
            operation = self.name,
            code = code.name(),
            text = %refusal.text,
            "the model of the operation lists no such error; answered as an internal one"
        );
        P::Code::INTERNAL.into()
    }

    /// The first parameter that is given more than once, of those that the operation reads.
    pub(crate) fn repeated(&self, query: &str) -> Option<&'static str> {
        let fixed = self.fixed_query.map(|(name, _)| name);
        uri::repeated(query, self.query).or(uri::repeated(query, fixed.as_slice()))
    }

    /// A key may be `.` or `..`, which clients fold in the path that they sign; nothing else that a
    /// path names can be.
    pub(crate) fn dot_segments(&self) -> DotSegments {
        if self.path.ends_with("/{Key}") {
            DotSegments::LastFolded
        } else {
            DotSegments::Kept
        }
    }

    /// The labels of a request's path if the request is for this endpoint.
    fn matches<'p>(&self, method: &Method, path: &'p str, query: &str) -> Option<Labels<'p>> {
        if self.method != *method {
            return None;
        }
        let labels = match_path(self.path, path)?;
        let fixed = self
            .fixed_query
            .is_none_or(|(name, value)| uri::query_value(query, name).as_deref() == Some(value));
        fixed.then_some(labels)
    }
}

/// The labels of a path, still encoded. No operation has more than two.
pub(crate) type Labels<'a> = [&'a str; 2];

/// The endpoint that a request is for, and the labels of its path.
pub(crate) fn find<'p, P: Plane>(
    method: &Method,
    path: &'p str,
    query: &str,
) -> Option<(&'static Endpoint<P>, Labels<'p>)> {
    P::endpoints().iter().find_map(|endpoint| {
        let labels = endpoint.matches(method, path, query)?;
        Some((endpoint, labels))
    })
}

/// The path is split before it is decoded: a label may hold an encoded slash, and ends at a plain one.
fn match_path<'p>(template: &str, path: &'p str) -> Option<Labels<'p>> {
    let mut labels = [""; 2];
    let mut places = labels.iter_mut();
    let mut parts = template.split('{');
    let mut path = path.strip_prefix(parts.next()?)?;
    for part in parts {
        let (_name, literal) = part.split_once('}')?;
        let (label, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
        *places.next()? = label;
        path = rest.strip_prefix(literal)?;
    }
    path.is_empty().then_some(labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::ControlPlane;
    use crate::data::{DataCode, DataPlane};

    #[test]
    fn a_label_is_one_segment_of_the_raw_path() {
        let found = |method, path| {
            let found = find::<DataPlane>(&method, path, "");
            found.map(|(endpoint, labels)| (endpoint.name, labels))
        };
        let get = |path| found(Method::GET, path);
        assert_eq!(
            get("/key-value-stores/arn%3Aaws/keys/a%2Fb"),
            Some(("GetKey", ["arn%3Aaws", "a%2Fb"]))
        );
        assert_eq!(
            get("/key-value-stores/arn/keys/.."),
            Some(("GetKey", ["arn", ".."]))
        );
        assert_eq!(
            get("/key-value-stores/arn/keys"),
            Some(("ListKeys", ["arn", ""]))
        );
        assert_eq!(get("/key-value-stores/arn/keys/a/b"), None);
        assert_eq!(get("/key-value-stores"), None);
        assert_eq!(found(Method::PATCH, "/key-value-stores/arn/keys"), None);
    }

    #[test]
    fn a_code_that_the_model_lacks_is_an_internal_error() {
        let (list, _) = find::<DataPlane>(&Method::GET, "/key-value-stores/arn/keys", "").unwrap();
        let answered = |code: DataCode| list.listed(Refusal::because(code, "why")).code;
        for code in [
            DataCode::ValidationException,
            DataCode::InternalServerException,
            DataCode::InvalidSignatureException,
        ] {
            assert_eq!(answered(code), code);
        }
        let unlisted = answered(DataCode::ServiceQuotaExceededException);
        assert_eq!(unlisted, DataCode::InternalServerException);
    }

    #[test]
    fn a_fixed_parameter_tells_endpoints_apart() {
        let found = |query| {
            let found = find::<ControlPlane>(&Method::POST, "/2020-05-31/tagging", query);
            found.map(|(endpoint, _)| endpoint.name)
        };
        assert_eq!(found("Operation=Untag&Resource=x"), Some("UntagResource"));
        assert_eq!(found("Resource=x&Operation=Tag"), Some("TagResource"));
        assert_eq!(found("Resource=x"), None);
    }
}
