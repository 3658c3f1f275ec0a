//! Stores that are written, and what they must hold after whatever happened.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use serde_json::json;

use crate::client::{Answer, Client, STORES};
use crate::random::Random;
use crate::server::{Server, Writer, until};

pub(crate) type Entries = BTreeMap<String, String>;

/// A version of a store's contents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) etag: String,
    pub(crate) entries: Entries,
}

/// A store whose writes follow each other, each on the version that the one before has answered.
pub(crate) struct Chain {
    pub(crate) name: String,
    arn: String,
    /// What the last answer says.
    acknowledged: Contents,
    /// What the writes after it would make of it that had no good answer. Only one can have been made,
    /// as all were on the same version.
    unanswered: Vec<Entries>,
    writes: u64,
    random: Random,
}

/// A write, and what it makes of the store.
struct Write {
    method: &'static str,
    /// The path behind the store's.
    rest: String,
    body: String,
    after: Entries,
}

/// The keys of a batch, which all have the same value.
const BATCH: usize = 8;

/// Keys that are put and deleted alone.
const SINGLES: usize = 12;

impl Chain {
    /// Creates a store that is ready.
    pub(crate) fn create(client: &mut Client, name: &str) -> Self {
        client.create(name, None).unwrap().expect(201);
        let arn = ready(client, name);
        let found = client.data("GET", &arn, "", None, "").unwrap().expect(200);
        Self {
            name: name.to_owned(),
            acknowledged: Contents {
                etag: found.etag(),
                entries: Entries::new(),
            },
            unanswered: Vec::new(),
            writes: 0,
            random: Random(name.bytes().map(u64::from).sum()),
            arn,
        }
    }

    /// What was last acknowledged.
    pub(crate) fn acknowledged(&self) -> &Contents {
        &self.acknowledged
    }

    /// How many writes were acknowledged.
    pub(crate) fn writes(&self) -> u64 {
        self.writes
    }

    /// Makes one write of any kind.
    pub(crate) fn write(&mut self, client: &mut Client) -> io::Result<Answer> {
        let write = match self.random.below(10) {
            0..5 => self.batch(200),
            5..9 => self.put(),
            _ => self.delete(),
        };
        self.send(client, write)
    }

    /// Makes a write that is large: some 8 KB.
    pub(crate) fn write_much(&mut self, client: &mut Client) -> io::Result<Answer> {
        let write = self.batch(1000);
        self.send(client, write)
    }

    fn send(&mut self, client: &mut Client, write: Write) -> io::Result<Answer> {
        self.unanswered.push(write.after.clone());
        let etag = &self.acknowledged.etag;
        let answer = client.data(
            write.method,
            &self.arn,
            &write.rest,
            Some(etag),
            &write.body,
        )?;
        assert!(
            !(400..500).contains(&answer.status),
            "{}: {}",
            answer.status,
            answer.text()
        );
        if answer.status == 200 {
            self.acknowledged = Contents {
                etag: answer.etag(),
                entries: write.after,
            };
            self.unanswered.clear();
            self.writes += 1;
        }
        Ok(answer)
    }

    fn value(&mut self, padding: usize) -> String {
        let length = self.random.below(padding);
        format!("{:016x}{}", self.random.next(), "x".repeat(length))
    }

    fn batch(&mut self, padding: usize) -> Write {
        let value = self.value(padding);
        let mut after = self.acknowledged.entries.clone();
        let keys = (0..BATCH).map(|n| format!("batch-{n}"));
        after.extend(keys.clone().map(|key| (key, value.clone())));
        let puts: Vec<_> = keys
            .map(|key| json!({ "Key": key, "Value": value }))
            .collect();
        let mut deletes = Vec::new();
        if self.random.percent(30) {
            let key = self.single();
            after.remove(&key);
            deletes.push(json!({ "Key": key }));
        }
        Write {
            method: "POST",
            rest: "/keys".to_owned(),
            body: json!({ "Puts": puts, "Deletes": deletes }).to_string(),
            after,
        }
    }

    fn single(&mut self) -> String {
        format!("single-{}", self.random.below(SINGLES))
    }

    fn put(&mut self) -> Write {
        let (key, value) = (self.single(), self.value(900));
        let mut after = self.acknowledged.entries.clone();
        after.insert(key.clone(), value.clone());
        Write {
            method: "PUT",
            rest: format!("/keys/{key}"),
            body: json!({ "Value": value }).to_string(),
            after,
        }
    }

