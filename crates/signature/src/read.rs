use http::header::{AUTHORIZATION, HOST};
use http::request::Parts;

use crate::claim::single;
use crate::header_form::{self, Authorization};
use crate::query_form::{self, Parameters};
use crate::{Claim, Failure};

impl Claim {
    /// Reads what a request says of its signature, in its `Authorization` header or in its query.
    /// None if it says nothing.
    ///
    /// What can be read in two ways is refused: a signature in both places, or one of its parts
    /// twice.
    pub fn from_request(request: &Parts) -> Result<Option<Self>, Failure> {
        let query = request.uri.query().unwrap_or_default();
        let header = single(&request.headers, &AUTHORIZATION)?;
        if request.headers.get_all(HOST).iter().nth(1).is_some() {
            return Err(Failure::Incomplete("There is more than one Host header."));
        }
        match (header, query_form::is_used(query)) {
            (None, false) => Ok(None),
            (Some(header), false) => {
                let authorization = Authorization::parse(header)?;
                header_form::claim(&authorization, &request.headers).map(Some)
            }
            (None, true) => {
                let parameters = Parameters::parse(query)?;
                query_form::claim(&parameters, &request.headers).map(Some)
            }
            (Some(_), true) => Err(Failure::Incomplete(
                "Only one of the Authorization header and the X-Amz-Algorithm, X-Amz-Credential \
                 and X-Amz-Signature query parameters may be given.",
            )),
        }
    }
}
