//! The real hook binary in a real bare repository.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use super::policy::PolicyText;
use super::repos::Upstream;

/// The hook in a repository.
pub struct Hook {
    /// The repository's `hooks/pre-receive`.
    pub path: PathBuf,
    /// The operator's policy file.
    pub policy: PathBuf,
}

/// The hook's binary: the one that cargo built for these tests, or, in a
/// program that cargo builds no binaries for (an example), the one beside it.
pub fn binary() -> PathBuf {
    if let Some(path) = option_env!("CARGO_BIN_EXE_forgewarden-pre-receive") {
        return path.into();
    }
    let own = std::env::current_exe().expect("the program's own path");
    let beside = own.ancestors().skip(1).take(2);
    let mut places = beside.map(|folder| folder.join("forgewarden-pre-receive"));
    let found = places.find(|path| path.is_file());
    found.expect(
        "forgewarden-pre-receive beside this program: cargo build --bin forgewarden-pre-receive",
    )
}

impl Upstream {
    /// Installs the hook and the operator's policy.
    pub fn guarded_by(&self, policy: &PolicyText) -> Hook {
        let hook = self.guarded();
        let written = policy.write(self.world(), &self.policy_folder());
        assert_eq!(written, hook.policy);
        hook
    }

    /// Installs the hook; the policy that it is told of does not exist yet.
    pub fn guarded(&self) -> Hook {
        self.installs(&binary())
    }

    /// Installs a program as the hook, by a symbolic link.
    pub fn installs(&self, program: &Path) -> Hook {
        let folder = self.path().join("hooks");
        fs::create_dir_all(&folder).expect("make the hooks folder");
        let path = folder.join("pre-receive");
        let _ = fs::remove_file(&path);
        symlink(program, &path).expect("link the hook");
        let policy = self.policy_folder() + "/policy.toml";
        let policy = self.world().path(policy);
        self.config("forgewarden.policy", policy.to_str().expect("UTF-8 path"));
        Hook { path, policy }
    }

    fn policy_folder(&self) -> String {
        format!("operator/{}", self.name())
    }
}

impl Hook {
    /// Replaces the link by a copy of the binary.
    pub fn copied(self) -> Self {
        fs::remove_file(&self.path).expect("remove the link");
        fs::copy(binary(), &self.path).expect("copy the hook");
        self
    }

    /// Puts a shell script in the hook's place. `$HOOK` in it is the binary.
    pub fn scripted(self, script: &str) -> Self {
        let binary = binary();
        let binary = binary.to_str().expect("UTF-8 path");
        fs::remove_file(&self.path).expect("remove the hook");
        let script = format!("#!/bin/sh\nHOOK='{binary}'\n{script}\n");
        fs::write(&self.path, script).expect("write the hook");
        make_executable(&self.path);
        self
    }

    /// Has the hook's exit code written beside it: git itself only says
    /// "declined".
    pub fn recording_exit_codes(self) -> Self {
        let record = self.exit_code_file();
        let record = record.to_str().expect("UTF-8 path").to_owned();
        self.scripted(&format!(
            "\"$HOOK\"; code=$?; echo $code >'{record}'; exit $code"
        ))
    }

    /// The exit code of the last run, if it was recorded.
    pub fn exit_code(&self) -> Option<i32> {
        let text = fs::read_to_string(self.exit_code_file()).ok()?;
        text.trim().parse().ok()
    }

    /// Changes the operator's policy.
    pub fn now_under(&self, upstream: &Upstream, policy: &PolicyText) {
        policy.write(upstream.world(), &upstream.policy_folder());
    }

    fn exit_code_file(&self) -> PathBuf {
        self.path.with_extension("exit-code")
    }
}

/// Lets everybody run a file.
pub fn make_executable(file: &Path) {
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(file, mode).expect("make a file executable");
}
