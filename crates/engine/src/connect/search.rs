//! Tries host after host and address after address until one gives a session that will do, as libpq does.

use std::error::Error as _;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use rand::seq::SliceRandom;
use secrecy::ExposeSecret;
use tokio_postgres::config::{self, SslNegotiation};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, SimpleQueryMessage};

use super::driver::{self, Address, Canceller, Connected, backend_key};
use super::error::{ConnectError, ConnectErrorKind, Failure};
use super::options::{ChannelBinding, Endpoint, Host, TargetSessionAttrs, add_server_option};
use super::socket::{Wire, dial_tcp, dial_unix};
use super::tls::{Negotiated, SslMode, Tls, TlsProblem};
use super::{ConnectOptions, Connection, PROBE_SETTING, ServerIdentity};

pub(super) async fn connect(
    options: &ConnectOptions,
    startup: &[(&str, &str)],
) -> Result<Connection, ConnectError> {
    let probe = format!("{:016x}", rand::rng().random::<u64>());
    let mut server_options = options.server_options.clone();
    let mut application_name = options.application_name.as_str();
    for (name, value) in startup {
        let is_name = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.');
        if name.is_empty() || !is_name || value.contains('\0') {
            return Err(ConnectError::bad(format!(
                "\"{name}\" cannot be set when a session starts"
            )));
        }
        if *name == "application_name" {
            // The server lets the packet's own field win over an option.
            application_name = value;
        } else {
            add_server_option(&mut server_options, name, value);
        }
    }
    add_server_option(&mut server_options, PROBE_SETTING, &probe);

    let mut hosts: Vec<&Host> = options.hosts.iter().collect();
    if options.random_order {
        hosts.shuffle(&mut rand::rng());
    }
    let mut failures = Vec::new();
    // prefer-standby: the first primary, in case no standby follows
    let mut second_best = None;
    for host in hosts {
        let addresses = match look_up(options, host).await {
            Ok(addresses) => addresses,
            Err(failure) => {
                failures.push(failure);
                continue;
            }
        };
        for address in addresses {
            let attempt = Attempt {
                options,
                host,
                address,
                server_options: &server_options,
                application_name,
                probe: &probe,
            };
            match attempt.run().await {
                Ok((connection, Fit::Wanted)) => return Ok(connection),
                Ok((connection, Fit::SecondBest)) => {
                    second_best.get_or_insert(connection);
                }
                Err(failure) => {
                    let ends_search = failure.ends_search;
                    failures.push(failure);
                    if ends_search {
                        return Err(ConnectError::from_failures(failures));
                    }
                }
            }
        }
    }
    second_best.ok_or_else(|| ConnectError::from_failures(failures))
}

async fn look_up(options: &ConnectOptions, host: &Host) -> Result<Vec<Address>, Failure> {
    let name = match &host.endpoint {
        Endpoint::Unix(directory) => {
            return Ok(vec![Address::Unix(
                directory.join(format!(".s.PGSQL.{}", host.port)),
            )]);
        }
        Endpoint::Tcp {
            address: Some(address),
            ..
        } => return Ok(vec![Address::Tcp((*address, host.port).into())]),
        Endpoint::Tcp { name, address: None } => name.as_deref().unwrap_or("localhost"),
    };
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(vec![Address::Tcp((address, host.port).into())]);
    }
    let target = target(name, None, host.port);
    let found = within(options.connect_timeout, &target, async {
        tokio::net::lookup_host((name, host.port)).await.map_err(|error| {
            Failure::new(
                &target,
                ConnectErrorKind::Unreachable,
                format!("the host name is not known: {error}"),
            )
        })
    });
    let mut addresses: Vec<SocketAddr> = found.await?.collect();
    if options.random_order {
        addresses.shuffle(&mut rand::rng());
    }
    Ok(addresses.into_iter().map(Address::Tcp).collect())
}

async fn within<T>(
    timeout: Option<Duration>,
    target: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let Some(timeout) = timeout else { return work.await };
    tokio::time::timeout(timeout, work).await.unwrap_or_else(|_| {
        Err(Failure::new(
            target,
            ConnectErrorKind::Timeout,
            format!("no answer within {timeout:?}"),
        )
        .with_hint("connect_timeout= or PGCONNECT_TIMEOUT sets how long to wait, in seconds"))
    })
}

