//! Every connection parameter libpq knows, the variable that sets it, and what we do with it.
//! Reading values is `options`' job, splitting strings is `conninfo`'s.

/// One libpq parameter.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) variable: Option<&'static str>,
    pub(super) support: Support,
}

/// What we do with a parameter that is set.
#[derive(Debug)]
pub(super) enum Support {
    /// It has libpq's meaning.
    Used,
    /// It has no effect here, and none is missed.
    Ignored,
    /// Ignoring it could weaken what the user asked for, so it is refused, except for the harmless values given.
    Refused {
        but: &'static [&'static str],
        why: &'static str,
    },
}

const fn used(name: &'static str, variable: &'static str) -> Parameter {
    Parameter {
        name,
        variable: Some(variable),
        support: Support::Used,
    }
}

const fn plain(name: &'static str) -> Parameter {
    Parameter {
        name,
        variable: None,
        support: Support::Used,
    }
}

const fn ignored(name: &'static str, variable: Option<&'static str>) -> Parameter {
    Parameter {
        name,
        variable,
        support: Support::Ignored,
    }
}

const fn refused(
    name: &'static str,
    variable: Option<&'static str>,
    but: &'static [&'static str],
    why: &'static str,
) -> Parameter {
    Parameter {
        name,
        variable,
        support: Support::Refused { but, why },
    }
}

const NO_CRL: &str = "certificate revocation lists are not supported";
const NO_OAUTH: &str = "OAuth authentication is not supported";

