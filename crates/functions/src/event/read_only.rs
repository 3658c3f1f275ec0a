//! Read-only headers, which are the edge's check alone: TestFunction accepts a function that touches
//! them (developer guide, "HTTP 502 status code", and aws-samples/amazon-cloudfront-functions#31).

use super::failure::Failure;
use super::headers::{READ_ONLY_IN_REQUESTS, READ_ONLY_IN_RESPONSES};
use super::parse::values_of;
use super::{Event, Fields, Output};

impl Output {
    /// Refuses an output that adds, changes or deletes a read-only header, or that changes the method,
    /// which is read-only too (developer guide, "CloudFront Functions event structure"). A response in
    /// a viewer-response event that lacks `via` is refused so at AWS (observed:
    /// aws-samples/amazon-cloudfront-functions#27). That a method is refused, and not ignored, is not
    /// known.
    ///
    /// # Errors
    /// [`Failure::Validation`].
    pub fn check_read_only(&self, event: &Event) -> Result<(), Failure> {
        let names: &[&str] = match self {
            Self::Request(_) => &READ_ONLY_IN_REQUESTS,
            Self::Response(_) => &READ_ONLY_IN_RESPONSES,
        };
        let none = Fields::default();
        let before = self.headers_before(event).unwrap_or(&none);
        let after = self.headers().changed_from(before);
        let touched = |name: &&str| values_of(before, name) != values_of(&after, name);
        let method = match self {
            Self::Request(request) => request.method != event.request.method,
            Self::Response(_) => false,
        };
        if method || names.iter().any(touched) {
            return Err(Failure::read_only_header());
        }
        Ok(())
    }
}
