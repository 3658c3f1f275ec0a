//! Functions that are created, changed, published and deleted, and what must be there of them after
//! whatever happened.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::client::{Answer, Client};
use crate::random::Random;
use crate::server::{Server, Writer};
use crate::stores::ready;

/// The path of ListFunctions.
const FUNCTIONS: &str = "/2020-05-31/function";

const DEVELOPMENT: &str = "DEVELOPMENT";
const LIVE: &str = "LIVE";

/// What a stage of a function holds.
#[derive(Clone, Debug)]
struct Stage {
    /// None if it is new, and no answer has told it.
    etag: Option<String>,
    status: String,
    comment: String,
    code: String,
    /// The ARN of the store that it is associated with.
    store: Option<String>,
}

/// The stages of a function; a function that is not there has none.
type Stages = BTreeMap<&'static str, Stage>;

/// Who makes one change after the other to functions of its own.
struct Author {
    functions: BTreeMap<String, Stages>,
    /// The change that has no answer yet: a function, and what becomes of it.
    unanswered: Option<(String, Stages)>,
    changes: u64,
    random: Random,
}

/// A request, and what it makes of a function.
struct Change {
    method: &'static str,
    target: String,
    body: String,
    status: u16,
    after: Stages,
}

const FUNCTIONS_OF_AUTHOR: usize = 2;

/// The most bytes that a function's code has behind its first line.
const MAX_PADDING: usize = 6_000;

impl Author {
    fn new(number: usize) -> Self {
        let name = |n| (format!("function-{number}-{n}"), Stages::new());
        Self {
            functions: (0..FUNCTIONS_OF_AUTHOR).map(name).collect(),
            unanswered: None,
            changes: 0,
            random: Random(number as u64),
        }
    }

    /// Makes any change to any of the functions.
    fn write(&mut self, client: &mut Client, stores: &[Store]) -> io::Result<()> {
        let nth = self.random.below(FUNCTIONS_OF_AUTHOR);
        let name = self.functions.keys().nth(nth).unwrap().clone();
        let change = match self.random.below(10) {
            _ if self.functions[&name].is_empty() => self.create(&name, stores),
            0..4 => self.update(&name, stores),
            4..7 => self.publish(&name),
            _ => self.delete(&name),
        };
        self.send(client, &name, change)
    }

    fn send(&mut self, client: &mut Client, name: &str, change: Change) -> io::Result<()> {
        let before = self.functions[name].get(DEVELOPMENT);
        let etag = before.and_then(|stage| stage.etag.clone());
        let mut after = change.after;
        self.unanswered = Some((name.to_owned(), after.clone()));
        let answer = client.control(change.method, &change.target, etag.as_deref(), &change.body);
        let answer = answer?.expect(change.status);
        if let Some(stage) = after.get_mut(DEVELOPMENT)
            && stage.etag.is_none()
        {
            stage.etag = Some(answer.etag());
        }
        self.functions.insert(name.to_owned(), after);
        self.unanswered = None;
        self.changes += 1;
        Ok(())
    }

    fn create(&mut self, name: &str, stores: &[Store]) -> Change {
        let stage = self.stage(stores);
        Change {
            method: "POST",
            target: FUNCTIONS.to_owned(),
            body: document(
                "CreateFunctionRequest",
                &format!("<Name>{name}</Name>"),
                &stage,
            ),
            status: 201,
            after: Stages::from([(DEVELOPMENT, stage)]),
        }
    }

    fn update(&mut self, name: &str, stores: &[Store]) -> Change {
        let stage = self.stage(stores);
        let mut after = self.functions[name].clone();
        let body = document("UpdateFunctionRequest", "", &stage);
        after.insert(DEVELOPMENT, stage);
        Change {
            method: "PUT",
            target: format!("{FUNCTIONS}/{name}"),
            body,
            status: 200,
            after,
        }
    }

    fn publish(&self, name: &str) -> Change {
        let mut after = self.functions[name].clone();
        let development = after.get_mut(DEVELOPMENT).unwrap();
        development.status = "UNASSOCIATED".to_owned();
        let live = Stage {
            etag: None,
            ..development.clone()
        };
        after.insert(LIVE, live);
        Change {
            method: "POST",
            target: format!("{FUNCTIONS}/{name}/publish"),
            body: String::new(),
            status: 200,
            after,
        }
    }

    fn delete(&self, name: &str) -> Change {
        Change {
            method: "DELETE",
            target: format!("{FUNCTIONS}/{name}"),
            body: String::new(),
            status: 204,
            after: Stages::new(),
        }
    }