pub(super) static PARAMETERS: &[Parameter] = &[
    used("service", "PGSERVICE"),
    used("servicefile", "PGSERVICEFILE"),
    used("host", "PGHOST"),
    used("hostaddr", "PGHOSTADDR"),
    used("port", "PGPORT"),
    used("dbname", "PGDATABASE"),
    used("user", "PGUSER"),
    used("password", "PGPASSWORD"),
    used("passfile", "PGPASSFILE"),
    used("channel_binding", "PGCHANNELBINDING"),
    used("connect_timeout", "PGCONNECT_TIMEOUT"),
    used("options", "PGOPTIONS"),
    used("application_name", "PGAPPNAME"),
    plain("fallback_application_name"),
    plain("keepalives"),
    plain("keepalives_idle"),
    plain("keepalives_interval"),
    plain("keepalives_count"),
    plain("tcp_user_timeout"),
    used("sslmode", "PGSSLMODE"),
    used("sslnegotiation", "PGSSLNEGOTIATION"),
    used("sslrootcert", "PGSSLROOTCERT"),
    used("sslcert", "PGSSLCERT"),
    used("sslkey", "PGSSLKEY"),
    used("sslcertmode", "PGSSLCERTMODE"),
    used("sslsni", "PGSSLSNI"),
    used("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
    used("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"),
    used("target_session_attrs", "PGTARGETSESSIONATTRS"),
    used("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    ignored("client_encoding", Some("PGCLIENTENCODING")), // always UTF8; the server converts
    ignored("sslcompression", Some("PGSSLCOMPRESSION")),  // gone from TLS 1.3 and from us
    ignored("krbsrvname", Some("PGKRBSRVNAME")),
    ignored("gsslib", Some("PGGSSLIB")),
    ignored("gssdelegation", Some("PGGSSDELEGATION")),
    ignored("max_protocol_version", Some("PGMAXPROTOCOLVERSION")),
    ignored("tty", None),
    refused(
        "gssencmode",
        Some("PGGSSENCMODE"),
        &["disable", "prefer"],
        "GSSAPI encryption is not supported; use sslmode for encryption",
    ),
    refused(
        "min_protocol_version",
        Some("PGMINPROTOCOLVERSION"),
        &["3.0"],
        "only protocol version 3.0 is spoken",
    ),
    refused("sslcrl", Some("PGSSLCRL"), &[], NO_CRL),
    refused("sslcrldir", Some("PGSSLCRLDIR"), &[], NO_CRL),
    refused(
        "sslpassword",
        None,
        &[],
        "encrypted private keys are not supported; decrypt the key file",
    ),
    refused(
        "sslkeylogfile",
        None,
        &[],
        "writing TLS keys to a file is not supported",
    ),
    refused(
        "requirepeer",
        Some("PGREQUIREPEER"),
        &[],
        "checking the server's operating system user is not supported",
    ),
    refused(
        "require_auth",
        Some("PGREQUIREAUTH"),
        &[],
        "it is not supported; sslmode=verify-full with channel_binding=require covers most of it",
    ),
    refused(
        "replication",
        None,
        &["false", "off", "no", "0"],
        "a replication connection cannot run migrations",
    ),
    refused(
        "scram_client_key",
        None,
        &[],
        "SCRAM keys are not supported; use a password",
    ),
    refused(
        "scram_server_key",
        None,
        &[],
        "SCRAM keys are not supported; use a password",
    ),
    refused("oauth_issuer", None, &[], NO_OAUTH),
    refused("oauth_client_id", None, &[], NO_OAUTH),
    refused("oauth_client_secret", None, &[], NO_OAUTH),
    refused("oauth_scope", None, &[], NO_OAUTH),
];

/// What other tools write into the query of their database URLs, and what to do about each.
static FOREIGN: &[(&str, &str)] = &[
    (
        "schema",
        "is Prisma's; write options=-csearch_path%3Dname instead",
    ),
    ("connection_limit", "is Prisma's pool size; remove it"),
    ("pool_timeout", "is Prisma's pool setting; remove it"),
    (
        "socket_timeout",
        "is Prisma's; use tcp_user_timeout (milliseconds)",
    ),
    ("statement_cache_size", "is Prisma's; remove it"),
    (
        "pgbouncer",
        "is Prisma's; give the URL of the server itself, not of the pooler",
    ),
    ("sslaccept", "is Prisma's; use sslmode"),
    ("sslidentity", "is Prisma's; use sslcert and sslkey"),
    (
        "search_path",
        "is no connection parameter of libpq; write options=-csearch_path%3Dname instead",
    ),
    (
        "currentSchema",
        "is the JDBC driver's; write options=-csearch_path%3Dname instead",
    ),
    ("sslfactory", "is the JDBC driver's; use sslmode and sslrootcert"),
    ("loggerLevel", "is the JDBC driver's; remove it"),
    ("prepareThreshold", "is the JDBC driver's; remove it"),
    ("ApplicationName", "is the JDBC driver's; use application_name"),
    ("connectTimeout", "is the JDBC driver's; use connect_timeout"),
    ("tcpKeepAlive", "is the JDBC driver's; use keepalives"),
    (
        "targetServerType",
        "is the JDBC driver's; use target_session_attrs",
    ),
    (
        "uselibpqcompat",
        "is node-postgres's; remove it, sslmode always has libpq's meaning here",
    ),
    ("pool_size", "is a pool setting of another library; remove it"),
    ("pool", "is a pool setting of another library; remove it"),
    ("max_overflow", "is SQLAlchemy's pool setting; remove it"),
    ("pool_max_conns", "is pgx's pool setting; remove it"),
    ("pool_min_conns", "is pgx's pool setting; remove it"),
    ("default_query_exec_mode", "is pgx's; remove it"),
    ("statement_cache_capacity", "is pgx's or sqlx's; remove it"),
    ("statement-cache-capacity", "is sqlx's; remove it"),
    (
        "prepared_statement_cache_size",
        "is asyncpg's or SQLAlchemy's; remove it",
    ),
    ("prepared_statements", "is Rails'; remove it"),
    (
        "encoding",
        "is Rails'; remove it, the client encoding is always UTF8",
    ),
    (
        "statement_timeout",
        "is no connection parameter; write options=-cstatement_timeout%3D5s instead",
    ),
    (
        "lock_timeout",
        "is no connection parameter; write options=-clock_timeout%3D5s instead",
    ),
    (
        "x-migrations-table",
        "is golang-migrate's; remove it: `windlass stamp` says to the journal which revisions a database has",
    ),
    ("x-multi-statement", "is golang-migrate's; remove it"),
    (
        "x-statement-timeout",
        "is golang-migrate's; set statement_timeout in windlass.toml",
    ),
    ("serverVersion", "is Doctrine's; remove it"),
    (
        "charset",
        "is Doctrine's; remove it, the client encoding is always UTF8",
    ),
];

pub(super) fn find(name: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|parameter| parameter.name == name)
}

/// What to say about a name that is no parameter. Never repeats the name: in a string with a badly
/// quoted password it may be a piece of that password.
pub(super) fn about_unknown(name: &str) -> String {
    if let Some((known, advice)) = FOREIGN
        .iter()
        .find(|(foreign, _)| foreign.eq_ignore_ascii_case(name))
    {
        return format!("\"{known}\" {advice}");
    }
    let nearest = PARAMETERS
        .iter()
        .map(|parameter| {
            (
                strsim::damerau_levenshtein(parameter.name, &name.to_ascii_lowercase()),
                parameter.name,
            )
        })
        .min();
    match nearest {
        Some((distance, near)) if distance * 3 <= near.len().max(3) => {
            format!("unknown parameter; did you mean \"{near}\"?")
        }
        _ => "unknown parameter".to_owned(),
    }
}