/// Whether a session is what `target_session_attrs` asks for.
enum Fit {
    Wanted,
    SecondBest,
}

/// One address of one host.
struct Attempt<'a> {
    options: &'a ConnectOptions,
    host: &'a Host,
    address: Address,
    server_options: &'a str,
    application_name: &'a str,
    probe: &'a str,
}

/// How a stream is to be encrypted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encryption {
    None,
    IfOffered,
    Always,
}

type RawConnection = tokio_postgres::Connection<Wire, Wire>;

impl Attempt<'_> {
    async fn run(&self) -> Result<(Connection, Fit), Failure> {
        within(self.options.connect_timeout, &self.target(), async {
            let (client, raw, is_encrypted) = self.start_session().await?;
            self.finish(client, raw, is_encrypted).await
        })
        .await
    }

    fn host_name(&self) -> String {
        match (&self.host.endpoint, &self.address) {
            (Endpoint::Tcp { name: Some(name), .. }, _) => name.clone(),
            (Endpoint::Tcp { .. }, Address::Tcp(address)) => address.ip().to_string(),
            (Endpoint::Unix(directory), _) => directory.display().to_string(),
            (Endpoint::Tcp { .. }, Address::Unix(path)) => path.display().to_string(),
        }
    }

    fn ip(&self) -> Option<IpAddr> {
        match &self.address {
            Address::Tcp(address) => Some(address.ip()),
            Address::Unix(_) => None,
        }
    }

    fn target(&self) -> String {
        target(&self.host_name(), self.ip(), self.host.port)
    }

    /// Goes through the ways of encrypting that the mode allows. As in libpq, `allow` and `prefer` try the other way
    /// when the first one does not work out or when pg_hba.conf has no line for it.
    async fn start_session(&self) -> Result<(Client, RawConnection, bool), Failure> {
        use Encryption::*;
        let ways: &[Encryption] = match (&self.address, self.options.tls.settings.mode) {
            (Address::Unix(_), _) | (_, SslMode::Disable) => &[None],
            (_, SslMode::Allow) => &[None, Always],
            (_, SslMode::Prefer) => &[IfOffered, None],
            (_, SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull) => &[Always],
        };
        let mut earlier: Option<Failure> = Option::None;
        for (index, way) in ways.iter().enumerate() {
            let failure = match self.try_way(*way).await {
                Ok(session) => return Ok(session),
                Err(failure) => failure,
            };
            let is_last = index + 1 == ways.len();
            let other_way_may_do = match failure.kind {
                ConnectErrorKind::Tls => true,
                ConnectErrorKind::Authentication => {
                    failure.sqlstate == Some(SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
                }
                _ => false,
            };
            if is_last || !other_way_may_do {
                return Err(match earlier {
                    Some(first) if first.reason != failure.reason => {
                        let (one, other) = if ways[0] == None {
                            ("without TLS", "with TLS")
                        } else {
                            ("with TLS", "without TLS")
                        };
                        let reason = format!("{one}: {}; {other}: {}", first.reason, failure.reason);
                        Failure { reason, ..failure }
                    }
                    _ => failure,
                });
            }
            earlier = Some(failure);
        }
        unreachable!("every mode has at least one way, and the last one returns")
    }

    async fn try_way(&self, way: Encryption) -> Result<(Client, RawConnection, bool), Failure> {
        let target = self.target();
        let wire = match &self.address {
            Address::Unix(path) => dial_unix(path)
                .await
                .map_err(|error| unreachable(&target, &error))?,
            Address::Tcp(address) => {
                let stream = dial_tcp(*address, &self.options.socket)
                    .await
                    .map_err(|error| unreachable(&target, &error))?;
                if way == Encryption::None {
                    Wire::Tcp(stream)
                } else {
                    match self.options.tls.negotiate(stream, &self.host_name()).await {
                        Ok(Negotiated::Encrypted(stream)) => Wire::Tls(stream),
                        Ok(Negotiated::Refused(stream)) if way == Encryption::IfOffered => Wire::Tcp(stream),
                        Ok(Negotiated::Refused(_)) => return Err(tls_failure(&target, Tls::not_offered())),
                        Err(problem) => return Err(tls_failure(&target, problem)),
                    }
                }
            }
        };
        let is_encrypted = matches!(wire, Wire::Tls(_));
        match self.config().connect_raw(wire, Connected).await {
            Ok((client, raw)) => Ok((client, raw, is_encrypted)),
            Err(error) => Err(self.explain(&error, is_encrypted)),
        }
    }

    fn config(&self) -> Config {
        let mut config = Config::new();
        config
            .user(&self.options.user)
            .dbname(&self.options.database)
            .application_name(self.application_name)
            .options(self.server_options)
            // `Connected` hands the stream through as it is: TLS is our own affair.
            .ssl_mode(config::SslMode::Require)
            .ssl_negotiation(SslNegotiation::Direct)
            .channel_binding(match self.options.channel_binding {
                ChannelBinding::Disable => config::ChannelBinding::Disable,
                ChannelBinding::Prefer => config::ChannelBinding::Prefer,
                ChannelBinding::Require => config::ChannelBinding::Require,
            });
        if let Some(password) = self.options.password_for(self.host) {
            config.password(password.expose_secret());
        }
        config
    }

    /// Takes the new session into service, if it is the kind of session that is wanted.
    async fn finish(
        &self,
        client: Client,
        raw: RawConnection,
        is_encrypted: bool,
    ) -> Result<(Connection, Fit), Failure> {
        let version = raw.parameter("server_version").unwrap_or_default().to_owned();
        let standard_strings = raw.parameter("standard_conforming_strings") == Some("on");
        // In a block of its own: a borrow of `raw` across an await would bind callers to one thread.
        let (mut is_standby, mut is_read_only) = {
            let is_on = |name: &str| raw.parameter(name).map(|value| value == "on");
            let is_standby = is_on("in_hot_standby");
            let is_read_only = is_on("default_transaction_read_only")
                .zip(is_standby)
                .map(|(one, other)| one || other);
            (is_standby, is_read_only)
        };
        let (notices, closed) = driver::spawn(raw);

        let wanted = self.options.target_session_attrs;
        if wanted != TargetSessionAttrs::Any && (is_standby.is_none() || is_read_only.is_none()) {
            // Before 14 the server does not tell by itself.
            const ASK: &str =
                "SELECT pg_catalog.pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'";
            let answer = client
                .simple_query(ASK)
                .await
                .map_err(|error| self.explain(&error, is_encrypted))?;
            if let Some(row) = answer.iter().find_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row),
                _ => None,
            }) {
                is_standby = row.get(0).map(|value| value == "t");
                is_read_only = row.get(1).map(|value| value == "t");
            }
        }
        let fit = match (wanted, is_standby == Some(true), is_read_only == Some(true)) {
            (TargetSessionAttrs::Any, ..)
            | (TargetSessionAttrs::ReadWrite, _, false)
            | (TargetSessionAttrs::ReadOnly, _, true)
            | (TargetSessionAttrs::Primary, false, _)
            | (TargetSessionAttrs::Standby | TargetSessionAttrs::PreferStandby, true, _) => Fit::Wanted,
            (TargetSessionAttrs::PreferStandby, false, _) => Fit::SecondBest,
            (TargetSessionAttrs::ReadWrite, ..) => return Err(self.misfit("the session is read-only")),
            (TargetSessionAttrs::ReadOnly, ..) => return Err(self.misfit("the session is not read-only")),
            (TargetSessionAttrs::Primary, ..) => return Err(self.misfit("the server is a standby")),
            (TargetSessionAttrs::Standby, ..) => return Err(self.misfit("the server is not a standby")),
        };

        let (pid, packet) = backend_key(&client).await;
        let canceller = Canceller::new(
            self.address.clone(),
            (self.target(), self.host_name()),
            is_encrypted.then(|| Arc::clone(&self.options.tls)),
            self.options.socket.clone(),
            self.options.connect_timeout,
            packet,
        );
        let server = ServerIdentity {
            version_num: version_num(&version),
            version,
            host: self.host_name(),
            port: self.host.port,
            address: self.ip(),
            pid,
            is_encrypted,
            standard_strings,
            is_standby,
        };
        let probe_token = self.probe.to_owned();
        Ok((
            Connection {
                client,
                server,
                notices,
                probe_token,
                closed,
                canceller,
            },
            fit,
        ))
    }

    fn misfit(&self, what: &str) -> Failure {
        Failure::new(&self.target(), ConnectErrorKind::WrongSessionAttrs, what).with_hint(
            "target_session_attrs asks for another kind of server; list all hosts of the cluster, or drop it",
        )
    }

    /// What the server, or tokio-postgres on its behalf, said no with.
    fn explain(&self, error: &tokio_postgres::Error, is_encrypted: bool) -> Failure {
        use ConnectErrorKind::*;
        let target = self.target();
        let options = self.options;
        let Some(refusal) = error.as_db_error() else {
            // With TLS 1.3 the server judges our certificate after the handshake.
            if let Some(problem) = error
                .source()
                .and_then(|cause| options.tls.settings.explain(cause, &self.host_name()))
            {
                return tls_failure(&target, problem);
            }
            let cause = error.source().map(ToString::to_string).unwrap_or_default();
            return match cause.as_str() {
                "password missing" => {
                    let place = match options.password_file() {
                        Some(path) => format!("; {} has no line for it", path.display()),
                        None => String::new(),
                    };
                    Failure::new(
                        &target,
                        Authentication,
                        format!("the server wants a password for user \"{}\"{place}", options.user),
                    )
                    .with_hint("set PGPASSWORD, or add a line host:port:database:user:password to ~/.pgpass")
                }
                "server did not use channel binding" if !is_encrypted => Failure::new(
                    &target,
                    Authentication,
                    "channel_binding=require needs TLS, and there is none here",
                ),
                "server did not use channel binding" => Failure::new(
                    &target,
                    Authentication,
                    "the server did not use channel binding, which channel_binding=require asks for",
                )
                .with_hint(
                    "channel binding needs SCRAM-SHA-256 passwords and a certificate that is not Ed25519",
                ),
                _ if error.to_string() == "authentication error" => {
                    Failure::new(&target, Authentication, format!("authentication failed: {cause}"))
                }
                _ => Failure::new(&target, Unreachable, sentence(error)),
            };
        };

        let message = refusal.message();
        let code = refusal.code();
        let is_pooler = message.contains("unsupported startup parameter");
        let kind = match code {
            _ if is_pooler => Pooler,
            code if *code == SqlState::INVALID_PASSWORD
                || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION
                || *code == SqlState::INSUFFICIENT_PRIVILEGE =>
            {
                Authentication
            }
            code if *code == SqlState::INVALID_CATALOG_NAME => NoSuchDatabase,
            code if *code == SqlState::TOO_MANY_CONNECTIONS => TooManyConnections,
            code if *code == SqlState::CANNOT_CONNECT_NOW => StartingUp,
            code if *code == SqlState::INVALID_PARAMETER_VALUE || *code == SqlState::UNDEFINED_OBJECT => {
                BadOptions
            }
            _ => Other,
        };
        let hint = match kind {
            Pooler => Some(POOLER_HINT.to_owned()),
            Authentication if *code == SqlState::INVALID_PASSWORD => Some(match options.password_file() {
                Some(path) if !options.has_given_password() => {
                    format!("the password came from {}", path.display())
                }
                _ => "check the user name and the password".to_owned(),
            }),
            Authentication if message.contains("pg_hba.conf") => Some(
                "the server's pg_hba.conf must let this user, database and address in, with this encryption"
                    .to_owned(),
            ),
            NoSuchDatabase => Some(format!(
                "`windlass create` makes the database \"{}\"",
                options.database
            )),
            TooManyConnections => {
                Some("close idle sessions, or raise the limit of the server, database or role".to_owned())
            }
            StartingUp => Some("wait until the server accepts connections: `windlass wait`".to_owned()),
            _ => refusal.hint().map(str::to_owned),
        };
        let mut reason = message.to_owned();
        if let Some(detail) = refusal.detail() {
            reason += &format!(" ({detail})");
        }
        Failure {
            hint,
            sqlstate: Some(code.clone()),
            ..Failure::new(&target, kind, reason)
        }
    }
}

