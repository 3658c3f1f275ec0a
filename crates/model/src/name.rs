//! The names that callers give to resources.

/// Declares a name of a kind of resource, with its documentation and the text of its form: 1 to 64 of
/// letters, digits, `-` and `_` (service model, the pattern `[a-zA-Z0-9-_]{1,64}`).
macro_rules! name {
    ($(#[$meta:meta])* $name:ident: $form:literal) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::Invalid;

            fn from_str(text: &str) -> Result<Self, $crate::Invalid> {
                if $crate::name::is_name(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err($crate::Invalid($form))
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::Invalid;

            fn try_from(text: String) -> Result<Self, $crate::Invalid> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

pub(crate) use name;

pub(crate) fn is_name(text: &str) -> bool {
    let in_form = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(in_form)
}
