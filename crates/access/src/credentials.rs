use std::collections::HashMap;
use std::collections::hash_map::Entry as MapEntry;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keyfront_signature::SigningKeys;
use zeroize::Zeroizing;

use crate::access_key::Rights;
use crate::development::DevelopmentKeys;
use crate::policy::{self, Document, Policy};
use crate::principal::Principal;
use crate::{AccessKey, Action, LoadError};
use file::{Entry, Fault, Text};

pub(crate) mod file;
mod file_reader;

/// The access keys that there are. What is loaded never changes; to take up a changed file, load it
/// and put the new set in the old one's place.
#[derive(Debug)]
pub struct Credentials {
    keys: Keys,
    warnings: Vec<String>,
}

#[derive(Debug)]
enum Keys {
    OfFile(HashMap<Arc<str>, Arc<AccessKey>>),
    OfDevelopment(DevelopmentKeys),
}

impl Credentials {
    /// The keys for development, whose secrets everyone knows: `test` with the secret `test` on
    /// account 000000000000, and every account's id with the secret `test` on that account.
    pub fn development() -> Self {
        Self {
            keys: Keys::OfDevelopment(DevelopmentKeys::default()),
            warnings: Vec::new(),
        }
    }

    /// Reads a credentials file and the policy files that it names. All must be right, or nothing
    /// is taken. Each must be a regular file that only its owner may write; a credentials file that
    /// others may read is accepted with a warning. It blocks until the disk has answered.
    ///
    /// `asked` are all the actions that [`AccessKey::decide`] will ever be asked about. A policy's
    /// statement that covers none of them is skipped.
    pub fn load(path: &Path, asked: &[Action<'_>]) -> Result<Self, LoadError> {
        let contents = file_reader::read(path).map_err(|reason| LoadError::Unreadable {
            path: path.to_owned(),
            reason,
        })?;
        let warning = contents.readable_by_others.map(|mode| {
            format!(
                "the credentials file {} may be read by others than its owner (mode {mode:04o}): \
                 take that away with chmod go-r, since it holds secrets",
                path.display()
            )
        });
        let mut loader = Loader {
            path,
            bytes: &contents.bytes,
            asked,
            documents: HashMap::new(),
            warnings: warning.into_iter().collect(),
        };
        let keys = loader.keys()?;
        Ok(Self {
            keys: Keys::OfFile(keys),
            warnings: loader.warnings,
        })
    }

    /// The access key of that id.
    pub fn find(&self, access_key_id: &str) -> Option<Arc<AccessKey>> {
        match &self.keys {
            Keys::OfFile(keys) => keys.get(access_key_id).cloned(),
            Keys::OfDevelopment(keys) => keys.find(access_key_id),
        }
    }

    /// Whether these are the keys for development, whose secrets everyone knows.
    pub fn are_for_development(&self) -> bool {
        matches!(self.keys, Keys::OfDevelopment(_))
    }

    /// Likely mistakes, each in a line for the log: a credentials file that others may read; in the
    /// policies, statements that are skipped, actions that don't exist, stores written by name where only
    /// their id matches, and variables in a policy of the version that has none.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// A credentials file that is being read.
struct Loader<'f> {
    path: &'f Path,
    bytes: &'f [u8],
    asked: &'f [Action<'f>],
    /// The policy files read so far.
    documents: HashMap<PathBuf, Document>,
    warnings: Vec<String>,
}

