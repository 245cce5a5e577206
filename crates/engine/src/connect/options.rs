//! Where and how to connect, resolved from a connection string and an environment.
//! Opening sockets is `search`'s job. The environment comes in as a function; only files named by it are read.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::error::ConnectError;
use super::files::PasswordFile;
use super::settings::{DEFAULT_PORT, SOCKET_DIRECTORIES, Settings, seconds_from};
use super::socket::SocketSettings;
use super::tls::Tls;

/// libpq waits for ever by default. A tool that runs while everybody sleeps must not.
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

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

    /// Variables by which another program finds the same database, the password among them: those of libpq, and
    /// `DATABASE_URL`.
    pub fn as_environment(&self) -> Vec<(&'static str, String)> {
        let hosts = self.hosts.iter().filter(|host| !host.implied);
        let (names, ports): (Vec<String>, Vec<String>) = hosts
            .map(|host| (host.endpoint.to_string(), host.port.to_string()))
            .unzip();
        let mut variables = vec![
            ("PGUSER", self.user.clone()),
            ("PGDATABASE", self.database.clone()),
        ];
        if !names.is_empty() {
            variables.push(("PGHOST", names.join(",")));
            variables.push(("PGPORT", ports.join(",")));
        }
        let mut url = self.describe();
        if let Some(password) = &self.password {
            let password = password.expose_secret();
            variables.push(("PGPASSWORD", password.to_owned()));
            url = url.replacen('@', &format!(":{}@", encode(password)), 1);
        }
        variables.push(("DATABASE_URL", url));
        variables
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

fn read_password_file(path: &Path, warnings: &mut Vec<String>) -> Option<Arc<PasswordFile>> {
    match PasswordFile::read(path) {
        Ok(file) => file.map(Arc::new),
        Err(warning) => {
            warnings.push(warning);
            None
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::tls::SslMode;

    fn resolve(conninfo: &str, variables: &[(&str, &str)]) -> Result<ConnectOptions, ConnectError> {
        ConnectOptions::resolve(conninfo, &|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found
                .map(|(_, value)| (*value).to_owned())
                .or_else(|| (name == "USER").then(|| "me".to_owned()))
        })
    }

    fn describe(conninfo: &str, variables: &[(&str, &str)]) -> String {
        match resolve(conninfo, variables) {
            Ok(options) => options.describe(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_string_comes_before_the_variables_and_they_before_the_defaults() {
        let variables = [
            ("PGHOST", "h"),
            ("PGPORT", "6000"),
            ("PGUSER", "u"),
            ("PGDATABASE", "d"),
        ];
        assert_eq!(describe("", &[]), "postgresql://me@/me");
        assert_eq!(describe("", &variables), "postgresql://u@h:6000/d");
        assert_eq!(
            describe("postgres://other/x", &variables),
            "postgresql://u@other:6000/x"
        );
        assert_eq!(describe("host='' user=a", &variables), "postgresql://a@:6000/d");
    }

    #[test]
    fn the_description_can_be_read_back() {
        for url in [
            "postgresql://u@h:5432/d",
            "postgresql://u%40x@h1:1,h2:2/a%20b",
            "postgresql://u@[::1]:5432/d",
            "postgresql://u@:5433/d",
            "postgresql://u@:5433/d?host=/run/pg",
            "postgresql://u@:1,:2/d?host=/run/pg,h",
        ] {
            assert_eq!(describe(url, &[]), url);
        }
        assert_eq!(
            describe("hostaddr=::1,10.0.0.7 user=u", &[]),
            "postgresql://u@[::1]:5432,10.0.0.7:5432/u"
        );
    }

    #[test]
    fn without_a_host_the_usual_places_are_tried() {
        let hosts = resolve("", &[]).unwrap().hosts;
        let places: Vec<_> = hosts.iter().map(|host| host.endpoint.to_string()).collect();
        assert_eq!(places, ["/var/run/postgresql", "/tmp", "localhost"]);
    }

    #[test]
    fn a_wrong_value_is_traced_to_its_origin() {
        type Variables = &'static [(&'static str, &'static str)];
        let cases: [(&str, Variables, &str); 10] = [
            (
                "",
                &[("PGPORT", "secret")],
                "port from PGPORT must be a number from 1 to 65535",
            ),
            (
                "",
                &[("PGCONNECT_TIMEOUT", "x")],
                "connect_timeout from PGCONNECT_TIMEOUT must be a whole number",
            ),
            ("hostaddr=db", &[], "hostaddr must be an IP address"),
            ("host=a,b port=1,2,3", &[], "there are 3 ports for 2 hosts"),
            (
                "host=a,b hostaddr=::1",
                &[],
                "host names 2 servers and hostaddr 1; they must be as many",
            ),
            (
                "channel_binding=on",
                &[],
                "channel_binding must be one of disable, prefer, require",
            ),
            (
                "",
                &[("PGSSLCRL", "x")],
                "sslcrl from PGSSLCRL: certificate revocation lists are not supported",
            ),
            (
                "gssencmode=require",
                &[],
                "gssencmode: GSSAPI encryption is not supported; use sslmode for encryption",
            ),
            (
                "",
                &[("PGDATABASE", "postgres://u:secret@h/d")],
                "the database name from PGDATABASE is a URL",
            ),
            (
                "sslnegotiation=direct",
                &[],
                "sslnegotiation=direct needs sslmode=require or stronger, not prefer",
            ),
        ];
        for (conninfo, variables, expected) in cases {
            assert_eq!(describe(conninfo, variables), expected);
        }
    }

    #[test]
    fn harmless_values_of_what_we_do_not_support_pass() {
        let conninfo = "gssencmode=prefer krbsrvname=postgres sslcompression=0 client_encoding=latin1";
        assert!(resolve(conninfo, &[("PGREQUIREPEER", "")]).is_ok());
    }

    #[test]
    fn the_old_variable_for_required_tls_still_counts() {
        assert_eq!(
            resolve("", &[("PGREQUIRESSL", "1")]).unwrap().tls.settings.mode,
            SslMode::Require
        );
        assert_eq!(
            resolve("sslmode=disable", &[("PGREQUIRESSL", "1")])
                .unwrap()
                .tls
                .settings
                .mode,
            SslMode::Disable
        );
        assert_eq!(
            resolve("sslrootcert=system", &[]).unwrap().tls.settings.mode,
            SslMode::VerifyFull
        );
    }

    #[test]
    fn the_default_socket_is_localhost_in_a_password_file() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".pgpass");
        std::fs::write(&path, "localhost:*:*:*:local\n/elsewhere:*:*:*:else\n").unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let password = |conninfo: &str| {
            let options = resolve(conninfo, &[("HOME", home.path().to_str().unwrap())]).unwrap();
            options
                .password_for(&options.hosts[0])
                .map(|password| password.expose_secret().to_owned())
        };
        assert_eq!(password("").as_deref(), Some("local"));
        assert_eq!(password("host=/var/run/postgresql").as_deref(), Some("local"));
        assert_eq!(password("host=/elsewhere").as_deref(), Some("else"));
        assert_eq!(password("host=/other"), None);
        assert_eq!(password("host=db"), None);
        assert_eq!(password("host=db password=given").as_deref(), Some("given"));
    }

    #[test]
    fn server_options_are_escaped() {
        let mut options = "-c a=1".to_owned();
        add_server_option(&mut options, "search_path", r"a\b, c");
        assert_eq!(options, r"-c a=1 -c search_path=a\\b,\ c");
    }

    #[test]
    fn another_program_finds_the_same_database() {
        let options = resolve("postgresql://app:p%40ss@db.example:6432/shop", &[]).expect("it is a URL");
        let found = options.as_environment();
        let value = |name: &str| {
            found
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.as_str())
        };
        assert_eq!(value("PGHOST"), Some("db.example"));
        assert_eq!(value("PGPASSWORD"), Some("p@ss"));
        assert_eq!(
            value("DATABASE_URL"),
            Some("postgresql://app:p%40ss@db.example:6432/shop")
        );
    }
}