const POOLER_HINT: &str = "give the URL of the server itself (often port 5432 instead of 6432, or a host name without \
    \"-pooler\"): migrations need a session of their own";

/// The failure of a probe that did not come back.
pub(super) fn pooler(target: &str) -> ConnectError {
    let reason = "a connection pooler answered: the settings that came with the connection are not those of the session";
    ConnectError::from_failures(vec![
        Failure::new(target, ConnectErrorKind::Pooler, reason).with_hint(POOLER_HINT),
    ])
}

/// A session that ended under a query of ours.
pub(super) fn lost(target: &str, error: &tokio_postgres::Error) -> ConnectError {
    let kind = if error.as_db_error().is_some() {
        ConnectErrorKind::Other
    } else {
        ConnectErrorKind::Unreachable
    };
    ConnectError::from_failures(vec![Failure {
        sqlstate: error.code().cloned(),
        ..Failure::new(target, kind, sentence(error))
    }])
}

pub(super) fn unreachable(target: &str, error: &io::Error) -> Failure {
    let reason = match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::NotFound => "there is no such socket".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    Failure::new(target, ConnectErrorKind::Unreachable, reason)
        .with_hint("is the server running there, and reachable from here?")
}

pub(super) fn tls_failure(target: &str, problem: TlsProblem) -> Failure {
    let kind = if problem.is_network {
        ConnectErrorKind::Unreachable
    } else {
        ConnectErrorKind::Tls
    };
    let hint = problem.hint.or_else(|| {
        problem
            .not_offered
            .then(|| "turn `ssl` on in the server, or use sslmode=prefer or disable".to_owned())
    });
    Failure {
        hint,
        ..Failure::new(target, kind, problem.reason)
    }
}