    /// Creates those that are not there.
    fn create_all(&mut self, client: &mut Client, stores: &[Store]) {
        let absent = self
            .functions
            .iter()
            .filter(|(_, stages)| stages.is_empty());
        let absent: Vec<_> = absent.map(|(name, _)| name.clone()).collect();
        for name in absent {
            let create = self.create(&name, stores);
            self.send(client, &name, create).unwrap();
        }
    }

    /// Deletes one of them, if one is there.
    fn delete_one(&mut self, client: &mut Client) -> bool {
        let present = self.functions.iter().find(|(_, stages)| !stages.is_empty());
        let Some((name, _)) = present else {
            return false;
        };
        let name = name.clone();
        let delete = self.delete(&name);
        self.send(client, &name, delete).unwrap();
        true
    }

    /// Content that no stage has had, for DEVELOPMENT.
    fn stage(&mut self, stores: &[Store]) -> Stage {
        let number = self.random.next();
        let padding = "x".repeat(self.random.below(MAX_PADDING));
        let store = &stores[self.random.below(stores.len())];
        let associated = self.random.percent(30);
        Stage {
            etag: None,
            status: "UNPUBLISHED".to_owned(),
            comment: format!("comment {number}"),
            code: format!("function handler(event) {{ return {number} }}\n//{padding}"),
            store: associated.then(|| store.arn.clone()),
        }
    }

    /// Checks that each function is as it was acknowledged or, whole, as the unanswered change has
    /// made it; and goes on from there.
    fn verify(&mut self, client: &mut Client) -> Result<(), String> {
        let unanswered = self.unanswered.take();
        for (name, acknowledged) in &mut self.functions {
            let found = read(client, name);
            let unanswered = unanswered.as_ref().filter(|(changed, _)| changed == name);
            let made = unanswered.is_some_and(|(_, after)| is(&found, after, acknowledged));
            if !made && !is(&found, acknowledged, acknowledged) {
                return Err(format!(
                    "{name} is {found:#?}\nwhich is neither what was acknowledged: {acknowledged:#?}\n\
                     nor what was unanswered: {unanswered:#?}"
                ));
            }
            *acknowledged = found;
        }
        Ok(())
    }
}

/// Whether what was found is what was expected of a function that was `before`. An ETag that was not told
/// is another one than before.
fn is(found: &Stages, expected: &Stages, before: &Stages) -> bool {
    found.keys().eq(expected.keys())
        && found.iter().all(|(name, found)| {
            let expected = &expected[name];
            let has_its_etag = match &expected.etag {
                Some(_) => found.etag == expected.etag,
                None => before.get(name).is_none_or(|it| it.etag != found.etag),
            };
            let content = |of: &Stage| (of.status.clone(), of.comment.clone(), of.code.clone());
            has_its_etag && content(found) == content(expected) && found.store == expected.store
        })
}

/// The body of a request that sets what a stage holds.
fn document(root: &str, first: &str, stage: &Stage) -> String {
    let store = stage.store.as_ref().map_or(String::new(), |arn| {
        format!(
            "<KeyValueStoreAssociations><Quantity>1</Quantity><Items><KeyValueStoreAssociation>\
             <KeyValueStoreARN>{arn}</KeyValueStoreARN>\
             </KeyValueStoreAssociation></Items></KeyValueStoreAssociations>"
        )
    });
    let (comment, code) = (&stage.comment, BASE64.encode(&stage.code));
    format!(
        "<{root}>{first}<FunctionConfig><Comment>{comment}</Comment>\
         <Runtime>cloudfront-js-2.0</Runtime>{store}</FunctionConfig>\
         <FunctionCode>{code}</FunctionCode></{root}>"
    )
}

/// Reads all stages of a function.
fn read(client: &mut Client, name: &str) -> Stages {
    let mut get = |rest: &str, stage| {
        let target = format!("{FUNCTIONS}/{name}{rest}?Stage={stage}");
        client.control("GET", &target, None, "").unwrap()
    };
    let mut stages = Stages::new();
    for stage in [DEVELOPMENT, LIVE] {
        let described = get("/describe", stage);
        let got = get("", stage);
        assert_eq!(got.status, described.status, "{name} {stage}");
        if described.status == 404 {
            continue;
        }
        let (described, got) = (described.expect(200), got.expect(200));
        assert_eq!(described.elements("Stage"), [stage]);
        assert_eq!(got.etag(), described.etag(), "{name} {stage}");
        stages.insert(stage, read_stage(&described, &got));
    }
    stages
}

fn read_stage(described: &Answer, got: &Answer) -> Stage {
    let element = |name| described.elements(name).first().copied().map(str::to_owned);
    Stage {
        etag: Some(described.etag()),
        status: element("Status").unwrap(),
        comment: element("Comment").unwrap(),
        code: got.text().to_owned(),
        store: element("KeyValueStoreARN"),
    }
}

