//! Commits from their raw bytes.

use bstr::ByteSlice;

use crate::model::object::{Commit, Defect, Identity, SignatureBlock};
use crate::model::oid::ObjectId;

use super::headers::{self, Header, Reason};
use super::identity;

const ORDER: &[&[u8]] = &[b"tree", b"parent", b"author", b"committer"];
const ONCE: &[&[u8]] = &[b"encoding"];

/// What a walk over history needs of a commit.
#[derive(Debug)]
pub(super) struct Links {
    /// Its tree.
    pub(super) tree: ObjectId,
    /// Its parents, as git reads them: the `parent` lines right after `tree`.
    pub(super) parents: Vec<ObjectId>,
    /// The committer's date, 0 if it cannot be read. Only ever an order of work.
    pub(super) seconds: i64,
}

/// Reads tree, parents and date, and nothing else.
pub(super) fn links(id: ObjectId, raw: &[u8]) -> Result<Links, Reason> {
    let (tree, mut rest) = headers::id_line(raw, b"tree", id)?.ok_or("it has no tree")?;
    let mut parents = Vec::new();
    while let Some((parent, after)) = headers::id_line(rest, b"parent", id)? {
        parents.push(parent);
        rest = after;
    }
    let mut lines = rest.split(|byte| *byte == b'\n');
    let seconds = lines
        .by_ref()
        .take_while(|line| !line.is_empty())
        .find_map(|line| line.strip_prefix(b"committer "))
        .map_or(0, |value| identity::parse(value).0.seconds);
    Ok(Links {
        tree,
        parents,
        seconds,
    })
}

/// Reads a commit and its signature.
pub(super) fn parse(id: ObjectId, raw: &[u8]) -> Result<(Commit, Option<SignatureBlock>), Reason> {
    let Links { tree, parents, .. } = links(id, raw)?;
    let (headers, body) = headers::split(raw)?;
    let mut defects = headers::defects(id, raw, &headers, (ORDER, ONCE));
    let mut person = |name: &[u8], absent: Reason| -> Result<Identity, Reason> {
        let mut found: Option<Identity> = None;
        for header in headers.iter().filter(|header| header.name == name) {
            let (identity, good) = identity::parse(header.value);
            defects.note(Defect::BadIdentity, !good);
            found.get_or_insert(identity);
        }
        found.ok_or(absent)
    };
    let author = person(b"author", "it has no author")?;
    let committer = person(b"committer", "it has no committer")?;
    // Parents that git does not see, because another header stands between.
    let stated = headers.iter().filter(|header| is_parent(header)).count();
    defects.note(Defect::HeaderOrder, stated != parents.len());
    let commit = Commit {
        id,
        tree,
        parents,
        author,
        committer,
        subject: body
            .trim_start_with(|c| c == '\n')
            .lines()
            .next()
            .unwrap_or_default()
            .into(),
        defects: defects.into_vec(),
    };
    Ok((commit, headers::signature(id, raw, &headers)))
}