/// An error of tokio-postgres with its causes, in one line.
pub(super) fn sentence(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(refusal), _) => refusal.message().to_owned(),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) if error.is_closed() => "the server closed the connection".to_owned(),
        (None, None) => error.to_string(),
    }
}

/// `host:port`, with the address where the name says too little.
pub(super) fn target(host: &str, address: Option<IpAddr>, port: u16) -> String {
    if host.starts_with('/') {
        return Path::new(host)
            .join(format!(".s.PGSQL.{port}"))
            .display()
            .to_string();
    }
    let name = if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    };
    match address {
        Some(address) if address.to_string() != host => format!("{name} ({address})"),
        _ => name,
    }
}

/// `server_version_num` of a `server_version` such as "15.18 (Debian 15.18-0+deb12u1)", "9.6.24" or "19devel".
fn version_num(version: &str) -> u32 {
    let numeric = version
        .split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .next()
        .unwrap_or_default();
    let mut parts = numeric.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let (major, second, third) = (
        parts.next().unwrap_or(0),
        parts.next().unwrap_or(0),
        parts.next().unwrap_or(0),
    );
    if major >= 10 {
        major * 10_000 + second
    } else {
        major * 10_000 + second * 100 + third
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_become_numbers() {
        assert_eq!(version_num("15.18 (Debian 15.18-0+deb12u1)"), 150_018);
        assert_eq!(version_num("18beta1"), 180_000);
        assert_eq!(version_num("9.6.24"), 90_624);
        assert_eq!(version_num("unknown"), 0);
    }

    #[test]
    fn a_target_shows_the_address_behind_a_name() {
        assert_eq!(
            target("db", Some("10.0.0.7".parse().unwrap()), 5432),
            "db:5432 (10.0.0.7)"
        );
        assert_eq!(target("::1", Some("::1".parse().unwrap()), 5432), "[::1]:5432");
        assert_eq!(target("/run/pg", None, 5433), "/run/pg/.s.PGSQL.5433");
    }
}
