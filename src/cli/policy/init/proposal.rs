//! The proposal as a commented policy file.

use std::collections::BTreeSet;

use super::history::{History, Signer};
use crate::model::principal::PrincipalId;
use crate::model::signature::{KeyName, SignatureKind};
use crate::model::text::excerpt;
use crate::sign::TrustRoots;

/// Share of commits, in percent, above which a check is proposed in `audit`.
const AUDIT_ABOVE: usize = 10;

/// Most claimed addresses that are shown for a key.
const MAX_ADDRESSES: usize = 3;

/// What stands where nobody's key was seen.
const NOBODY_SIGNS: &str = "
# No commit is signed, so nobody can be proposed. Name everybody who may sign, like this:
# [principals.alice]
# accounts = [\"github:alice\"]
# ssh_keys = [\"ssh-ed25519 AAAA...\"]   # a line of a .pub file
";

/// Writes the proposal.
pub(super) fn write(history: &History) -> String {
    let mut principals = Principals::default();
    let mut signers: Vec<_> = history.signers.iter().collect();
    signers.sort_by_key(|(key, signer)| (std::cmp::Reverse(signer.commits), (*key).clone()));
    let sections: Vec<String> = signers
        .iter()
        .map(|(key, signer)| principals.section(key, signer))
        .collect();
    let mut text = head(history);
    if sections.is_empty() {
        text += NOBODY_SIGNS;
    }
    text += &sections.join("");
    text += &modes(history, principals.without_key);
    text
}

fn head(history: &History) -> String {
    let branch = history
        .default_branch
        .as_ref()
        .map_or_else(|| "no branch".to_owned(), |name| name.short_text());
    let signed = history.commits - history.unsigned;
    let mut text = format!(
        "# Proposed by `forgewarden policy init` from the newest {} commits of {branch}.\n\
         # {signed} of them carry a signature, {} do not.\n",
        history.commits, history.unsigned,
    );
    if history.unreadable > 0 {
        text += &format!(
            "# {} signatures name no key that can be read (X.509, or damaged).\n",
            history.unreadable
        );
    }
    text += "#\n# Read it before you use it: the keys are those that signed, whoever holds them, and\n\
             # nothing was verified. Names and addresses come from commits, where anybody can write\n\
             # them. Then try it: forgewarden policy lint policy.toml\n\nversion = 1\n\n\
             # The default branch is always protected. Add release branches: \"release/*\"\n";
    let quoted =
        |name: &crate::model::refs::RefName| std::str::from_utf8(name.as_bstr()).ok().map(quote);
    let branches: Vec<String> = history.branches.iter().filter_map(quoted).collect();
    text += &format!("protected = [{}]\n", branches.join(", "));
    if let Some(tip) = history.tip {
        text += "\n# What stands up to here is accepted as it is; later commits are judged.\n";
        text += &format!("baseline = [{}]\n", quote(&tip.to_string()));
    }
    text
}

/// Gives each key a principal with a name of its own.
#[derive(Default)]
struct Principals {
    names: BTreeSet<String>,
    without_key: usize,
}

impl Principals {
    fn section(&mut self, key: &KeyName, signer: &Signer) -> String {
        let (name, like) = self.name(signer);
        let times = if signer.commits == 1 {
            "1 commit".to_owned()
        } else {
            format!("{} commits", signer.commits)
        };
        let mut text = format!(
            "\n# {} key {key} signed {times}.\n# Claimed committers: {}\n",
            signer.kind,
            claims(signer)
        );
        if let Some(like) = like {
            text += &format!(
                "# Claims the same name as `{like}`: join the two if one person holds both keys.\n"
            );
        }
        match usable_key(&name, signer) {
            Ok(line) => text += &format!("[principals.{name}]\nssh_keys = [{}]\n", quote(&line)),
            Err(why) => {
                self.without_key += signer.commits;
                text +=
                    &format!("# {why}\n# [principals.{name}]\n# openpgp = [\"keys/{name}.asc\"]\n");
                if signer.kind == SignatureKind::OpenPgp {
                    text += &format!("#   gpg --armor --export {key} > keys/{name}.asc\n");
                }
            }
        }
        text
    }

    /// A free name after the part before the at sign, and the name that it
    /// would have had.
    fn name(&mut self, signer: &Signer) -> (String, Option<String>) {
        let address = signer.usual_address().unwrap_or_default();
        let local = address
            .split(|byte| *byte == b'@')
            .next()
            .unwrap_or_default();
        // GitHub's private addresses are <number>+<account>@users.noreply.github.com.
        let local = local
            .rsplit(|byte| *byte == b'+')
            .next()
            .unwrap_or_default();
        let plain = |byte: &u8| {
            if byte.is_ascii_alphanumeric() {
                byte.to_ascii_lowercase() as char
            } else {
                '-'
            }
        };
        let wanted: String = local.iter().take(40).map(plain).collect();
        let wanted = wanted.trim_matches('-');
        let wanted = if wanted.is_empty() { "signer" } else { wanted };
        if self.names.insert(wanted.to_owned()) {
            return (wanted.to_owned(), None);
        }
        let mut number = 2;
        while !self.names.insert(format!("{wanted}-{number}")) {
            number += 1;
        }
        (format!("{wanted}-{number}"), Some(wanted.to_owned()))
    }
}

/// The public key, if the signature contains one that can be pinned.
fn usable_key(name: &str, signer: &Signer) -> Result<String, String> {
    let Some(line) = &signer.public_key else {
        return Err(
            "The signature does not contain the certificate. Ask its owner for it, then:"
                .to_owned(),
        );
    };
    let added = TrustRoots::default().add_ssh_key(&PrincipalId::new(name), line, "proposal");
    added
        .map(|_| line.clone())
        .map_err(|why| format!("It cannot be used: {}", excerpt(why.to_string(), 120)))
}

fn claims(signer: &Signer) -> String {
    let mut addresses: Vec<_> = signer.addresses.iter().collect();
    addresses.sort_by_key(|(address, count)| (std::cmp::Reverse(**count), (*address).clone()));
    let shown = addresses
        .iter()
        .take(MAX_ADDRESSES)
        .map(|(address, _)| excerpt(address, 60));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if addresses.len() > MAX_ADDRESSES {
        text += &format!(" and {} more", addresses.len() - MAX_ADDRESSES);
    }
    text
}

/// The modes of the checks that some commit would not pass. The others keep
/// their default, which is to enforce.
fn modes(history: &History, without_key: usize) -> String {
    let section = |check: &str, odd: usize, what: &str| match odd {
        0 => String::new(),
        _ => format!(
            "\n# {}\n[checks.{check}]\nmode = \"{}\"\n",
            advice(odd, history.commits, what),
            mode(odd, history.commits)
        ),
    };
    let unknown = without_key + history.unreadable;
    let what = "signed with keys that this file does not have";
    section("unsigned-commit", history.unsigned, "unsigned")
        + &section("unknown-signer", unknown, what)
}

fn mode(odd: usize, all: usize) -> &'static str {
    if odd * 100 > all * AUDIT_ABOVE {
        "audit"
    } else {
        "enforce"
    }
}

fn advice(odd: usize, all: usize, what: &str) -> String {
    let then = match mode(odd, all) {
        "audit" => "only report them for now, and enforce when the number has fallen",
        _ => "few enough to enforce at once",
    };
    format!("{odd} of {all} commits are {what}: {then}.")
}

/// A TOML string. JSON's escapes are a part of TOML's.
fn quote(text: &str) -> String {
    serde_json::Value::from(text)
        .to_string()
        .replace('\u{7f}', "\\u007f")
}