fn is_parent(header: &Header<'_>) -> bool {
    header.name == b"parent"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;
    use crate::model::object::{Commit, Defect, SignatureBlock};
    use crate::model::oid::ObjectId;
    use crate::model::signature::SignatureKind;

    const TREE: &str = "tree 1111111111111111111111111111111111111111\n";
    const PARENT: &str = "parent 2222222222222222222222222222222222222222\n";
    const PEOPLE: &str = "author A <a@b> 1 +0000\ncommitter C <c@d> 2 +0000\n";
    const SIGNED: &str =
        "gpgsig -----BEGIN SSH SIGNATURE-----\n abc\n -----END SSH SIGNATURE-----\n";

    fn id() -> ObjectId {
        ObjectId::parse("a".repeat(40)).expect("lawful")
    }

    fn read(parts: &[&str]) -> (Commit, Option<SignatureBlock>) {
        parse(id(), parts.concat().as_bytes()).expect("readable")
    }

    fn defects(parts: &[&str]) -> Vec<Defect> {
        read(parts).0.defects
    }

    #[test]
    fn git_s_own_form_has_no_defects() {
        let mergetag =
            "mergetag object 3333333333333333333333333333333333333333\n type commit\n \n";
        let encoding = "encoding ISO-8859-1\n";
        let parts = [
            TREE,
            PARENT,
            PARENT,
            PEOPLE,
            encoding,
            mergetag,
            mergetag,
            SIGNED,
            "\none\ntwo",
        ];
        let (commit, signature) = read(&parts);
        assert_eq!(commit.defects, []);
        assert_eq!(commit.parents.len(), 2);
        assert_eq!(commit.subject, "one");
        assert_eq!((commit.author.seconds, commit.committer.seconds), (1, 2));
        let signature = signature.expect("signed");
        assert_eq!(signature.kind, Some(SignatureKind::Ssh));
        assert_eq!(
            signature.armour,
            b"-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n"
        );
        assert_eq!(
            signature.payload,
            parts.concat().replace(SIGNED, "").into_bytes()
        );
        assert_eq!(read(&[TREE, PEOPLE]).0.subject, "", "no message at all");
    }

    #[test]
    fn what_two_readers_could_see_differently_is_a_defect() {
        let cases: &[(&[&str], Defect)] = &[
            (&[TREE, TREE, PEOPLE, "\n"], Defect::DuplicateHeader),
            (
                &[TREE, PEOPLE, "author Mallory <m@b> 1 +0000\n\n"],
                Defect::DuplicateHeader,
            ),
            (
                &[TREE, PEOPLE, "encoding a\nencoding b\n\n"],
                Defect::DuplicateHeader,
            ),
            (&[TREE, PEOPLE, PARENT, "\n"], Defect::HeaderOrder),
            (&[TREE, "x y\n", PEOPLE, "\n"], Defect::HeaderOrder),
            (&[TREE, SIGNED, PEOPLE, "\n"], Defect::HeaderOrder),
            (
                &[TREE, PEOPLE, SIGNED, SIGNED, "\n"],
                Defect::ExtraSignature,
            ),
            (
                &[TREE, PEOPLE, "gpgsig-sha256 x\n y\n\n"],
                Defect::ExtraSignature,
            ),
            (&[TREE, PEOPLE, "GPGSIG x\n\n"], Defect::SignatureLookalike),
            (
                &[TREE, PEOPLE, "gpgsig\n x\n\n"],
                Defect::SignatureLookalike,
            ),
            (&[TREE, PEOPLE, "gpgsig2 x\n\n"], Defect::SignatureLookalike),
            (&[TREE, PEOPLE, "\nshown\0hidden"], Defect::NulByte),
            (&[TREE, PEOPLE, "x a\0b\n\n"], Defect::NulByte),
            (
                &[TREE, "author A\ncommitter C <c@d> 2 +0000\n\n"],
                Defect::BadIdentity,
            ),
            (
                &[TREE, PEOPLE, " folded into the committer\n\n"],
                Defect::BadContinuation,
            ),
            (
                &[TREE, " parent hidden\n", PEOPLE, "\n"],
                Defect::BadContinuation,
            ),
            (&[TREE, PEOPLE, "nameonly\n\n"], Defect::BadContinuation),
        ];
        for (parts, defect) in cases {
            assert!(defects(parts).contains(defect), "{defect:?} in {parts:?}");
        }
    }

    #[test]
    fn the_first_signature_counts_and_none_is_part_of_the_payload() {
        let mallory = "gpgsig mallory\n";
        let other = "gpgsig-sha256 x\n y\n";
        let (_, signature) = read(&[TREE, PEOPLE, SIGNED, other, mallory, "\nhi\n"]);
        let signature = signature.expect("signed");
        assert!(signature.armour.starts_with(b"-----BEGIN SSH"));
        assert_eq!(
            signature.payload,
            [TREE, PEOPLE, "\nhi\n"].concat().into_bytes()
        );
        assert_eq!(read(&[TREE, PEOPLE, other, "\n"]).1, None);
        assert_eq!(
            read(&[TREE, PEOPLE, "\n", SIGNED]).1,
            None,
            "in the message"
        );
        let message = "gpgsig -----BEGIN PGP MESSAGE-----\n x\n\n";
        assert_eq!(read(&[TREE, PEOPLE, message]).1.expect("signed").kind, None);
    }

    #[test]
    fn parents_are_those_that_git_walks() {
        let (commit, _) = read(&[TREE, PARENT, "x y\n", PARENT, PEOPLE, "\n"]);
        assert_eq!(commit.parents.len(), 1);
        assert!(commit.defects.contains(&Defect::HeaderOrder));
    }

    #[test]
    fn a_sha256_commit_is_signed_in_its_own_header() {
        let id = ObjectId::parse("b".repeat(64)).expect("lawful");
        let tree = format!("tree {}\n", "1".repeat(64));
        let raw = [
            &tree,
            PEOPLE,
            "gpgsig-sha256 -----BEGIN PGP SIGNATURE-----\n\n",
        ]
        .concat();
        let (commit, signature) = parse(id, raw.as_bytes()).expect("readable");
        assert_eq!(commit.defects, []);
        assert_eq!(signature.and_then(|s| s.kind), Some(SignatureKind::OpenPgp));
        assert!(parse(id, [TREE, PEOPLE, "\n"].concat().as_bytes()).is_err());
    }

    #[test]
    fn without_its_skeleton_a_commit_is_unreadable() {
        for raw in [
            String::new(),
            "\n".to_owned(),
            [PEOPLE, "\n"].concat(),
            [TREE, "\n"].concat(),
            [TREE, "author A <a@b> 1 +0000\n\n"].concat(),
            [TREE, "committer A <a@b> 1 +0000\n\n"].concat(),
            [TREE, PEOPLE, "gpgsig cut"].concat(),
            [TREE, "parent 22\n", PEOPLE, "\n"].concat(),
            [&TREE.replace('1', "0"), PEOPLE, "\n"].concat(),
            [" ", TREE, PEOPLE, "\n"].concat(),
        ] {
            assert!(parse(id(), raw.as_bytes()).is_err(), "{raw:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(
            head in prop::sample::select(vec!["", TREE]),
            raw in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let _ = parse(id(), &[head.as_bytes(), &raw].concat());
        }

        #[test]
        fn no_order_of_lines_loses_a_byte_of_the_payload(
            lines in prop::collection::vec(prop::sample::select(vec![
                TREE, PARENT, PEOPLE, SIGNED, " more\n", "\n", "gpgsig-sha256 x\n", "GPGSIG x\n", "x\0\n", "x",
            ]), 0..12),
        ) {
            let raw = [&[TREE, PEOPLE], &lines[..]].concat().concat();
            if let Ok((commit, Some(signature))) = parse(id(), raw.as_bytes()) {
                prop_assert!(signature.payload.len() < raw.len());
                let unsigned = parse(id(), &signature.payload).expect("still readable");
                prop_assert_eq!(unsigned.1, None);
                prop_assert_eq!(unsigned.0.author, commit.author);
            }
        }
    }
}
