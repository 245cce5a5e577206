//! Where and how to connect: connection string, service file, `PG*` variables and defaults, in that order, as in libpq.
//! Opening sockets is the parent's job. The environment comes in as a function; only files named by it are read.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::conninfo::{self, Given};
use super::error::ConnectError;
use super::files::{self, PasswordFile};
use super::parameters::{PARAMETERS, Support};
use super::socket::SocketSettings;
use super::tls::{Roots, SslMode, Tls, TlsSettings};

/// libpq waits for ever by default. A tool that runs while everybody sleeps must not.
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_PORT: u16 = 5432;
/// Where the distributions' and the upstream builds of PostgreSQL put their socket.
const SOCKET_DIRECTORIES: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// Where and how to connect. Holds the password and never shows it.
///
/// ```
/// use windlass::connect::ConnectOptions;
/// let env = |name: &str| (name == "PGPASSWORD").then(|| "s3cret".to_owned());
/// let options = ConnectOptions::resolve("postgresql://app@db.example:6432/shop", &env)?;
/// assert_eq!(options.describe(), "postgresql://app@db.example:6432/shop");
/// # Ok::<(), windlass::connect::ConnectError>(())
/// ```
#[derive(Clone)]
pub struct ConnectOptions {
    pub(super) hosts: Vec<Host>,
    pub(super) user: String,
    pub(super) database: String,
    password: Option<SecretString>,
    password_file: Option<Arc<PasswordFile>>,
    pub(super) tls: Arc<Tls>,
    pub(super) channel_binding: ChannelBinding,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) server_options: String,
    pub(super) application_name: String,
    pub(super) socket: SocketSettings,
    pub(super) target_session_attrs: TargetSessionAttrs,
    pub(super) random_order: bool,
    warnings: Vec<String>,
}

