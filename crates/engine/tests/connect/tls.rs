//! `sslmode` and its company against a real server.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use windlass::connect::ConnectErrorKind;

use crate::server::{Server, Setup};
use crate::{ask, cancelled, open, refusal};

struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().pem();
        Self {
            certificate,
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate with its key. `alternative` names go where they belong, `common` into the subject.
    fn sign(&self, common: &str, alternative: &[&str], usage: ExtendedKeyUsagePurpose) -> (String, String) {
        let names: Vec<String> = alternative.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, common);
        params.extended_key_usages.push(usage);
        let key = KeyPair::generate().unwrap();
        (
            params.signed_by(&key, &self.issuer).unwrap().pem(),
            key.serialize_pem(),
        )
    }
}

/// A client's files.
struct Home(TempDir);

impl Home {
    fn new(files: &[(&str, &str)]) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::create_dir(home.0.path().join(".postgresql")).unwrap();
        for (name, text) in files {
            fs::write(home.path(name), text).unwrap();
            home.protect(name, 0o600);
        }
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn show(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn protect(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn variable(&self) -> (&'static str, &str) {
        ("HOME", self.0.path().to_str().unwrap())
    }
}

const SSL: [&str; 3] = [
    "ssl = on",
    "ssl_cert_file = 'server.crt'",
    "ssl_key_file = 'server.key'",
];

fn encrypted_server(certificate: &(String, String), hba: &str) -> Server {
    Server::start(&Setup {
        settings: &SSL,
        hba,
        files: &[("server.crt", &certificate.0), ("server.key", &certificate.1)],
        ..Setup::default()
    })
}

async fn is_encrypted(conninfo: &str, variables: &[(&str, &str)]) -> bool {
    let connection = open(conninfo, variables).await.unwrap();
    let says = ask(
        &connection,
        "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    )
    .await
        == "t";
    assert_eq!(says, connection.server.is_encrypted);
    says
}

#[tokio::test]
async fn every_mode_checks_what_its_name_says() {
    let ours = Authority::new("our CA");
    let theirs = Authority::new("their CA");
    let server = encrypted_server(
        &ours.sign("db", &["localhost"], ExtendedKeyUsagePurpose::ServerAuth),
        "",
    );
    let home = Home::new(&[
        ("ours.crt", &ours.certificate),
        ("theirs.crt", &theirs.certificate),
    ]);
    let (right, wrong) = (home.show("ours.crt"), home.show("theirs.crt"));
    let url = |query: &str| server.app(query);
    let elsewhere = |query: &str| url(query).replace("@localhost:", "@db.example:");

    assert!(!is_encrypted(&url("sslmode=disable"), &[]).await);
    assert!(!is_encrypted(&url("sslmode=allow"), &[]).await);
    assert!(is_encrypted(&url(""), &[]).await, "prefer is the default");
    assert!(
        is_encrypted(&url("sslmode=require"), &[]).await,
        "without a root certificate nothing is checked"
    );
    assert!(is_encrypted(&url("ssl=true"), &[]).await, "as JDBC says it");
    assert!(
        is_encrypted(
            &url(""),
            &[("PGSSLMODE", "verify-full"), ("PGSSLROOTCERT", &right)]
        )
        .await
    );
    assert!(is_encrypted(&url(&format!("sslmode=verify-ca&sslrootcert={right}")), &[]).await);
    assert!(is_encrypted(&url(&format!("sslmode=verify-full&sslrootcert={right}")), &[]).await);
    assert!(is_encrypted(&elsewhere(&format!("sslmode=verify-ca&sslrootcert={right}")), &[]).await);
    assert!(
        is_encrypted(
            &url(&format!(
                "sslmode=verify-full&sslrootcert={right}&ssl_min_protocol_version=TLSv1.3"
            )),
            &[]
        )
        .await
    );
    assert!(
        is_encrypted(
            &url(&format!(
                "sslmode=verify-full&sslrootcert={right}&ssl_max_protocol_version=TLSv1.2"
            )),
            &[]
        )
        .await
    );

    for mode in ["require", "verify-ca", "verify-full"] {
        let error = refusal(&url(&format!("sslmode={mode}&sslrootcert={wrong}")), &[]).await;
        assert_eq!(error.kind(), ConnectErrorKind::Tls);
        assert_eq!(
            error.to_string(),
            format!(
                "could not connect to localhost:{} (127.0.0.1): the server's certificate is not signed by a CA in \
                 {wrong} (sslmode={mode})",
                server.port
            )
        );
    }
    let error = refusal(
        &elsewhere(&format!("sslmode=verify-full&sslrootcert={right}")),
        &[],
    )
    .await;
    assert_eq!(error.kind(), ConnectErrorKind::Tls);
    assert!(
        error
            .to_string()
            .ends_with("the server's certificate is not for \"db.example\" (sslmode=verify-full)"),
        "{error}"
    );

    let error = refusal(&url("sslmode=verify-full"), &[home.variable()]).await;
    assert!(error.to_string().contains("needs a root certificate"), "{error}");
    let error = refusal(&url("sslmode=verify-full&sslrootcert=system"), &[]).await;
    assert_eq!(error.kind(), ConnectErrorKind::Tls, "{error}");
    let error = refusal(&url("sslmode=require&sslrootcert=system"), &[]).await;
    assert_eq!(error.kind(), ConnectErrorKind::BadOptions, "{error}");

    // a root certificate in its usual place is used, also by `require`
    fs::copy(home.path("theirs.crt"), home.path(".postgresql/root.crt")).unwrap();
    let error = refusal(&url("sslmode=require"), &[home.variable()]).await;
    assert!(
        error
            .to_string()
            .contains(".postgresql/root.crt (sslmode=require)"),
        "{error}"
    );
    assert!(
        !is_encrypted(&url("sslmode=prefer"), &[home.variable()]).await,
        "as in libpq, prefer goes on without"
    );
    fs::copy(home.path("ours.crt"), home.path(".postgresql/root.crt")).unwrap();
    assert!(is_encrypted(&url("sslmode=verify-full"), &[home.variable()]).await);
}

#[tokio::test]
async fn a_server_without_tls_satisfies_only_the_weak_modes() {
    let server = Server::start(&Setup::default());
    for mode in ["disable", "allow", "prefer"] {
        assert!(!is_encrypted(&server.app(&format!("sslmode={mode}")), &[]).await);
    }
    let error = refusal(&server.app("sslmode=require"), &[]).await;
    assert_eq!(error.kind(), ConnectErrorKind::Tls);
    assert!(
        error.to_string().ends_with("the server does not offer TLS"),
        "{error}"
    );
    // over a socket sslmode has no meaning, as in libpq
    assert!(!is_encrypted(&format!("{} sslmode=require", server.superuser()), &[]).await);
}

#[tokio::test]
async fn allow_and_prefer_follow_pg_hba() {
    let ca = Authority::new("CA");
    let certificate = ca.sign("db", &["localhost"], ExtendedKeyUsagePurpose::ServerAuth);
    let only_encrypted = encrypted_server(&certificate, "hostssl all app all scram-sha-256\n");
    assert!(is_encrypted(&only_encrypted.app("sslmode=allow"), &[]).await);
    let error = refusal(&only_encrypted.app("sslmode=disable"), &[]).await;
    assert_eq!(error.kind(), ConnectErrorKind::Authentication);
    assert!(error.hint().unwrap().contains("pg_hba.conf"));
    drop(only_encrypted);

    let only_plain = encrypted_server(&certificate, "hostnossl all app all scram-sha-256\n");
    assert!(!is_encrypted(&only_plain.app("sslmode=prefer"), &[]).await);
    assert_eq!(
        refusal(&only_plain.app("sslmode=require"), &[]).await.kind(),
        ConnectErrorKind::Authentication
    );
}

#[tokio::test]
async fn a_client_certificate_lets_in() {
    let ca = Authority::new("CA");
    let certificate = ca.sign("db", &["localhost"], ExtendedKeyUsagePurpose::ServerAuth);
    let mut settings = SSL.to_vec();
    settings.push("ssl_ca_file = 'ca.crt'");
    let server = Server::start(&Setup {
        settings: &settings,
        hba: "hostssl all cert all cert\n",
        files: &[
            ("server.crt", &certificate.0),
            ("server.key", &certificate.1),
            ("ca.crt", &ca.certificate),
        ],
        ..Setup::default()
    });
    let (chain, key) = ca.sign("cert", &[], ExtendedKeyUsagePurpose::ClientAuth);
    let other = Authority::new("other CA");
    let (bad_chain, bad_key) = other.sign("cert", &[], ExtendedKeyUsagePurpose::ClientAuth);
    let home = Home::new(&[
        (".postgresql/postgresql.crt", &chain),
        (".postgresql/postgresql.key", &key),
        ("bad.crt", &bad_chain),
        ("bad.key", &bad_key),
    ]);
    let url = format!(
        "postgresql://cert@localhost:{}/postgres?hostaddr=127.0.0.1&sslmode=require",
        server.port
    );

    assert!(
        is_encrypted(&url, &[home.variable()]).await,
        "found in its usual place"
    );
    let given = [
        ("PGSSLCERT", home.show(".postgresql/postgresql.crt")),
        ("PGSSLKEY", home.show(".postgresql/postgresql.key")),
    ];
    let given: Vec<(&str, &str)> = given
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert!(is_encrypted(&url, &given).await);

    let error = refusal(&url, &[]).await;
    assert_eq!(error.kind(), ConnectErrorKind::Authentication, "{error}");
    let error = refusal(&format!("{url}&sslcertmode=disable"), &[home.variable()]).await;
    assert_eq!(error.kind(), ConnectErrorKind::Authentication, "{error}");
    let foreign = format!(
        "{url}&sslcert={}&sslkey={}",
        home.show("bad.crt"),
        home.show("bad.key")
    );
    let error = refusal(&foreign, &[]).await;
    assert_eq!(error.kind(), ConnectErrorKind::Tls, "{error}");
    assert!(error.to_string().contains("bad.crt"), "{error}");

    home.protect(".postgresql/postgresql.key", 0o644);
    let error = refusal(&url, &[home.variable()]).await;
    assert!(
        error
            .to_string()
            .ends_with("postgresql.key: has group or world access"),
        "{error}"
    );
    assert!(error.hint().unwrap().starts_with("run `chmod 0600 "));
}

#[tokio::test]
async fn channel_binding_binds() {
    let ca = Authority::new("CA");
    let server = encrypted_server(
        &ca.sign("db", &["localhost"], ExtendedKeyUsagePurpose::ServerAuth),
        "hostssl all app all scram-sha-256\nhostssl all postgres all trust\nhostnossl all all all scram-sha-256\n",
    );
    assert!(is_encrypted(&server.app("channel_binding=require"), &[]).await);
    assert!(is_encrypted(&server.app("channel_binding=disable"), &[]).await);
    assert!(is_encrypted(&server.app("sslmode=require"), &[("PGCHANNELBINDING", "require")]).await);
    let error = refusal(&server.app("channel_binding=require&sslmode=disable"), &[]).await;
    assert_eq!(error.kind(), ConnectErrorKind::Authentication);
    assert!(error.to_string().contains("needs TLS"), "{error}");
    // a man in the middle would say "trust" as well
    let error = refusal(
        &server.app("channel_binding=require&sslmode=require&user=postgres"),
        &[],
    )
    .await;
    assert_eq!(error.kind(), ConnectErrorKind::Authentication);
    assert!(
        error.to_string().contains("did not use channel binding"),
        "{error}"
    );
}

#[tokio::test]
async fn direct_negotiation_works_from_version_17_and_says_so_before() {
    let ca = Authority::new("CA");
    let server = encrypted_server(
        &ca.sign("db", &["localhost"], ExtendedKeyUsagePurpose::ServerAuth),
        "hostssl all all all trust\n",
    );
    let plain = open(&server.app("sslmode=require"), &[])
        .await
        .expect("it has TLS");
    let version: u32 = ask(&plain, "SHOW server_version_num")
        .await
        .parse()
        .expect("it is a number");
    let direct = server.app("sslmode=require&sslnegotiation=direct");
    if version >= 170_000 {
        assert!(is_encrypted(&direct, &[]).await);
        return;
    }
    let error = refusal(&direct, &[]).await;
    let hint = error.hint().unwrap_or_default();
    assert!(
        hint.contains("PostgreSQL 17") && hint.contains("sslnegotiation=postgres"),
        "{error}: {hint}"
    );
}

#[tokio::test]
async fn self_signed_certificates_with_only_a_common_name_do_as_in_libpq() {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "localhost");
    let key = KeyPair::generate().unwrap();
    let own = params.self_signed(&key).unwrap().pem();
    let home = Home::new(&[("own.crt", &own)]);
    let server = encrypted_server(&(own, key.serialize_pem()), "");
    let url = server.app(&format!(
        "sslmode=verify-full&sslrootcert={}",
        home.show("own.crt")
    ));
    assert!(is_encrypted(&url, &[]).await);
    let error = refusal(&url.replace("@localhost:", "@db.example:"), &[]).await;
    assert_eq!(error.kind(), ConnectErrorKind::Tls, "{error}");
}

#[tokio::test]
async fn an_x509_version_1_certificate_still_encrypts() {
    let own = include_str!("x509v1.crt");
    let home = Home::new(&[("own.crt", own)]);
    let server = encrypted_server(&(own.to_owned(), include_str!("x509v1.key").to_owned()), "");
    assert!(is_encrypted(&server.app("sslmode=require"), &[]).await);
    assert!(
        is_encrypted(
            &server.app(&format!(
                "sslmode=verify-full&sslrootcert={}",
                home.show("own.crt")
            )),
            &[]
        )
        .await
    );
}

/// As `openssl x509 -req` signs them, and PostgreSQL's manual with it, where nobody asks for extensions.
#[tokio::test]
async fn x509_version_1_certificates_of_ones_own_ca_are_checked_as_in_libpq() {
    let (ca, key) = (include_str!("x509v1_ca.crt"), include_str!("x509v1_signed.key"));
    let mut settings = SSL.to_vec();
    settings.push("ssl_ca_file = 'ca.crt'");
    let server = Server::start(&Setup {
        settings: &settings,
        hba: "hostssl all cert all cert\nhostssl all app all scram-sha-256\n",
        files: &[
            ("server.crt", include_str!("x509v1_server.crt")),
            ("server.key", key),
            ("ca.crt", ca),
        ],
        ..Setup::default()
    });
    let stranger = Authority::new("CA of version 1");
    let (_, other_key) = stranger.sign("cert", &[], ExtendedKeyUsagePurpose::ClientAuth);
    let home = Home::new(&[
        ("ca.crt", ca),
        ("stranger.crt", &stranger.certificate),
        ("client.crt", include_str!("x509v1_client.crt")),
        ("client.key", key),
        ("other.key", &other_key),
    ]);
    let checked = |by: &str| server.app(&format!("sslmode=verify-full&sslrootcert={}", home.show(by)));
    assert!(is_encrypted(&checked("ca.crt"), &[]).await);
    let error = refusal(&checked("stranger.crt"), &[]).await;
    assert!(
        error.to_string().contains("is not signed by a CA in"),
        "the same name is not the same key: {error}"
    );
    let error = refusal(&checked("ca.crt").replace("@localhost:", "@db.example:"), &[]).await;
    assert!(error.to_string().contains("is not for \"db.example\""), "{error}");

    let client = |key: &str| {
        format!(
            "postgresql://cert@localhost:{}/postgres?hostaddr=127.0.0.1&sslmode=require&sslcert={}&sslkey={}",
            server.port,
            home.show("client.crt"),
            home.show(key)
        )
    };
    assert!(is_encrypted(&client("client.key"), &[]).await);
    let error = refusal(&client("other.key"), &[]).await;
    assert!(error.to_string().contains("does not go with key"), "{error}");
}

#[tokio::test]
async fn a_cancel_request_is_encrypted_like_its_session() {
    let ca = Authority::new("CA");
    let certificate = ca.sign("db", &["localhost"], ExtendedKeyUsagePurpose::ServerAuth);
    let server = encrypted_server(&certificate, "");
    let mut connection = open(&server.app("sslmode=require"), &[]).await.unwrap();
    assert_eq!(cancelled(&mut connection).await, "57014");
}
