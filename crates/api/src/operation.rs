use http::{Method, StatusCode};
use keyfront_model::Limits;
use keyfront_server::Answer;
use keyfront_service::{Authorized, Service, Target, Unusable};

use crate::authorize::Caller;
use crate::call::Call;
use crate::error::Refusal;
use crate::plane::Plane;
use crate::rejection::Rejection;

/// The error codes of an operation's plane.
pub(crate) type CodeOf<O> = <<O as Operation>::Plane as Plane>::Code;

/// The outcome of a step of an operation.
pub(crate) type Outcome<O, T> = Result<T, Refusal<CodeOf<O>>>;

/// An operation, declared once: how its service model binds it, and its steps.
///
/// [`perform`] takes the steps in their order: *resolve* finds what the operation is to be done with, which
/// is then judged by the caller's policies; *decode* reads the rest of the request; *call* calls the
/// service, which accepts nothing but a judged target; *encode* writes the answer.
pub(crate) trait Operation: Sized + 'static {
    /// The plane that it is an operation of.
    type Plane: Plane;
    /// What it is done with.
    type Target: Target + Send + Sync;
    /// What else the request says.
    type Input: Send;
    /// What the service answers.
    type Output: Send;

    /// Its name in the model, and that of its action in a policy.
    const NAME: &'static str;
    /// Its method.
    const METHOD: Method;
    /// Its path; a segment in braces is a label.
    const PATH: &'static str;
    /// A parameter that distinguishes it from other operations on the same path.
    const FIXED_QUERY: Option<(&'static str, &'static str)> = None;
    /// The parameters that it reads.
    const QUERY: &'static [&'static str] = &[];
    /// The headers that it reads.
    const REQUEST_HEADERS: &'static [&'static str] = &[];
    /// The headers that carry a part of its answer.
    const RESPONSE_HEADERS: &'static [&'static str] = &[];
    /// The status of its success.
    const SUCCESS: StatusCode;
    /// The error codes that its model lists.
    const ERRORS: &'static [CodeOf<Self>];
    /// The code for a body that can't be read, or a parameter that is given twice: one that its model lists.
    const UNREADABLE: CodeOf<Self>;

    /// The most bytes that its body may have.
    fn max_body_bytes(_: &Limits) -> u64 {
        Self::Plane::MAX_BODY_BYTES
    }

    /// The refusal of a larger body.
    fn too_large(limits: &Limits) -> Refusal<CodeOf<Self>> {
        let most = Self::max_body_bytes(limits);
        let text = format!("The request's body is larger than {most} bytes.");
        Refusal::because(Self::UNREADABLE, text)
    }

    /// Finds what the operation is to be done with.
    fn resolve(
        service: &Service,
        call: &Call<'_>,
    ) -> impl Future<Output = Outcome<Self, Resolved<Self>>> + Send;

    /// Reads the rest of the request, once the caller may do the operation.
    fn decode(
        call: &Call<'_>,
        target: &Self::Target,
    ) -> impl Future<Output = Outcome<Self, Self::Input>> + Send;

    /// Calls the service.
    fn call(
        service: &Service,
        call: &Call<'_>,
        target: &Authorized<Self::Target>,
        input: Self::Input,
    ) -> impl Future<Output = Outcome<Self, Self::Output>> + Send;

    /// Writes the answer, all but its status.
    fn encode(call: &Call<'_>, output: Self::Output) -> Outcome<Self, Answer>;
}

/// What a request asks the operation to be done with.
pub(crate) enum Resolved<O: Operation> {
    /// Something that it can be done with.
    Target(O::Target),
    /// Something that it can't be done with. It is judged all the same, and only a caller who might do the
    /// operation learns what is wrong.
    Unusable(Unusable, Refusal<CodeOf<O>>),
}

/// Takes the steps of an operation: resolve, authorize, decode, call, encode.
pub(crate) async fn perform<O: Operation>(
    service: &Service,
    call: &Call<'_>,
) -> Outcome<O, Answer> {
    let resolved = O::resolve(service, call).await?;
    let authorized = authorize::<O>(call, resolved)?;
    let input = O::decode(call, authorized.target()).await?;
    let output = O::call(service, call, &authorized, input).await?;
    let mut answer = O::encode(call, output)?;
    *answer.status_mut() = O::SUCCESS;
    Ok(answer)
}

fn authorize<O: Operation>(
    call: &Call<'_>,
    resolved: Resolved<O>,
) -> Outcome<O, Authorized<O::Target>> {
    let caller = Caller::of::<O>(call);
    let denied = |text| O::Plane::refusal(Rejection::Denied(text));
    match resolved {
        Resolved::Target(target) => Authorized::new(target, &caller).map_err(denied),
        Resolved::Unusable(asked, refusal) => {
            Authorized::new(asked, &caller).map_err(denied)?;
            Err(refusal)
        }
    }
}
