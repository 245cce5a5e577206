//! Certificates for servers that offer TLS.

use std::path::Path;
use std::process::Command;

/// A server's certificate and key in PEM, and the authority that signed it.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The server's certificate chain.
    pub certificate: String,
    /// The server's private key.
    pub key: String,
    /// The certificate that clients trust (`sslrootcert`).
    pub authority: String,
}

impl TlsFiles {
    /// Makes an authority and a certificate for `names` (`localhost`, `127.0.0.1`) with the `openssl` program.
    pub fn generate(names: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("the temp dir takes files");
        let alternatives: Vec<String> = names
            .iter()
            .map(|name| match name.parse::<std::net::IpAddr>() {
                Ok(_) => format!("IP:{name}"),
                Err(_) => format!("DNS:{name}"),
            })
            .collect();
        let extensions = format!(
            "subjectAltName={}\nbasicConstraints=CA:FALSE\n",
            alternatives.join(",")
        );
        std::fs::write(dir.path().join("extensions"), extensions).expect("the temp dir takes files");
        let common_name = format!("/CN={}", names.first().expect("a certificate needs a name"));
        let key = [
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ];
        openssl(
            dir.path(),
            &[
                &[
                    "req",
                    "-x509",
                    "-days",
                    "30",
                    "-subj",
                    "/CN=windlass-testkit",
                    "-keyout",
                    "ca.key",
                    "-out",
                    "ca.crt",
                ],
                &key[..],
            ]
            .concat(),
        );
        openssl(
            dir.path(),
            &[
                &[
                    "req",
                    "-subj",
                    &common_name,
                    "-keyout",
                    "server.key",
                    "-out",
                    "server.csr",
                ],
                &key[..],
            ]
            .concat(),
        );
        openssl(
            dir.path(),
            &[
                "x509",
                "-req",
                "-in",
                "server.csr",
                "-CA",
                "ca.crt",
                "-CAkey",
                "ca.key",
                "-CAcreateserial",
                "-days",
                "30",
                "-extfile",
                "extensions",
                "-out",
                "server.crt",
            ],
        );
        let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).expect("openssl wrote it");
        Self {
            certificate: read("server.crt"),
            key: read("server.key"),
            authority: read("ca.crt"),
        }
    }
}

fn openssl(dir: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).current_dir(dir).output();
    let output = output.unwrap_or_else(|error| {
        panic!(
            "failed to run openssl: {error}\nhint: `sudo apt-get install openssl` or `brew install openssl`"
        )
    });
    assert!(
        output.status.success(),
        "openssl failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
