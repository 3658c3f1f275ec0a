//! What the server is run with: every option resolved once, checked, and without a gap.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use keyfront_api::{DevelopmentHosts, largest_body_bytes};
use keyfront_functions::{self as functions, RunnerSettings};
use keyfront_model::Limits;
use keyfront_objects::S3Options;
use keyfront_server::{self as server, BodyLimits};
use keyfront_service::Settings;
use keyfront_sqlite::Location;
use keyfront_storage::Retention;

use super::log::{self, LogConfig};
use super::options::{DAY_SECONDS, Numbers, ServeOptions};

/// Every setting of the server.
pub(super) struct Config {
    pub(super) listen: Listen,
    /// Where the operator's listener is, as `HOST:PORT`.
    pub(super) admin: Option<String>,
    pub(super) tls: Tls,
    pub(super) credentials: CredentialsSource,
    pub(super) development_hosts: DevelopmentHosts,
    pub(super) objects: Objects,
    pub(super) location: Location,
    pub(super) retention: Retention,
    /// How many bytes of memory the replica's ring of the last commits takes.
    pub(super) ring_bytes: usize,
    pub(super) service: Settings,
    pub(super) functions: RunnerSettings,
    pub(super) server: ServerLimits,
    pub(super) bodies: BodyLimits,
    pub(super) log: LogConfig,
    /// Options that have no effect beside others, each in a line for the log.
    pub(super) warnings: Vec<String>,
}

/// Where the server listens.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Listen {
    /// On this machine alone, by IPv4 and, where there is one, IPv6.
    Loopback,
    /// On these places, each `HOST:PORT`.
    At(Vec<String>),
}

/// Whether the server speaks TLS.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tls {
    Off,
    /// With a certificate chain and its key, both files in PEM.
    On {
        certificate: PathBuf,
        key: PathBuf,
    },
}

/// Where the access keys come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CredentialsSource {
    File(PathBuf),
    /// The keys that everybody knows; on addresses that other machines can reach only if that is allowed.
    Development {
        beyond_loopback: bool,
    },
}

/// Where the files of imports come from.
#[derive(Debug)]
pub(super) enum Objects {
    /// A folder whose sub-folders are the buckets. One that was named should be there.
    Folder {
        path: PathBuf,
        named: bool,
    },
    S3(S3Options),
}

/// The limits of connections, as far as the system has room for them.
#[derive(Debug)]
pub(super) struct ServerLimits {
    limits: server::Limits,
    /// Whether an address may have a quarter of the connections that there is room for.
    quarter_per_address: bool,
}

impl ServerLimits {
    /// How many connections are wanted.
    pub(super) fn connections(&self) -> usize {
        self.limits.connections
    }

    /// The limits for this number of connections.
    pub(super) fn with_connections(&self, connections: usize) -> server::Limits {
        let limits = self.limits.clone();
        server::Limits {
            connections,
            connections_per_address: match self.quarter_per_address {
                true => Some((connections / 4).max(1)),
                false => limits.connections_per_address,
            },
            ..limits
        }
    }
}

impl Config {
    /// Resolves the options, with what the configuration file adds. An error names the option and says
    /// what to do.
    pub(super) fn resolve(options: ServeOptions) -> anyhow::Result<Self> {
        let options = options.with_file()?;
        let numbers = options.numbers()?;
        let data = path(&options.data, "--data")?.unwrap_or_else(|| PathBuf::from("data"));
        let warnings = warnings(&options);
        Ok(Self {
            listen: listen(options.listen.as_deref())?,
            admin: admin(options.admin.clone())?,
            tls: tls(&options)?,
            credentials: credentials(&options)?,
            development_hosts: development_hosts(options.host.as_deref().unwrap_or_default())?,
            objects: objects(&options, &data)?,
            location: match options.in_memory {
                Some(true) => Location::Memory,
                Some(false) | None => Location::Folder(data),
            },
            retention: retention(&numbers),
            ring_bytes: as_usize(numbers.ring_bytes),
            service: service(&options, &numbers)?,
            functions: functions(&numbers),
            server: ServerLimits {
                limits: server(&numbers),
                quarter_per_address: options.connections_per_address.is_none(),
            },
            bodies: bodies(&numbers),
            log: log_config(&options)?,
            warnings,
        })
    }
}

