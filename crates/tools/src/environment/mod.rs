//! Environment variables: those that this process has, those that carry a plan out, and how a shell
//! writes them.
//!
//! A value is bytes without a NUL, and need not be UTF-8. Whatever the user has is kept byte for byte.

pub(crate) mod changes;
pub(crate) mod shell;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// The control plane's endpoint, for the AWS CLI and the SDKs.
pub(crate) const CONTROL_ENDPOINT: &str = "AWS_ENDPOINT_URL_CLOUDFRONT";

/// The data plane's endpoint, for the AWS CLI and the SDKs.
pub(crate) const DATA_ENDPOINT: &str = "AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE";

/// The profile of the user's configuration, in the order in which botocore asks for it.
pub(crate) const PROFILES: [&str; 2] = ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"];

/// The environment variables of a process. Almost every program takes an empty variable as not set,
/// and so do the methods here, except [`Environment::has`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    pub(crate) fn of_this_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        let value = self.0.get(OsStr::new(name)).map(OsString::as_os_str);
        value.filter(|value| !value.is_empty())
    }

    /// The value as text to read or to show, with replacements for what is not UTF-8. It must not be
    /// written back.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(OsStr::to_string_lossy)
    }

    /// The first of these variables that is set, with its value.
    pub(crate) fn first(&self, names: &[&'static str]) -> Option<(&'static str, &OsStr)> {
        names.iter().find_map(|name| Some((*name, self.get(name)?)))
    }

    /// Whether the variable is there at all, even if it is empty.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(OsStr::new(name))
    }

    /// The variables that are set, names and values as in [`Environment::text`].
    pub(crate) fn texts(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        let set = self.0.iter().filter(|(_, value)| !value.is_empty());
        set.map(|(name, value)| (name.to_string_lossy(), value.to_string_lossy()))
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// The value of a variable that lists options, such as `NODE_OPTIONS`, with one more option. The options
/// that are there already are kept byte for byte, and no option is added twice.
pub(crate) fn with_option(existing: Option<&OsStr>, option: &OsStr) -> OsString {
    let Some(existing) = existing else {
        return option.to_owned();
    };
    let mut options = existing.to_owned();
    let mut present = existing.as_bytes().split(|byte| *byte == b' ');
    if !present.any(|word| word == option.as_bytes()) {
        options.push(" ");
        options.push(option);
    }
    options
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Self {
        let owned = |(name, value): (&str, &str)| (name.into(), value.into());
        pairs.into_iter().map(owned).collect()
    }
}
