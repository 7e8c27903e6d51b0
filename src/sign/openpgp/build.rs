//! From the packets of a keyring to certificates.
//!
//! Only statements whose signature verifies are kept. Rules that the crate
//! underneath does not have: self-signatures over MD5 never count, over SHA-1
//! only when made before 2019-01-19 (the date that GnuPG uses; collisions are
//! detected); revocations by others are refused loudly, because ignoring them
//! would be more permissive than their owner meant.

use std::io::Cursor;

use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{
    Packet, PacketParser, PublicKey, PublicSubkey, RevocationCode, Signature, SignatureType,
    SignatureVersion, SubpacketData, UserId,
};
use pgp::ser::Serialize as _;
use pgp::types::{KeyDetails as _, KeyVersion, Tag};

use super::super::error::Problem;
use super::DIGEST_PREFIX_FROM;
use super::cert::{Certificate, Component, Revocation, Statement};
use super::key::Key;

/// SHA-1 self-signatures made from this instant on do not count: 2019-01-19.
const SHA1_CUTOFF: i64 = 1_547_856_000;

/// Reads one or several certificates from a keyring without armour.
pub(in super::super) fn read(bytes: &[u8]) -> Result<Vec<Certificate>, Problem> {
    let mut builders: Vec<Builder> = Vec::new();
    let mut parser = PacketParser::new(Cursor::new(bytes));
    for packet in parser.by_ref() {
        let packet = packet.map_err(|error| Problem::Certificate(error.to_string()))?;
        match (packet, builders.last_mut()) {
            (Packet::PublicKey(key), _) => builders.push(Builder::new(key)?),
            (Packet::SecretKey(_) | Packet::SecretSubkey(_), _) => return Err(Problem::SecretKey),
            (Packet::Marker(_) | Packet::Padding(_) | Packet::Trust(_), _) => {}
            (packet, Some(builder)) => builder.add(packet)?,
            (_, None) => return Err(Problem::NoCertificate),
        }
    }
    let read = usize::try_from(parser.into_inner().position()).unwrap_or(usize::MAX);
    if read < bytes.len() {
        return Err(Problem::Certificate(
            "it ends in the middle of a packet".to_owned(),
        ));
    }
    if builders.is_empty() {
        return Err(Problem::NoCertificate);
    }
    Ok(builders.into_iter().map(Builder::finish).collect())
}

/// What the next signature packet is about.
enum Subject {
    Primary,
    User(UserId),
    Subkey(Box<PublicSubkey>),
    /// Something that does not matter here, such as a photograph.
    Other,
}

/// Collects the packets of one certificate.
struct Builder {
    primary: PublicKey,
    subject: Subject,
    certificate: Certificate,
}

impl Builder {
    fn new(key: PublicKey) -> Result<Self, Problem> {
        if !matches!(key.version(), KeyVersion::V4 | KeyVersion::V6) {
            return Err(Problem::KeyVersion);
        }
        Ok(Self {
            subject: Subject::Primary,
            certificate: Certificate {
                primary: Component::new(Key::primary(key.clone())),
                subkeys: Vec::new(),
                revoked_users: Vec::new(),
            },
            primary: key,
        })
    }

    fn add(&mut self, packet: Packet) -> Result<(), Problem> {
        match packet {
            Packet::UserId(user) => self.subject = Subject::User(user),
            Packet::UserAttribute(_) => self.subject = Subject::Other,
            Packet::PublicSubkey(key) => {
                if key.version() != self.primary.version() {
                    return Err(Problem::KeyVersion);
                }
                self.certificate
                    .subkeys
                    .push(Component::new(Key::subkey(key.clone())));
                self.subject = Subject::Subkey(Box::new(key));
            }
            Packet::Signature(signature) => self.signature(&signature)?,
            other => {
                return Err(Problem::Certificate(format!(
                    "it has a packet of type {:?}",
                    tag(&other)
                )));
            }
        }
        Ok(())
    }

