//! TLS certificates of the run, made by openssl.

use std::fs;
use std::path::{Path, PathBuf};

use super::world::World;

/// A TLS certificate with its private key.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The certificate's file.
    pub certificate: PathBuf,
    /// The key's file.
    pub key: PathBuf,
}

/// An authority for TLS certificates, made by openssl.
pub struct TlsAuthority {
    world: World,
    name: String,
    own: Identity,
}

impl TlsAuthority {
    /// One that signed itself.
    pub fn new(world: &World, name: &str) -> Self {
        let own = request(
            world,
            name,
            &format!("/O=Corp/CN={name}"),
            &["-x509", "-days", "2"],
        );
        Self {
            world: world.clone(),
            name: name.to_owned(),
            own,
        }
    }

    /// Its certificate.
    pub fn certificate(&self) -> &Path {
        &self.own.certificate
    }

    /// Certifies a holder, written as openssl writes it: `/O=Corp/CN=alice`.
    pub fn certifies(&self, file: &str, subject: &str) -> Identity {
        let name = format!("{}-{file}", self.name);
        let made = request(&self.world, &name, subject, &[]);
        let asked = made.certificate.with_extension("csr");
        fs::rename(&made.certificate, &asked).expect("keep the request");
        let names = self
            .world
            .file(format!("tls/{name}.ext"), "subjectAltName=IP:127.0.0.1");
        let sign = self
            .world
            .program("openssl")
            .args(["x509", "-req", "-days", "2"]);
        let sign = sign.arg("-in").arg(asked).arg("-extfile").arg(names);
        let sign = sign
            .arg("-CA")
            .arg(&self.own.certificate)
            .arg("-CAkey")
            .arg(&self.own.key);
        let sign = sign
            .args(["-set_serial", "4242", "-out"])
            .arg(&made.certificate);
        sign.succeeds();
        made
    }
}

fn request(world: &World, name: &str, subject: &str, options: &[&str]) -> Identity {
    let key = world.file(format!("tls/{name}.key"), "");
    let certificate = key.with_extension("pem");
    let openssl = world
        .program("openssl")
        .args(["req", "-new", "-noenc", "-newkey", "ec"]);
    let openssl = openssl.args(["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", subject]);
    let openssl = openssl.args(options).arg("-keyout").arg(&key).arg("-out");
    openssl.arg(&certificate).succeeds();
    Identity { certificate, key }
}
