//! Every refusal that doesn't depend on a request's own words, held against a list: a new one, or another
//! text, shows there.

use std::fmt::Write;

use http::Method;
use keyfront_model::{Invalid, Limits, SystemRandom};
use keyfront_server::{Bound, Refused, Scope};
use keyfront_service::{
    AssociationError, ControlError, DataError, FunctionError, Quota, Unavailable,
};

use crate::authenticate::Unauthenticated;
use crate::control::{ControlCode, ControlPlane};
use crate::data::{DataCode, DataPlane};
use crate::error::{Code, Refusal};
use crate::plane::Plane;
use crate::rejection::Rejection;
use crate::request_id::RequestId;

const LIST: &str = include_str!("refusals.txt");

/// Texts that say nothing of their own.
const BARE: [&str; 4] = [
    "Validation failed.",
    "An argument is invalid.",
    "The tagging specified is not valid.",
    "Limit exceeded.",
];

fn write<C: Code>(list: &mut String, of: &str, refusal: &Refusal<C>) {
    let Refusal { code, text, reason } = refusal;
    assert!(!BARE.contains(&&**text), "{of}: {text}");
    assert_ne!(text, code.name(), "{of} has no text");
    let status = code.status().as_u16();
    writeln!(list, "{of}\n  {status} {} {text}", code.name()).unwrap();
    if let Some(reason) = reason {
        writeln!(list, "  log: {reason}").unwrap();
    }
}

fn rejections() -> Vec<(&'static str, Rejection<'static>)> {
    let unauthenticated = [
        ("not signed", Unauthenticated::Missing),
        ("incomplete", Unauthenticated::Incomplete("WHY".to_owned())),
        ("unknown key", Unauthenticated::UnknownKey),
        ("session token", Unauthenticated::SessionToken),
        ("signature", Unauthenticated::Signature(None)),
        (
            "signature, with a reason",
            Unauthenticated::Signature(Some("WHY".to_owned())),
        ),
    ];
    let unauthenticated =
        unauthenticated.map(|(of, reason)| (of, Rejection::Unauthenticated(reason)));
    let unknown = |path| Rejection::Unknown {
        method: &Method::PATCH,
        path,
    };
    let others = [
        ("unknown", unknown("/elsewhere")),
        ("unknown of CloudFront", unknown("/2020-05-31/x")),
        ("repeated", Rejection::RepeatedParameter("PARAMETER")),
        ("denied", Rejection::Denied("WHY".to_owned())),
        (
            "bound",
            Rejection::Bound(Refused {
                bound: Bound::Bodies(Scope::Key),
            }),
        ),
        ("slow body", Rejection::SlowBody),
    ];
    unauthenticated.into_iter().chain(others).collect()
}

fn write_plane<P: Plane>(list: &mut String, plane: &str) {
    for (of, rejection) in rejections() {
        write(list, &format!("{plane}: {of}"), &P::refusal(rejection));
    }
    for code in P::Code::ALL.iter().filter(|code| code.text().is_some()) {
        let of = format!("{plane}: {}", code.name());
        write(list, &of, &Refusal::from(*code));
    }
    for endpoint in P::endpoints() {
        let refusal = (endpoint.too_large)(&Limits::default());
        assert!(
            endpoint.listed(refusal.clone()) == refusal,
            "{}",
            endpoint.name
        );
        write(
            list,
            &format!("{plane}: a body too large for {}", endpoint.name),
            &refusal,
        );
    }
}

/// Every error of the service; a new one makes the match fail to compile.
fn control_errors() -> Vec<ControlError> {
    use ControlError as E;
    let all = vec![
        E::AlreadyExists,
        E::TooManyStores,
        E::NotFound,
        E::StaleVersion,
        E::NotAnETag,
        E::InUse,
        E::InvalidTags("WHY"),
        E::Unavailable(Unavailable::Busy),
        E::Unavailable(Unavailable::Contended),
        E::Unavailable(Unavailable::Failed("WHY".to_owned())),
    ];
    for error in &all {
        match error {
            E::AlreadyExists
            | E::TooManyStores
            | E::NotFound
            | E::StaleVersion
            | E::NotAnETag
            | E::InUse
            | E::InvalidTags(_)
            | E::Unavailable(_) => {}
        }
    }
    all
}

