//! Certificates of X.509 version 1, which rustls does not read: who signed one, and whose key it is.
//! `openssl x509 -req` makes them wherever no extension is asked for, as in the commands of PostgreSQL's own manual,
//! and libpq takes them from servers and clients alike.

use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, Error};
use x509_cert::der::{Decode, Encode};
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::{Certificate, Version};

use super::tls::check_dates;

/// Whether it is one.
pub(super) fn is_version_1(certificate: &CertificateDer<'_>) -> bool {
    parse(certificate).is_ok_and(|parsed| parsed.tbs_certificate.version == Version::V1)
}

/// The key that a certificate is for.
pub(super) fn public_key(
    certificate: &CertificateDer<'_>,
) -> Result<SubjectPublicKeyInfoDer<'static>, Error> {
    let key = parse(certificate)?
        .tbs_certificate
        .subject_public_key_info
        .to_der()
        .map_err(|_| bad_encoding())?;
    Ok(SubjectPublicKeyInfoDer::from(key))
}

/// Whether one of `trusted` signed it, itself: nothing in such a certificate could limit what stands between.
pub(super) fn check_signed_by(
    trusted: &[CertificateDer<'_>],
    certificate: &CertificateDer<'_>,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
    now: UnixTime,
) -> Result<(), Error> {
    let signed = parse(certificate)?;
    let message = signed.tbs_certificate.to_der().map_err(|_| bad_encoding())?;
    let issuers: Vec<Certificate> = trusted
        .iter()
        .filter_map(|issuer| parse(issuer).ok())
        .filter(|issuer| issuer.tbs_certificate.subject == signed.tbs_certificate.issuer)
        .collect();
    let is_signed = issuers.iter().any(|issuer| {
        let key = &issuer.tbs_certificate.subject_public_key_info;
        algorithms
            .iter()
            .filter(|algorithm| is_same(&signed.signature_algorithm, algorithm.signature_alg_id().as_ref()))
            .filter(|algorithm| is_same(&key.algorithm, algorithm.public_key_alg_id().as_ref()))
            .any(|algorithm| {
                algorithm
                    .verify_signature(
                        key.subject_public_key.raw_bytes(),
                        &message,
                        signed.signature.raw_bytes(),
                    )
                    .is_ok()
            })
    });
    if !is_signed {
        return Err(CertificateError::UnknownIssuer.into());
    }
    check_dates(certificate, now)
}

/// rustls names an algorithm without the header of its SEQUENCE, which is two bytes for all that there are.
fn is_same(stated: &AlgorithmIdentifierOwned, known: &[u8]) -> bool {
    stated.to_der().is_ok_and(|der| der.get(2..) == Some(known))
}

/// Reads a certificate of any version.
pub(super) fn parse(certificate: &CertificateDer<'_>) -> Result<Certificate, Error> {
    Certificate::from_der(certificate).map_err(|_| bad_encoding())
}

fn bad_encoding() -> Error {
    CertificateError::BadEncoding.into()
}
