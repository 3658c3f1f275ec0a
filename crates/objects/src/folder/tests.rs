use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use futures_util::TryStreamExt;
use tempfile::TempDir;

use super::*;

/// A folder of buckets with the bucket `example` in it, beside something that is none of theirs.
struct Fixture {
    around: TempDir,
    source: FolderSource,
}

impl Fixture {
    fn new() -> Self {
        let around = tempfile::tempdir().unwrap();
        let buckets = around.path().join("buckets");
        std::fs::create_dir_all(buckets.join("example/deep")).unwrap();
        std::fs::write(around.path().join("secret"), "secret").unwrap();
        std::fs::write(buckets.join("example/plain.json"), "plain").unwrap();
        Self {
            source: FolderSource::new(buckets),
            around,
        }
    }

    /// A path in the bucket.
    fn path(&self, name: &str) -> PathBuf {
        self.around.path().join("buckets/example").join(name)
    }

    fn link(&self, name: &str, target: impl AsRef<Path>) {
        symlink(target, self.path(name)).unwrap();
    }

    async fn read(&self, key: &str) -> Result<Vec<u8>, ObjectError> {
        self.read_from("example", key).await
    }

    async fn read_from(&self, bucket: &str, key: &str) -> Result<Vec<u8>, ObjectError> {
        let object = format!("arn:aws:s3:::{bucket}/{key}").parse().unwrap();
        let pieces: Vec<Bytes> = self.source.open(&object).await?.try_collect().await?;
        Ok(pieces.concat())
    }

    /// The text with which a key is refused, for good.
    async fn refusal(&self, key: &str) -> String {
        match self.read(key).await {
            Err(ObjectError::Refused(reason)) => reason,
            other => panic!("{key:?} is not refused: {other:?}"),
        }
    }
}

#[tokio::test]
async fn names_are_taken_as_they_are() {
    let fixture = Fixture::new();
    for name in [
        "ä 日本 😀.json",
        "a%20b%2Fc",
        "100%",
        "a b",
        "a+b",
        "#",
        "?x=y",
        "*",
        "[a]{b}",
        "~",
        "a\\b",
        "'\"`",
        "...",
        ".hidden",
        "deep/a.json",
        " ",
    ] {
        std::fs::write(fixture.path(name), name).unwrap();
        assert_eq!(fixture.read(name).await, Ok(name.as_bytes().to_vec()));
    }
    assert!(fixture.refusal("a b%2Fc").await.contains("does not exist"));
}

#[tokio::test]
async fn what_is_absent_is_named() {
    let fixture = Fixture::new();
    let object = "the object \"no.json\" of the bucket \"example\" does not exist";
    assert_eq!(fixture.refusal("no.json").await, object);
    assert!(
        fixture
            .refusal("plain.json/below")
            .await
            .contains("does not exist")
    );
    assert!(
        fixture
            .refusal(&"x".repeat(1000))
            .await
            .contains("does not exist")
    );

    let bucket = ObjectError::Refused("the bucket \"other\" does not exist".to_owned());
    assert_eq!(fixture.read_from("other", "plain.json").await, Err(bucket));
    std::fs::write(fixture.around.path().join("buckets/file"), "").unwrap();
    assert!(fixture.read_from("file", "x").await.is_err());

    std::fs::remove_dir_all(fixture.around.path().join("buckets")).unwrap();
    assert!(fixture.refusal("plain.json").await.contains("--buckets"));
}

#[tokio::test]
async fn keys_that_are_no_path_are_refused() {
    let fixture = Fixture::new();
    for key in [
        "../example/plain.json",
        "deep/../plain.json",
        "./plain.json",
        "plain.json/.",
        "..",
        ".",
        "/plain.json",
        "deep//x",
        "plain.json/",
        "deep/",
        "../../secret",
        "a\0b",
        "a\nb",
    ] {
        let refusal = fixture.refusal(key).await;
        assert!(refusal.contains("can't be asked for"), "{key:?}: {refusal}");
    }
}

