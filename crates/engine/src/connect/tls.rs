//! TLS as libpq's `sslmode` means it, on rustls: what to ask the server for, and which certificates to accept.
//! The configuration, with its files, is built when a server has agreed to TLS, and not before.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    CryptoProvider, KeyProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, InconsistentKeys, RootCertStore,
    SignatureScheme,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;
use x509_cert::der::oid::AssociatedOid;
use x509_cert::ext::pkix::SubjectAltName;

use super::{socket::Encrypted, version1};

/// libpq's words, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl SslMode {
    pub(super) const WORDS: [(&str, SslMode); 6] = [
        ("disable", Self::Disable),
        ("allow", Self::Allow),
        ("prefer", Self::Prefer),
        ("require", Self::Require),
        ("verify-ca", Self::VerifyCa),
        ("verify-full", Self::VerifyFull),
    ];
}

impl fmt::Display for SslMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS
            .iter()
            .find(|(_, mode)| mode == self)
            .map_or("", |(word, _)| word);
        f.write_str(word)
    }
}

/// Whose signature makes a server's certificate good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Roots {
    /// Nobody's: certificates are not checked.
    None,
    File(PathBuf),
    /// The authorities that the operating system trusts.
    System,
}

impl fmt::Display for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("nobody"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::System => f.write_str("the system's certificates"),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct TlsSettings {
    pub(super) mode: SslMode,
    pub(super) roots: Roots,
    /// The client's certificate and its key.
    pub(super) certificate: Option<(PathBuf, PathBuf)>,
    /// Handshake at once, without asking (PostgreSQL 17).
    pub(super) direct: bool,
    pub(super) sni: bool,
    /// Oldest and newest: 2 is TLSv1.2, 3 is TLSv1.3.
    pub(super) versions: (u8, u8),
}

/// The settings, and the rustls configuration once it was needed.
pub(super) struct Tls {
    pub(super) settings: TlsSettings,
    connector: OnceLock<Result<MakeRustlsConnect, TlsProblem>>,
}

/// Why there is no encrypted stream, and what to do.
#[derive(Debug, Clone)]
pub(super) struct TlsProblem {
    pub(super) reason: String,
    pub(super) hint: Option<String>,
    /// The server has no TLS, as opposed to: TLS did not work out.
    pub(super) not_offered: bool,
    /// The network failed us, not TLS.
    pub(super) is_network: bool,
}

impl TlsProblem {
    fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            hint: None,
            not_offered: false,
            is_network: false,
        }
    }

    fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn network(error: &io::Error) -> Self {
        Self {
            is_network: true,
            ..Self::new(format!("connection lost while TLS was negotiated: {error}"))
        }
    }
}

/// What negotiation came to.
pub(super) enum Negotiated {
    Encrypted(Box<Encrypted>),
    /// The server has no TLS; the stream is as good as new.
    Refused(TcpStream),
}

impl Tls {
    pub(super) fn new(settings: TlsSettings) -> Self {
        Self {
            settings,
            connector: OnceLock::new(),
        }
    }

