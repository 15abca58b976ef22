//! Certificates for servers on loopback: good ones, and bad ones in every way.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// A certificate authority, and files of it.
#[derive(Debug)]
pub struct Authority {
    params: CertificateParams,
    key: KeyPair,
    folder: TempDir,
}

/// How a server's certificate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Good,
    Expired,
    OtherName,
    SelfSigned,
}

/// A certificate and its key, as PEM.
struct Pem {
    certificate: String,
    key: String,
}

impl Authority {
    /// # Panics
    /// If no certificate can be made or written.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate").pem();
        let folder = TempDir::new().expect("a temporary directory");
        std::fs::write(folder.path().join("ca.pem"), certificate).expect("a file");
        Self { params, key, folder }
    }

    /// The authority's certificate.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A client's certificate and its key, in two files.
    ///
    /// # Panics
    /// If they can't be made or written.
    #[must_use]
    pub fn client(&self) -> (PathBuf, PathBuf) {
        let pem = self.signed(CertificateParams::new(vec!["client.test".to_owned()]).expect("a name"));
        let path = |name| self.folder.path().join(name);
        std::fs::write(path("client.pem"), pem.certificate).expect("a file");
        std::fs::write(path("client.key"), pem.key).expect("a file");
        (path("client.pem"), path("client.key"))
    }

    /// What a server with such a certificate is set up with; one that asks clients for theirs, if `asks` says so.
    ///
    /// # Panics
    /// If the certificate can't be made.
    #[must_use]
    pub fn server(&self, shown: Shown, asks: bool) -> Arc<ServerConfig> {
        let pem = self.pem(shown);
        let chain = vec![CertificateDer::from_pem_slice(pem.certificate.as_bytes()).expect("PEM")];
        let key = PrivateKeyDer::from_pem_slice(pem.key.as_bytes()).expect("PEM");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = versions.with_safe_default_protocol_versions().expect("versions of TLS");
        let builder = match asks {
            false => builder.with_no_client_auth(),
            true => {
                let roots = Arc::new(roots(&self.file()));
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
            }
        };
        Arc::new(builder.with_single_cert(chain, key).expect("a certificate and its key"))
    }

    fn pem(&self, shown: Shown) -> Pem {
        let name = if shown == Shown::OtherName { "other.test" } else { "localhost" };
        let mut names = vec![name.to_owned()];
        if shown != Shown::OtherName {
            names.extend(["127.0.0.1", "llm.invalid"].map(str::to_owned));
        }
        let mut params = CertificateParams::new(names).expect("names");
        if shown == Shown::Expired {
            (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        }
        if shown == Shown::SelfSigned {
            // As `openssl req -x509` makes it.
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let key = KeyPair::generate().expect("a key");
            let certificate = params.self_signed(&key).expect("a certificate").pem();
            return Pem { certificate, key: key.serialize_pem() };
        }
        self.signed(params)
    }

    fn signed(&self, params: CertificateParams) -> Pem {
        let key = KeyPair::generate().expect("a key");
        let issuer = Issuer::from_params(&self.params, &self.key);
        let certificate = params.signed_by(&key, &issuer).expect("a certificate").pem();
        Pem { certificate, key: key.serialize_pem() }
    }
}

fn roots(file: &Path) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(file).expect("the authority's file");
    roots.add(certificate).expect("an authority");
    roots
}