    /// Deletes a key that was put alone, if there is one.
    fn delete(&mut self) -> Write {
        let mut after = self.acknowledged.entries.clone();
        let last = after.pop_last();
        let Some((key, _)) = last.filter(|(key, _)| key.starts_with("single-")) else {
            return self.put();
        };
        Write {
            method: "DELETE",
            rest: format!("/keys/{key}"),
            body: String::new(),
            after,
        }
    }

    /// Checks that the store holds what was last acknowledged or, whole, what an unanswered write has
    /// made of it; and goes on from there.
    pub(crate) fn verify(&mut self, client: &mut Client) -> Result<(), String> {
        let found = read(client, &self.arn)?;
        let made = found.etag != self.acknowledged.etag;
        let right = if made {
            self.unanswered.contains(&found.entries)
        } else {
            found.entries == self.acknowledged.entries
        };
        if !right {
            return Err(format!(
                "{} holds {found:#?}\nwhich is neither what was acknowledged: {:#?}\nnor what was \
                 unanswered: {:#?}",
                self.name, self.acknowledged, self.unanswered
            ));
        }
        self.acknowledged = found;
        self.unanswered.clear();
        Ok(())
    }

    /// What the store holds now, found to be in itself right.
    pub(crate) fn read(&self, client: &mut Client) -> Result<Contents, String> {
        read(client, &self.arn)
    }
}

/// Waits until a store is ready, and returns its ARN.
pub(crate) fn ready(client: &mut Client, name: &str) -> String {
    until("the store is ready", || {
        let store = client.describe(name).unwrap().expect(200);
        (store.elements("Status") == ["READY"]).then(|| store.elements("ARN")[0].to_owned())
    })
}

/// Reads a whole store. The error says what of it does not fit together.
fn read(client: &mut Client, arn: &str) -> Result<Contents, String> {
    let head = client.data("GET", arn, "", None, "").unwrap();
    if head.status != 200 {
        return Err(format!("{arn}: {} {}", head.status, head.text()));
    }
    let contents = Contents {
        etag: head.etag(),
        entries: list(client, arn),
    };
    let size = |(key, value): (&String, &String)| key.len() + value.len();
    let bytes: usize = contents.entries.iter().map(size).sum();
    let head = head.json();
    let counted = (&head["ItemCount"], &head["TotalSizeInBytes"]);
    if counted != (&json!(contents.entries.len()), &json!(bytes)) {
        return Err(format!("{arn} counts {counted:?}, but holds {contents:#?}"));
    }
    let batch = |n| contents.entries.get(&format!("batch-{n}"));
    if (1..BATCH).any(|n| batch(n) != batch(0)) {
        return Err(format!("{arn} holds half a batch: {contents:#?}"));
    }
    Ok(contents)
}

fn list(client: &mut Client, arn: &str) -> Entries {
    let mut entries = Entries::new();
    let mut page = "/keys?MaxResults=50".to_owned();
    loop {
        let answer = client.data("GET", arn, &page, None, "").unwrap();
        let answer = answer.expect(200).json();
        for item in answer["Items"].as_array().unwrap() {
            let text = |member: &str| item[member].as_str().unwrap().to_owned();
            entries.insert(text("Key"), text("Value"));
        }
        match answer["NextToken"].as_str() {
            Some(token) => page = format!("/keys?MaxResults=50&NextToken={token}"),
            None => return entries,
        }
    }
}

/// Stores that come and go, every other one with an import.
#[derive(Default)]
pub(crate) struct Passing {
    /// The object to import from, and how many entries it has; none, and all are empty.
    import: Option<(String, usize)>,
    present: BTreeMap<u64, usize>,
    /// A store that was to be created or deleted, without an answer.
    unanswered: Option<u64>,
    next: u64,
}

/// How many of them there are at a time.
const PRESENT: usize = 3;

impl Passing {
    pub(crate) fn importing(object: &str, entries: usize) -> Self {
        Self {
            import: Some((object.to_owned(), entries)),
            ..Self::default()
        }
    }

    /// How many of them there are.
    pub(crate) fn present(&self) -> usize {
        self.present.len()
    }

    fn name(number: u64) -> String {
        format!("passing-{number:08}")
    }

    fn write(&mut self, client: &mut Client) -> io::Result<()> {
        match self.present.first_key_value() {
            Some((oldest, _)) if self.present.len() >= PRESENT => self.delete(client, *oldest),
            _ => self.create(client),
        }
    }

