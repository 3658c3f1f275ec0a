//! Requests that are garbage, in whole or in part.

use std::cell::RefCell;

use keyfront_signature::SigningKeys;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

use super::{Target, statuses};
use crate::client::{Plane, Request, STORES, store_path};

fn run<S: Strategy>(
    cases: u32,
    strategy: &S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 500,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(strategy, test);
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// A change of a request's bytes, at places that are parts of its length.
#[derive(Debug, Clone)]
enum Mutation {
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, Index),
    Repeat(Index, Index),
    CutOff(Index),
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |index: &Index| index.index(bytes.len() + 1);
        let span = |one: &Index, other: &Index| {
            let (one, other) = (place(one), place(other));
            one.min(other)..one.max(other)
        };
        match self {
            Self::Flip(at, bit) => {
                let at = place(at);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            Self::Insert(at, inserted) => {
                let at = place(at);
                bytes.splice(at..at, inserted.iter().copied());
            }
            Self::Remove(from, to) => drop(bytes.drain(span(from, to))),
            Self::Repeat(from, to) => {
                let span = span(from, to);
                let repeated = bytes[span.clone()].to_vec();
                bytes.splice(span.end..span.end, repeated);
            }
            Self::CutOff(at) => bytes.truncate(place(at)),
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let token = select(vec![
        "\r\n",
        "\r\n\r\n",
        "\n",
        "\0",
        " ",
        ":",
        "%",
        "%00",
        "%2F",
        "..",
        "?",
        "#",
        "HTTP/1.0",
        "Content-Length: 5\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Expect: 100-continue\r\n",
        "Connection: upgrade\r\nUpgrade: h2c\r\n",
        "Host: other\r\n",
        "\u{e9}",
    ]);
    let inserted = prop_oneof![
        4 => token.prop_map(|token| token.as_bytes().to_vec()),
        2 => vec(any::<u8>(), 1..20),
        1 => (any::<u8>(), 1..40_000usize).prop_map(|(byte, times)| vec![byte; times]),
    ];
    prop_oneof![
        (any::<Index>(), 0..8u8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        (any::<Index>(), inserted).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        any::<(Index, Index)>().prop_map(|(from, to)| Mutation::Remove(from, to)),
        any::<(Index, Index)>().prop_map(|(from, to)| Mutation::Repeat(from, to)),
        any::<Index>().prop_map(Mutation::CutOff),
    ]
}

/// Good requests of both planes, but for the secret with which they are signed.
fn forged(arn: &str) -> Vec<Vec<u8>> {
    let keys = SigningKeys::new("test", "not the secret");
    let store = store_path(arn);
    let (list, put) = (
        format!("{store}/keys?MaxResults=5"),
        format!("{store}/keys/a%2Fb"),
    );
    let create = "<CreateKeyValueStoreRequest><Name>forged</Name></CreateKeyValueStoreRequest>";
    let update = r#"{"Puts":[{"Key":"a","Value":"b"}],"Deletes":[{"Key":"c"}]}"#;
    let keys_path = format!("{store}/keys");
    let request = |plane, method, target, body: &'static str| {
        let request = Request {
            plane,
            method,
            target,
            if_match: Some("KV3O6B1CX531EBP"),
            body: body.as_bytes(),
        };
        let (head, body) = request.parts_signed_by(&keys);
        [head, body].concat()
    };
    let chunked = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let length = format!("content-length: {}", update.len());
        let text = text.replace(&length, "transfer-encoding: chunked");
        let body = format!("{:x}\r\n{update}\r\n0\r\n\r\n", update.len());
        text.replace(update, &body).into_bytes()
    };
    let updated = request(Plane::Data, "POST", &keys_path, update);
    vec![
        request(Plane::Control, "POST", STORES, create),
        request(
            Plane::Control,
            "DELETE",
            "/2020-05-31/key-value-store/store",
            "",
        ),
        request(
            Plane::Control,
            "GET",
            "/2020-05-31/tagging?Resource=arn%3Aaws",
            "",
        ),
        request(Plane::Data, "GET", &list, ""),
        request(Plane::Data, "PUT", &put, r#"{"Value":"\u00e9"}"#),
        chunked(&updated),
        updated,
    ]
}

#[test]
fn requests_with_any_bytes_changed_are_refused() {
    let target = Target::new(&[]);
    let requests = select(forged(&target.arn));
    run(
        600,
        &(requests, vec(mutation(), 1..5)),
        |(mut bytes, mutations)| {
            for mutation in mutations {
                mutation.apply(&mut bytes);
            }
            let found = statuses(&target.converse(&bytes));
            let refused = found.iter().all(|status| (400..500).contains(status));
            prop_assert!(refused, "{found:?}");
            Ok(())
        },
    );
    target.assert_works();
}

/// A request whose parts are garbage, yet with a good signature: it gets past the door.
#[derive(Debug)]
struct Garbage {
    method: &'static str,
    plane: Plane,
    target: String,
    if_match: String,
    body: Vec<u8>,
}

fn garbage(arn: &str) -> impl Strategy<Value = Garbage> + use<> {
    let encoded = |bytes: Vec<u8>| percent_encode(&bytes, NON_ALPHANUMERIC).to_string();
    let label = prop_oneof![
        vec(any::<u8>(), 0..40).prop_map(encoded),
        "[a-z0-9:/*.-]{0,80}".prop_map(move |text| encoded(text.into_bytes())),
        Just(store_path(arn).split('/').next_back().unwrap().to_owned()),
    ];
    let query = prop_oneof![
        Just(String::new()),
        "\\?(MaxResults|NextToken|MaxItems|Marker|Status|Resource|Operation)=[a-zA-Z0-9%+=&_-]{0,30}",
    ];
    let path = (label.clone(), label, 0..6).prop_map(|(one, two, form)| match form {
        0 => (Plane::Data, format!("/key-value-stores/{one}/keys/{two}")),
        1 => (Plane::Data, format!("/key-value-stores/{one}/keys")),
        2 => (Plane::Data, format!("/key-value-stores/{one}")),
        3 => (Plane::Control, format!("{STORES}/{one}")),
        4 => (Plane::Control, STORES.to_owned()),
        _ => (Plane::Control, "/2020-05-31/tagging".to_owned()),
    });
    let body = prop_oneof![
        vec(any::<u8>(), 0..200),
        "[\\[\\]{}\",:0-9a-z\\\\]{0,60}".prop_map(String::into_bytes),
        (select(BODIES.to_vec()), vec(mutation(), 1..4)).prop_map(|(body, mutations)| {
            let mut body = body.as_bytes().to_vec();
            mutations
                .iter()
                .for_each(|mutation| mutation.apply(&mut body));
            body
        }),
    ];
    let method = select(vec!["GET", "PUT", "POST", "DELETE"]);
    let if_match = "[ -~]{0,30}|(KV|E)[0-9A-Z]{1,14}";
    (method, path, query, if_match, body).prop_map(
        |(method, (plane, path), query, if_match, body)| Garbage {
            method,
            plane,
            target: path + &query,
            if_match,
            body,
        },
    )
}

const BODIES: [&str; 5] = [
    r#"{"Value":"a \u00e9 \ud83d\ude00"}"#,
    r#"{"Puts":[{"Key":"a","Value":"b"}],"Deletes":[{"Key":"c"}]}"#,
    "<CreateKeyValueStoreRequest xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
     <Name>a</Name><Comment>&lt;c&#xE9;</Comment><ImportSource><SourceType>S3</SourceType>\
     <SourceARN>arn:aws:s3:::b/k</SourceARN></ImportSource></CreateKeyValueStoreRequest>",
    "<UpdateKeyValueStoreRequest><Comment>c</Comment></UpdateKeyValueStoreRequest>",
    "<Tags><Items><Tag><Key>k</Key><Value>v</Value></Tag></Items></Tags>",
];

#[test]
fn signed_garbage_is_refused_or_harmless() {
    let target = Target::new(&[]);
    let client = RefCell::new(target.server.client());
    run(1500, &garbage(&target.arn), |garbage| {
        let answer = client.borrow_mut().send(&Request {
            plane: garbage.plane,
            method: garbage.method,
            target: &garbage.target,
            if_match: Some(&garbage.if_match),
            body: &garbage.body,
        });
        let status = answer.unwrap().status;
        prop_assert!((200..500).contains(&status), "{status}");
        Ok(())
    });
    target.assert_works();
}
