//! The form of a credentials file.
//!
//! The TOML is walked by hand: the errors of a derived reader repeat the value that is wrong, and here
//! that may be a secret; with the errors hidden it could not say what to write instead. No text of the file
//! gets into a [`Fault`].

use keyfront_model::AccountId;
use toml::de::{DeTable, DeValue};

use crate::import_from::ImportPattern;

/// What one `[[access_key]]` says.
pub(crate) struct Entry<'t> {
    pub(crate) id: Text<'t>,
    pub(crate) secret: &'t str,
    pub(crate) account: AccountId,
    pub(crate) user: Option<&'t str>,
    pub(crate) session_token: Option<&'t str>,
    /// The names of files.
    pub(crate) policies: Option<Vec<Text<'t>>>,
    pub(crate) import_from: Option<Box<[ImportPattern]>>,
}

/// A string of the file, and the byte at which it begins.
#[derive(Clone, Copy)]
pub(crate) struct Text<'t> {
    pub(crate) text: &'t str,
    pub(crate) at: usize,
}

/// What is wrong, and the byte of the file at which it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) problem: String,
}

impl Fault {
    pub(crate) fn new(at: usize, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self { at, problem }
    }
}

const NAMES: [&str; 7] = [
    "id",
    "secret",
    "account",
    "user",
    "session_token",
    "policies",
    "import_from",
];

/// Reads the file's TOML.
pub(crate) fn parse(text: &str) -> Result<DeTable<'_>, Fault> {
    DeTable::parse(text)
        .map(|table| table.into_inner())
        .map_err(|error| {
            // The error's own `Display` shows the line; its message is made of fixed texts.
            let at = error.span().map_or(0, |span| span.start);
            Fault::new(at, format!("this is no valid TOML: {}", error.message()))
        })
}

/// Reads what the file says, checking all that can be checked without looking elsewhere.
pub(crate) fn entries<'t>(document: &'t DeTable<'t>) -> Result<Vec<Entry<'t>>, Fault> {
    let file = Table {
        table: document,
        at: 0,
    };
    file.has_only(
        &["access_key"],
        "a credentials file has [[access_key]] tables only",
    )?;
    let Some((at, value)) = file.get("access_key") else {
        return Err(Fault::new(
            0,
            "there is no access key: write an [[access_key]]",
        ));
    };
    let DeValue::Array(tables) = value else {
        return Err(Fault::new(at, "write [[access_key]] with two brackets"));
    };
    tables
        .iter()
        .map(|value| match value.get_ref() {
            DeValue::Table(table) => Table {
                table,
                at: value.span().start,
            }
            .entry(),
            _ => Err(Fault::new(value.span().start, "an access key is a table")),
        })
        .collect()
}

#[derive(Clone, Copy)]
struct Table<'t> {
    table: &'t DeTable<'t>,
    at: usize,
}