/// See [`control_errors`].
fn function_errors() -> Vec<FunctionError> {
    use FunctionError as E;
    let store =
        "arn:aws:cloudfront::123456789012:key-value-store/7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11";
    let associations = [
        AssociationError::NotFound,
        AssociationError::Provisioning,
        AssociationError::ImportFailed,
    ];
    let associations = associations.map(|why| E::Association(store.parse().unwrap(), why));
    let others = [
        E::AlreadyExists,
        E::TooManyFunctions,
        E::CodeTooLarge,
        E::NotFound,
        E::StaleVersion,
        E::NotAnETag,
        E::InUse("NAME".parse().unwrap(), 2),
        E::Broken("WHY".to_owned()),
        E::BadEvent("WHY".to_owned()),
        E::TestFailed,
        E::NoRoom("WHICH BOUND".to_owned()),
        E::Unavailable(Unavailable::Busy),
    ];
    let all: Vec<_> = associations.into_iter().chain(others).collect();
    for error in &all {
        match error {
            E::Association(
                _,
                AssociationError::NotFound
                | AssociationError::Provisioning
                | AssociationError::ImportFailed,
            )
            | E::AlreadyExists
            | E::TooManyFunctions
            | E::CodeTooLarge
            | E::NotFound
            | E::StaleVersion
            | E::NotAnETag
            | E::InUse(..)
            | E::Broken(_)
            | E::BadEvent(_)
            | E::TestFailed
            | E::NoRoom(_)
            | E::Unavailable(_) => {}
        }
    }
    all
}

/// See [`control_errors`].
fn data_errors() -> Vec<DataError> {
    use DataError as E;
    let quotas = [
        Quota::KeyBytes,
        Quota::ValueBytes,
        Quota::StoreBytes,
        Quota::KeysPerUpdate,
        Quota::UpdateBytes,
    ];
    let others = [
        E::StoreNotFound,
        E::KeyNotFound,
        E::NotReady,
        E::Deleted,
        E::StaleVersion,
        E::NotAnETag,
        E::KeyTwice,
        E::Unavailable(Unavailable::Busy),
        E::Unavailable(Unavailable::Contended),
        E::Unavailable(Unavailable::Failed("WHY".to_owned())),
    ];
    let all: Vec<_> = quotas.map(E::OverQuota).into_iter().chain(others).collect();
    for error in &all {
        match error {
            E::StoreNotFound
            | E::KeyNotFound
            | E::NotReady
            | E::Deleted
            | E::StaleVersion
            | E::NotAnETag
            | E::KeyTwice
            | E::OverQuota(
                Quota::KeyBytes
                | Quota::ValueBytes
                | Quota::StoreBytes
                | Quota::KeysPerUpdate
                | Quota::UpdateBytes,
            )
            | E::Unavailable(_) => {}
        }
    }
    all
}

#[test]
fn every_refusal_says_why() {
    let mut list = String::new();
    write_plane::<ControlPlane>(&mut list, "control");
    for error in control_errors() {
        let of = format!("control: the service: {error}");
        write(&mut list, &of, &Refusal::<ControlCode>::from(error));
    }
    for error in function_errors() {
        let of = format!("control: the service, of functions: {error}");
        write(&mut list, &of, &Refusal::<ControlCode>::from(error));
    }
    write_plane::<DataPlane>(&mut list, "data");
    for error in data_errors() {
        let of = format!("data: the service: {error}");
        write(&mut list, &of, &Refusal::<DataCode>::from(error));
    }
    assert!(
        list == LIST,
        "src/refusals.txt is not the list of refusals, which is:\n{list}"
    );
}

/// SDKs try again when they are told so.
#[test]
fn a_refusal_for_a_bound_says_when_to_try_again() {
    fn check<P: Plane>() {
        let request_id = RequestId::new(&SystemRandom);
        for (_, rejection) in rejections() {
            let is_bound = matches!(rejection, Rejection::Bound(_) | Rejection::SlowBody);
            let answer = P::refused(&P::refusal(rejection), request_id);
            let retry_after = answer.headers().get("retry-after");
            assert_eq!(retry_after.is_some(), is_bound);
            assert_eq!(answer.status() == 503, is_bound);
        }
    }
    check::<ControlPlane>();
    check::<DataPlane>();
}

#[test]
fn a_word_of_another_form_is_named_whatever_the_code() {
    let why = Invalid("WHY");
    for (code, expected) in [
        (DataCode::ValidationException, "Validation failed: WHY."),
        (
            DataCode::ResourceNotFoundException,
            "Resource was not found: WHY.",
        ),
    ] {
        assert_eq!(crate::data::malformed(code, why).text, expected);
    }
}
