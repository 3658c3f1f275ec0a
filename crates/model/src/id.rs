//! The ids that Keyfront gives to resources.

/// Declares the id of a kind of resource, with its documentation and the text of its form: a UUID.
macro_rules! id {
    ($(#[$meta:meta])* $id:ident: $form:literal) => {
        $(#[$meta])*
        #[derive(
            Debug,
            Clone,
            Copy,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Hash,
            serde::Serialize,
            serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $id(uuid::Uuid);

        impl $id {
            /// The id with these 128 bits, of which UUID version 4 overwrites six.
            pub fn from_random(bits: u128) -> Self {
                Self(uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid())
            }

            /// The id as 16 bytes, for engines.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The id that [`Self::as_bytes`] gave.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(uuid::Uuid::from_bytes(bytes))
            }
        }

        impl std::str::FromStr for $id {
            type Err = $crate::Invalid;

            /// Reads the form with hyphens, in either case, as the model's pattern of store ids allows it.
            fn from_str(text: &str) -> Result<Self, $crate::Invalid> {
                const FORM: $crate::Invalid = $crate::Invalid($form);
                if text.len() != 36 {
                    return Err(FORM);
                }
                text.parse().map(Self).map_err(|_| FORM)
            }
        }

        impl std::fmt::Display for $id {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

pub(crate) use id;