#[tokio::test]
async fn links_stay_in_their_bucket() {
    let fixture = Fixture::new();
    fixture.link("inside", "plain.json");
    fixture.link("deep/up", "../plain.json");
    assert_eq!(fixture.read("inside").await.unwrap(), b"plain");
    assert_eq!(fixture.read("deep/up").await.unwrap(), b"plain");

    std::fs::create_dir(fixture.around.path().join("buckets/other")).unwrap();
    std::fs::write(fixture.around.path().join("buckets/other/x"), "x").unwrap();
    fixture.link("out", "../../secret");
    fixture.link("folder", "../..");
    fixture.link("absolute", fixture.around.path().join("secret"));
    fixture.link("home", fixture.path("plain.json"));
    fixture.link("twice", "out");
    fixture.link("neighbour", "../other/x");
    for key in [
        "out",
        "folder/secret",
        "absolute",
        "home",
        "twice",
        "neighbour",
    ] {
        let refusal = fixture.refusal(key).await;
        assert!(
            refusal.contains("leads out of its bucket"),
            "{key}: {refusal}"
        );
    }
    fixture.link("dangling", "nowhere");
    assert!(fixture.refusal("dangling").await.contains("does not exist"));
    fixture.link("loop", "loop");
    assert!(fixture.read("loop").await.is_err());
}

#[tokio::test]
async fn a_bucket_may_be_a_link_in_the_folder_only() {
    let fixture = Fixture::new();
    let buckets = fixture.around.path().join("buckets");
    symlink("example", buckets.join("alias")).unwrap();
    symlink("..", buckets.join("outside")).unwrap();
    assert_eq!(
        fixture.read_from("alias", "plain.json").await.unwrap(),
        b"plain"
    );
    let refused = fixture.read_from("outside", "secret").await;
    assert!(
        matches!(refused, Err(ObjectError::Refused(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn only_regular_files_are_read() {
    let fixture = Fixture::new();
    let made = Command::new("mkfifo").arg(fixture.path("fifo")).status();
    assert!(made.unwrap().success());
    let _socket = UnixListener::bind(fixture.path("socket")).unwrap();
    for key in ["fifo", "socket", "deep"] {
        let refusal = fixture.refusal(key).await;
        assert!(
            refusal.contains("is not a regular file"),
            "{key}: {refusal}"
        );
    }
}

/// The second line of defence, for a FIFO that takes a file's place after the first look.
#[test]
fn opening_a_fifo_does_not_wait_for_a_writer() {
    let fixture = Fixture::new();
    let made = Command::new("mkfifo").arg(fixture.path("fifo")).status();
    assert!(made.unwrap().success());
    let bucket = Dir::open_ambient_dir(fixture.path(""), ambient_authority()).unwrap();
    assert!(open_file(&bucket, "fifo").unwrap().is_none());
}

#[tokio::test]
async fn no_text_holds_a_path_of_the_machine() {
    let fixture = Fixture::new();
    fixture.link("out", "../../secret");
    fixture.link("loop", "loop");
    std::fs::set_permissions(fixture.path("plain.json"), PermissionsExt::from_mode(0o000)).unwrap();
    let here = fixture.around.path().display().to_string();
    for key in ["no", "out", "loop", "deep", "../x"] {
        let text = fixture.refusal(key).await;
        assert!(!text.contains(&here), "{text}");
    }
    assert!(fixture.refusal("loop").await.contains("circle"));
    // Root may read anything.
    if std::fs::read(fixture.path("plain.json")).is_err() {
        assert!(
            fixture
                .refusal("plain.json")
                .await
                .contains("may not be read")
        );
    }
}

#[tokio::test]
async fn a_file_is_read_only_as_far_as_it_is_asked_for() {
    let fixture = Fixture::new();
    let file = std::fs::File::create(fixture.path("large")).unwrap();
    file.set_len(1 << 40).unwrap();
    let object = "arn:aws:s3:::example/large".parse().unwrap();
    let mut body = fixture.source.open(&object).await.unwrap();
    let mut read = 0;
    while read < 6 << 20 {
        let piece = body.try_next().await.unwrap().unwrap();
        assert!(piece.len() <= PIECE_BYTES);
        read += piece.len();
    }
}
