//! The arrows between the crates, as ARCHITECTURE.md draws them: which crate may depend on which.
//!
//! Cargo itself is asked, without a network: for what each manifest declares, and for everything that is linked into a
//! crate. A test fails where an arrow is added or has gone, and where a crate of the workspace is missing in the table.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::process::Command;

use serde_json::Value;

/// Each crate of the workspace, and the crates of ours that it depends on.
const ARROWS: &[(&str, &[&str])] = &[
    ("keyfront-model", &[]),
    ("keyfront-server", &[]),
    ("keyfront-signature", &[]),
    ("keyfront-access", &["keyfront-model", "keyfront-signature"]),
    ("keyfront-storage", &["keyfront-model"]),
    ("keyfront-sqlite", &["keyfront-model", "keyfront-storage"]),
    ("keyfront-replica", &["keyfront-model", "keyfront-storage"]),
    (
        "keyfront-service",
        &["keyfront-model", "keyfront-replica", "keyfront-storage"],
    ),
    ("keyfront-objects", &["keyfront-model", "keyfront-service"]),
    (
        "keyfront-api",
        &[
            "keyfront-access",
            "keyfront-model",
            "keyfront-server",
            "keyfront-service",
            "keyfront-signature",
        ],
    ),
    ("keyfront-functions", &["keyfront-model"]),
    (
        "keyfront-tools",
        &["keyfront-functions", "keyfront-model", "keyfront-signature"],
    ),
    (
        "keyfront",
        &[
            "keyfront-access",
            "keyfront-api",
            "keyfront-functions",
            "keyfront-model",
            "keyfront-objects",
            "keyfront-replica",
            "keyfront-server",
            "keyfront-service",
            "keyfront-sqlite",
            "keyfront-storage",
            "keyfront-tools",
        ],
    ),
    // A test of every parser. As a package of its own it lends the feature `fuzzing` to no other.
    (
        "keyfront-fuzz-replay",
        &[
            "keyfront-access",
            "keyfront-api",
            "keyfront-functions",
            "keyfront-model",
            "keyfront-objects",
            "keyfront-replica",
            "keyfront-server",
            "keyfront-service",
            "keyfront-signature",
            "keyfront-sqlite",
            "keyfront-storage",
        ],
    ),
];

/// The arrows that the tests of a crate have beyond those of the crate.
const ARROWS_OF_TESTS: &[(&str, &[&str])] = &[
    ("keyfront-service", &["keyfront-sqlite"]),
    ("keyfront", &["keyfront-signature"]),
];

const ENGINES: &[&str] = &["keyfront-sqlite", "rusqlite", "libsqlite3-sys"];
const HTTP: &[&str] = &["http", "http-body", "hyper", "hyper-util", "h2", "reqwest"];
const WIRE_FORMATS: &[&str] = &["quick-xml", "serde", "serde_json"];

/// Packages that are not linked into a crate, not by a dependency of a dependency either.
const NEVER_LINKED: &[(&str, &[&str])] = &[
    ("keyfront-storage", ENGINES),
    ("keyfront-storage", HTTP),
    ("keyfront-replica", ENGINES),
    ("keyfront-service", ENGINES),
    ("keyfront-service", HTTP),
    ("keyfront-objects", ENGINES),
    ("keyfront-api", ENGINES),
    ("keyfront-tools", ENGINES),
    ("keyfront-functions", ENGINES),
    ("keyfront-functions", HTTP),
];

#[test]
fn each_crate_depends_on_the_crates_of_the_table_alone() {
    let declared = Declared::of_the_workspace();
    let table: BTreeSet<_> = ARROWS.iter().map(|(from, _)| (*from).to_owned()).collect();
    assert_eq!(
        declared.crates, table,
        "the crates of the workspace, and those of the table"
    );
    for (from, to) in ARROWS {
        assert_eq!(
            declared.ours(from, "normal"),
            set(to),
            "what {from} depends on, and what the table says"
        );
    }
}

#[test]
fn tests_depend_on_little_more_than_what_they_test() {
    let declared = Declared::of_the_workspace();
    for (from, to) in ARROWS {
        let mut allowed = set(to);
        allowed.extend(
            ARROWS_OF_TESTS
                .iter()
                .filter(|(of, _)| of == from)
                .flat_map(|(_, more)| set(more)),
        );
        let of_tests = declared.ours(from, "dev");
        assert!(
            of_tests.is_subset(&allowed),
            "the tests of {from} depend on {of_tests:?}; the table allows {allowed:?}"
        );
    }
}

#[test]
fn the_service_declares_no_format_of_the_wire() {
    let declared = Declared::of_the_workspace();
    let all = declared.all("keyfront-service", "normal");
    for format in WIRE_FORMATS {
        assert!(!all.contains(*format), "keyfront-service: {format}");
    }
}

#[test]
fn neither_engines_nor_http_are_linked_where_they_do_not_belong() {
    for (krate, forbidden) in NEVER_LINKED {
        let linked = linked(krate);
        assert!(linked.contains("keyfront-model"), "{krate}: {linked:?}");
        let found: Vec<_> = forbidden
            .iter()
            .filter(|name| linked.contains(**name))
            .collect();
        assert!(found.is_empty(), "{krate} links {found:?}");
    }
}

/// The dependencies that the manifests of the workspace declare.
struct Declared {
    crates: BTreeSet<String>,
    dependencies: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Declared {
    fn of_the_workspace() -> Self {
        let text = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
        let metadata: Value = serde_json::from_str(&text).expect("cargo's metadata");
        let mut declared = Self {
            crates: BTreeSet::new(),
            dependencies: BTreeMap::new(),
        };
        for package in metadata["packages"].as_array().expect("packages") {
            let name = text_of(&package["name"]);
            for dependency in package["dependencies"].as_array().expect("dependencies") {
                // Cargo's own name of a kind, which is null for what a crate is built with.
                let kind = dependency["kind"].as_str().unwrap_or("normal").to_owned();
                let to = text_of(&dependency["name"]);
                declared
                    .dependencies
                    .entry((name.clone(), kind))
                    .or_default()
                    .insert(to);
            }
            declared.crates.insert(name);
        }
        declared
    }

    fn all(&self, from: &str, kind: &str) -> BTreeSet<String> {
        let key = (from.to_owned(), kind.to_owned());
        self.dependencies.get(&key).cloned().unwrap_or_default()
    }

    fn ours(&self, from: &str, kind: &str) -> BTreeSet<String> {
        let mut dependencies = self.all(from, kind);
        dependencies.retain(|name| self.crates.contains(name));
        dependencies
    }
}

/// The names of all packages that a build of the crate links, the crate's own among them.
fn linked(krate: &str) -> BTreeSet<String> {
    cargo(&[
        "tree",
        "--package",
        krate,
        "--edges",
        "normal",
        "--prefix",
        "none",
    ])
    .lines()
    .filter_map(|line| line.split(' ').next())
    .map(str::to_owned)
    .collect()
}

fn cargo(arguments: &[&str]) -> String {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .args(["--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

fn text_of(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
