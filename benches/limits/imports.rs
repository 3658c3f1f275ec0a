//! An import of 5 MB, beside Python's reading of the same file and a bare write of its bytes.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::client::{Connection, Requests};
use crate::machine;
use crate::server::Server;
use crate::table::{Figure, Reach, Table, median};

const ROUNDS: usize = 5;

/// A little less than the quota on a file.
const BYTES: usize = 5_200_000;

pub(crate) fn measure(table: &mut Table) {
    let folder = machine::folder();
    let data = folder.path().join("data");
    let bucket = data.join("buckets/bench");
    fs::create_dir_all(&bucket).unwrap();
    let server = Server::keyfront(&data);
    for keys in [5_000, 80_000] {
        let file = bucket.join(format!("{keys}.json"));
        fs::write(&file, document(keys, BYTES)).unwrap();
        measure_one(table, &server, &file, keys);
    }
}

fn measure_one(table: &mut Table, server: &Server, file: &Path, keys: usize) {
    let what = format!("import of 5 MB, {keys} keys / json.load + write");
    let requests = Requests::new(server.address);
    let mut connection = Connection::to(server.address);
    let (mut imports, mut reads, mut writes) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let name = format!("import-{keys}-{round}");
        let (_, took) = connection.create(&requests, &name, Some(&arn(keys)));
        imports.push(took);
        let Some(read) = json_load(file) else {
            table.left_out(&what, "python3 is not installed");
            return;
        };
        reads.push(read);
        writes.push(write(file));
    }
    let (read, write) = (median(&reads), median(&writes));
    table.ratio(
        &what,
        Figure::millis(median(&imports)),
        Figure::millis(read + write),
        Reach::AtMost(3.0),
    );
    table.note(&format!("json.load {read:.1?}, write and sync {write:.1?}"));
}

/// The ARN of a document in the bucket of this benchmark.
fn arn(keys: usize) -> String {
    format!("arn:aws:s3:::bench/{keys}.json")
}

/// A document of so many keys, in order, and about so many bytes.
pub(crate) fn document(keys: usize, bytes: usize) -> String {
    let markup = r#"{"key":"","value":""},"#.len();
    let value = "v".repeat(bytes / keys - markup - "/p/000000".len());
    let entries = (0..keys).map(|key| format!(r#"{{"key":"/p/{key:06}","value":"{value}"}}"#));
    format!(r#"{{"data":[{}]}}"#, entries.collect::<Vec<_>>().join(","))
}

/// How long Python takes to read a file, without its start; none where it is not installed.
fn json_load(file: &Path) -> Option<Duration> {
    const PROGRAM: &str = "import json, sys, time
began = time.perf_counter()
with open(sys.argv[1]) as file:
    json.load(file)
print(time.perf_counter() - began)";
    let mut python = machine::on_server_processor("python3");
    let output = python.args(["-c", PROGRAM]).arg(file).output().ok()?;
    let seconds = String::from_utf8(output.stdout).ok()?.trim().parse().ok()?;
    Some(Duration::from_secs_f64(seconds))
}

/// How long it takes to have the bytes of a file on the disk once more.
fn write(file: &Path) -> Duration {
    let bytes = fs::read(file).unwrap();
    let copy = file.with_extension("copy");
    let began = Instant::now();
    let mut written = File::create(&copy).unwrap();
    written.write_all(&bytes).unwrap();
    written.sync_data().unwrap();
    began.elapsed()
}