/// A path that was given; one without text is refused.
fn path(given: &Option<PathBuf>, option: &str) -> anyhow::Result<Option<PathBuf>> {
    if given.as_deref() == Some(Path::new("")) {
        bail!("{option} is empty: give a path, or leave the option out");
    }
    Ok(given.clone())
}

fn listen(places: Option<&[String]>) -> anyhow::Result<Listen> {
    let places = match places {
        Some(places) if !places.is_empty() => places,
        _ => return Ok(Listen::Loopback),
    };
    for place in places {
        check_place("--listen", place)?;
    }
    Ok(Listen::At(places.to_vec()))
}

fn admin(place: Option<String>) -> anyhow::Result<Option<String>> {
    if let Some(place) = &place {
        check_place("--admin", place)?;
    }
    Ok(place)
}

fn check_place(option: &str, place: &str) -> anyhow::Result<()> {
    let parts = place.rsplit_once(':');
    let good = parts.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    ensure!(
        good,
        "{option} {place:?} is no address: give HOST:PORT, as in 127.0.0.1:4566 or [::1]:4566"
    );
    Ok(())
}

fn tls(options: &ServeOptions) -> anyhow::Result<Tls> {
    let certificate = path(&options.tls_certificate, "--tls-certificate")?;
    match (certificate, path(&options.tls_key, "--tls-key")?) {
        (Some(certificate), Some(key)) => Ok(Tls::On { certificate, key }),
        (None, None) => Ok(Tls::Off),
        (Some(_), None) => bail!("--tls-certificate is given without --tls-key: TLS needs both"),
        (None, Some(_)) => bail!("--tls-key is given without --tls-certificate: TLS needs both"),
    }
}

fn credentials(options: &ServeOptions) -> anyhow::Result<CredentialsSource> {
    Ok(match path(&options.credentials, "--credentials")? {
        Some(file) => CredentialsSource::File(file),
        None => CredentialsSource::Development {
            beyond_loopback: options.allow_test_credentials == Some(true),
        },
    })
}

fn development_hosts(names: &[String]) -> anyhow::Result<DevelopmentHosts> {
    DevelopmentHosts::new(names).context("--host is wrong")
}

fn objects(options: &ServeOptions, data: &Path) -> anyhow::Result<Objects> {
    let at_aws = options.s3 == Some(true);
    ensure!(
        !at_aws || options.s3_endpoint.is_none(),
        "--s3 imports from AWS and --s3-endpoint from another server: give one of them"
    );
    let buckets = path(&options.buckets, "--buckets")?;
    if !at_aws && options.s3_endpoint.is_none() {
        let named = buckets.is_some();
        let path = buckets.unwrap_or_else(|| data.join("buckets"));
        return Ok(Objects::Folder { path, named });
    }
    ensure!(
        options.s3_access_key_id.is_some() == options.s3_secret_access_key.is_some(),
        "--s3-access-key-id and --s3-secret-access-key must be given together"
    );
    ensure!(
        options.s3_session_token.is_none() || options.s3_access_key_id.is_some(),
        "--s3-session-token is given without --s3-access-key-id and --s3-secret-access-key, to \
         which it belongs"
    );
    Ok(Objects::S3(S3Options {
        endpoint: options.s3_endpoint.clone(),
        region: options.s3_region.clone(),
        access_key_id: options.s3_access_key_id.clone(),
        secret_access_key: options.s3_secret_access_key.clone(),
        session_token: options.s3_session_token.clone(),
        path_style: options.s3_path_style,
    }))
}

fn log_config(options: &ServeOptions) -> anyhow::Result<LogConfig> {
    let filter = options.log.clone().unwrap_or_else(|| "info".to_owned());
    log::parse_filter(&filter)?;
    Ok(LogConfig {
        filter,
        format: options.log_format.unwrap_or_default(),
    })
}

