//! The suite of the contract, on SQLite in a folder and in memory.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use keyfront_sqlite::{Location, SqliteEngine};
use keyfront_storage::conformance::{Abilities, Bench, Place};
use keyfront_storage::{Engine, Retention};
use tempfile::TempDir;

struct Folders;

/// A folder with a data folder in it, or with the copy that a crash has left.
struct Folder(Mutex<TempDir>);

impl Bench for Folders {
    fn abilities(&self) -> Abilities {
        Abilities {
            survives_close: true,
            survives_crash: true,
            forgets: false,
            resumes: true,
            steady: true,
        }
    }

    fn place(&self) -> Box<dyn Place> {
        Box::new(Folder(Mutex::new(tempfile::tempdir().unwrap())))
    }
}

impl Folder {
    fn path(&self) -> PathBuf {
        self.0.lock().unwrap().path().join("data")
    }
}

impl Place for Folder {
    fn open(&self, retention: Retention) -> BoxFuture<'_, Arc<dyn Engine>> {
        async move {
            let location = Location::Folder(self.path());
            // The thread of an engine that was dropped may hold the folder's lock for a moment.
            loop {
                match SqliteEngine::open(&location, retention.clone()) {
                    Ok(engine) => return Arc::new(engine) as Arc<dyn Engine>,
                    Err(error) if error.0.contains("in use") => tokio::task::yield_now().await,
                    Err(error) => panic!("{error}"),
                }
            }
        }
        .boxed()
    }

    /// Copies the files as they are, which is what a killed process leaves, and goes on with the copy:
    /// an engine that is dropped ends in order.
    fn crash(&self, engine: Arc<dyn Engine>) -> BoxFuture<'_, ()> {
        let copy = tempfile::tempdir().unwrap();
        let (data, copied) = (self.path(), copy.path().join("data"));
        fs::create_dir(&copied).unwrap();
        for file in fs::read_dir(data).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), copied.join(file.file_name())).unwrap();
        }
        drop(engine);
        *self.0.lock().unwrap() = copy;
        async {}.boxed()
    }
}

struct InMemory;

impl Bench for InMemory {
    fn abilities(&self) -> Abilities {
        Abilities {
            survives_close: false,
            survives_crash: false,
            forgets: false,
            resumes: true,
            steady: true,
        }
    }

    fn place(&self) -> Box<dyn Place> {
        Box::new(InMemory)
    }
}

impl Place for InMemory {
    fn open(&self, retention: Retention) -> BoxFuture<'_, Arc<dyn Engine>> {
        async move {
            let engine = SqliteEngine::open(&Location::Memory, retention).unwrap();
            Arc::new(engine) as Arc<dyn Engine>
        }
        .boxed()
    }
}

mod folder {
    use super::*;

    keyfront_storage::conformance_tests!(Folders);
}

mod memory {
    use super::*;

    keyfront_storage::conformance_tests!(InMemory);
}
