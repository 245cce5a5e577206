//! The value of every parameter with where it came from, and what the values mean together.
//! The order is libpq's: connection string, service file, `PG*` variables, defaults.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::conninfo::{self, Given};
use super::error::{ConnectError, ConnectErrorKind};
use super::files;
use super::options::{Endpoint, Host};
use super::parameters::{PARAMETERS, Support};
use super::socket::SocketSettings;
use super::tls::{Roots, SslMode, TlsSettings};

/// PostgreSQL's port.
pub(super) const DEFAULT_PORT: u16 = 5432;
/// Where the distributions' and the upstream builds of PostgreSQL put their socket.
pub(super) const SOCKET_DIRECTORIES: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// The values found, each with where it came from.
#[derive(Default)]
pub(super) struct Settings(BTreeMap<&'static str, (String, Origin)>);

#[derive(Clone, Copy)]
enum Origin {
    Given,
    Service,
    Variable(&'static str),
}

impl Settings {
    pub(super) fn collect(
        conninfo: &str,
        env: &dyn Fn(&str) -> Option<String>,
        home: Option<&Path>,
    ) -> Result<Self, ConnectError> {
        let mut settings = Self::default();
        for (parameter, value) in conninfo::parse(conninfo)? {
            settings.0.insert(parameter.name, (value, Origin::Given));
        }
        settings.add_variables(env, |name| matches!(name, "service" | "servicefile"));
        if let Some(service) = settings.get("service") {
            let given = files::read_service(service, &service_files(settings.get("servicefile"), env, home))?;
            settings.add(given, Origin::Service);
        }
        settings.add_variables(env, |_| true);
        if !settings.0.contains_key("sslmode")
            && env("PGREQUIRESSL").is_some_and(|value| value.starts_with('1'))
        {
            settings.0.insert(
                "sslmode",
                ("require".to_owned(), Origin::Variable("PGREQUIRESSL")),
            );
        }
        settings.refuse_unsupported()?;
        Ok(settings)
    }

    fn add(&mut self, given: Vec<Given>, origin: Origin) {
        for (parameter, value) in given {
            self.0.entry(parameter.name).or_insert((value, origin));
        }
    }

    fn add_variables(&mut self, env: &dyn Fn(&str) -> Option<String>, wanted: impl Fn(&str) -> bool) {
        for parameter in PARAMETERS.iter().filter(|parameter| wanted(parameter.name)) {
            let Some(variable) = parameter.variable else {
                continue;
            };
            if self.0.contains_key(parameter.name) {
                continue;
            }
            if let Some(value) = env(variable) {
                self.0.insert(parameter.name, (value, Origin::Variable(variable)));
            }
        }
    }

    fn refuse_unsupported(&self) -> Result<(), ConnectError> {
        for parameter in PARAMETERS {
            let Support::Refused { but, why } = parameter.support else {
                continue;
            };
            match self.get(parameter.name) {
                Some(value) if !but.contains(&value) => {
                    return Err(ConnectError::bad(format!(
                        "{}{}: {why}",
                        parameter.name,
                        self.origin(parameter.name)
                    )));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The value of a parameter; an empty one counts as none, as in libpq.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|(value, _)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// " from PGHOST", to follow the name of a parameter.
    pub(super) fn origin(&self, name: &str) -> String {
        match self.0.get(name) {
            Some((_, Origin::Variable(variable))) => format!(" from {variable}"),
            Some((_, Origin::Service)) => " from the service file".to_owned(),
            Some((_, Origin::Given)) | None => String::new(),
        }
    }

    pub(super) fn choice<T: Copy>(
        &self,
        name: &str,
        default: T,
        choices: &[(&str, T)],
    ) -> Result<T, ConnectError> {
        let Some(value) = self.get(name) else {
            return Ok(default);
        };
        match choices.iter().find(|(word, _)| *word == value) {
            Some((_, chosen)) => Ok(*chosen),
            None => {
                let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
                Err(ConnectError::bad(format!(
                    "{name}{} must be one of {}",
                    self.origin(name),
                    words.join(", ")
                )))
            }
        }
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i32>, ConnectError> {
        match self.get(name).map(|value| value.trim().parse()) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(ConnectError::bad(format!(
                "{name}{} must be a whole number",
                self.origin(name)
            ))),
        }
    }

    pub(super) fn hosts(&self) -> Result<Vec<Host>, ConnectError> {
        let list = |name: &str| {
            self.get(name)
                .map(|value| value.split(',').map(str::trim).collect::<Vec<_>>())
        };
        let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
        let count = match (&names, &addresses) {
            (Some(names), Some(addresses)) if names.len() != addresses.len() => {
                return Err(ConnectError::bad(format!(
                    "host names {} servers and hostaddr {}; they must be as many",
                    names.len(),
                    addresses.len()
                )));
            }
            (Some(list), _) | (None, Some(list)) => list.len(),
            (None, None) => 1,
        };
        let ports = ports.unwrap_or_else(|| vec![""]);
        if ports.len() != 1 && ports.len() != count {
            return Err(ConnectError::bad(format!(
                "there are {} ports for {count} hosts",
                ports.len()
            )));
        }
        let mut hosts = Vec::new();
        for index in 0..count {
            let port = match ports[if ports.len() == 1 { 0 } else { index }] {
                "" => DEFAULT_PORT,
                text => text.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
                    ConnectError::bad(format!(
                        "port{} must be a number from 1 to 65535",
                        self.origin("port")
                    ))
                })?,
            };
            let name = names.as_ref().map_or("", |names| names[index]);
            let address = match addresses.as_ref().map_or("", |addresses| addresses[index]) {
                "" => None,
                text => Some(text.parse().map_err(|_| {
                    ConnectError::bad(format!(
                        "hostaddr{} must be an IP address",
                        self.origin("hostaddr")
                    ))
                })?),
            };
            let endpoint = match (name, address) {
                ("", None) => {
                    let usual = SOCKET_DIRECTORIES.map(|directory| Endpoint::Unix(directory.into()));
                    let localhost = Endpoint::Tcp {
                        name: Some("localhost".to_owned()),
                        address: None,
                    };
                    let usual = usual.into_iter().filter(|_| cfg!(unix)).chain([localhost]);
                    hosts.extend(usual.map(|endpoint| Host {
                        endpoint,
                        port,
                        implied: true,
                    }));
                    continue;
                }
                ("", Some(_)) => Endpoint::Tcp { name: None, address },
                (name, None) if name.starts_with('/') => Endpoint::Unix(name.into()),
                (name, None) if name.starts_with('@') => {
                    return Err(ConnectError::bad(
                        "sockets in the abstract namespace (host=@…) are not supported",
                    ));
                }
                (name, _) => Endpoint::Tcp {
                    name: Some(name.to_owned()),
                    address,
                },
            };
            hosts.push(Host {
                endpoint,
                port,
                implied: false,
            });
        }
        Ok(hosts)
    }

    pub(super) fn socket(&self) -> Result<SocketSettings, ConnectError> {
        let default = SocketSettings::default();
        let seconds = |name: &str, default: Duration| {
            Ok(match self.integer(name)? {
                Some(seconds) => seconds_from(seconds),
                None => Some(default),
            })
        };
        Ok(SocketSettings {
            keepalives: self.integer("keepalives")?.is_none_or(|value| value != 0),
            idle: seconds("keepalives_idle", default.idle.unwrap_or_default())?,
            interval: seconds("keepalives_interval", default.interval.unwrap_or_default())?,
            count: match self.integer("keepalives_count")? {
                Some(count) => u32::try_from(count).ok().filter(|count| *count > 0),
                None => default.count,
            },
            user_timeout: match self.integer("tcp_user_timeout")? {
                Some(milliseconds) => u64::try_from(milliseconds)
                    .ok()
                    .filter(|it| *it > 0)
                    .map(Duration::from_millis),
                None => default.user_timeout,
            },
        })
    }

    pub(super) fn tls(
        &self,
        home: Option<&Path>,
        hosts: &[Host],
        warnings: &mut Vec<String>,
    ) -> Result<TlsSettings, ConnectError> {
        let in_home = |name: &str| {
            home.map(|home| home.join(".postgresql").join(name))
                .filter(|path| path.exists())
        };
        let roots = match self.get("sslrootcert") {
            Some("system") => Roots::System,
            Some(path) => Roots::File(path.into()),
            None => in_home("root.crt").map_or(Roots::None, Roots::File),
        };
        let default = if roots == Roots::System {
            SslMode::VerifyFull
        } else {
            SslMode::Prefer
        };
        let mode = self.choice("sslmode", default, &SslMode::WORDS)?;
        if roots == Roots::System && mode != SslMode::VerifyFull {
            return Err(ConnectError::bad(format!(
                "sslmode{} is too weak for sslrootcert=system: any site's certificate would do",
                self.origin("sslmode")
            ))
            .with_hint("use sslmode=verify-full"));
        }
        let roots = match roots {
            Roots::File(path) if !path.exists() => {
                if mode >= SslMode::VerifyCa {
                    return Err(ConnectError::new(
                        ConnectErrorKind::Tls,
                        format!("the root certificate file {} does not exist", path.display()),
                    )
                    .with_hint(
                        "give the file of your provider's CA, or sslrootcert=system for a public CA",
                    ));
                }
                warnings.push(format!(
                    "root certificate file {} does not exist; the server's certificate is not checked",
                    path.display()
                ));
                Roots::None
            }
            Roots::None if mode >= SslMode::VerifyCa => {
                let place = match home {
                    Some(home) => home.join(".postgresql/root.crt").display().to_string(),
                    None => "~/.postgresql/root.crt".to_owned(),
                };
                return Err(ConnectError::new(
                    ConnectErrorKind::Tls,
                    format!("sslmode={mode} needs a root certificate, and {place} does not exist"),
                )
                .with_hint(
                    "set sslrootcert to the file of your provider's CA, or to `system` for a public CA",
                ));
            }
            roots => roots,
        };
        let nameless = |host: &Host| matches!(host.endpoint, Endpoint::Tcp { name: None, .. });
        if mode == SslMode::VerifyFull && hosts.iter().any(nameless) {
            return Err(ConnectError::bad(
                "sslmode=verify-full needs a host name, and only hostaddr is given",
            ));
        }
        if roots != Roots::None
            && let Some(path) = in_home("root.crl")
        {
            warnings.push(format!(
                "{} is not used: revocation lists are not supported",
                path.display()
            ));
        }

        let direct = self.choice("sslnegotiation", false, &[("postgres", false), ("direct", true)])?;
        if direct && mode < SslMode::Require {
            return Err(ConnectError::bad(format!(
                "sslnegotiation=direct needs sslmode=require or stronger, not {mode}"
            )));
        }
        let sends_certificate = self.choice("sslcertmode", true, &[("allow", true), ("disable", false)])?;
        let certificate = match self
            .get("sslcert")
            .map(PathBuf::from)
            .or_else(|| in_home("postgresql.crt"))
        {
            Some(certificate) if sends_certificate => {
                let key = self
                    .get("sslkey")
                    .map(PathBuf::from)
                    .or_else(|| home.map(|home| home.join(".postgresql/postgresql.key")));
                let key = key.ok_or_else(|| ConnectError::bad("sslcert is given and sslkey is not"))?;
                Some((certificate, key))
            }
            _ => None,
        };
        const VERSIONS: [(&str, u8); 4] = [("TLSv1", 0), ("TLSv1.1", 1), ("TLSv1.2", 2), ("TLSv1.3", 3)];
        let oldest = self.choice("ssl_min_protocol_version", 2, &VERSIONS)?.max(2);
        let newest = self.choice("ssl_max_protocol_version", 3, &VERSIONS)?;
        if newest < oldest {
            return Err(ConnectError::bad(
                "ssl_max_protocol_version leaves no version; the oldest one spoken is TLSv1.2",
            ));
        }
        Ok(TlsSettings {
            mode,
            roots,
            certificate,
            direct,
            sni: self.choice("sslsni", true, &[("1", true), ("0", false)])?,
            versions: (oldest, newest),
        })
    }
}

pub(super) fn seconds_from(seconds: i32) -> Option<Duration> {
    u64::try_from(seconds)
        .ok()
        .filter(|seconds| *seconds > 0)
        .map(Duration::from_secs)
}

fn service_files(
    given: Option<&str>,
    env: &dyn Fn(&str) -> Option<String>,
    home: Option<&Path>,
) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = match given {
        Some(path) => vec![path.into()],
        None => home
            .map(|home| home.join(".pg_service.conf"))
            .into_iter()
            .collect(),
    };
    match env("PGSYSCONFDIR") {
        Some(directory) => files.push(Path::new(&directory).join("pg_service.conf")),
        // libpq's directory is compiled in: Debian's, then everybody else's
        None => {
            files.extend(["/etc/postgresql-common", "/etc"].map(|it| Path::new(it).join("pg_service.conf")))
        }
    }
    files
}