    fn signature(&mut self, signature: &Signature) -> Result<(), Problem> {
        use SignatureType as Type;
        let (primary, component) = (&self.primary, &mut self.certificate.primary);
        match (&self.subject, signature.typ()) {
            (_, Some(Type::KeyRevocation)) => {
                own_revocation(signature.verify_key(primary).is_ok())?;
                component.revocations.push(revocation(signature));
            }
            (Subject::Primary, Some(Type::Key)) if signature.verify_key(primary).is_ok() => {
                keep(component, signature, None, true);
            }
            (Subject::User(user), Some(kind))
                if is_certification(kind) && certifies(signature, primary, user) =>
            {
                keep(component, signature, Some(user.id().to_vec()), true);
            }
            (Subject::User(user), Some(Type::CertRevocation))
                if signature
                    .verify_certification(primary, Tag::UserId, user)
                    .is_ok() =>
            {
                let entry = (user.id().to_vec(), made(signature));
                self.certificate.revoked_users.push(entry);
            }
            (Subject::Subkey(key), Some(Type::SubkeyRevocation)) => {
                own_revocation(signature.verify_subkey_binding(primary, &**key).is_ok())?;
                if let Some(component) = self.certificate.subkeys.last_mut() {
                    component.revocations.push(revocation(signature));
                }
            }
            (Subject::Subkey(key), Some(Type::SubkeyBinding)) => {
                if signature.verify_subkey_binding(primary, &**key).is_ok()
                    && let Some(component) = self.certificate.subkeys.last_mut()
                {
                    let back = is_back_signed(signature, primary, key);
                    keep(component, signature, None, back);
                }
            }
            (_, Some(Type::SubkeyRevocation)) => return Err(Problem::ForeignRevocation),
            // A signature by somebody else, or one that does not verify: it proves nothing.
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self) -> Certificate {
        self.certificate.normalise();
        self.certificate
    }
}

fn tag(packet: &Packet) -> Tag {
    use pgp::packet::PacketTrait as _;
    packet.tag()
}

fn is_certification(kind: SignatureType) -> bool {
    use SignatureType as Type;
    matches!(
        kind,
        Type::CertGeneric | Type::CertPersona | Type::CertCasual | Type::CertPositive
    )
}

/// Whether a self-signature over a user id verifies. GitHub's web-flow key of
/// 2017 states a wrong digest prefix, which the crate refuses; it is put right.
fn certifies(signature: &Signature, primary: &PublicKey, user: &UserId) -> bool {
    let verifies = |signature: &Signature| {
        signature
            .verify_certification(primary, Tag::UserId, user)
            .is_ok()
    };
    verifies(signature)
        || (made(signature) < DIGEST_PREFIX_FROM
            && with_right_prefix(signature, primary, user).is_some_and(|right| verifies(&right)))
}

/// The same version 4 signature, stating the digest prefix that it should:
/// RFC 9580, section 5.2.4.
fn with_right_prefix(
    signature: &Signature,
    primary: &PublicKey,
    user: &UserId,
) -> Option<Signature> {
    let config = signature.config()?;
    if config.version() != SignatureVersion::V4 {
        return None;
    }
    let mut key = Vec::new();
    primary.to_writer(&mut key).ok()?;
    let mut hasher = config.hash_alg.new_hasher().ok()?;
    hasher.update(&[0x99]);
    hasher.update(&u16::try_from(key.len()).ok()?.to_be_bytes());
    hasher.update(&key);
    hasher.update(&[0xb4]);
    hasher.update(&u32::try_from(user.id().len()).ok()?.to_be_bytes());
    hasher.update(user.id());
    let length = config.hash_signature_data(&mut hasher).ok()?;
    hasher.update(&config.trailer(length).ok()?);
    let prefix = *hasher.finalize().first_chunk()?;
    Signature::from_config(config.clone(), prefix, signature.signature()?.clone()).ok()
}

/// A revocation that does not verify with the certificate's own key is by a
/// designated revoker, or it was damaged. Neither may be passed over in silence.
fn own_revocation(verifies: bool) -> Result<(), Problem> {
    if verifies {
        Ok(())
    } else {
        Err(Problem::ForeignRevocation)
    }
}

/// A subkey that signs must itself have agreed to belong to the primary key;
/// otherwise anyone could adopt another person's signing key.
fn is_back_signed(binding: &Signature, primary: &PublicKey, subkey: &PublicSubkey) -> bool {
    binding.embedded_signature().is_some_and(|back| {
        weakness(back).is_none() && back.verify_primary_key_binding(subkey, primary).is_ok()
    })
}

fn made(signature: &Signature) -> i64 {
    signature
        .created()
        .map_or(0, |created| i64::from(created.as_secs()))
}

/// Why a self-signature does not count, as a clause.
fn weakness(signature: &Signature) -> Option<String> {
    let hash = signature.hash_alg().unwrap_or(HashAlgorithm::None);
    match hash {
        HashAlgorithm::Sha1 if made(signature) < SHA1_CUTOFF => None,
        HashAlgorithm::None
        | HashAlgorithm::Md5
        | HashAlgorithm::Sha1
        | HashAlgorithm::Ripemd160 => Some(format!(
            "its self-signature uses {hash}, which can be forged"
        )),
        _ => {
            let config = signature.config()?;
            let critical = config.hashed_subpackets().find(|subpacket| {
                let known = !matches!(
                    subpacket.data,
                    SubpacketData::Experimental(..)
                        | SubpacketData::Other(..)
                        | SubpacketData::Notation(_)
                );
                subpacket.is_critical && !known
            });
            critical
                .map(|_| "its self-signature has a critical part that is not understood".to_owned())
        }
    }
}

fn keep(
    component: &mut Component,
    signature: &Signature,
    user: Option<Vec<u8>>,
    back_signed: bool,
) {
    let after = |start: i64, lifetime: Option<pgp::types::Duration>| {
        lifetime
            .map(|duration| i64::from(duration.as_secs()))
            .filter(|seconds| *seconds != 0)
            .map(|seconds| start + seconds)
    };
    let flags = signature.config().and_then(|config| {
        config
            .hashed_subpackets()
            .find_map(|subpacket| match &subpacket.data {
                SubpacketData::KeyFlags(flags) => Some(flags.sign()),
                _ => None,
            })
    });
    component.statements.push(Statement {
        made: made(signature),
        user,
        ends: after(made(signature), signature.signature_expiration_time()),
        expires: after(component.key.created, signature.key_expiration_time()),
        may_sign: flags,
        back_signed,
        weak: weakness(signature),
    });
}

fn revocation(signature: &Signature) -> Revocation {
    use RevocationCode as Code;
    let code = signature.revocation_reason_code();
    let (hard, reason) = match code {
        Some(Code::KeySuperseded) => (false, "its owner replaced it"),
        Some(Code::KeyRetired) => (false, "its owner retired it"),
        Some(Code::KeyCompromised) => (true, "its owner says that it is compromised"),
        _ => (true, "its owner revoked it without a reason that limits it"),
    };
    Revocation {
        made: made(signature),
        hard,
        reason: reason.to_owned(),
    }
}
