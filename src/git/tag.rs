//! Annotated tags from their raw bytes.

use crate::model::object::{Defect, SignatureBlock, Tag};
use crate::model::oid::ObjectId;

use super::headers::{self, Header, Reason};
use super::identity;

const ORDER: &[&[u8]] = &[b"object", b"type", b"tag", b"tagger"];

/// Reads a tag and its signature.
pub(super) fn parse(id: ObjectId, raw: &[u8]) -> Result<(Tag, Option<SignatureBlock>), Reason> {
    let (target, _) = headers::id_line(raw, b"object", id)?.ok_or("it names no object")?;
    let (headers, _) = headers::split(raw)?;
    let value = |place: usize, name: &[u8]| {
        let header = headers.get(place).filter(|header| header.name == name);
        header.map(|header| header.value)
    };
    let kind = value(1, b"type").ok_or("its second header is not a type")?;
    if ![&b"commit"[..], b"tree", b"blob", b"tag"].contains(&kind) {
        return Err("the type it states is not known");
    }
    let name = value(2, b"tag").ok_or("its third header is not a name")?;

    let mut defects = headers::defects(id, raw, &headers, (ORDER, &[]));
    let mut tagger = None;
    for header in headers.iter().filter(|header| header.name == b"tagger") {
        let (identity, good) = identity::parse(header.value);
        defects.note(Defect::BadIdentity, !good);
        tagger.get_or_insert(identity);
    }
    let starts = signature_starts(raw);
    // A tag is signed in its body; a header can only mislead another reader.
    let in_header = headers
        .iter()
        .any(|header| header.name.starts_with(b"gpgsig"));
    defects.note(Defect::ExtraSignature, in_header || starts.len() > 1);
    let tag = Tag {
        id,
        target,
        target_kind: kind.into(),
        name: name.into(),
        tagger,
        defects: defects.into_vec(),
    };
    Ok((tag, starts.last().map(|at| signature(raw, *at, &headers))))
}

/// Where lines begin that git takes for the start of a signature; it goes by
/// the last one (git, `parse_signed_buffer`).
fn signature_starts(raw: &[u8]) -> Vec<usize> {
    let mut at = 0;
    let mut starts = Vec::new();
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        if headers::kind_of(line).is_some() || line.starts_with(b"-----BEGIN PGP MESSAGE-----") {
            starts.push(at);
        }
        at += line.len();
    }
    starts
}

fn signature(raw: &[u8], at: usize, headers: &[Header<'_>]) -> SignatureBlock {
    let signed = &raw[..at];
    let inside: usize = headers.iter().map(|header| header.raw.len()).sum();
    SignatureBlock {
        kind: headers::kind_of(&raw[at..]),
        armour: raw[at..].to_vec(),
        payload: if inside <= at {
            headers::without_signatures(signed, headers)
        } else {
            signed.to_vec()
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;
    use crate::model::object::{Defect, SignatureBlock, Tag};
    use crate::model::oid::ObjectId;
    use crate::model::signature::SignatureKind;

    const HEAD: &str = "object 1111111111111111111111111111111111111111\ntype commit\ntag v1\n";
    const TAGGER: &str = "tagger A <a@b> 1 +0000\n";
    const ARMOUR: &str = "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n";

    fn id() -> ObjectId {
        ObjectId::parse("a".repeat(40)).expect("lawful")
    }

    fn read(parts: &[&str]) -> (Tag, Option<SignatureBlock>) {
        parse(id(), parts.concat().as_bytes()).expect("readable")
    }

    #[test]
    fn a_signed_tag_is_split_where_git_splits_it() {
        let (tag, signature) = read(&[HEAD, TAGGER, "\nfirst\n", ARMOUR]);
        assert_eq!(tag.defects, []);
        assert_eq!((tag.name, tag.target_kind), ("v1".into(), "commit".into()));
        assert_eq!(tag.tagger.map(|who| who.seconds), Some(1));
        let signature = signature.expect("signed");
        assert_eq!(signature.kind, Some(SignatureKind::OpenPgp));
        assert_eq!(signature.armour, ARMOUR.as_bytes());
        assert_eq!(
            signature.payload,
            [HEAD, TAGGER, "\nfirst\n"].concat().into_bytes()
        );
        let (old, none) = read(&[HEAD, "\nno tagger\n"]);
        assert_eq!((old.tagger, old.defects, none), (None, vec![], None));
    }

    #[test]
    fn a_second_signature_is_a_defect_and_the_last_one_counts() {
        let (tag, signature) = read(&[HEAD, TAGGER, "\nx\n", ARMOUR, "more\n", ARMOUR]);
        assert_eq!(tag.defects, [Defect::ExtraSignature]);
        assert_eq!(signature.expect("signed").armour, ARMOUR.as_bytes());
        let (tag, signature) = read(&[HEAD, TAGGER, "gpgsig x\n y\n", "\nx\n", ARMOUR]);
        assert_eq!(tag.defects, [Defect::ExtraSignature]);
        let payload = [HEAD, TAGGER, "\nx\n"].concat().into_bytes();
        assert_eq!(signature.expect("signed").payload, payload);
        let (_, message) = read(&[HEAD, TAGGER, "\n-----BEGIN PGP MESSAGE-----\n"]);
        assert_eq!(message.expect("a signature to git").kind, None);
    }

    #[test]
    fn odd_tags_are_defective_or_unreadable() {
        let (tag, _) = read(&[HEAD, TAGGER, TAGGER, "\n\0"]);
        assert_eq!(tag.defects, [Defect::NulByte, Defect::DuplicateHeader]);
        assert_eq!(
            read(&[HEAD, "tagger A\n\n"]).0.defects,
            [Defect::BadIdentity]
        );
        for raw in [
            HEAD.replace("type commit", "type comet"),
            HEAD.replace("type commit\n", ""),
            HEAD.replace("tag v1\n", "\n"),
            HEAD.replace("object", "objekt"),
        ] {
            assert!(parse(id(), raw.as_bytes()).is_err(), "{raw:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(
            head in prop::sample::select(vec!["", HEAD]),
            lines in prop::collection::vec(prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                prop::sample::select(vec![HEAD, TAGGER, ARMOUR, "\n", " x\n"]).prop_map(Vec::from),
            ], 0..8),
        ) {
            let _ = parse(id(), &[head.as_bytes(), &lines.concat()].concat());
        }
    }
}