/// Options that are given and have no effect, which is no error: an image or a shared file may set
/// them for other cases.
fn warnings(options: &ServeOptions) -> Vec<String> {
    let from_s3 = options.s3 == Some(true) || options.s3_endpoint.is_some();
    let with_file = options.credentials.is_some();
    let for_s3 = [
        ("--s3-region", options.s3_region.is_some()),
        ("--s3-access-key-id", options.s3_access_key_id.is_some()),
        (
            "--s3-secret-access-key",
            options.s3_secret_access_key.is_some(),
        ),
        ("--s3-session-token", options.s3_session_token.is_some()),
        ("--s3-path-style", options.s3_path_style.is_some()),
    ];
    let idle = for_s3
        .map(|(option, given)| (option, given && !from_s3, "without --s3 or --s3-endpoint"))
        .into_iter()
        .chain([
            (
                "--buckets",
                options.buckets.is_some() && from_s3,
                "beside --s3 or --s3-endpoint",
            ),
            (
                "--allow-test-credentials",
                options.allow_test_credentials == Some(true) && with_file,
                "beside --credentials",
            ),
        ]);
    idle.filter(|(_, idle, _)| *idle)
        .map(|(option, _, beside)| format!("{option} has no effect {beside}"))
        .collect()
}

fn quotas(numbers: &Numbers) -> Limits {
    Limits {
        key_bytes: numbers.key_bytes,
        value_bytes: numbers.value_bytes,
        store_bytes: numbers.store_bytes,
        keys_per_update: as_usize(numbers.keys_per_update),
        update_bytes: numbers.update_bytes,
        import_bytes: numbers.import_bytes,
        stores_per_account: numbers.stores_per_account,
        function_code_bytes: numbers.function_code_bytes,
        functions_per_account: numbers.functions_per_account,
    }
}

fn functions(numbers: &Numbers) -> RunnerSettings {
    RunnerSettings {
        runs: functions::Settings {
            memory: as_usize(numbers.function_memory_bytes),
            time: Duration::from_millis(numbers.function_milliseconds),
            image_bytes: as_usize(numbers.function_image_bytes),
            ..functions::Settings::default()
        },
        threads: as_usize(numbers.function_threads),
        queue: as_usize(numbers.function_tests),
        queue_per_account: as_usize(numbers.function_tests_per_account),
        ..RunnerSettings::default()
    }
}

fn service(options: &ServeOptions, numbers: &Numbers) -> anyhow::Result<Settings> {
    let ready_at_once = options.ready_at_once == Some(true);
    ensure!(
        !ready_at_once || numbers.provisioning_seconds == 0,
        "--ready-at-once makes stores READY immediately and --provisioning-seconds keeps them \
         PROVISIONING: give one of them"
    );
    Ok(Settings {
        limits: quotas(numbers),
        provisioning: Duration::from_secs(numbers.provisioning_seconds),
        import_retry: Duration::from_secs(numbers.import_retry_seconds),
        imports_at_once: as_usize(numbers.imports_at_once),
        ready_at_once,
        remember_deleted: days(numbers.remember_deleted_days),
        remembered_per_account: as_usize(numbers.remember_deleted_stores),
        refuse_broken_functions: options.refuse_broken_functions == Some(true),
    })
}

fn retention(numbers: &Numbers) -> Retention {
    Retention {
        age: days(numbers.history_days),
        commits: numbers.history_commits,
        bytes: numbers.history_bytes,
        account_bytes: numbers.history_account_bytes,
    }
}

fn server(numbers: &Numbers) -> server::Limits {
    server::Limits {
        connections: as_usize(numbers.connections),
        connections_per_address: match numbers.connections_per_address {
            0 => None,
            bound => Some(as_usize(bound)),
        },
        header_bytes: as_usize(numbers.header_bytes),
        header_time: Duration::from_secs(numbers.idle_seconds),
        stop_time: Duration::from_secs(numbers.stop_seconds),
        ..server::Limits::default()
    }
}

fn bodies(numbers: &Numbers) -> BodyLimits {
    let limits = BodyLimits {
        bodies: as_usize(numbers.bodies),
        bytes: numbers.body_memory_bytes,
        per_address: numbers.connections_per_address != 0,
    };
    limits.with_room_for(largest_body_bytes(&quotas(numbers)))
}

