use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use keyfront_model::{Invalid, StoreId};

/// The NextToken of ListKeys: a place in the order of a store's keys, the one after a key. It stays
/// good when that key is gone, and is worth nothing for another store.
pub(super) fn after(store: StoreId, key: &str) -> String {
    let place = [store.as_bytes(), key.as_bytes()].concat();
    BASE64_URL_SAFE_NO_PAD.encode(place)
}

/// The key after which a page begins, if the token is of [`after`]'s form, and of this store.
pub(super) fn parse(store: StoreId, token: &str) -> Result<String, Invalid> {
    const FORM: Invalid = Invalid("it is not one that ListKeys gave");
    let place = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| FORM)?;
    let (id, key) = place.split_at_checked(store.as_bytes().len()).ok_or(FORM)?;
    let key = std::str::from_utf8(key).map_err(|_| FORM)?;
    if key.is_empty() {
        return Err(FORM);
    }
    if id != store.as_bytes() {
        return Err(Invalid("it is another store's"));
    }
    Ok(key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_token_leads_back_to_its_key(bits: u128, key in ".+") {
            let store = StoreId::from_random(bits);
            prop_assert_eq!(parse(store, &after(store, &key)), Ok(key));
        }

        #[test]
        fn a_token_of_another_store_or_form_is_none(bits: u128, text: String) {
            let (one, other) = (StoreId::from_random(bits), StoreId::from_random(!bits));
            let anothers = parse(one, &after(other, "k"));
            prop_assert_eq!(anothers, Err(Invalid("it is another store's")));
            prop_assert!(parse(one, &text).is_err());
        }
    }
}
