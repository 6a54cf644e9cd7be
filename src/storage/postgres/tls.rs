//! Where the server is, and how the way to it is protected: `sslmode` means what it means to libpq.

use std::sync::Arc;

use diesel::ConnectionError;
use diesel_async::AsyncPgConnection;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::storage::pool::OpenError;

/// A parsed connection URL.
#[derive(Debug)]
pub(in crate::storage) struct Target {
    config: tokio_postgres::Config,
    tls: Option<MakeRustls>,
}

#[derive(Clone)]
struct MakeRustls(MakeRustlsConnect);

impl std::fmt::Debug for MakeRustls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MakeRustls")
    }
}

/// How much of the server's certificate is believed.
#[derive(Debug, PartialEq, Eq)]
enum Trust {
    NoTls,
    /// Encrypted, with whatever certificate the server shows.
    Any,
    /// The chain and the host name are checked.
    Full {
        roots: Option<String>,
    },
}

impl Target {
    pub(in crate::storage) fn parse(url: &str) -> Result<Self, OpenError> {
        let (plain, mode, roots) = take_tls_parameters(url);
        let bad = |reason: String| OpenError::Unreachable { place: "the given URL".into(), reason };
        let mut config: tokio_postgres::Config = plain.parse().map_err(|e: tokio_postgres::Error| {
            bad(format!("the URL is not one that PostgreSQL understands ({e})"))
        })?;
        config.application_name("tertulia");
        let (ssl_mode, trust) = match mode.as_deref() {
            Some("disable") => (SslMode::Disable, Trust::NoTls),
            None | Some("allow" | "prefer") => (SslMode::Prefer, Trust::Any),
            Some("require") if roots.is_none() => (SslMode::Require, Trust::Any),
            Some("require" | "verify-ca" | "verify-full") => (SslMode::Require, Trust::Full { roots }),
            Some(other) => return Err(bad(format!("sslmode={other} is not known"))),
        };
        config.ssl_mode(ssl_mode);
        let tls = client_config(trust).map_err(bad)?;
        Ok(Self { config, tls: tls.map(|tls| MakeRustls(MakeRustlsConnect::new(tls))) })
    }
}

/// Splits off the parameters that the driver does not know.
fn take_tls_parameters(url: &str) -> (String, Option<String>, Option<String>) {
    let Some((base, query)) = url.split_once('?') else { return (url.to_owned(), None, None) };
    let (mut mode, mut roots, mut kept) = (None, None, Vec::new());
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => roots = Some(value.to_owned()),
            _ => kept.push(pair),
        }
    }
    let url = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
    (url, mode, roots)
}

fn client_config(trust: Trust) -> Result<Option<ClientConfig>, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?;
    match trust {
        Trust::NoTls => Ok(None),
        Trust::Any => {
            let verifier = Arc::new(AnyCertificate { provider });
            Ok(Some(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()))
        }
        Trust::Full { roots } => {
            let roots = load_roots(roots.as_deref())?;
            Ok(Some(builder.with_root_certificates(roots).with_no_client_auth()))
        }
    }
}

fn load_roots(file: Option<&str>) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    match file {
        Some(file) => {
            let found = CertificateDer::pem_file_iter(file).map_err(|e| format!("sslrootcert: {e}"))?;
            for certificate in found {
                let certificate = certificate.map_err(|e| format!("sslrootcert: {e}"))?;
                store.add(certificate).map_err(|e| format!("sslrootcert: {e}"))?;
            }
        }
        None => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if store.is_empty() {
        Err("no root certificate was found to check the server's with".into())
    } else {
        Ok(store)
    }
}

/// libpq's `prefer` and `require`: encryption against listeners, no proof of who the server is.
#[derive(Debug)]
struct AnyCertificate {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// One new connection; its socket is driven by a task that ends with it.
pub(in crate::storage) async fn connect(target: &Target) -> Result<AsyncPgConnection, ConnectionError> {
    let refused = |e: tokio_postgres::Error| {
        let cause = std::error::Error::source(&e).map(|cause| format!(": {cause}")).unwrap_or_default();
        ConnectionError::BadConnection(format!("{e}{cause}"))
    };
    match &target.tls {
        Some(MakeRustls(tls)) => {
            let (client, connection) = target.config.connect(tls.clone()).await.map_err(refused)?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        }
        None => {
            let (client, connection) = target.config.connect(tokio_postgres::NoTls).await.map_err(refused)?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_parameters_are_taken_out_of_the_url() {
        let (url, mode, roots) =
            take_tls_parameters("postgres://a@h/db?connect_timeout=3&sslmode=verify-full&sslrootcert=/x.pem");
        assert_eq!(url, "postgres://a@h/db?connect_timeout=3");
        assert_eq!((mode.as_deref(), roots.as_deref()), (Some("verify-full"), Some("/x.pem")));
    }

    #[test]
    fn a_mode_that_nobody_knows_is_refused_with_its_name() {
        let refusal = Target::parse("postgres://a@h/db?sslmode=maybe").unwrap_err();
        assert!(refusal.to_string().contains("sslmode=maybe"), "{refusal}");
    }

    #[test]
    fn a_missing_root_certificate_is_named() {
        let refusal =
            Target::parse("postgres://a@h/db?sslmode=verify-full&sslrootcert=/does/not/exist").unwrap_err();
        assert!(refusal.to_string().contains("sslrootcert"), "{refusal}");
    }
}
