use std::collections::BTreeMap;
use std::sync::Arc;

use keyfront_model::StoreId;
use tokio::sync::mpsc;

use super::cluster::{Handle, Shared};
use super::data::{Entries, Image};
use super::fault::Fault;
use super::follow::Follower;
use crate::{EngineError, FollowEnd, Known, Load, Piece, Position, Record, Revision, Scope};

/// How many commits before its position a load sends at most, which its reader passes over.
const MAX_COMMITS_BEFORE: u64 = 3;

/// A piece that is yet to be made.
enum Planned {
    Record(Revision, Record),
    Entries(StoreId, Entries),
    Kept(StoreId),
}

/// Begins a load: copies what is stored, subscribes to the commits after it, and leaves the sending to a task
/// that goes on as the pieces are taken.
pub(super) fn begin(
    shared: &Arc<Shared>,
    handle: Handle,
    known: &Known,
) -> Result<Load, EngineError> {
    if shared.random.happens(shared.behaviour.load_failed / 2.0) {
        return Err(super::lost("the load was refused"));
    }
    let mut state = shared.state();
    let skipped = shared.random.up_to(shared.behaviour.revision_gap);
    state.data.skip(skipped);
    let position = state.data.position();
    let image = state.data.loadable();
    // The first of the commits that are sent, if any of those before the position are.
    let earlier = usize::try_from(shared.random.up_to(MAX_COMMITS_BEFORE)).unwrap_or(0);
    let mut newest = state.data.recent.keys().rev();
    let first = earlier
        .checked_sub(1)
        .and_then(|skipped| newest.nth(skipped));
    let from = first.map_or(position.revision, |first| Revision(first.0 - 1));
    let from = from.max(state.data.forgotten).min(position.revision);
    drop(state);
    let after = Position {
        revision: from,
        ..position
    };
    let loses = shared.has(Fault::LosesCommitAfterLoad);
    let commits = Follower::start(shared, handle, after, loses.then_some(position.revision));
    let commits = commits.map_err(|end| match end {
        FollowEnd::Interrupted(error) => error,
        end => EngineError(format!("a load can't be followed: {end}")),
    })?;
    let (sender, pieces) = mpsc::channel(shared.behaviour.queue.max(1));
    tokio::spawn(send(shared.clone(), plan(shared, image, known), sender));
    Ok(Load {
        position,
        scope: Scope::All,
        pieces,
        commits,
    })
}

/// The pieces of a load, in a random order, as far as the contract allows: the entries of a store come
/// anywhere after the record of its contents.
fn plan(shared: &Shared, image: Image, known: &Known) -> Vec<Planned> {
    let mut records: Vec<_> = image.records.into_values().collect();
    shared.random.shuffle(&mut records);
    let mut after: BTreeMap<usize, Vec<Planned>> = BTreeMap::new();
    let mut entries = image.entries;
    let count = records.len();
    for (place, (_, record)) in records.iter().enumerate() {
        let Record::Contents(contents) = record else {
            continue;
        };
        let store = contents.store;
        let same = |etag: &_| *etag == contents.etag || shared.has(Fault::KeepsWhatDiffers);
        let piece = match entries.remove(&store) {
            _ if known.get(&store).is_some_and(same) => Planned::Kept(store),
            Some(entries) => Planned::Entries(store, entries),
            None => continue,
        };
        let place = shared.random.index(place..count);
        after.entry(place).or_default().push(piece);
    }
    let mut plan = Vec::with_capacity(count + after.len());
    for (place, (revision, record)) in records.into_iter().enumerate() {
        plan.push(Planned::Record(revision, record));
        plan.extend(after.remove(&place).unwrap_or_default());
    }
    // Entries without contents are there by a fault only.
    plan.extend(
        entries
            .into_iter()
            .map(|(store, entries)| Planned::Entries(store, entries)),
    );
    plan
}

async fn send(
    shared: Arc<Shared>,
    plan: Vec<Planned>,
    pieces: mpsc::Sender<Result<Piece, EngineError>>,
) {
    let fails = shared.random.happens(shared.behaviour.load_failed / 2.0);
    let fails_at = fails.then(|| shared.random.index(0..plan.len() + 1));
    for (place, planned) in plan.into_iter().enumerate() {
        shared.random.pause(&shared.behaviour).await;
        if fails_at == Some(place) {
            let _ = pieces.send(Err(super::lost("the connection broke"))).await;
            return;
        }
        let piece = match planned {
            Planned::Record(revision, record) => Piece::Record(revision, record),
            Planned::Kept(store) => Piece::Kept(store),
            Planned::Entries(store, entries) => {
                let pair = |(key, value): (&_, &_)| (Clone::clone(key), Clone::clone(value));
                Piece::Entries(store, entries.iter().map(pair).collect())
            }
        };
        if pieces.send(Ok(piece)).await.is_err() {
            return;
        }
    }
}