    /// Asks the server for TLS, and shakes hands if it agrees. `host` is what its certificate must be for.
    pub(super) async fn negotiate(
        &self,
        mut stream: TcpStream,
        host: &str,
    ) -> Result<Negotiated, TlsProblem> {
        if !self.settings.direct {
            // SSLRequest: length 8, code 1234.5679
            const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
            stream
                .write_all(&SSL_REQUEST)
                .await
                .map_err(|error| TlsProblem::network(&error))?;
            match stream
                .read_u8()
                .await
                .map_err(|error| TlsProblem::network(&error))?
            {
                b'S' => {}
                b'N' => return Ok(Negotiated::Refused(stream)),
                _ => {
                    return Err(TlsProblem::new(
                        "the server did not answer the request for TLS as PostgreSQL does",
                    ));
                }
            }
        }
        let mut connector = match self.connector.get_or_init(|| self.settings.connector()) {
            Ok(connector) => connector.clone(),
            Err(problem) => return Err(problem.clone()),
        };
        let connect = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut connector, host)
            .unwrap_or_else(|never| match never {});
        match connect.connect(stream).await {
            Ok(stream) => Ok(Negotiated::Encrypted(Box::new(stream))),
            Err(error) => Err(self.settings.explain(&error, host).unwrap_or_else(|| {
                let problem = TlsProblem::network(&error);
                if self.settings.direct {
                    // An older server takes the handshake for a startup packet of a strange length, and hangs up.
                    problem.with_hint(
                        "sslnegotiation=direct needs PostgreSQL 17 or newer; sslnegotiation=postgres asks the server first",
                    )
                } else {
                    problem
                }
            })),
        }
    }

    pub(super) fn not_offered() -> TlsProblem {
        TlsProblem {
            not_offered: true,
            ..TlsProblem::new("the server does not offer TLS")
        }
    }
}

impl TlsSettings {
    /// What rustls says, in words that name the file and the mode. `None` when rustls is not the cause.
    pub(super) fn explain(&self, error: &(dyn Error + 'static), host: &str) -> Option<TlsProblem> {
        use CertificateError as Bad;
        let (mode, roots) = (self.mode, &self.roots);
        Some(match rustls_error(error)? {
            rustls::Error::InvalidCertificate(bad) => match bad {
                Bad::UnknownIssuer | Bad::BadSignature => TlsProblem::new(format!(
                    "the server's certificate is not signed by a CA in {roots} (sslmode={mode})"
                ))
                .with_hint("set sslrootcert to the CA file that your provider or administrator gives out"),
                Bad::NotValidForName | Bad::NotValidForNameContext { .. } => TlsProblem::new(format!(
                    "the server's certificate is not for \"{host}\" (sslmode={mode})"
                ))
                .with_hint("connect by the name in the certificate; hostaddr= can give the address"),
                Bad::Expired | Bad::ExpiredContext { .. } => TlsProblem::new(format!(
                    "the server's certificate has expired (sslmode={mode}, {roots})"
                )),
                Bad::NotValidYet | Bad::NotValidYetContext { .. } => TlsProblem::new(format!(
                    "the server's certificate is not valid yet (sslmode={mode}, {roots})"
                ))
                .with_hint("compare the clocks of server and client"),
                other => TlsProblem::new(format!(
                    "the server's certificate cannot be checked against {roots} (sslmode={mode}): {other}"
                )),
            },
            rustls::Error::AlertReceived(alert) => {
                let problem = TlsProblem::new(match &self.certificate {
                    Some((path, _)) => {
                        format!(
                            "the server ended TLS ({alert:?}); the client certificate was {}",
                            path.display()
                        )
                    }
                    None => {
                        format!("the server ended TLS ({alert:?}); no client certificate was there to send")
                    }
                });
                match (alert, &self.certificate) {
                    (AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure, None) => {
                        problem.with_hint("the server may want a client certificate: set sslcert and sslkey")
                    }
                    (_, Some(_)) => {
                        problem.with_hint("the server's ssl_ca_file must hold the CA of that certificate")
                    }
                    _ => problem,
                }
            }
            other => TlsProblem::new(format!("TLS failed (sslmode={mode}): {other}")),
        })
    }

    fn connector(&self) -> Result<MakeRustlsConnect, TlsProblem> {
        // Given, not installed: another rustls user in this process may have its own.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = Arc::new(Verifier::new(self, &provider)?);
        let keys = provider.key_provider;
        let versions: Vec<_> = [(2, &rustls::version::TLS12), (3, &rustls::version::TLS13)]
            .into_iter()
            .filter(|(version, _)| (self.versions.0..=self.versions.1).contains(version))
            .map(|(_, version)| version)
            .collect();
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(|error| TlsProblem::new(format!("TLS cannot be set up: {error}")))?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match &self.certificate {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let (chain, secret) = (read_certificates(certificate)?, read_key(key)?);
                let pair = client_certificate(chain, secret, keys).map_err(|error| {
                    TlsProblem::new(format!(
                        "client certificate {} does not go with key {}: {error}",
                        certificate.display(),
                        key.display()
                    ))
                })?;
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(pair)))
            }
        };
        config.enable_sni = self.sni;
        config.resumption = Resumption::disabled();
        if self.direct {
            config.alpn_protocols = vec![b"postgresql".to_vec()];
        }
        Ok(MakeRustlsConnect::new(config))
    }
}

