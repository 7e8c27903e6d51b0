//! A hook that writes down what it is given, to see what servers really say.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::support::Upstream;

/// The hook's notes.
pub(super) struct Recorder(PathBuf);

/// What the hook was given in one run.
pub(super) struct Given {
    /// All values of each variable, in order.
    pub(super) variables: BTreeMap<String, Vec<String>>,
    /// sshd's file, if there was one.
    pub(super) sshd: Option<String>,
    /// Everything, byte for byte.
    pub(super) raw: Vec<u8>,
}

impl Recorder {
    /// Puts it into a repository, in the place of a hook.
    pub(super) fn guards(upstream: &Upstream) -> Self {
        let folder = upstream.path().join("recorded");
        fs::create_dir_all(&folder).expect("make a folder");
        // What the kernel gave to the shell itself, which would tidy up. Not by
        // its number: that is another process's outside of its namespace.
        let at = folder.display();
        let script = format!(
            "exec 3</proc/self/environ; cat <&3 >'{at}/environment'\n\
             [ -z \"${{SSH_USER_AUTH:-}}\" ] || cat \"$SSH_USER_AUTH\" >'{at}/sshd'"
        );
        let _hook = upstream.guarded().scripted(&script);
        Self(folder)
    }

    /// What the last run was given; it is forgotten then.
    pub(super) fn given(&self) -> Given {
        let file = self.0.join("environment");
        let raw = fs::read(&file).expect("the hook ran");
        fs::remove_file(file).expect("forget");
        let sshd = self.0.join("sshd");
        let said = fs::read_to_string(&sshd).ok();
        let _ = fs::remove_file(sshd);
        let mut variables = BTreeMap::<String, Vec<String>>::new();
        for entry in raw
            .split(|byte| *byte == 0)
            .filter(|entry| !entry.is_empty())
        {
            let entry = String::from_utf8_lossy(entry).into_owned();
            let (name, value) = entry.split_once('=').expect("a variable");
            let values = variables.entry(name.to_owned()).or_default();
            values.push(value.to_owned());
        }
        Given {
            variables,
            sshd: said,
            raw,
        }
    }
}

impl Given {
    /// The one value of a variable.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        let values = self.variables.get(name)?;
        assert_eq!(values.len(), 1, "{name} is there twice: {values:?}");
        values.first().map(String::as_str)
    }

    /// The names that begin so.
    pub(super) fn names(&self, start: &str) -> Vec<&str> {
        let names = self.variables.keys().map(String::as_str);
        names.filter(|name| name.starts_with(start)).collect()
    }
}
