use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use keyfront_model::StoreId;

/// The NextToken of ListKeys: a place in the order of a store's keys, the one behind a key. It stays
/// good when that key is gone, and is worth nothing for another store.
pub(super) fn after(store: StoreId, key: &str) -> String {
    let place = [store.as_bytes(), key.as_bytes()].concat();
    BASE64_URL_SAFE_NO_PAD.encode(place)
}

/// The key behind which a page begins; none if the token is not of [`after`]'s form, or another
/// store's.
pub(super) fn read(store: StoreId, token: &str) -> Option<String> {
    let place = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
    let key = place.strip_prefix(store.as_bytes())?;
    let key = std::str::from_utf8(key).ok()?;
    (!key.is_empty()).then(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_token_leads_back_to_its_key(bits: u128, key in ".+") {
            let store = StoreId::from_random(bits);
            prop_assert_eq!(read(store, &after(store, &key)), Some(key));
        }

        #[test]
        fn a_token_of_another_store_or_form_is_none(bits: u128, text: String) {
            let (one, other) = (StoreId::from_random(bits), StoreId::from_random(!bits));
            prop_assert_eq!(read(one, &after(other, "k")), None);
            prop_assert_eq!(read(one, &text), None);
        }
    }
}
