//! What an operator can set, as it was given. What it means is decided by [`super::config`].

mod file;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
use clap::builder::BoolishValueParser;
use clap::{Args, Command, ValueEnum};
use keyfront_functions::RunnerSettings;
use keyfront_model::{Limits, MODEL_FUNCTION_CODE_BYTES};
use keyfront_server::{self as server, BodyLimits};
use keyfront_service::Settings;
use keyfront_storage::Retention;
use serde::Deserialize;

/// Declares each option once: as a flag, as an environment variable, and as a key of the configuration
/// file, which a flag or a variable overrides. A number is declared with its unit, its range and its
/// default, which may depend on the numbers before it.
macro_rules! options {
    (
        options { $($(#[$meta:meta])* $name:ident: $type:ty,)* }
        numbers { $(
            $(#[$number_meta:meta])*
            $number:ident: $unit:literal, $variable:literal, $least:literal..=$most:expr, $default:expr;
        )* }
    ) => {
        /// What `keyfront serve` can be told: by a flag, by the environment, by the file of
        /// `--config`, in this order of precedence.
        #[derive(Args, Deserialize, Default, Debug, Clone)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
        pub(crate) struct ServeOptions {
            /// A TOML file with any of these options, named as the flags are without `--`
            #[arg(long, value_name = "FILE", env = "KEYFRONT_CONFIG")]
            #[serde(skip)]
            pub(super) config: Option<PathBuf>,
            $($(#[$meta])* pub(super) $name: Option<$type>,)*
            $(
                $(#[$number_meta])*
                #[arg(long, value_name = $unit, env = $variable)]
                pub(super) $number: Option<u64>,
            )*
        }

        impl ServeOptions {
            /// These options, and where one is missing, the file's.
            fn or(self, file: Self) -> Self {
                Self {
                    config: self.config,
                    $($name: self.$name.or(file.$name),)*
                    $($number: self.$number.or(file.$number),)*
                }
            }

            /// Every number, each within its range.
            pub(super) fn numbers(&self) -> anyhow::Result<Numbers> {
                $(let $number = in_range(stringify!($number), self.$number, $default, $least, $most)?;)*
                Ok(Numbers { $($number,)* })
            }
        }

        /// The options that are numbers.
        #[derive(Debug, Clone)]
        pub(super) struct Numbers {
            $(pub(super) $number: u64,)*
        }

        /// The command with the default and the range of each number in its help.
        pub(crate) fn with_ranges(command: Command) -> Command {
            let Ok(defaults) = ServeOptions::default().numbers() else {
                return command;
            };
            command
                $(.mut_arg(stringify!($number), |arg| {
                    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                    arg.help(format!(
                        "{help} [default: {}; from {} to {}]",
                        defaults.$number, $least, $most
                    ))
                }))*
        }

        #[cfg(test)]
        pub(super) mod tests_of_numbers {
            use super::{DAY_SECONDS, GIB, MIB, MODEL_FUNCTION_CODE_BYTES, ServeOptions};

            /// Sets one of the options that are numbers.
            pub(in crate::serve) type Set = fn(&mut ServeOptions, u64);

            /// The name of each option that is a number, how to set it, and its range.
            pub(in crate::serve) const NUMBERS: &[(&str, Set, u64, u64)] = &[
                $((stringify!($number), |options, value| options.$number = Some(value), $least, $most),)*
            ];
        }
    };
}

options! {
    options {
        /// Where to listen; may be given more than once. Port 0 takes a free one
        /// [default: port 4566 of 127.0.0.1 and ::1]
        #[arg(long, value_name = "HOST:PORT", env = "KEYFRONT_LISTEN", value_delimiter = ',')]
        #[serde(deserialize_with = "file::one_or_more")]
        listen: Vec<String>,
        /// Where to answer /metrics and the probes to the operator, beside the API [default: nowhere]
        #[arg(long, value_name = "HOST:PORT", env = "KEYFRONT_ADMIN")]
        admin: String,
        /// The data folder; it belongs to one server at a time [default: ./data]
        #[arg(long, value_name = "DIR", env = "KEYFRONT_DATA")]
        data: PathBuf,
        /// Keep everything in memory, gone with the process: for tests
        #[arg(long, env = "KEYFRONT_IN_MEMORY", value_parser = BoolishValueParser::new(),
              num_args = 0..=1, default_missing_value = "true")]
        in_memory: bool,
        /// The file of access keys and policies, read again on SIGHUP. Without it, test/test serves
        #[arg(long, value_name = "FILE", env = "KEYFRONT_CREDENTIALS")]
        credentials: PathBuf,
        /// Let test/test serve although the server can be reached from other machines
        #[arg(long, env = "KEYFRONT_ALLOW_TEST_CREDENTIALS", value_parser = BoolishValueParser::new(),
              num_args = 0..=1, default_missing_value = "true")]
        allow_test_credentials: bool,
        /// A host name of this server: clients may use test/test under it, as under the names that no
        /// web page can have (localhost and its like), and have the server as their proxy to it; may be
        /// given more than once
        #[arg(long, value_name = "NAME", env = "KEYFRONT_HOST", value_delimiter = ',')]
        #[serde(deserialize_with = "file::one_or_more")]
        host: Vec<String>,
        /// The folder whose sub-folders are the buckets of imports [default: buckets/ in the data folder]
        #[arg(long, value_name = "DIR", env = "KEYFRONT_BUCKETS")]
        buckets: PathBuf,
        /// Import from S3 at AWS rather than from a folder
        #[arg(long, env = "KEYFRONT_S3", value_parser = BoolishValueParser::new(),
              num_args = 0..=1, default_missing_value = "true")]
        s3: bool,
        /// Import from this S3-compatible server rather than from a folder
        #[arg(long, value_name = "URL", env = "KEYFRONT_S3_ENDPOINT")]
        s3_endpoint: String,
        /// The region of the buckets [default: AWS_REGION, else us-east-1]
        #[arg(long, value_name = "REGION", env = "KEYFRONT_S3_REGION")]
        s3_region: String,
        /// The access key for S3 [default: AWS's own chain of credentials]
        #[arg(long, value_name = "ID", env = "KEYFRONT_S3_ACCESS_KEY_ID")]
        s3_access_key_id: String,
        /// Its secret; better given in the environment or the file than as a flag
        #[arg(long, value_name = "SECRET", env = "KEYFRONT_S3_SECRET_ACCESS_KEY", hide_env_values = true)]
        s3_secret_access_key: String,
        /// Its session token, if it has one
        #[arg(long, value_name = "TOKEN", env = "KEYFRONT_S3_SESSION_TOKEN", hide_env_values = true)]
        s3_session_token: String,
        /// Put the bucket into the path (true) or into the host's name (false)
        /// [default: true for --s3-endpoint, false for AWS]
        #[arg(long, value_name = "BOOL", env = "KEYFRONT_S3_PATH_STYLE",
              value_parser = BoolishValueParser::new())]
        s3_path_style: bool,
        /// The certificate chain for TLS, in PEM
        #[arg(long, value_name = "FILE", env = "KEYFRONT_TLS_CERTIFICATE")]
        tls_certificate: PathBuf,
        /// The certificate's private key, in PEM
        #[arg(long, value_name = "FILE", env = "KEYFRONT_TLS_KEY")]
        tls_key: PathBuf,
        /// What to log: error, warn, info, debug or trace, or by module as in `info,keyfront_api=debug`
        /// [default: info]
        #[arg(long, value_name = "LEVEL", env = "KEYFRONT_LOG")]
        log: String,
        /// Make a store without an import READY in the answer that creates it, as some emulators do
        #[arg(long, env = "KEYFRONT_READY_AT_ONCE", value_parser = BoolishValueParser::new(),
              num_args = 0..=1, default_missing_value = "true")]
        ready_at_once: bool,
        /// Refuse functions that the runtime can't run when they are created, updated or published; AWS takes
        /// them, and they fail when they are run
        #[arg(long, env = "KEYFRONT_REFUSE_BROKEN_FUNCTIONS", value_parser = BoolishValueParser::new(),
              num_args = 0..=1, default_missing_value = "true")]
        refuse_broken_functions: bool,
        /// The form of a log line [default: text]
        #[arg(long, value_name = "FORM", env = "KEYFRONT_LOG_FORMAT")]
        log_format: LogFormat,
    }
    numbers {
        /// Quota: stores of an account
        stores_per_account: "N", "KEYFRONT_STORES_PER_ACCOUNT", 0..=1_000_000,
            Limits::default().stores_per_account;
        /// Quota: bytes of a key
        key_bytes: "BYTES", "KEYFRONT_KEY_BYTES", 1..=1024, Limits::default().key_bytes;
        /// Quota: bytes of a value
        value_bytes: "BYTES", "KEYFRONT_VALUE_BYTES", 1..=64 * MIB, Limits::default().value_bytes;
        /// Quota: bytes of a store's keys and values
        store_bytes: "BYTES", "KEYFRONT_STORE_BYTES", 1..=GIB, Limits::default().store_bytes;
        /// Quota: keys in one UpdateKeys
        keys_per_update: "N", "KEYFRONT_KEYS_PER_UPDATE", 1..=100_000,
            as_u64(Limits::default().keys_per_update);
        /// Quota: bytes of keys and values in one UpdateKeys
        update_bytes: "BYTES", "KEYFRONT_UPDATE_BYTES", 1..=64 * MIB, Limits::default().update_bytes;
        /// Quota: bytes of an import's file
        import_bytes: "BYTES", "KEYFRONT_IMPORT_BYTES", 1..=GIB, Limits::default().import_bytes;
        /// Quota: functions of an account
        functions_per_account: "N", "KEYFRONT_FUNCTIONS_PER_ACCOUNT", 0..=1_000_000,
            Limits::default().functions_per_account;
        /// Quota: bytes of a function's code
        function_code_bytes: "BYTES", "KEYFRONT_FUNCTION_CODE_BYTES", 1..=MODEL_FUNCTION_CODE_BYTES,
            Limits::default().function_code_bytes;
        /// How long a store is PROVISIONING at least; AWS takes 20 to 35
        provisioning_seconds: "SECONDS", "KEYFRONT_PROVISIONING_SECONDS", 0..=DAY_SECONDS,
            Settings::default().provisioning.as_secs();
        /// How long an import's source that fails is tried again
        import_retry_seconds: "SECONDS", "KEYFRONT_IMPORT_RETRY_SECONDS", 0..=DAY_SECONDS,
            Settings::default().import_retry.as_secs();
        /// How many imports are read at a time
        imports_at_once: "N", "KEYFRONT_IMPORTS_AT_ONCE", 1..=1024,
            as_u64(Settings::default().imports_at_once);
        /// How long a deleted store is answered as deleted rather than unknown, and a deleted function remembered
        remember_deleted_days: "DAYS", "KEYFRONT_REMEMBER_DELETED_DAYS", 0..=36_500,
            Settings::default().remember_deleted.as_secs() / DAY_SECONDS;
        /// How many deleted stores and functions of an account are remembered, the latest
        remember_deleted_stores: "N", "KEYFRONT_REMEMBER_DELETED_STORES", 0..=1_000_000,
            as_u64(Settings::default().remembered_per_account);
        /// How old the history of a store or a function may be; 0 keeps none
        history_days: "DAYS", "KEYFRONT_HISTORY_DAYS", 0..=36_500,
            Retention::default().age.as_secs() / DAY_SECONDS;
        /// How many commits of a store, or of a function, are kept; 0 keeps none
        history_commits: "N", "KEYFRONT_HISTORY_COMMITS", 0..=1_000_000_000,
            Retention::default().commits;
        /// How many bytes of a store's history are kept, twice --store-bytes if not set; 0 keeps none
        history_bytes: "BYTES", "KEYFRONT_HISTORY_BYTES", 0..=1024 * GIB,
            store_bytes.saturating_mul(2);
        /// How many bytes of history an account's stores and functions have together
        history_account_bytes: "BYTES", "KEYFRONT_HISTORY_ACCOUNT_BYTES", 0..=1024 * GIB,
            Retention::default().account_bytes;
        /// How many bytes of memory a run of a function may take, above what the runtime takes itself
        function_memory_bytes: "BYTES", "KEYFRONT_FUNCTION_MEMORY_BYTES", 65_536..=1024 * 1024 * GIB,
            as_u64(keyfront_functions::Settings::default().memory);
        /// How many milliseconds of processor time a run of a function may take
        function_milliseconds: "MS", "KEYFRONT_FUNCTION_MILLISECONDS", 1..=60_000,
            millis(keyfront_functions::Settings::default().time);
        /// How many bytes of functions that are ready to run each of their threads keeps
        function_image_bytes: "BYTES", "KEYFRONT_FUNCTION_IMAGE_BYTES", 0..=64 * GIB,
            as_u64(keyfront_functions::Settings::default().image_bytes);
        /// How many threads run functions, as many as there are cores if not set
        function_threads: "N", "KEYFRONT_FUNCTION_THREADS", 1..=1024,
            as_u64(RunnerSettings::default().threads);
        /// How many tests of functions may be in flight at a time
        function_tests: "N", "KEYFRONT_FUNCTION_TESTS", 1..=1_000_000,
            as_u64(RunnerSettings::default().queue);
        /// How many of them one account may have
        function_tests_per_account: "N", "KEYFRONT_FUNCTION_TESTS_PER_ACCOUNT", 1..=1_000_000,
            as_u64(RunnerSettings::default().queue_per_account);
        /// How many bytes of memory hold the last commits, for followers of this node
        ring_bytes: "BYTES", "KEYFRONT_RING_BYTES", 0..=64 * GIB,
            as_u64(keyfront_replica::Options::DEFAULT_RING_BYTES);
        /// How many connections there may be at a time
        connections: "N", "KEYFRONT_CONNECTIONS", 1..=1_000_000,
            as_u64(server::Limits::default().connections);
        /// How many of them one address may have, a quarter if not set; 0 for any number, as behind a
        /// load balancer
        connections_per_address: "N", "KEYFRONT_CONNECTIONS_PER_ADDRESS", 0..=1_000_000,
            (connections / 4).max(1);
        /// How many request bodies may be arriving at a time
        bodies: "N", "KEYFRONT_BODIES", 1..=1_000_000, as_u64(BodyLimits::default().bodies);
        /// How much memory request bodies may take together; it is at least what lets one connection
        /// send the largest body
        body_memory_bytes: "BYTES", "KEYFRONT_BODY_MEMORY_BYTES", 0..=1024 * GIB,
            BodyLimits::default().bytes;
        /// About how many bytes a request's headers may have
        header_bytes: "BYTES", "KEYFRONT_HEADER_BYTES", 8192..=MIB,
            as_u64(server::Limits::default().header_bytes);
        /// How long a connection may be idle, and headers may take to arrive
        idle_seconds: "SECONDS", "KEYFRONT_IDLE_SECONDS", 1..=DAY_SECONDS,
            server::Limits::default().header_time.as_secs();
        /// How long requests in flight have to finish when the server stops
        stop_seconds: "SECONDS", "KEYFRONT_STOP_SECONDS", 0..=DAY_SECONDS,
            server::Limits::default().stop_time.as_secs();
    }
}

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;
pub(super) const DAY_SECONDS: u64 = 24 * 60 * 60;

