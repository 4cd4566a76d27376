//! One TLS for the probes: rustls with ring.

use std::sync::{Arc, OnceLock};

use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};

/// Makes ring the process's provider, once. Whoever was first keeps the place.
pub(super) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER
        .get_or_init(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
            CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()))
        })
        .clone()
}

/// A client that checks certificates against the machine's own roots (`SSL_CERT_FILE` and `SSL_CERT_DIR` replace them,
/// which is how RDS's private authorities are made known).
///
/// # Errors
/// A sentence, if the machine has no roots or the provider can't speak TLS 1.2 and 1.3.
pub(super) fn verifying() -> Result<ClientConfig, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let why = found.errors.first().map(ToString::to_string).unwrap_or_default();
        return Err(format!("this machine has no root certificates to check a server by; set SSL_CERT_FILE. {why}"));
    }
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|err| format!("TLS cannot be set up: {err}"))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
