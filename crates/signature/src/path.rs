use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// What a client may have done to dot segments (`.` and `..`) at the end of a path before it signed.
///
/// AWS has clients normalise the path that they sign, but they send it as it is, so that the path
/// that is signed can be that of another resource. Therefore a path is checked as it came, and no
/// other spelling is tried: a request whose dot segments or empty segments the client folded for
/// its signature does not verify.
///
/// There is one use for the exception: a resource whose name is the last segment, is free text, and
/// so may be `.` or `..`. No client can ask for it in a form that only that resource has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DotSegments {
    /// The path is signed as it came. Right for every route with nothing but fixed segments and
    /// names that can't be dots.
    #[default]
    Kept,
    /// If the last segment is `.` or `..`, a folded spelling of the path is taken as well. Only for
    /// a route whose last segment is free text, and where the caller has made sure that the route
    /// it is about to serve is that one.
    ///
    /// What remains open: the clients that fold sign `GET /s/keys/.` as they sign `GET /s/keys`, and
    /// `GET /s/keys/..` as `GET /s`. An observer of one such request can send it again as the other until
    /// its signature expires. Method, payload and signed headers are still bound, and a request with a query has
    /// no folded spelling. So if reading is all that the route and the two above it have in common, one read
    /// can be turned into another read, by the same access key and below the same parent; whether that key
    /// may do it is still for the caller to say.
    LastFolded,
}

/// Unreserved characters stay (RFC 3986, section 2.3), and so do the slashes of a path. A percent
/// sign does not: the path is encoded on the wire already, and is signed encoded once more.
const ENCODED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// Appends the path in the form that is signed.
pub(crate) fn write_canonical(path: &str, out: &mut Vec<u8>) {
    for piece in percent_encode(path.as_bytes(), &ENCODED) {
        out.extend_from_slice(piece.as_bytes());
    }
}

/// The spellings of a path of which one must have been signed; the first is the path as it came.
pub(crate) fn spellings<'a>(
    path: &'a str,
    query: Option<&str>,
    dots: DotSegments,
) -> impl Iterator<Item = &'a str> + use<'a> {
    let folded = match dots {
        DotSegments::LastFolded if query.is_none_or(str::is_empty) => folded(path),
        _ => None,
    };
    let [with_slash, without] = folded.map_or([None, None], |pair| pair.map(Some));
    [Some(path), with_slash, without].into_iter().flatten()
}

/// What is left of a path when its last segment, a dot segment, is folded: with the slash at the
/// end that RFC 3986, section 5.2.4, leaves (as the SDK for Rust signs), and without (as the common
/// runtime and the SDK for JavaScript do). A path with any other dot or empty segment has none.
fn folded(path: &str) -> Option<[&str; 2]> {
    let (parent, last) = path.rsplit_once('/')?;
    let folded = match last {
        "." => parent,
        ".." => parent.rsplit_once('/')?.0,
        _ => return None,
    };
    let plain = |segment: &str| !matches!(segment, "" | "." | "..");
    if !parent.strip_prefix('/')?.split('/').all(plain) {
        return None;
    }
    let with_slash = path.get(..=folded.len())?;
    (!folded.is_empty()).then_some([with_slash, folded])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(path: &str) -> String {
        let mut out = Vec::new();
        write_canonical(path, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_path_is_encoded_once_more() {
        assert_eq!(
            canonical("/s/arn%3Aaws/keys/a%2Fb"),
            "/s/arn%253Aaws/keys/a%252Fb"
        );
        assert_eq!(
            canonical("/arn:aws/~-_.!*'()"),
            "/arn%3Aaws/~-_.%21%2A%27%28%29"
        );
        assert_eq!(canonical("/ሴ+"), "/%E1%88%B4%2B");
        assert_eq!(canonical("//a/../b/"), "//a/../b/");
    }

    #[track_caller]
    fn spelt(path: &str, expected: &[&str]) {
        let spellings: Vec<_> = spellings(path, None, DotSegments::LastFolded).collect();
        assert_eq!(spellings[0], path);
        assert_eq!(&spellings[1..], expected);
    }

    #[test]
    fn folds_a_dot_segment_at_the_end() {
        spelt("/s/arn/keys/.", &["/s/arn/keys/", "/s/arn/keys"]);
        spelt("/s/arn/keys/..", &["/s/arn/", "/s/arn"]);
    }

    #[test]
    fn folds_nothing_else() {
        for path in [
            "",
            "*",
            "/",
            "/.",
            "/..",
            "/a/..",
            "/s/arn/keys",
            "/s/arn/keys/...",
            "/s/arn/keys/%2E",
            "/s/../keys/.",
            "/s/./keys/.",
            "/s//keys/.",
            "//s/keys/.",
            "/s/arn/./keys",
            "/s/arn/keys/./",
        ] {
            spelt(path, &[]);
        }
    }

    #[test]
    fn folds_only_where_the_caller_allows_it_and_no_query_is() {
        let count = |query, dots| spellings("/s/keys/.", query, dots).count();
        assert_eq!(count(None, DotSegments::Kept), 1);
        assert_eq!(count(Some("a=b"), DotSegments::LastFolded), 1);
        assert_eq!(count(Some(""), DotSegments::LastFolded), 3);
    }
}