/// The form of a log line.
#[derive(ValueEnum, Deserialize, Debug, Clone, Copy, Default, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: a JSON object a line.
    Json,
}

impl ServeOptions {
    /// These options with what the configuration file adds.
    pub(super) fn with_file(self) -> anyhow::Result<Self> {
        match self.config.clone() {
            Some(path) => Ok(self.or(file::read(&path)?)),
            None => Ok(self),
        }
    }
}

fn in_range(
    field: &str,
    given: Option<u64>,
    default: u64,
    least: u64,
    most: u64,
) -> anyhow::Result<u64> {
    let Some(number) = given else {
        return Ok(default);
    };
    ensure!(
        (least..=most).contains(&number),
        "--{} {number} is out of range: give a number from {least} to {most}",
        field.replace('_', "-")
    );
    Ok(number)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn as_u64(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Serve {
        #[command(flatten)]
        options: ServeOptions,
    }

    const MANUAL: &str = include_str!("../../../../docs/operating.md");

    fn manual_names(name: &str) -> bool {
        let ends =
            |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
        let mut places = MANUAL.match_indices(name);
        places.any(|(place, _)| ends(&MANUAL[place + name.len()..]))
    }

    #[test]
    fn the_manual_names_every_option() {
        let command = <Serve as clap::CommandFactory>::command();
        let options = command.get_arguments().filter_map(clap::Arg::get_long);
        let missing: Vec<_> = options
            .map(|option| format!("--{option}"))
            .filter(|option| !manual_names(option))
            .collect();
        assert!(missing.is_empty(), "docs/operating.md lacks {missing:?}");
    }

    #[test]
    fn the_manual_names_every_bound_as_metrics_do() {
        for bound in server::Bound::ALL {
            assert!(manual_names(&format!("`{}`", bound.name())), "{bound:?}");
            assert!(manual_names(bound.setting()), "{bound:?}");
        }
        assert!(
            !manual_names("--connections-per"),
            "a part of a name is none"
        );
    }

    #[test]
    fn the_help_tells_each_default_and_range_once() {
        let mut command = with_ranges(<Serve as clap::CommandFactory>::command());
        let help = command.render_long_help().to_string();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for told in [
            "Quota: bytes of a key [default: 512; from 1 to 1024]",
            "if not set; 0 keeps none [default: 10485760; from 0 to 1099511627776]",
        ] {
            assert_eq!(help.matches(told).count(), 1, "{told}: {help}");
        }
    }

    #[test]
    fn every_default_is_within_its_range() {
        let defaults = ServeOptions::default().numbers().unwrap();
        let written = format!("{defaults:?}");
        for (name, set, least, most) in tests_of_numbers::NUMBERS {
            let (_, rest) = written.split_once(&format!("{name}: ")).unwrap();
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let mut options = ServeOptions::default();
            set(&mut options, digits.parse().unwrap());
            options.numbers().unwrap();
            assert!(least <= most);
        }
    }

    #[test]
    fn the_parsed_options_are_those_given() {
        let given = [
            "serve",
            "--key-bytes",
            "7",
            "--host=a.example,b.example",
            "--in-memory",
        ];
        let options = Serve::try_parse_from(given)
            .unwrap_or_else(|e| panic!("{e}"))
            .options;
        assert_eq!(options.key_bytes, Some(7));
        assert_eq!(options.host.as_deref().map(<[_]>::len), Some(2));
        assert_eq!(options.in_memory, Some(true));
    }
}