impl<'t> Table<'t> {
    fn entry(self) -> Result<Entry<'t>, Fault> {
        self.has_only(
            &NAMES,
            "an access key has id, secret, account, user, session_token, policies and import_from",
        )?;
        let id = self.required("id")?;
        check(
            "id",
            Some(id),
            is_id,
            "1 to 128 of letters, digits and . _ -",
        )?;
        let secret = self.required("secret")?;
        check(
            "secret",
            Some(secret),
            is_secret,
            "not empty, and without space around it",
        )?;
        let account = self.required("account")?;
        let user = self.text("user")?;
        check(
            "user",
            user,
            is_user,
            "1 to 64 of letters, digits and _ + = , . @ -",
        )?;
        let token = self.text("session_token")?;
        check(
            "session_token",
            token,
            is_token,
            "not empty, and of visible ASCII characters",
        )?;
        let policies = self.texts("policies")?;
        let import_from = self.import_from(policies.is_some())?;
        Ok(Entry {
            id,
            secret: secret.text,
            account: account_id(account)?,
            user: user.map(|user| user.text),
            session_token: token.map(|token| token.text),
            policies,
            import_from,
        })
    }

    /// Reads the patterns. Beside policies, which say themselves what may be imported, they could
    /// be taken for more rights or for less, so the two are not taken together.
    fn import_from(self, with_policies: bool) -> Result<Option<Box<[ImportPattern]>>, Fault> {
        let Some(texts) = self.texts("import_from")? else {
            return Ok(None);
        };
        if with_policies {
            let at = self.get("import_from").map_or(self.at, |(at, _)| at);
            return Err(Fault::new(
                at,
                "`import_from` is for a key without policies: allow s3:GetObject and \
                 s3:GetBucketLocation in a policy instead",
            ));
        }
        let pattern = |text: Text<'_>| {
            ImportPattern::new(text.text)
                .map_err(|why| Fault::new(text.at, format!("in `import_from`: {why}")))
        };
        texts
            .into_iter()
            .map(pattern)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    fn has_only(self, names: &[&str], advice: &str) -> Result<(), Fault> {
        let unknown = self
            .table
            .keys()
            .find(|key| !names.contains(&&**key.get_ref()));
        match unknown {
            Some(key) => Err(Fault::new(
                key.span().start,
                format!("unknown key; {advice}"),
            )),
            None => Ok(()),
        }
    }

    fn get(self, name: &str) -> Option<(usize, &'t DeValue<'t>)> {
        let value = self.table.get(name)?;
        Some((value.span().start, value.get_ref()))
    }

    fn text(self, name: &str) -> Result<Option<Text<'t>>, Fault> {
        self.get(name)
            .map(|(at, value)| text(at, value, name))
            .transpose()
    }

    fn required(self, name: &str) -> Result<Text<'t>, Fault> {
        self.text(name)?.ok_or_else(|| {
            Fault::new(
                self.at,
                format!("the access key has no `{name}`: write {name} = \"…\""),
            )
        })
    }

    fn texts(self, name: &str) -> Result<Option<Vec<Text<'t>>>, Fault> {
        let Some((at, value)) = self.get(name) else {
            return Ok(None);
        };
        let DeValue::Array(values) = value else {
            let problem = format!("`{name}` is a list: write {name} = [\"…\"]");
            return Err(Fault::new(at, problem));
        };
        let texts = values.iter();
        let texts = texts.map(|value| text(value.span().start, value.get_ref(), name));
        texts.collect::<Result<_, _>>().map(Some)
    }
}

fn text<'t>(at: usize, value: &'t DeValue<'t>, name: &str) -> Result<Text<'t>, Fault> {
    match value.as_str() {
        Some(text) => Ok(Text { text, at }),
        None => Err(Fault::new(
            at,
            format!("`{name}` is text: put it in quotes"),
        )),
    }
}

fn account_id(text: Text<'_>) -> Result<AccountId, Fault> {
    text.text
        .parse()
        .map_err(|invalid| Fault::new(text.at, format!("in `account`: {invalid}")))
}

fn check(
    name: &str,
    text: Option<Text<'_>>,
    rule: fn(&str) -> bool,
    words: &str,
) -> Result<(), Fault> {
    match text {
        Some(text) if !rule(text.text) => {
            Err(Fault::new(text.at, format!("`{name}` must be {words}")))
        }
        _ => Ok(()),
    }
}

/// AWS's ids are 16 to 128 letters, digits and underscores; people choose others. It must stay one
/// part of a credential, which is cut at its slashes.
fn is_id(text: &str) -> bool {
    let inside = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    (1..=128).contains(&text.len()) && text.bytes().all(inside)
}

/// Clients take the space around a secret away, so one that has it would never fit.
fn is_secret(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains(char::is_control)
}

/// The names that IAM allows (IAM API reference, CreateUser).
fn is_user(text: &str) -> bool {
    let inside = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    (1..=64).contains(&text.len()) && text.bytes().all(inside)
}

