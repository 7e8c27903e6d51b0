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

/// The variables that a server gives its hooks, byte for byte, instead of
/// those of git; what stands in `kept` is passed on from git.
pub struct Surroundings {
    variables: Vec<Vec<u8>>,
    kept: Vec<&'static str>,
}

/// Runs a program with exactly the variables of a file, doubled ones and
/// bytes that no shell would take included.
const EXEC_WITH: &str = r#"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) { /* FILE PROGRAM ARGUMENT NAME... */
    static char text[4 << 20];
    static char *variables[4096];
    int count = 0;
    FILE *file = fopen(argv[1], "rb");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    for (char *at = text; at < text + length; at += strlen(at) + 1) variables[count++] = at;
    for (int i = 3; i < argc; i++) {
        char *value = getenv(argv[i]), *whole;
        if (value && asprintf(&whole, "%s=%s", argv[i], value) > 0) variables[count++] = whole;
    }
    char *server = getenv("SERVER");
    char *arguments[] = {argv[2], server ? "--server" : NULL, server, NULL};
    execve(argv[2], arguments, variables);
    perror("execve");
    return 99;
}
"#;

impl Surroundings {
    /// Variables, of which git's own `kept` ones are passed on.
    pub fn new(variables: &[(&str, &str)], kept: &[&'static str]) -> Self {
        let empty = Self {
            variables: Vec::new(),
            kept: kept.to_vec(),
        };
        let all = variables.iter();
        all.fold(empty, |all, (name, value)| all.and(name, value.as_bytes()))
    }

    /// One more variable, even if there is one of that name.
    #[must_use]
    pub fn and(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let entry = [name.as_bytes(), b"=", value.as_ref(), b"\0"].concat();
        self.variables.push(entry);
        self
    }

    /// Another value, or none, for a variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<&[u8]>) -> Self {
        let start = format!("{name}=");
        self.variables
            .retain(|entry| !entry.starts_with(start.as_bytes()));
        match value {
            Some(value) => self.and(name, value),
            None => self,
        }
    }
}

/// A shim of `hooks/install`, for the binary under test.
pub fn shim(file: &str, binary: &Path) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("hooks/install")
        .join(file);
    let text = fs::read_to_string(&path).expect("read the shim");
    let line = "binary=/usr/local/bin/forgewarden-pre-receive\n";
    assert!(text.contains(line), "the pages say to change this line");
    text.replace(line, &format!("binary='{}'\n", binary.display()))
}

impl Upstream {
    /// Lets a shim judge pushes, in the surroundings of its server.
    pub fn runs_shim_in(&self, file: &str, surroundings: &Surroundings) {
        self.runs_shim_of(file, surroundings, &binary());
    }

    /// The same, for a binary elsewhere.
    pub fn runs_shim_of(&self, file: &str, surroundings: &Surroundings, binary: &Path) {
        let own = self.world().file("server/shim", shim(file, binary));
        make_executable(&own);
        self.runs_in(surroundings, &own, "");
    }

    /// Lets the binary judge without a shim's shell, which would tidy up.
    pub fn runs_binary_in(&self, server: &str, surroundings: &Surroundings) {
        self.runs_in(surroundings, &binary(), &format!("SERVER={server} "));
    }

    fn runs_in(&self, surroundings: &Surroundings, program: &Path, told: &str) {
        let world = self.world();
        let folder = world.path("server");
        fs::create_dir_all(&folder).expect("make a folder");
        let (helper, variables) = (folder.join("exec-with"), folder.join("variables"));
        if !helper.exists() {
            let source = world.file(
                "server/exec-with.c",
                format!("#define _GNU_SOURCE{EXEC_WITH}"),
            );
            world
                .program("cc")
                .arg("-o")
                .arg(&helper)
                .arg(source)
                .succeeds();
        }
        let text = surroundings.variables.concat();
        let text = bstr::ByteSlice::replace(
            &text[..],
            "$REPOSITORY",
            self.path().to_str().expect("UTF-8"),
        );
        fs::write(&variables, text).expect("write the variables");
        let path = self.path().join("hooks/pre-receive");
        let _ = fs::remove_file(&path);
        let script = format!(
            "#!/bin/sh\n{told}exec '{}' '{}' '{}' {}\n",
            helper.display(),
            variables.display(),
            program.display(),
            surroundings.kept.join(" ")
        );
        fs::create_dir_all(self.path().join("hooks")).expect("the hooks folder");
        fs::write(&path, script).expect("write the hook");
        make_executable(&path);
    }
}