/// A store that functions are associated with.
struct Store {
    name: String,
    arn: String,
}

impl Store {
    fn create(client: &mut Client, name: String) -> Self {
        client.create(&name, None).unwrap().expect(201);
        let arn = ready(client, &name);
        Self { name, arn }
    }
}

/// All functions of a server with those who change them, and the stores that they use.
pub(crate) struct Authors {
    authors: Vec<Author>,
    stores: Vec<Store>,
}

/// So many that some are used and some are not.
const STORES_OF_FUNCTIONS: usize = 4;

impl Authors {
    /// How many functions there are at most.
    pub(crate) const fn most_functions(authors: usize) -> usize {
        authors * FUNCTIONS_OF_AUTHOR
    }

    pub(crate) fn create(server: &Server, authors: usize) -> Self {
        let mut client = server.client();
        let stores =
            (0..STORES_OF_FUNCTIONS).map(|n| Store::create(&mut client, format!("store-{n}")));
        Self {
            stores: stores.collect(),
            authors: (0..authors).map(Author::new).collect(),
        }
    }

    /// Has all of them change functions, and kills the server a while after the first answer.
    pub(crate) fn write_and_kill(&mut self, server: Server, after: Duration) {
        let stores = &self.stores;
        let writers = self
            .authors
            .iter_mut()
            .map(|author| -> Writer<'_> { Box::new(|client| author.write(client, stores)) });
        server.kill_while_written(writers.collect(), after);
    }

    /// Checks that everything acknowledged is there and nothing by halves, and that the stores which
    /// functions use are those that can't be deleted.
    pub(crate) fn verify(&mut self, server: &Server) -> Result<(), String> {
        let mut client = server.client();
        let mut authors = self.authors.iter_mut();
        authors.try_for_each(|author| author.verify(&mut client))?;
        self.verify_list(&mut client)?;
        self.verify_stores(&mut client)
    }

    fn functions(&self) -> impl Iterator<Item = (&String, &Stages)> {
        self.authors.iter().flat_map(|author| &author.functions)
    }

    fn verify_list(&self, client: &mut Client) -> Result<(), String> {
        let answer = client
            .control("GET", FUNCTIONS, None, "")
            .unwrap()
            .expect(200);
        let names = answer.elements("Name").into_iter();
        let listed: Vec<_> = names.zip(answer.elements("Stage")).collect();
        let mut there = Vec::new();
        for (name, stages) in self.functions() {
            there.extend(stages.keys().map(|stage| (name.as_str(), *stage)));
        }
        if listed != there {
            return Err(format!("there are {there:?}, but listed are {listed:?}"));
        }
        Ok(())
    }

    /// Tries to delete each store, and creates those anew that nothing used.
    fn verify_stores(&mut self, client: &mut Client) -> Result<(), String> {
        let stages = self.functions().flat_map(|(_, stages)| stages.values());
        let used: BTreeSet<_> = stages.filter_map(|stage| stage.store.clone()).collect();
        for store in &mut self.stores {
            let etag = client.describe(&store.name).unwrap().expect(200).etag();
            let answer = client.delete_store(&store.name, &etag).unwrap();
            let expected = if used.contains(&store.arn) { 409 } else { 204 };
            if answer.status != expected {
                return Err(format!(
                    "the delete of {} is answered {} {}; functions use {used:#?}",
                    store.arn,
                    answer.status,
                    answer.text()
                ));
            }
            if expected == 204 {
                *store = Store::create(client, std::mem::take(&mut store.name));
            } else {
                assert_eq!(answer.elements("Code"), ["CannotDeleteEntityWhileInUse"]);
            }
        }
        Ok(())
    }

    /// Creates the functions that are not there, then deletes all, and checks after each what is left.
    pub(crate) fn create_and_delete_all(&mut self, server: &Server) -> Result<(), String> {
        let mut client = server.client();
        for author in &mut self.authors {
            author.create_all(&mut client, &self.stores);
        }
        let one_more = Author::new(self.authors.len()).create("one-more", &self.stores);
        let answer = client.control(one_more.method, &one_more.target, None, &one_more.body);
        assert_eq!(
            answer.unwrap().elements("Code"),
            ["TooManyFunctions"],
            "the account's count has drifted"
        );
        for author in 0..self.authors.len() {
            while self.authors[author].delete_one(&mut client) {
                self.verify(server)?;
            }
        }
        Ok(())
    }

    /// How many changes were acknowledged.
    pub(crate) fn changes(&self) -> u64 {
        self.authors.iter().map(|author| author.changes).sum()
    }
}