/// It travels in a header.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY";

    fn fault(text: &str) -> Option<Fault> {
        match parse(text) {
            Ok(table) => entries(&table).err(),
            Err(fault) => Some(fault),
        }
    }

    fn with(lines: &str) -> String {
        format!(
            "[[access_key]]\nid = \"AKIAEXAMPLE\"\nsecret = \"{SECRET}\"\naccount = \"123456789012\"\n{lines}\n"
        )
    }

    #[test]
    fn a_whole_entry_is_read() {
        let text = with(
            "user = \"alice\"\nsession_token = \"token\"\npolicies = [\"a.json\", \"b.json\"]",
        );
        let table = parse(&text).unwrap();
        let [entry] = &entries(&table).unwrap()[..] else {
            panic!("one entry")
        };
        assert_eq!((entry.id.text, entry.secret), ("AKIAEXAMPLE", SECRET));
        assert_eq!(entry.account.to_string(), "123456789012");
        assert_eq!(
            (entry.user, entry.session_token),
            (Some("alice"), Some("token"))
        );
        let policies = entry.policies.as_deref().unwrap_or_default();
        assert_eq!(
            policies.iter().map(|p| p.text).collect::<Vec<_>>(),
            ["a.json", "b.json"]
        );
        assert!(entry.import_from.is_none());
    }

    #[test]
    fn the_rest_is_optional() {
        assert_eq!(fault(&with("")), None);
        assert_eq!(fault(&with("policies = []")), None);
        assert_eq!(
            fault(&with("import_from = [\"arn:aws:s3:::team-a-*/*\"]")),
            None
        );
    }

    #[test]
    fn what_is_not_of_the_form_is_refused_with_advice() {
        for (text, advice) in [
            (String::new(), "write an [[access_key]]"),
            ("[access_key]\nid = \"x\"".to_owned(), "two brackets"),
            ("access_key = [1]".to_owned(), "is a table"),
            (with("[acces_key]"), "[[access_key]] tables only"),
            (with("polices = []"), "unknown key"),
            (with("user = \"al ice\""), "`user` must be"),
            (with("user = \"\""), "`user` must be"),
            (with("session_token = \"\""), "`session_token` must be"),
            (with("session_token = \"ä\""), "`session_token` must be"),
            (with("policies = \"a.json\""), "is a list"),
            (with("policies = [1]"), "in quotes"),
            (with("import_from = [\"*\"]"), "arn:aws:s3:::BUCKET/KEY"),
            (with("policies = []\nimport_from = []"), "without policies"),
            (with("id = \"twice\""), "duplicate key"),
            ("[[access_key]]".to_owned(), "no `id`"),
            ("[[access_key]]\nid = \"a\"".to_owned(), "no `secret`"),
            (
                "[[access_key]]\nid = \"a\"\nsecret = \"s\"".to_owned(),
                "no `account`",
            ),
            (
                with("").replace("\"123456789012\"", "123456789012"),
                "in quotes",
            ),
            (with("").replace("123456789012", "12345678901"), "12 digits"),
            (
                with("").replace("AKIAEXAMPLE", "AKIA/EXAMPLE"),
                "`id` must be",
            ),
            (with("").replace("AKIAEXAMPLE", ""), "`id` must be"),
            (with("").replace(SECRET, ""), "`secret` must be"),
            (with("").replace(SECRET, "x "), "`secret` must be"),
            (with("").replace(SECRET, "x\\ty"), "`secret` must be"),
        ] {
            let problem = fault(&text).expect(&text).problem;
            assert!(problem.contains(advice), "{problem}: {text}");
        }
    }

    #[test]
    fn a_fault_has_its_place() {
        let text = with("polices = []");
        assert_eq!(fault(&text).unwrap().at, text.find("polices").unwrap());
        let text = with("user = \"al ice\"");
        assert_eq!(fault(&text).unwrap().at, text.find("\"al ice").unwrap());
    }

    /// The secret as a careless hand may write it.
    fn careless() -> impl Strategy<Value = String> {
        let forms = [
            "secret = \"S\"",
            "secret = S",
            "secret = 'S",
            "secret = \"S",
            "secret: S",
            "S",
            "\"S\"",
            "S = 1",
            "S = S",
            "\"S\" = \"S\"",
            "secret = [\"S\"]",
            "secret = { S = 1 }",
            "[S]",
            "[[S]]",
            "secret = \"\\S\"",
            "secret = 1S",
            "secret = 1979-05-27T0S",
            "secret = \"\"\"S",
            "id = \"S\"\nid = \"S\"",
            "secret.S = 1\nsecret = 1",
            "account = \"S\"",
            "policies = \"S\"",
            "import_from = [\"S\"]",
            "user = \"S S\"",
            "user = true S",
            "secret = 0xS",
            "secret = \"S\\q\"",
            "session_token = \"S \"",
            "secret = \"S\u{7}\"",
            "secret = inf S",
        ];
        let lines = proptest::collection::vec(proptest::sample::select(forms.to_vec()), 1..5);
        lines.prop_map(|lines| {
            format!("[[access_key]]\n{}\n", lines.join("\n")).replace('S', SECRET)
        })
    }

    proptest! {
        #[test]
        fn no_fault_repeats_a_secret(text in careless()) {
            if let Some(fault) = fault(&text) {
                prop_assert!(!fault.problem.contains(SECRET), "{}", fault.problem);
            }
        }

        #[test]
        fn anything_at_all_is_read_or_refused(text in any::<String>()) {
            fault(&text);
        }

        #[test]
        fn anything_like_toml_is_read_or_refused(
            text in "(\\[\\[access_key\\]\\]|id|secret|account|policies|=|\"|'|\n| |\\[|\\]|\\{|\\}|a\\.json|1|,|#|é){0,30}"
        ) {
            if let Some(fault) = fault(&text) {
                prop_assert!(fault.at <= text.len());
            }
        }
    }
}
