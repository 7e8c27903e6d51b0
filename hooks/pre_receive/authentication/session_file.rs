//! The file in which sshd tells a session how it was authenticated. A client
//! may name another file where sshd does not name one itself (`AcceptEnv *` and
//! no `ExposeAuthInfo`), so only a file that looks like sshd's is read.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;

use forgewarden::auth::sshd::MAX_BYTES;
use forgewarden::model::text::excerpt;
use rustix::fs::{Mode, OFlags};

/// How sshd calls it: `mkstemp` of this and more letters (session.c of OpenSSH).
const START: &str = "/tmp/sshauth.";
/// Most letters after that; sshd makes fifteen.
const MAX_LETTERS: usize = 32;
/// What nobody but its owner may do.
const OF_OTHERS: u32 = 0o077;

/// Its content.
///
/// # Errors
/// Why it is not sshd's file, as a sentence.
pub(super) fn read(path: &str) -> Result<Vec<u8>, String> {
    let odd = |why: &str| {
        format!(
            "SSH_USER_AUTH names \"{}\", which {why}; if it came from the client, set `ExposeAuthInfo yes` and no \
             `AcceptEnv` for SSH_* in sshd_config",
            excerpt(path, 80)
        )
    };
    if !is_sshds(path) {
        return Err(odd("is not where sshd puts its file"));
    }
    // Never through a link, and never waiting for a pipe's writer.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::empty());
    let file = File::from(file.map_err(|error| odd(&format!("cannot be opened ({error})")))?);
    let about = file.metadata();
    let about = about.map_err(|error| odd(&format!("cannot be examined ({error})")))?;
    if !about.is_file() {
        return Err(odd("is no regular file"));
    }
    if about.uid() != rustix::process::geteuid().as_raw() {
        return Err(odd("belongs to another user"));
    }
    if about.mode() & OF_OTHERS != 0 {
        return Err(odd("is open to other users"));
    }
    if about.nlink() != 1 {
        return Err(odd("has more than one name, or none"));
    }
    let mut text = Vec::new();
    let bound = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    // One more byte, so that the reader sees that it is over the bound.
    let read = file.take(bound.saturating_add(1)).read_to_end(&mut text);
    read.map_err(|error| odd(&format!("cannot be read ({error})")))?;
    Ok(text)
}

fn is_sshds(path: &str) -> bool {
    let letters = path.strip_prefix(START);
    letters.is_some_and(|letters| {
        (1..=MAX_LETTERS).contains(&letters.len())
            && letters.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::is_sshds;

    #[test]
    fn only_sshds_own_name_will_do() {
        assert!(is_sshds("/tmp/sshauth.aB3dEfGhIjKlMnO"));
        for path in [
            "/tmp/sshauth.",
            "/tmp/sshauth",
            "/tmp/sshauth.a/../fake",
            "/tmp/sshauth.a/b",
            "/tmp/sshauth.a.b",
            "//tmp/sshauth.a",
            "/tmp/../tmp/sshauth.a",
            "tmp/sshauth.a",
            "/home/git/sshauth.a",
            &format!("/tmp/sshauth.{}", "a".repeat(33)),
        ] {
            assert!(!is_sshds(path), "{path}");
        }
    }
}
