//! Names from outside inside a command that a reader may copy into a shell.

use bstr::ByteSlice as _;

use crate::model::text::escape;

/// A name as one word of a POSIX shell. A ref may lawfully be called
/// `v1;reboot` or `$(reboot)`: a remedy must not carry that into a terminal.
pub(crate) fn quoted(name: impl AsRef<[u8]>) -> String {
    let name = name.as_ref();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._/+@:=,".contains(byte);
    let is_word = !name.is_empty()
        && name
            .iter()
            .enumerate()
            .all(|(at, byte)| plain(byte) || (*byte == b'-' && at > 0));
    if is_word {
        name.to_str_lossy().into_owned()
    } else {
        format!("'{}'", escape(name).replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_hostile_name_stays_one_word() {
        assert_eq!(quoted("refs/tags/v1.0-rc1"), "refs/tags/v1.0-rc1");
        assert_eq!(quoted("v1;reboot"), "'v1;reboot'");
        assert_eq!(quoted("$(reboot)"), "'$(reboot)'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("~root"), "'~root'");
        assert_eq!(quoted("a\nb"), r"'a\u{a}b'");
        assert_eq!(quoted(""), "''");
    }
}