    fn source(&self, number: u64) -> Option<&(String, usize)> {
        self.import.as_ref().filter(|_| number % 2 == 1)
    }

    fn entries(&self, number: u64) -> usize {
        self.source(number).map_or(0, |(_, entries)| *entries)
    }

    fn create(&mut self, client: &mut Client) -> io::Result<()> {
        let number = self.next;
        self.next += 1;
        self.unanswered = Some(number);
        let source = self.source(number).map(|(object, _)| object.as_str());
        client.create(&Self::name(number), source)?.expect(201);
        self.unanswered = None;
        self.present.insert(number, self.entries(number));
        Ok(())
    }

    fn delete(&mut self, client: &mut Client, number: u64) -> io::Result<()> {
        let name = Self::name(number);
        let etag = client.describe(&name)?.expect(200).etag();
        self.unanswered = Some(number);
        let answer = client.delete_store(&name, &etag)?;
        self.unanswered = None;
        // It may have become ready meanwhile, and with it got another version.
        if answer.status != 412 {
            answer.expect(204);
            self.present.remove(&number);
        }
        Ok(())
    }

    /// Checks that all stores are there which were created, that they become ready, and that an
    /// import is there as a whole.
    fn verify(&mut self, client: &mut Client) -> Result<(), String> {
        let found = until("no store is PROVISIONING", || {
            let list = client.control("GET", STORES, None, "").unwrap().expect(200);
            let provisioning = list.elements("Status").contains(&"PROVISIONING");
            (!provisioning).then_some(list)
        });
        if let Some(status) = found
            .elements("Status")
            .iter()
            .find(|status| **status != "READY")
        {
            return Err(format!("a store is {status}"));
        }
        let mut stores = BTreeMap::new();
        for (name, arn) in found.elements("Name").iter().zip(found.elements("ARN")) {
            if let Some(number) = name.strip_prefix("passing-") {
                let head = client.data("GET", arn, "", None, "").unwrap().expect(200);
                let items = head.json()["ItemCount"].as_u64().unwrap();
                stores.insert(number.parse().unwrap(), items as usize);
            }
        }
        if let Some(number) = self.unanswered.take() {
            match stores.contains_key(&number) {
                true => self.present.insert(number, self.entries(number)),
                false => self.present.remove(&number),
            };
        }
        if stores != self.present {
            return Err(format!(
                "there are the stores {stores:?}, not {:?}",
                self.present
            ));
        }
        Ok(())
    }
}

/// All stores of a server, and those who write them.
pub(crate) struct World {
    pub(crate) chains: Vec<Chain>,
    pub(crate) passing: Passing,
}

impl World {
    pub(crate) fn create(server: &Server, chains: usize, passing: Passing) -> Self {
        let mut client = server.client();
        let chains = (0..chains).map(|n| Chain::create(&mut client, &format!("chain-{n}")));
        Self {
            chains: chains.collect(),
            passing,
        }
    }

    /// Writes everything from several connections, and kills the server a while after the first
    /// answer.
    pub(crate) fn write_and_kill(&mut self, server: Server, after: Duration) {
        server.kill_while_written(self.writers(), after);
    }

    /// Writes everything from several connections until the server is gone; what ends it is called
    /// after the first answer.
    pub(crate) fn write_until<T>(&mut self, server: Server, end: impl FnOnce(Server) -> T) -> T {
        server.end_while_written(self.writers(), end)
    }

    fn writers(&mut self) -> Vec<Writer<'_>> {
        let passing = &mut self.passing;
        let mut writers: Vec<Writer<'_>> = vec![Box::new(|client| passing.write(client))];
        for chain in &mut self.chains {
            writers.push(Box::new(|client| {
                chain.write(client)?.expect(200);
                Ok(())
            }));
        }
        writers
    }

    /// Checks that everything acknowledged is there, and nothing by halves.
    pub(crate) fn verify(&mut self, server: &Server) -> Result<(), String> {
        let mut client = server.client();
        self.passing.verify(&mut client)?;
        let mut chains = self.chains.iter_mut();
        chains.try_for_each(|chain| chain.verify(&mut client))
    }

    /// How many writes were acknowledged.
    pub(crate) fn writes(&self) -> u64 {
        self.chains.iter().map(Chain::writes).sum()
    }
}
