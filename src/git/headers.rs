//! The headers of commits and tags: lines `name value`, each with its
//! continuation lines, up to the first empty line.

use crate::model::object::{Defect, SignatureBlock};
use crate::model::oid::ObjectId;
use crate::model::signature::SignatureKind;

/// How a parser says that an object cannot be read: a clause.
pub(super) type Reason = &'static str;

/// One header with its continuation lines.
#[derive(Debug)]
pub(super) struct Header<'a> {
    /// Up to the first space, or the whole line if it has none.
    pub(super) name: &'a [u8],
    /// The first line after the space, without its line feed.
    pub(super) value: &'a [u8],
    /// Everything, line feeds included.
    pub(super) raw: &'a [u8],
    /// Whether the first line has a space after a name.
    pub(super) named: bool,
}

impl Header<'_> {
    /// Whether continuation lines follow.
    pub(super) fn folded(&self) -> bool {
        self.raw[..self.raw.len() - 1].contains(&b'\n')
    }

    /// The value with its continuation lines, one leading space less on each.
    fn unfolded(&self) -> Vec<u8> {
        let mut lines = self.raw.split_inclusive(|byte| *byte == b'\n');
        let first = lines.next().unwrap_or_default();
        let mut value = first
            .get(self.name.len() + 1..)
            .unwrap_or_default()
            .to_vec();
        for line in lines {
            value.extend_from_slice(&line[1..]);
        }
        value
    }

    /// Whether git leaves this header out of what a commit's signature covers:
    /// it goes by the first letters alone (git, `parse_buffer_signed_by_header`).
    fn unsigned(&self) -> bool {
        self.raw.starts_with(b"gpgsig")
    }
}

/// Takes `raw` apart into headers and body (what follows the empty line).
pub(super) fn split(raw: &[u8]) -> Result<(Vec<Header<'_>>, &[u8]), Reason> {
    let mut headers = Vec::new();
    let mut rest = raw;
    while !rest.is_empty() && rest[0] != b'\n' {
        let first = line_length(rest)?;
        let mut length = first;
        while rest.get(length) == Some(&b' ') {
            length += line_length(&rest[length..])?;
        }
        let line = &rest[..first - 1];
        let space = line.iter().position(|byte| *byte == b' ');
        headers.push(Header {
            name: &line[..space.unwrap_or(line.len())],
            value: space.map_or(&[][..], |at| &line[at + 1..]),
            raw: &rest[..length],
            named: space.is_some_and(|at| at > 0),
        });
        rest = &rest[length..];
    }
    Ok((headers, rest.get(1..).unwrap_or_default()))
}

fn line_length(text: &[u8]) -> Result<usize, Reason> {
    match text.iter().position(|byte| *byte == b'\n') {
        Some(end) => Ok(end + 1),
        None => Err("its headers are cut off"),
    }
}

/// `<name> <id>\n` at the start of `text`, and what follows. `None` if another
/// line stands there; an id of the wrong form is an error.
pub(super) fn id_line<'a>(
    text: &'a [u8],
    name: &[u8],
    object: ObjectId,
) -> Result<Option<(ObjectId, &'a [u8])>, Reason> {
    let Some(value) = text.strip_prefix(name).and_then(|v| v.strip_prefix(b" ")) else {
        return Ok(None);
    };
    let digits = object.as_bytes().len() * 2;
    match (value.get(..digits), value.get(digits)) {
        (Some(hex), Some(b'\n')) => ObjectId::parse(hex)
            .map(|id| Some((id, &value[digits + 1..])))
            .map_err(|_| "a header does not hold an object id"),
        _ => Err("a header does not hold an object id"),
    }
}

/// The name of the header that holds a commit's signature, by the length of its id.
fn signature_header(id: ObjectId) -> &'static [u8] {
    match id.as_bytes().len() {
        20 => b"gpgsig",
        _ => b"gpgsig-sha256",
    }
}

