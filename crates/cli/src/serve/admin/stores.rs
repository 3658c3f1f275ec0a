use std::cmp::Reverse;
use std::collections::BinaryHeap;

use keyfront_model::{AccountId, StoreId};
use keyfront_replica::Snapshot;

/// How many stores have metrics of their own: the largest.
const MAX_STORES: usize = 1000;

/// The size of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StoreSize {
    pub(super) bytes: u64,
    pub(super) entries: u64,
    pub(super) store: StoreId,
    pub(super) account: AccountId,
}

/// The stores of a snapshot, measured.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct StoreSizes {
    pub(super) stores: u64,
    pub(super) bytes: u64,
    pub(super) entries: u64,
    /// The largest, the largest first.
    pub(super) largest: Vec<StoreSize>,
}

impl StoreSizes {
    /// Measures the stores of a snapshot, which costs a look at each of them.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        Self::of_all(snapshot.stores().map(|store| {
            let contents = snapshot.contents(store.id);
            StoreSize {
                bytes: contents.map_or(0, |contents| contents.head.bytes),
                entries: contents.map_or(0, |contents| contents.head.items),
                store: store.id,
                account: store.account,
            }
        }))
    }

    fn of_all(stores: impl Iterator<Item = StoreSize>) -> Self {
        let mut sizes = Self::default();
        let mut largest = BinaryHeap::with_capacity(MAX_STORES + 1);
        for store in stores {
            sizes.stores += 1;
            sizes.bytes += store.bytes;
            sizes.entries += store.entries;
            largest.push(Reverse(store));
            if largest.len() > MAX_STORES {
                largest.pop();
            }
        }
        let ordered = largest.into_sorted_vec();
        sizes.largest = ordered.into_iter().map(|Reverse(store)| store).collect();
        sizes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_stores_alone_have_sizes_of_their_own() {
        let account: AccountId = "123456789012".parse().unwrap();
        let store = |number: u64| StoreSize {
            // In no order: 7 and the modulus have no common divisor.
            bytes: number * 7 % 1500,
            entries: 1,
            store: StoreId::from_random(u128::from(number) << 64),
            account,
        };
        let sizes = StoreSizes::of_all((0..1500).map(store));
        assert_eq!((sizes.stores, sizes.entries), (1500, 1500));
        assert_eq!(sizes.bytes, (0..1500).sum::<u64>());
        let bytes: Vec<u64> = sizes.largest.iter().map(|store| store.bytes).collect();
        assert_eq!(bytes, (500..1500).rev().collect::<Vec<_>>());
        assert_eq!(
            StoreSizes::of_all(std::iter::empty()),
            StoreSizes::default()
        );
    }
}