impl Loader<'_> {
    fn keys(&mut self) -> Result<HashMap<Arc<str>, Arc<AccessKey>>, LoadError> {
        let text = str::from_utf8(self.bytes).map_err(|error| {
            let fault = Fault::new(error.valid_up_to(), "the file is not UTF-8");
            self.error(fault)
        })?;
        let table = file::parse(text).map_err(|fault| self.error(fault))?;
        let entries = file::entries(&table).map_err(|fault| self.error(fault))?;
        let mut keys = HashMap::with_capacity(entries.len());
        let mut places: HashMap<&str, usize> = HashMap::new();
        for entry in entries {
            if let Some(first) = places.insert(entry.id.text, entry.id.at) {
                let (line, _) = self.line_and_column(first);
                let problem = format!("this id was given before, in line {line}; ids are unique");
                return Err(self.error(Fault::new(entry.id.at, problem)));
            }
            let key = self.access_key(entry)?;
            keys.insert(key.id.clone(), Arc::new(key));
        }
        Ok(keys)
    }

    fn access_key(&mut self, entry: Entry<'_>) -> Result<AccessKey, LoadError> {
        let id = entry.id.text;
        let principal = Principal::new(entry.account, entry.user);
        let rights = match &entry.policies {
            None => Rights::Everything {
                imports: entry.import_from,
            },
            Some(names) => {
                let policies = names.iter().map(|name| self.policy(id, *name, &principal));
                Rights::Policies(policies.collect::<Result<_, _>>()?)
            }
        };
        Ok(AccessKey {
            id: id.into(),
            account: entry.account,
            user: entry.user.unwrap_or(id).into(),
            keys: SigningKeys::new(id, entry.secret),
            session_token: entry
                .session_token
                .map(|token| Zeroizing::new(token.to_owned())),
            principal,
            rights,
        })
    }

    fn policy(
        &mut self,
        access_key: &str,
        name: Text<'_>,
        principal: &Principal,
    ) -> Result<Policy, LoadError> {
        let path = self.folder().join(name.text);
        self.read_document(&path)
            .and_then(|document| Policy::new(document, principal).map_err(|p| p.to_string()))
            .map_err(|problem| LoadError::Policy {
                path,
                problem,
                access_key: access_key.to_owned(),
                credentials: self.path.to_owned(),
                line: self.line_and_column(name.at).0,
            })
    }

    /// Reads a policy file, if it was not read for another access key already.
    fn read_document(&mut self, path: &Path) -> Result<&Document, String> {
        let place = match self.documents.entry(path.to_owned()) {
            MapEntry::Occupied(read) => return Ok(read.into_mut()),
            MapEntry::Vacant(place) => place,
        };
        let contents =
            file_reader::read(path).map_err(|error| format!("it can't be read: {error}"))?;
        let text =
            str::from_utf8(&contents.bytes).map_err(|_| "it can't be read: it is not UTF-8")?;
        let document = Document::parse(text, self.asked).map_err(|error| error.to_string())?;
        let warnings = policy::warnings(&document, self.asked).into_iter();
        let with_path = warnings.map(|text| format!("the policy file {}: {text}", path.display()));
        self.warnings.extend(with_path);
        Ok(place.insert(document))
    }

    /// The folder of the credentials file, in which policy files are looked for.
    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    fn error(&self, fault: Fault) -> LoadError {
        let (line, column) = self.line_and_column(fault.at);
        LoadError::Credentials {
            path: self.path.to_owned(),
            line,
            column,
            problem: fault.problem,
        }
    }

    /// Where a byte of the file is, counted from 1.
    fn line_and_column(&self, at: usize) -> (usize, usize) {
        let before = self.bytes.get(..at).unwrap_or(self.bytes);
        let line = before
            .split(|b| *b == b'\n')
            .next_back()
            .unwrap_or_default();
        let lines = before.iter().filter(|b| **b == b'\n').count();
        (lines + 1, String::from_utf8_lossy(line).chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::net::IpAddr;
    use std::os::unix::fs::PermissionsExt;

    use keyfront_model::Timestamp;
    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;
    use crate::policy::asked;
    use crate::{Context, Decision, Denial, Resource};

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const STORE: &str =
        "arn:aws:cloudfront::123456789012:key-value-store/7b6f1d0e-5f0a-4c7e-9d1c-2f6f2f7c9a11";
    const READ_ONLY: &str = r#"{"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "cloudfront-keyvaluestore:Get*", "Resource": "*"}}"#;

    const CONTEXT: Context<'_> = Context {
        source_ip: Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)),
        secure: false,
        now: Timestamp::from_millis(0),
        user_agent: None,
    };

    fn folder(files: &[(&str, &str)]) -> TempDir {
        let folder = TempDir::new().unwrap();
        for (name, text) in files {
            write(&folder.path().join(name), text.as_bytes());
        }
        folder
    }

    /// Writes a file that only its owner may read and write.
    fn write(path: &Path, bytes: &[u8]) {
        fs::write(path, bytes).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    }

    fn key(id: &str, lines: &str) -> String {
        format!(
            "[[access_key]]\nid = \"{id}\"\nsecret = \"{SECRET}\"\naccount = \"123456789012\"\n{lines}\n"
        )
    }

    fn load(credentials: &str, files: &[(&str, &str)]) -> Result<Credentials, LoadError> {
        let folder = folder(files);
        let path = folder.path().join("credentials.toml");
        write(&path, credentials.as_bytes());
        Credentials::load(&path, &asked())
    }

    fn refusal(credentials: &str, files: &[(&str, &str)]) -> String {
        load(credentials, files).unwrap_err().to_string()
    }

    #[test]
    fn keys_are_found_with_their_rights() {
        let text = key("AKIAALL", "")
            + &key(
                "AKIAREAD",
                "user = \"alice\"\npolicies = [\"read-only.json\"]",
            )
            + &key("AKIANOTHING", "policies = []");
        let credentials = load(&text, &[("read-only.json", READ_ONLY)]).unwrap();
        let decide = |id: &str, action| {
            let action = Action::new(action).unwrap();
            let key = credentials.find(id).unwrap();
            key.decide(action, Resource::new(STORE), &CONTEXT)
        };
        let (get, put) = (
            "cloudfront-keyvaluestore:GetKey",
            "cloudfront-keyvaluestore:PutKey",
        );
        let denied = Decision::Denied(Denial::Implicit);
        assert_eq!(decide("AKIAALL", put), Decision::Allowed);
        assert_eq!(decide("AKIAREAD", get), Decision::Allowed);
        assert_eq!(decide("AKIAREAD", put), denied);
        assert_eq!(decide("AKIANOTHING", get), denied);
        assert!(credentials.find("AKIA").is_none());
        assert!(credentials.find("test").is_none());
        let alice = credentials.find("AKIAREAD").unwrap();
        assert_eq!(alice.arn(), "arn:aws:iam::123456789012:user/alice");
        assert_eq!(&*alice.user, "alice");
        assert_eq!(&*credentials.find("AKIAALL").unwrap().user, "AKIAALL");
        assert!(credentials.warnings().is_empty());
    }

    #[test]
    fn twelve_digits_in_a_file_are_an_id_like_another() {
        let credentials = load(&key("000000000007", ""), &[]).unwrap();
        let found = credentials.find("000000000007").unwrap();
        assert_eq!(found.account.to_string(), "123456789012");
        assert!(credentials.find("123456789012").is_none());
    }

    #[test]
    fn variables_are_those_of_each_key() {
        let policy = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::team/${aws:username}/*"}}"#;
        let text = key("A", "user = \"alice\"\npolicies = [\"p.json\"]")
            + &key("B", "user = \"bob\"\npolicies = [\"p.json\"]");
        let credentials = load(&text, &[("p.json", policy)]).unwrap();
        let decide = |id, object| {
            let key = credentials.find(id).unwrap();
            let action = Action::new("s3:GetObject").unwrap();
            key.decide(action, Resource::new(object), &CONTEXT) == Decision::Allowed
        };
        assert!(decide("A", "arn:aws:s3:::team/alice/x"));
        assert!(!decide("B", "arn:aws:s3:::team/alice/x"));
        assert!(decide("B", "arn:aws:s3:::team/bob/x"));
    }

    #[test]
    fn errors_name_the_place_and_what_to_do() {
        let text = key("A", "") + &key("B", "user = \"ü\"");
        let refused = refusal(&text, &[]);
        assert!(
            refused.contains("credentials.toml, line 10, column 8: `user` must be"),
            "{refused}"
        );

        let refused = refusal(&(key("A", "") + &key("A", "")), &[]);
        assert!(
            refused.contains("line 7, column 6: this id was given before, in line 2"),
            "{refused}"
        );

        let refused = refusal("[[access_key]]\nid = ", &[]);
        assert!(refused.contains("line 2, column"), "{refused}");

        let refused = Credentials::load(Path::new("no/such/file"), &asked())
            .unwrap_err()
            .to_string();
        assert!(refused.contains("no/such/file can't be read"), "{refused}");
    }

    #[test]
    fn errors_of_policies_name_file_key_and_line() {
        let text = key("A", "policies = [\"p.json\"]");
        let refused = refusal(&text, &[]);
        assert!(
            refused.contains("p.json, which access key A names in "),
            "{refused}"
        );
        assert!(
            refused.contains("credentials.toml, line 5: it can't be read"),
            "{refused}"
        );

        let misspelt = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Conditoin": {}}}"#;
        let refused = refusal(&text, &[("p.json", misspelt)]);
        assert!(refused.contains("unknown field `Conditoin`"), "{refused}");

        let unknown = r#"{"Statement": [{"Sid": "Mfa", "Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]}"#;
        let refused = refusal(&text, &[("p.json", unknown)]);
        assert!(
            refused.contains(
                "statement 1 (Mfa): Condition: Bool: the condition key `aws:MultiFactorAuthPresent`"
            ),
            "{refused}"
        );
    }

    #[test]
    fn warnings_name_the_policy_file_once() {
        let policy =
            r#"{"Statement": {"Effect": "Deny", "Action": "cloudfront:GetKey", "Resource": "*"}}"#;
        let lines = "policies = [\"p.json\", \"p.json\"]";
        let credentials =
            load(&(key("A", lines) + &key("B", lines)), &[("p.json", policy)]).unwrap();
        let [warning] = credentials.warnings() else {
            panic!("one warning")
        };
        assert!(warning.ends_with(
            "p.json: statement 1 is skipped: Keyfront never asks for `cloudfront:GetKey`"
        ));
    }

    #[test]
    fn files_that_others_may_write_or_read_are_refused_or_told() {
        let text = key("A", "policies = [\"p.json\"]");
        let folder = folder(&[("credentials.toml", &text), ("p.json", READ_ONLY)]);
        let path = |name| folder.path().join(name);
        let load = |name, mode| {
            fs::set_permissions(path(name), Permissions::from_mode(mode)).unwrap();
            Credentials::load(&path("credentials.toml"), &asked())
        };
        let refused = load("credentials.toml", 0o620).unwrap_err().to_string();
        assert!(
            refused.contains("credentials.toml can't be read: others"),
            "{refused}"
        );
        let credentials = load("credentials.toml", 0o640).unwrap();
        let [warning] = credentials.warnings() else {
            panic!("one warning")
        };
        assert!(warning.contains("mode 0640"), "{warning}");
        load("credentials.toml", 0o600).unwrap();
        let refused = load("p.json", 0o602).unwrap_err().to_string();
        assert!(
            refused.contains("p.json") && refused.contains("mode 0602"),
            "{refused}"
        );
        assert!(load("p.json", 0o644).unwrap().warnings().is_empty());
    }

    #[test]
    fn debug_shows_no_secret() {
        let text = key("A", "session_token = \"a-token\"");
        let shown = format!("{:?}", load(&text, &[]).unwrap());
        assert!(
            !shown.contains(SECRET) && !shown.contains("a-token"),
            "{shown}"
        );
    }

    #[test]
    fn a_file_that_is_no_text_is_refused_with_its_place() {
        let folder = folder(&[]);
        let path = folder.path().join("credentials.toml");
        write(&path, b"# fine\n# n\xffo");
        let refused = Credentials::load(&path, &asked()).unwrap_err().to_string();
        assert!(
            refused.contains("line 2, column 4: the file is not UTF-8"),
            "{refused}"
        );
    }

    #[test]
    fn the_examples_of_the_user_page_are_taken_without_a_warning() {
        let page = include_str!("../../../docs/policies.md");
        let examples = page.split("```json\n").skip(1);
        let examples: Vec<_> = examples
            .filter_map(|rest| rest.split("```").next())
            .collect();
        assert_eq!(examples.len(), 3);
        for example in examples {
            let lines = "user = \"alice\"\npolicies = [\"p.json\"]";
            let credentials = load(&key("A", lines), &[("p.json", example)]).unwrap();
            assert!(credentials.warnings().is_empty(), "{example}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_bytes_are_loaded_or_refused(
            credentials in any::<Vec<u8>>(),
            policy in any::<Vec<u8>>(),
        ) {
            let folder = folder(&[("good.toml", &key("A", "policies = [\"p.json\"]"))]);
            let path = folder.path().join("credentials.toml");
            write(&path, &credentials);
            write(&folder.path().join("p.json"), &policy);
            prop_assert!(Credentials::load(&path, &asked()).is_err());
            prop_assert!(Credentials::load(&folder.path().join("good.toml"), &asked()).is_err());
        }
    }
}