/// The signature in the headers: the first header of the right name, with
/// everything but the signature headers as its payload, exactly as git signs it.
pub(super) fn signature(
    id: ObjectId,
    raw: &[u8],
    headers: &[Header<'_>],
) -> Option<SignatureBlock> {
    let ours = signature_header(id);
    let header = headers.iter().find(|h| h.named && h.name == ours)?;
    let armour = header.unfolded();
    Some(SignatureBlock {
        kind: kind_of(&armour),
        armour,
        payload: without_signatures(raw, headers),
    })
}

/// `raw` without the headers that git leaves out of a signature.
pub(super) fn without_signatures(raw: &[u8], headers: &[Header<'_>]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(raw.len());
    let mut at = 0;
    for header in headers {
        if !header.unsigned() {
            payload.extend_from_slice(header.raw);
        }
        at += header.raw.len();
    }
    payload.extend_from_slice(&raw[at..]);
    payload
}

/// The format by the armour's first line, as git tells it. An OpenPGP message
/// is not a detached signature, so it has no kind that could verify.
pub fn kind_of(armour: &[u8]) -> Option<SignatureKind> {
    let starts: [(&[u8], SignatureKind); 3] = [
        (b"-----BEGIN PGP SIGNATURE-----", SignatureKind::OpenPgp),
        (b"-----BEGIN SSH SIGNATURE-----", SignatureKind::Ssh),
        (b"-----BEGIN SIGNED MESSAGE-----", SignatureKind::X509),
    ];
    let known = starts.iter().find(|(start, _)| armour.starts_with(start));
    known.map(|(_, kind)| *kind)
}

/// Collects defects, each once.
#[derive(Debug, Default)]
pub(super) struct Defects(Vec<Defect>);

impl Defects {
    pub(super) fn note(&mut self, defect: Defect, found: bool) {
        if found && !self.0.contains(&defect) {
            self.0.push(defect);
        }
    }

    pub(super) fn into_vec(self) -> Vec<Defect> {
        self.0
    }
}

/// The defects that commits and tags share. `order` are the headers that git
/// writes first, once each (`parent` may repeat) and on one line; `once` are
/// others of which the same holds, at any place behind.
pub(super) fn defects(
    id: ObjectId,
    raw: &[u8],
    headers: &[Header<'_>],
    (order, once): (&[&[u8]], &[&[u8]]),
) -> Defects {
    let mut defects = Defects::default();
    defects.note(Defect::NulByte, raw.contains(&0));
    let (mut furthest, mut signatures) = (0, 0);
    let mut seen: Vec<&[u8]> = Vec::new();
    for header in headers {
        let place = order.iter().position(|name| *name == header.name);
        let rank = place.unwrap_or(order.len());
        let single = place.is_some() || once.contains(&header.name);
        let repeats = !single || header.name == b"parent";
        let again = !repeats && seen.contains(&header.name);
        defects.note(Defect::DuplicateHeader, again);
        defects.note(Defect::HeaderOrder, rank < furthest);
        defects.note(
            Defect::BadContinuation,
            !header.named || (single && header.folded()),
        );
        furthest = furthest.max(rank);
        if !repeats && !again {
            seen.push(header.name);
        }
        note_signature_header(&mut defects, header, id, &mut signatures);
    }
    defects
}

fn note_signature_header(
    defects: &mut Defects,
    header: &Header<'_>,
    id: ObjectId,
    signatures: &mut usize,
) {
    let alike = header.name.get(..6).unwrap_or_default();
    if !alike.eq_ignore_ascii_case(b"gpgsig") {
        return;
    }
    match (header.named, header.name) {
        (true, b"gpgsig" | b"gpgsig-sha256") => {
            *signatures += 1;
            let other = header.name != signature_header(id);
            defects.note(Defect::ExtraSignature, other || *signatures > 1);
        }
        _ => defects.note(Defect::SignatureLookalike, true),
    }
}