/// One server to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) endpoint: Endpoint,
    pub(super) port: u16,
    /// Nobody named it: one of the places where a local server usually is.
    pub(super) implied: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// The directory of the socket.
    Unix(PathBuf),
    /// The name is what a certificate is checked against; the address, when given, saves the lookup.
    Tcp {
        name: Option<String>,
        address: Option<IpAddr>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChannelBinding {
    Disable,
    Prefer,
    Require,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TargetSessionAttrs {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

impl ConnectOptions {
    /// Resolves a URL or a keyword=value string, which may be empty, against an environment, as libpq does.
    ///
    /// What the string says comes first, then the service file, then the `PG*` variables, then the defaults.
    /// `env` looks up one variable; the password file, service file and certificates it leads to are read from disk.
    pub fn resolve(conninfo: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConnectError> {
        let home = env("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        let settings = Settings::collect(conninfo, env, home.as_deref())?;
        let mut warnings = Vec::new();

        let user = match settings.get("user") {
            Some(user) => user.to_owned(),
            None => ["USER", "LOGNAME"]
                .into_iter()
                .find_map(|name| env(name).filter(|user| !user.is_empty()))
                .or_else(user_of_process)
                .ok_or_else(|| {
                    ConnectError::bad("no user name is given").with_hint("set PGUSER or give user=")
                })?,
        };
        let database = settings.get("dbname").unwrap_or(&user).to_owned();
        if database.contains("://") {
            return Err(ConnectError::bad(format!(
                "the database name{} is a URL",
                settings.origin("dbname")
            ))
            .with_hint("give the URL as --database-url or DATABASE_URL"));
        }

        let password = settings.get("password").map(SecretString::from);
        let password_file = match (&password, settings.get("passfile"), &home) {
            (Some(_), ..) | (None, None, None) => None,
            (None, Some(path), _) => read_password_file(Path::new(path), &mut warnings),
            (None, None, Some(home)) => read_password_file(&home.join(".pgpass"), &mut warnings),
        };

        let mut server_options = settings.get("options").unwrap_or_default().to_owned();
        for (variable, setting) in [
            ("PGDATESTYLE", "datestyle"),
            ("PGTZ", "timezone"),
            ("PGGEQO", "geqo"),
        ] {
            if let Some(value) = env(variable).filter(|value| !value.is_empty() && value != "default") {
                add_server_option(&mut server_options, setting, &value);
            }
        }

        let application_name = ["application_name", "fallback_application_name"]
            .into_iter()
            .find_map(|name| settings.get(name))
            .unwrap_or("windlass")
            .to_owned();
        let hosts = settings.hosts()?;
        let tls = settings.tls(home.as_deref(), &hosts, &mut warnings)?;
        Ok(Self {
            hosts,
            user,
            database,
            password,
            password_file,
            tls: Arc::new(Tls::new(tls)),
            channel_binding: settings.choice(
                "channel_binding",
                ChannelBinding::Prefer,
                &[
                    ("disable", ChannelBinding::Disable),
                    ("prefer", ChannelBinding::Prefer),
                    ("require", ChannelBinding::Require),
                ],
            )?,
            connect_timeout: match settings.integer("connect_timeout")? {
                None => Some(DEFAULT_CONNECT_TIMEOUT),
                Some(seconds) => seconds_from(seconds),
            },
            server_options,
            application_name,
            socket: settings.socket()?,
            target_session_attrs: settings.choice(
                "target_session_attrs",
                TargetSessionAttrs::Any,
                &[
                    ("any", TargetSessionAttrs::Any),
                    ("read-write", TargetSessionAttrs::ReadWrite),
                    ("read-only", TargetSessionAttrs::ReadOnly),
                    ("primary", TargetSessionAttrs::Primary),
                    ("standby", TargetSessionAttrs::Standby),
                    ("prefer-standby", TargetSessionAttrs::PreferStandby),
                ],
            )?,
            random_order: settings.choice(
                "load_balance_hosts",
                false,
                &[("disable", false), ("random", true)],
            )?,
            warnings,
        })
    }

    /// The same server and user, another database: for creating and dropping one, or for a shadow.
    pub fn with_database(&self, name: &str) -> Self {
        Self {
            database: name.to_owned(),
            ..self.clone()
        }
    }

    /// The database to connect to.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The user to connect as.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// What was found and not used, such as a password file that everybody can read. One sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// All of it but the password, as a URL: `postgresql://user@host:port/database`.
    pub fn describe(&self) -> String {
        let named = || self.hosts.iter().filter(|host| !host.implied);
        let names: Vec<String> = named().map(|host| host.endpoint.to_string()).collect();
        let ports = named().map(|host| host.port);
        // As libpq reads it back: socket directories cannot stand where a URL has its host.
        let has_socket = named().any(|host| matches!(host.endpoint, Endpoint::Unix(_)));
        let authority: Vec<String> = if names.is_empty() {
            let port = self
                .hosts
                .first()
                .map(|host| host.port)
                .filter(|port| *port != DEFAULT_PORT);
            port.map(|port| format!(":{port}")).into_iter().collect()
        } else if has_socket {
            ports.map(|port| format!(":{port}")).collect()
        } else {
            names
                .iter()
                .zip(ports)
                .map(|(name, port)| format!("{name}:{port}"))
                .collect()
        };
        let query = if has_socket {
            format!("?host={}", names.join(","))
        } else {
            String::new()
        };
        format!(
            "postgresql://{}@{}/{}{query}",
            encode(&self.user),
            authority.join(","),
            encode(&self.database)
        )
    }

    /// The password for one of the hosts: the given one, or its line in the password file.
    pub(super) fn password_for(&self, host: &Host) -> Option<&SecretString> {
        if let Some(password) = &self.password {
            return Some(password);
        }
        let file = self.password_file.as_ref()?;
        let lookup = |name: &str| file.password(name, host.port, &self.database, &self.user);
        match &host.endpoint {
            Endpoint::Unix(directory) => {
                let name = directory.to_string_lossy();
                let usual = host.implied || SOCKET_DIRECTORIES.contains(&&*name) || name == "/run/postgresql";
                lookup(&name).or_else(|| if usual { lookup("localhost") } else { None })
            }
            Endpoint::Tcp { name: Some(name), .. } => lookup(name),
            Endpoint::Tcp { name: None, address } => address.and_then(|address| lookup(&address.to_string())),
        }
    }

    /// Whether the password was given, rather than found in a file.
    pub(super) fn has_given_password(&self) -> bool {
        self.password.is_some()
    }

    /// The password file in use, to name it in an error.
    pub(super) fn password_file(&self) -> Option<&Path> {
        self.password_file.as_ref().map(|file| file.path.as_path())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(directory) => write!(f, "{}", directory.display()),
            Self::Tcp { name: Some(name), .. } if name.contains(':') => write!(f, "[{name}]"),
            Self::Tcp { name: Some(name), .. } => f.write_str(name),
            Self::Tcp {
                address: Some(IpAddr::V6(address)),
                ..
            } => write!(f, "[{address}]"),
            Self::Tcp {
                address: Some(address),
                ..
            } => write!(f, "{address}"),
            Self::Tcp {
                name: None,
                address: None,
            } => Ok(()),
        }
    }
}

impl fmt::Display for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectOptions({})", self.describe())
    }
}

/// Appends `-c name=value` to startup options, escaped as the server's `pg_split_opts` unescapes.
pub(super) fn add_server_option(options: &mut String, name: &str, value: &str) {
    if !options.is_empty() {
        options.push(' ');
    }
    *options += "-c ";
    for character in name.chars().chain(['=']).chain(value.chars()) {
        if character.is_ascii_whitespace() || matches!(character, '\\' | '\x0b') {
            options.push('\\');
        }
        options.push(character);
    }
}

/// The values found, each with where it came from.
#[derive(Default)]
struct Settings(BTreeMap<&'static str, (String, Origin)>);

#[derive(Clone, Copy)]
enum Origin {
    Given,
    Service,
    Variable(&'static str),
}

impl Settings {
    fn collect(
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
    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|(value, _)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// " from PGHOST", to follow the name of a parameter.
    fn origin(&self, name: &str) -> String {
        match self.0.get(name) {
            Some((_, Origin::Variable(variable))) => format!(" from {variable}"),
            Some((_, Origin::Service)) => " from the service file".to_owned(),
            Some((_, Origin::Given)) | None => String::new(),
        }
    }

    fn choice<T: Copy>(&self, name: &str, default: T, choices: &[(&str, T)]) -> Result<T, ConnectError> {
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

    fn integer(&self, name: &str) -> Result<Option<i32>, ConnectError> {
        match self.get(name).map(|value| value.trim().parse()) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(ConnectError::bad(format!(
                "{name}{} must be a whole number",
                self.origin(name)
            ))),
        }
    }

    fn hosts(&self) -> Result<Vec<Host>, ConnectError> {
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

    fn socket(&self) -> Result<SocketSettings, ConnectError> {
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

    fn tls(
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
                        super::ConnectErrorKind::Tls,
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
                    super::ConnectErrorKind::Tls,
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

fn seconds_from(seconds: i32) -> Option<Duration> {
    u64::try_from(seconds)
        .ok()
        .filter(|seconds| *seconds > 0)
        .map(Duration::from_secs)
}

fn read_password_file(path: &Path, warnings: &mut Vec<String>) -> Option<Arc<PasswordFile>> {
    match PasswordFile::read(path) {
        Ok(file) => file.map(Arc::new),
        Err(warning) => {
            warnings.push(warning);
            None
        }
    }
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

/// Containers often set neither USER nor LOGNAME. libpq asks the system who we are; so does this.
fn user_of_process() -> Option<String> {
    #[cfg(target_os = "linux")]
    {
        let uid = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").ok()?).to_string();
        let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)? == uid).then(|| name.to_owned())
        })
    }
    #[cfg(not(target_os = "linux"))]
    None
}

fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(byte as char),
            _ => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}