/// A client's certificate with its key, which must be the certificate's.
fn client_certificate(
    chain: Vec<CertificateDer<'static>>,
    secret: PrivateKeyDer<'static>,
    keys: &dyn KeyProvider,
) -> Result<CertifiedKey, rustls::Error> {
    let pair = CertifiedKey::new(chain, keys.load_private_key(secret)?);
    let certificate = pair.end_entity_cert()?;
    let verdict = if version1::is_version_1(certificate) {
        match pair.key.public_key() {
            Some(key) if key != version1::public_key(certificate)? => {
                Err(InconsistentKeys::KeyMismatch.into())
            }
            _ => Ok(()),
        }
    } else {
        pair.keys_match()
    };
    match verdict {
        Err(error) if error != InconsistentKeys::Unknown.into() => Err(error),
        _ => Ok(pair),
    }
}

fn rustls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // io::Error::source() skips the error it wraps.
        if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            cause = Some(inner);
            continue;
        }
        cause = error.source();
    }
    None
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsProblem> {
    let unreadable = |error| {
        TlsProblem::new(format!(
            "certificate file {} cannot be read: {error}",
            path.display()
        ))
    };
    let certificates = CertificateDer::pem_file_iter(path)
        .map_err(|error| unreadable(error.to_string()))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unreadable(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unreadable("it holds no certificate in PEM format".to_owned()));
    }
    Ok(certificates)
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsProblem> {
    let unreadable =
        |reason: String| TlsProblem::new(format!("private key file {}: {reason}", path.display()));
    let bytes = std::fs::read(path).map_err(|error| unreadable(format!("cannot be read: {error}")))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let metadata =
            std::fs::metadata(path).map_err(|error| unreadable(format!("cannot be read: {error}")))?;
        // libpq's rule: root's key may be readable by a group, anybody else's only by its owner.
        let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
        if metadata.mode() & forbidden != 0 {
            return Err(unreadable("has group or world access".to_owned())
                .with_hint(format!("run `chmod 0600 {}`", path.display())));
        }
    }
    if bytes.windows(9).any(|window| window == b"ENCRYPTED") {
        return Err(unreadable("is encrypted, which is not supported".to_owned())
            .with_hint("write a decrypted copy with `openssl pkey -in KEY -out COPY`, mode 0600"));
    }
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| unreadable(format!("cannot be read: {error}")))
}

/// Accepts what libpq accepts in each mode. The proof that the server owns the certificate's key is always demanded:
/// without it channel binding would prove nothing.
#[derive(Debug)]
struct Verifier {
    checks_chain: bool,
    checks_name: bool,
    roots: RootCertStore,
    /// The root file's certificates: a server may show one of them itself, self-signed.
    trusted: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    fn new(settings: &TlsSettings, provider: &CryptoProvider) -> Result<Self, TlsProblem> {
        let trusted = match &settings.roots {
            Roots::None => Vec::new(),
            Roots::File(path) => read_certificates(path)?,
            Roots::System => {
                let found = rustls_native_certs::load_native_certs();
                if found.certs.is_empty() {
                    return Err(TlsProblem::new(
                        "sslrootcert=system, and this system has no trusted certificates",
                    )
                    .with_hint("install the package ca-certificates"));
                }
                found.certs
            }
        };
        let mut roots = RootCertStore::empty();
        let (usable, _) = roots.add_parsable_certificates(trusted.iter().cloned());
        if usable == 0 && !trusted.is_empty() {
            return Err(TlsProblem::new(format!(
                "no certificate in {} can serve as a CA",
                settings.roots
            )));
        }
        Ok(Self {
            // As in libpq, a root certificate that is there is used, also with require and prefer.
            checks_chain: settings.roots != Roots::None,
            checks_name: settings.mode == SslMode::VerifyFull,
            roots,
            trusted: if settings.roots == Roots::System {
                Vec::new()
            } else {
                trusted
            },
            algorithms: provider.signature_verification_algorithms,
        })
    }

