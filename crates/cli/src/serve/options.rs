mod file;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{bail, ensure};
use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use keyfront_api::largest_body_bytes;
use keyfront_model::{Limits, Random};
use keyfront_server::{self as server, BodyLimits};
use keyfront_service::Settings;
use keyfront_sqlite::Location;
use keyfront_storage::Retention;
use serde::Deserialize;

/// Declares an option once, as a flag, as an environment variable, and as a key of the
/// configuration file, which a flag or a variable overrides.
macro_rules! options {
    ($($(#[$meta:meta])* $name:ident: $type:ty,)*) => {
        /// What `keyfront serve` can be told: by a flag, by the environment, by the file of
        /// `--config`, in this order of precedence.
        #[derive(Args, Deserialize, Default, Debug, Clone)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
        pub(crate) struct ServeOptions {
            /// A TOML file with any of these options, named as the flags are without `--`
            #[arg(long, value_name = "FILE", env = "KEYFRONT_CONFIG")]
            #[serde(skip)]
            config: Option<PathBuf>,
            $($(#[$meta])* pub(crate) $name: Option<$type>,)*
        }

        impl ServeOptions {
            /// These options, and where one is missing, the file's.
            fn or(self, file: Self) -> Self {
                Self { config: self.config, $($name: self.$name.or(file.$name),)* }
            }
        }
    };
}

options! {
    /// Where to listen; may be given more than once. Port 0 takes a free one
    /// [default: port 4566 of 127.0.0.1 and ::1]
    #[arg(long, value_name = "HOST:PORT", env = "KEYFRONT_LISTEN", value_delimiter = ',')]
    #[serde(deserialize_with = "file::one_or_more")]
    listen: Vec<String>,
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
    /// Quota: stores of an account [default: 200]
    #[arg(long, value_name = "N", env = "KEYFRONT_STORES_PER_ACCOUNT")]
    stores_per_account: u64,
    /// Quota: bytes of a key [default: 512]
    #[arg(long, value_name = "BYTES", env = "KEYFRONT_KEY_BYTES")]
    key_bytes: u64,
    /// Quota: bytes of a value [default: 1024]
    #[arg(long, value_name = "BYTES", env = "KEYFRONT_VALUE_BYTES")]
    value_bytes: u64,
    /// Quota: bytes of a store's keys and values [default: 5242880]
    #[arg(long, value_name = "BYTES", env = "KEYFRONT_STORE_BYTES")]
    store_bytes: u64,
    /// Quota: keys in one UpdateKeys [default: 50]
    #[arg(long, value_name = "N", env = "KEYFRONT_KEYS_PER_UPDATE")]
    keys_per_update: usize,
    /// Quota: bytes of keys and values in one UpdateKeys [default: 3145728]
    #[arg(long, value_name = "BYTES", env = "KEYFRONT_UPDATE_BYTES")]
    update_bytes: u64,
    /// Quota: bytes of an import's file [default: 5242880]
    #[arg(long, value_name = "BYTES", env = "KEYFRONT_IMPORT_BYTES")]
    import_bytes: u64,
    /// How long a store is PROVISIONING at least; AWS takes 20 to 35 [default: 0]
    #[arg(long, value_name = "SECONDS", env = "KEYFRONT_PROVISIONING_SECONDS")]
    provisioning_seconds: u64,
    /// Make a store without an import READY in the answer that creates it, as some emulators do
    #[arg(long, env = "KEYFRONT_READY_AT_ONCE", value_parser = BoolishValueParser::new(),
          num_args = 0..=1, default_missing_value = "true")]
    ready_at_once: bool,
    /// How long an import's source that fails is tried again [default: 30]
    #[arg(long, value_name = "SECONDS", env = "KEYFRONT_IMPORT_RETRY_SECONDS")]
    import_retry_seconds: u64,
    /// How many imports are read at a time [default: 4]
    #[arg(long, value_name = "N", env = "KEYFRONT_IMPORTS_AT_ONCE")]
    imports_at_once: usize,
    /// How long a deleted store is answered as deleted rather than unknown [default: 30]
    #[arg(long, value_name = "DAYS", env = "KEYFRONT_REMEMBER_DELETED_DAYS")]
    remember_deleted_days: u64,
    /// How many deleted stores of an account are answered as deleted, the latest [default: 10000]
    #[arg(long, value_name = "N", env = "KEYFRONT_REMEMBER_DELETED_STORES")]
    remember_deleted_stores: usize,
    /// How old a store's history may be; 0 keeps none [default: 7]
    #[arg(long, value_name = "DAYS", env = "KEYFRONT_HISTORY_DAYS")]
    history_days: u64,
    /// How many commits of a store are kept; 0 keeps none [default: 1000]
    #[arg(long, value_name = "N", env = "KEYFRONT_HISTORY_COMMITS")]
    history_commits: u64,
    /// How many bytes of a store's history are kept; 0 keeps none [default: twice --store-bytes]
    #[arg(long, value_name = "BYTES", env = "KEYFRONT_HISTORY_BYTES")]
    history_bytes: u64,
    /// How many bytes of history an account's stores have together [default: 1073741824]
    #[arg(long, value_name = "BYTES", env = "KEYFRONT_HISTORY_ACCOUNT_BYTES")]
    history_account_bytes: u64,
    /// How many bytes of memory hold the last commits, for those who follow this node
    /// [default: 33554432]
    #[arg(long, value_name = "BYTES", env = "KEYFRONT_RING_BYTES")]
    ring_bytes: usize,
    /// How many connections there may be at a time [default: 4096]
    #[arg(long, value_name = "N", env = "KEYFRONT_CONNECTIONS")]
    connections: usize,
    /// How many of them one address may have; 0 for any number, as behind a load balancer
    /// [default: a quarter of --connections]
    #[arg(long, value_name = "N", env = "KEYFRONT_CONNECTIONS_PER_ADDRESS")]
    connections_per_address: usize,
    /// How many request bodies may be arriving at a time [default: 4096]
    #[arg(long, value_name = "N", env = "KEYFRONT_BODIES")]
    bodies: usize,
    /// How much memory request bodies may take together [default: 134217728]
    #[arg(long, value_name = "BYTES", env = "KEYFRONT_BODY_MEMORY_BYTES")]
    body_memory_bytes: u64,
    /// About how many bytes a request's headers may have, at least 8192 [default: 32768]
    #[arg(long, value_name = "BYTES", env = "KEYFRONT_HEADER_BYTES")]
    header_bytes: usize,
    /// How long a connection may be idle, and headers may take to arrive [default: 60]
    #[arg(long, value_name = "SECONDS", env = "KEYFRONT_IDLE_SECONDS")]
    idle_seconds: u64,
    /// How long requests under way have to finish when the server stops [default: 10]
    #[arg(long, value_name = "SECONDS", env = "KEYFRONT_STOP_SECONDS")]
    stop_seconds: u64,
    /// What to log: error, warn, info, debug or trace, or by module as in `info,keyfront_api=debug`
    /// [default: info]
    #[arg(long, value_name = "LEVEL", env = "KEYFRONT_LOG")]
    log: String,
    /// The form of a log line [default: text]
    #[arg(long, value_name = "FORM", env = "KEYFRONT_LOG_FORMAT")]
    log_format: LogFormat,
}

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

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl ServeOptions {
    /// With what the configuration file adds, and without what makes no sense.
    pub(crate) fn resolve(self) -> anyhow::Result<Self> {
        let options = match self.config.clone() {
            Some(path) => self.or(file::read(&path)?),
            None => self,
        };
        options.check()?;
        Ok(options)
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.s3 != Some(true) || self.s3_endpoint.is_none(),
            "--s3 imports from AWS and --s3-endpoint from another server: give one of them"
        );
        ensure!(
            self.connections != Some(0),
            "with --connections 0 nobody could be served: give at least 1"
        );
        ensure!(
            self.bodies != Some(0),
            "with --bodies 0 no request with a body could be served: give at least 1"
        );
        ensure!(
            self.imports_at_once != Some(0),
            "with --imports-at-once 0 no import would ever be made: give at least 1"
        );
        Ok(())
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from("data"))
    }

    pub(crate) fn location(&self) -> Location {
        if self.in_memory == Some(true) {
            Location::Memory
        } else {
            Location::Folder(self.data())
        }
    }

    pub(crate) fn buckets(&self) -> PathBuf {
        self.buckets
            .clone()
            .unwrap_or_else(|| self.data().join("buckets"))
    }

    /// The certificate chain and its key; none without TLS.
    pub(crate) fn tls(&self) -> anyhow::Result<Option<(&Path, &Path)>> {
        match (&self.tls_certificate, &self.tls_key) {
            (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
            (None, None) => Ok(None),
            _ => bail!("TLS needs both --tls-certificate and --tls-key"),
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        let default = Settings::default();
        let seconds = |option: Option<u64>| option.map(Duration::from_secs);
        Settings {
            limits: self.quotas(),
            provisioning: seconds(self.provisioning_seconds).unwrap_or(default.provisioning),
            import_retry: seconds(self.import_retry_seconds).unwrap_or(default.import_retry),
            imports_at_once: self.imports_at_once.unwrap_or(default.imports_at_once),
            remember_deleted: days(self.remember_deleted_days).unwrap_or(default.remember_deleted),
            ready_at_once: self.ready_at_once.unwrap_or(default.ready_at_once),
            remembered_per_account: self
                .remember_deleted_stores
                .unwrap_or(default.remembered_per_account),
        }
    }

    fn quotas(&self) -> Limits {
        let aws = Limits::default();
        Limits {
            key_bytes: self.key_bytes.unwrap_or(aws.key_bytes),
            value_bytes: self.value_bytes.unwrap_or(aws.value_bytes),
            store_bytes: self.store_bytes.unwrap_or(aws.store_bytes),
            keys_per_update: self.keys_per_update.unwrap_or(aws.keys_per_update),
            update_bytes: self.update_bytes.unwrap_or(aws.update_bytes),
            import_bytes: self.import_bytes.unwrap_or(aws.import_bytes),
            stores_per_account: self.stores_per_account.unwrap_or(aws.stores_per_account),
        }
    }

    pub(crate) fn retention(&self) -> Retention {
        let default = Retention::default();
        Retention {
            age: days(self.history_days).unwrap_or(default.age),
            commits: self.history_commits.unwrap_or(default.commits),
            bytes: self
                .history_bytes
                .unwrap_or(self.quotas().store_bytes.saturating_mul(2)),
            account_bytes: self.history_account_bytes.unwrap_or(default.account_bytes),
        }
    }

    pub(crate) fn replica(&self, random: Arc<dyn Random>) -> keyfront_replica::Options {
        let default = keyfront_replica::Options::new(random);
        keyfront_replica::Options {
            ring_bytes: self.ring_bytes.unwrap_or(default.ring_bytes),
            ..default
        }
    }

    /// The limits that were set, with as many connections as the system has room for.
    pub(crate) fn server_limits(&self, room_for: impl Fn(usize) -> usize) -> server::Limits {
        let default = server::Limits::default();
        let connections = room_for(self.connections.unwrap_or(default.connections));
        let seconds = |option: Option<u64>| option.map(Duration::from_secs);
        server::Limits {
            connections,
            connections_per_address: match self.connections_per_address {
                None => Some((connections / 4).max(1)),
                Some(0) => None,
                Some(bound) => Some(bound),
            },
            header_bytes: self.header_bytes.unwrap_or(default.header_bytes),
            header_time: seconds(self.idle_seconds).unwrap_or(default.header_time),
            stop_time: seconds(self.stop_seconds).unwrap_or(default.stop_time),
            ..default
        }
    }

    /// The bounds of request bodies in flight.
    pub(crate) fn body_limits(&self) -> BodyLimits {
        let default = BodyLimits::default();
        let limits = BodyLimits {
            bodies: self.bodies.unwrap_or(default.bodies),
            bytes: self.body_memory_bytes.unwrap_or(default.bytes),
            per_address: self.connections_per_address != Some(0),
        };
        limits.with_room_for(largest_body_bytes(&self.quotas()))
    }
}

fn days(option: Option<u64>) -> Option<Duration> {
    let days = u32::try_from(option?).unwrap_or(u32::MAX);
    Some(DAY.saturating_mul(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let both = ServeOptions {
            s3: Some(true),
            s3_endpoint: Some("http://127.0.0.1:9000".to_owned()),
            ..Default::default()
        };
        assert!(both.resolve().is_err());
        let nobody = ServeOptions {
            connections: Some(0),
            ..Default::default()
        };
        assert!(nobody.resolve().is_err());
    }
}
