use http::Method;
use keyfront_signature::DotSegments;

use crate::path;

/// One operation of a plane, as the service model binds it.
#[derive(Debug)]
pub(crate) struct Endpoint<O, C: 'static> {
    /// The operation.
    pub(crate) operation: O,
    /// Its name in the model.
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    /// Its path; a segment in braces is a label.
    pub(crate) path: &'static str,
    /// A parameter by which it is told from others on the same path.
    pub(crate) fixed_query: Option<(&'static str, &'static str)>,
    /// The parameters that it reads.
    pub(crate) query: &'static [&'static str],
    /// The headers that it reads.
    pub(crate) request_headers: &'static [&'static str],
    /// The headers that carry a part of its answer.
    pub(crate) response_headers: &'static [&'static str],
    /// The status of its success.
    pub(crate) success: u16,
    /// The error codes that its model lists.
    pub(crate) errors: &'static [C],
}

impl<O, C> Endpoint<O, C> {
    /// The parameter that is given more than once, of those that tell something here.
    pub(crate) fn given_twice(&self, query: &str) -> Option<&'static str> {
        let fixed = self.fixed_query.map(|(name, _)| name);
        path::given_twice(query, self.query).or(path::given_twice(query, fixed.as_slice()))
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
}

/// The labels of a path, still encoded. No operation has more than two.
pub(crate) type Labels<'a> = [&'a str; 2];

/// The endpoint that a request is for, and the labels of its path.
pub(crate) fn find<'e, 'p, O, C>(
    endpoints: &'e [Endpoint<O, C>],
    method: &Method,
    path: &'p str,
    query: &str,
) -> Option<(&'e Endpoint<O, C>, Labels<'p>)> {
    endpoints
        .iter()
        .filter(|endpoint| endpoint.method == *method)
        .find_map(|endpoint| {
            let labels = match_path(endpoint.path, path)?;
            let fixed = endpoint.fixed_query;
            fixed
                .is_none_or(|(name, value)| {
                    path::query_value(query, name).as_deref() == Some(value)
                })
                .then_some((endpoint, labels))
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

    fn endpoint(
        path: &'static str,
        fixed_query: Option<(&'static str, &'static str)>,
    ) -> Endpoint<(), ()> {
        Endpoint {
            operation: (),
            name: path,
            method: Method::GET,
            path,
            fixed_query,
            query: &[],
            request_headers: &[],
            response_headers: &[],
            success: 200,
            errors: &[],
        }
    }

    #[test]
    fn a_label_is_one_segment_of_the_raw_path() {
        let endpoints = [
            endpoint("/stores/{Arn}/keys/{Key}", None),
            endpoint("/stores/{Arn}/keys", None),
        ];
        let found = |method, path| {
            let found = find(&endpoints, &method, path, "");
            found.map(|(endpoint, labels)| (endpoint.name, labels))
        };
        let get = |path| found(Method::GET, path);
        assert_eq!(
            get("/stores/arn%3Aaws/keys/a%2Fb"),
            Some(("/stores/{Arn}/keys/{Key}", ["arn%3Aaws", "a%2Fb"]))
        );
        assert_eq!(
            get("/stores/arn/keys/.."),
            Some(("/stores/{Arn}/keys/{Key}", ["arn", ".."]))
        );
        assert_eq!(
            get("/stores/arn/keys"),
            Some(("/stores/{Arn}/keys", ["arn", ""]))
        );
        assert_eq!(get("/stores/arn/keys/a/b"), None);
        assert_eq!(get("/stores/arn"), None);
        assert_eq!(found(Method::PATCH, "/stores/arn/keys"), None);
    }

    #[test]
    fn a_fixed_parameter_tells_endpoints_apart() {
        let endpoints = [
            endpoint("/tags", Some(("Operation", "Tag"))),
            endpoint("/tags", Some(("Operation", "Untag"))),
        ];
        let fixed = |query| {
            let found = find(&endpoints, &Method::GET, "/tags", query);
            found.and_then(|(endpoint, _)| endpoint.fixed_query)
        };
        assert_eq!(
            fixed("Operation=Untag&Resource=x"),
            Some(("Operation", "Untag"))
        );
        assert_eq!(
            fixed("Resource=x&Operation=Tag"),
            Some(("Operation", "Tag"))
        );
        assert_eq!(fixed("Resource=x"), None);
    }
}