    fn check_chain(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        if self.trusted.contains(certificate) {
            return check_dates(certificate, now);
        }
        if version1::is_version_1(certificate) {
            return version1::check_signed_by(&self.trusted, certificate, self.algorithms.all, now);
        }
        let parsed = ParsedCertificate::try_from(certificate)?;
        verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &self.roots,
            intermediates,
            now,
            self.algorithms.all,
        )
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.checks_chain {
            self.check_chain(certificate, intermediates, now)?;
        }
        if self.checks_name {
            check_name(certificate, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match verify_tls13_signature(message, certificate, signed, &self.algorithms) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::Other(_) | CertificateError::BadEncoding,
            )) => verify_tls13_signature_with_raw_key(
                message,
                &version1::public_key(certificate)?,
                signed,
                &self.algorithms,
            ),
            verdict => verdict,
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

pub(super) fn check_dates(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), rustls::Error> {
    let validity = version1::parse(certificate)?.tbs_certificate.validity;
    let now = now.as_secs();
    if now < validity.not_before.to_unix_duration().as_secs() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > validity.not_after.to_unix_duration().as_secs() {
        return Err(CertificateError::Expired.into());
    }
    Ok(())
}

/// The subject's alternative names; where a certificate has none, its common name, as libpq still does.
fn check_name(certificate: &CertificateDer<'_>, server_name: &ServerName<'_>) -> Result<(), rustls::Error> {
    let by_alternative_name =
        ParsedCertificate::try_from(certificate).and_then(|parsed| verify_server_name(&parsed, server_name));
    let Err(refusal) = by_alternative_name else {
        return Ok(());
    };
    let parsed = version1::parse(certificate)?.tbs_certificate;
    let has_alternative_names = parsed
        .extensions
        .iter()
        .flatten()
        .any(|extension| extension.extn_id == SubjectAltName::OID);
    if has_alternative_names {
        return Err(refusal);
    }
    let host = server_name.to_str().to_ascii_lowercase();
    match common_name(&parsed.subject) {
        Some(name) if name_matches(&name.to_ascii_lowercase(), &host) => Ok(()),
        _ => Err(CertificateError::NotValidForName.into()),
    }
}

fn common_name(subject: &x509_cert::name::Name) -> Option<String> {
    const COMMON_NAME: &str = "2.5.4.3";
    let mut attributes = subject.0.iter().flat_map(|set| set.0.iter());
    let attribute = attributes.find(|attribute| attribute.oid.to_string() == COMMON_NAME)?;
    std::str::from_utf8(attribute.value.value())
        .ok()
        .map(str::to_owned)
}

/// libpq's wildcard: `*.` at the start, standing for exactly one label.
fn name_matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(domain) => host
            .split_once('.')
            .is_some_and(|(label, rest)| !label.is_empty() && rest == domain),
        None => pattern == host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        assert!(name_matches("*.example.org", "db.example.org"));
        assert!(!name_matches("*.example.org", "a.db.example.org"));
        assert!(!name_matches("*.example.org", "example.org"));
        assert!(name_matches("db", "db"));
    }

    #[test]
    fn modes_are_ordered_by_strength() {
        assert!(SslMode::Prefer < SslMode::Require && SslMode::Require < SslMode::VerifyCa);
        assert_eq!(SslMode::VerifyFull.to_string(), "verify-full");
    }
}