/// A count whose range ends far below the largest `usize`.
fn as_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn days(days: u64) -> Duration {
    Duration::from_secs(days.saturating_mul(DAY_SECONDS))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::sync::Semaphore;
    use tokio::time::Instant;

    use super::super::options::tests_of_numbers::NUMBERS;
    use super::*;

    fn resolve(change: impl FnOnce(&mut ServeOptions)) -> anyhow::Result<Config> {
        let mut options = ServeOptions::default();
        change(&mut options);
        Config::resolve(options)
    }

    fn refusal(change: impl FnOnce(&mut ServeOptions)) -> String {
        match resolve(change) {
            Ok(_) => panic!("it was taken"),
            Err(error) => format!("{error:#}"),
        }
    }

    /// What the parts of the server do with their settings, as far as a number could make it panic.
    fn use_up(config: &Config) {
        let times = [
            config.service.provisioning,
            config.service.import_retry,
            config.service.remember_deleted,
            config.server.limits.header_time,
            config.server.limits.stop_time,
            config.retention.age,
        ];
        for time in times {
            assert!(Instant::now().checked_add(time).is_some());
        }
        let server = &config.server.limits;
        let counts = [
            config.service.imports_at_once,
            server.connections,
            config.bodies.bodies,
        ];
        for places in counts {
            assert_eq!(Semaphore::new(places).available_permits(), places);
        }
        assert!(u32::try_from(server.header_bytes).is_ok());
        assert!(config.service.limits.update_bytes.checked_mul(6).is_some());
    }

    #[test]
    fn without_any_option_the_defaults_are_those_of_the_parts() {
        let config = resolve(|_| ()).unwrap();
        assert_eq!(config.service.limits, Limits::default());
        assert_eq!(config.listen, Listen::Loopback);
        assert_eq!(config.admin, None);
        assert_eq!(config.tls, Tls::Off);
        assert_eq!(config.retention.bytes, 2 * Limits::default().store_bytes);
        let limits = server::Limits::default();
        assert_eq!(config.server.limits.stop_time, limits.stop_time);
        let per_address = config.server.limits.connections_per_address;
        assert_eq!(per_address, limits.connections_per_address);
        assert_eq!(config.bodies.bytes, BodyLimits::default().bytes);
        let development = CredentialsSource::Development {
            beyond_loopback: false,
        };
        assert_eq!(config.credentials, development);
        assert!(config.warnings.is_empty());
    }

    #[test]
    fn history_grows_with_the_store_unless_it_is_set() {
        let config = resolve(|options| options.store_bytes = Some(100)).unwrap();
        assert_eq!(config.retention.bytes, 200);
        let config = resolve(|options| {
            options.store_bytes = Some(100);
            options.history_bytes = Some(7);
        });
        assert_eq!(config.unwrap().retention.bytes, 7);
    }

    #[test]
    fn an_address_may_have_a_quarter_unless_it_is_set() {
        let per_address = |change: fn(&mut ServeOptions)| {
            let limits = resolve(change).unwrap().server.with_connections(100);
            (limits.connections, limits.connections_per_address)
        };
        assert_eq!(per_address(|_| ()), (100, Some(25)));
        assert_eq!(
            per_address(|options| options.connections_per_address = Some(0)),
            (100, None)
        );
        assert_eq!(
            per_address(|options| options.connections_per_address = Some(7)),
            (100, Some(7))
        );
    }

    #[test]
    fn options_that_contradict_each_other_are_refused_by_name() {
        let said = refusal(|options| {
            options.s3 = Some(true);
            options.s3_endpoint = Some("http://127.0.0.1:9000".to_owned());
        });
        assert!(
            said.contains("--s3 ") && said.contains("--s3-endpoint"),
            "{said}"
        );
        let said = refusal(|options| {
            options.ready_at_once = Some(true);
            options.provisioning_seconds = Some(20);
        });
        assert!(
            said.contains("--ready-at-once") && said.contains("--provisioning-seconds"),
            "{said}"
        );
        let said = refusal(|options| options.tls_key = Some("key.pem".into()));
        assert!(said.contains("--tls-certificate"), "{said}");
        let said = refusal(|options| options.tls_certificate = Some("chain.pem".into()));
        assert!(said.contains("--tls-key"), "{said}");
        let said = refusal(|options| {
            options.s3 = Some(true);
            options.s3_access_key_id = Some("AKIA".to_owned());
        });
        assert!(said.contains("--s3-secret-access-key"), "{said}");
        let said = refusal(|options| options.data = Some(PathBuf::new()));
        assert!(said.contains("--data"), "{said}");
        let said = refusal(|options| options.host = Some(vec!["*.example".to_owned()]));
        assert!(
            said.contains("--host") && said.contains("*.example"),
            "{said}"
        );
        let said = refusal(|options| options.log = Some("loud".to_owned()));
        assert!(said.contains("--log"), "{said}");
    }

    #[test]
    fn addresses_have_a_port() {
        for bad in [
            "",
            "localhost",
            ":80",
            "127.0.0.1:",
            "127.0.0.1:65536",
            "[::1]",
            "http://a",
        ] {
            let said = refusal(|options| options.listen = Some(vec![bad.to_owned()]));
            assert!(said.contains("--listen"), "{said}");
            let said = refusal(|options| options.admin = Some(bad.to_owned()));
            assert!(said.contains("--admin"), "{said}");
        }
        for good in ["127.0.0.1:0", "[::1]:4566", "keyfront.internal:80"] {
            let places = vec![good.to_owned()];
            let config = resolve(|options| options.listen = Some(places.clone())).unwrap();
            assert_eq!(config.listen, Listen::At(places));
            let config = resolve(|options| options.admin = Some(good.to_owned())).unwrap();
            assert_eq!(config.admin.as_deref(), Some(good));
        }
    }

    #[test]
    fn options_without_effect_are_told() {
        let config = resolve(|options| {
            options.credentials = Some("keys.toml".into());
            options.allow_test_credentials = Some(true);
            options.s3_region = Some("eu-west-1".to_owned());
        });
        let warnings = config.unwrap().warnings;
        assert_eq!(
            warnings,
            [
                "--s3-region has no effect without --s3 or --s3-endpoint",
                "--allow-test-credentials has no effect beside --credentials"
            ]
        );
    }

    fn numbers() -> impl Strategy<Value = u64> {
        prop_oneof![
            Just(0),
            Just(1),
            Just(u64::from(u32::MAX)),
            Just(u64::MAX),
            any::<u64>(),
            any::<u32>().prop_map(u64::from),
            any::<u16>().prop_map(u64::from),
        ]
    }

    #[test]
    fn each_number_is_taken_within_its_range_alone() {
        for (name, set, least, most) in NUMBERS {
            for number in [*least, *most] {
                let config = resolve(|options| set(options, number));
                use_up(&config.unwrap_or_else(|error| panic!("{name} {number}: {error:#}")));
            }
            for number in [least.checked_sub(1), most.checked_add(1), Some(u64::MAX)] {
                let Some(number) = number else { continue };
                let said = refusal(|options| set(options, number));
                let option = format!("--{} {number} ", name.replace('_', "-"));
                let range = format!("from {least} to {most}");
                assert!(said.contains(&option) && said.contains(&range), "{said}");
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_the_numbers_are_they_serve_or_are_refused(
            given in prop::collection::vec((0..NUMBERS.len(), numbers()), 0..8),
        ) {
            let resolved = resolve(|options| {
                for (index, number) in &given {
                    let (_, set, _, _) = NUMBERS[*index];
                    set(options, *number);
                }
            });
            match resolved {
                Ok(config) => use_up(&config),
                Err(error) => {
                    let said = format!("{error:#}");
                    let named = given.iter().any(|(index, number)| {
                        let (name, ..) = NUMBERS[*index];
                        said.contains(&format!("--{} {number} ", name.replace('_', "-")))
                    });
                    prop_assert!(named, "{said}");
                }
            }
        }
    }
}
