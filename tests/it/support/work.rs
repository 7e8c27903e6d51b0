//! Working copies: commits, tags and pushes of a person.

use std::fs;
use std::path::PathBuf;

use bstr::ByteSlice as _;

use super::people::{Person, Signing};
use super::program::Program;
use super::repos::{Push, Upstream, Way};

/// A person's working copy of an upstream.
pub struct WorkingCopy {
    owner: Person,
    upstream: Upstream,
    folder: PathBuf,
    way: Way,
}

impl WorkingCopy {
    pub(super) fn new(owner: &Person, upstream: &Upstream, way: Way) -> Self {
        let world = owner.world();
        let copies = owner.file(upstream.name());
        fs::create_dir_all(&copies).expect("make a folder");
        let count = fs::read_dir(&copies).expect("list copies").count();
        let folder = copies.join(count.to_string());
        let init = world.git(&copies).args(["init", "-q"]).arg(&folder);
        init.arg(format!("--object-format={}", upstream.format()))
            .succeeds();
        if way == Way::Ssh {
            world.sshd().admits(owner);
        }
        let copy = Self {
            owner: owner.clone(),
            upstream: upstream.clone(),
            folder,
            way,
        };
        copy.git(&["config", "user.name", owner.name()]);
        copy.git(&["config", "user.email", &owner.email()]);
        copy.git(&["remote", "add", "origin", &upstream.url(way)]);
        copy.fetches();
        if copy.upstream.tip("refs/heads/main").is_some() {
            copy.git(&["switch", "-q", "-C", "main", "--track", "origin/main"]);
        }
        copy
    }

    /// Its folder.
    pub fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// Runs git in it and gives its trimmed output.
    pub fn git(&self, args: &[&str]) -> String {
        self.program().args(args).succeeds()
    }

    /// git in it, about to run.
    pub fn program(&self) -> Program {
        self.program_named("git")
    }

    /// Any program in it, about to run.
    pub fn program_named(&self, name: &str) -> Program {
        let program = self.owner.world().program(name).in_folder(&self.folder);
        match self.way {
            Way::LocalPath => program,
            Way::Ssh => program.env("GIT_SSH_COMMAND", self.owner.ssh_command()),
        }
    }

    /// Fetches all that the upstream has.
    pub fn fetches(&self) {
        self.git(&["fetch", "-q", "origin"]);
    }

    /// The id of the commit that is checked out.
    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// Goes to a branch, which starts here if it is new.
    pub fn on_branch(&self, branch: &str) -> &Self {
        let reference = format!("refs/heads/{branch}");
        let exists = self
            .program()
            .args(["rev-parse", "-q", "--verify", &reference])
            .runs();
        match exists.code {
            Some(0) => self.git(&["switch", "-q", branch]),
            _ => self.git(&["switch", "-q", "-c", branch]),
        };
        self
    }

    /// Goes to a branch that starts anew at a revision.
    pub fn goes_to_new(&self, branch: &str, start: &str) -> &Self {
        self.git(&["switch", "-q", "--no-track", "-C", branch, start]);
        self
    }

    /// Goes to a new branch with a history of its own, and no files.
    pub fn on_unrelated_branch(&self, branch: &str) -> &Self {
        self.git(&["switch", "-q", "--orphan", branch]);
        self
    }

    /// Goes back to another commit, losing what came after.
    pub fn goes_back_to(&self, revision: &str) -> &Self {
        self.git(&["reset", "-q", "--hard", revision]);
        self
    }

    /// Starts a commit that writes a file.
    pub fn commits(&self, path: &str, content: &str) -> Draft<'_> {
        Draft::new(self, format!("Write {path}")).and(path, content)
    }

    /// Starts a commit that removes a file.
    pub fn removes(&self, path: &str) -> Draft<'_> {
        self.git(&["rm", "-q", "--", path]);
        Draft::new(self, format!("Remove {path}"))
    }

    /// Starts a merge of other branches, which may still be changed.
    pub fn merges(&self, branches: &[&str]) -> Draft<'_> {
        let merge = [
            "merge",
            "-q",
            "--no-ff",
            "--no-commit",
            "--allow-unrelated-histories",
        ];
        self.program().args(merge).args(branches).succeeds();
        Draft::new(self, format!("Merge {}", branches.join(", ")))
    }

    /// Signs by SSH whatever git commits or tags from now on.
    pub fn signs_by_default(&self) {
        for setting in self.owner.signing_config(Signing::Ssh) {
            if let Some((key, value)) = setting.split_once('=') {
                self.git(&["config", key, value]);
            }
        }
        self.git(&["config", "commit.gpgSign", "true"]);
        self.git(&["config", "tag.gpgSign", "true"]);
    }

    /// Starts a tag of the commit that is checked out.
    pub fn tags<'a>(&'a self, name: &'a str) -> TagDraft<'a> {
        TagDraft { work: self, name }
    }

    /// The bytes of an object.
    pub fn object(&self, kind: &str, id: &str) -> Vec<u8> {
        let ran = self.program().args(["cat-file", kind, id]).runs();
        assert_eq!(ran.code, Some(0), "{ran}");
        ran.out
    }

    /// Stores bytes as an object, lawful or not, and gives its id.
    pub fn stores(&self, kind: &str, bytes: impl Into<Vec<u8>>) -> String {
        let hash = self
            .program()
            .args(["hash-object", "-w", "--stdin", "--literally", "-t"]);
        hash.arg(kind).with_stdin(bytes).succeeds()
    }

    /// Replaces the last commit by one whose bytes were changed, the
    /// signature kept, and gives its id.
    pub fn tampers(&self, from: &str, to: &str) -> String {
        let bytes = self.object("commit", "HEAD");
        let changed = bytes.replace(from, to);
        assert_ne!(bytes, changed, "nothing to tamper with");
        self.moves_to(self.stores("commit", changed))
    }

    /// Points the branch at a commit without touching files.
    pub fn moves_to(&self, id: String) -> String {
        self.git(&["update-ref", "HEAD", &id]);
        id
    }

    /// Pushes one refspec.
    #[must_use = "say what is expected"]
    pub fn pushes(&self, refspec: &str) -> Push {
        self.pushes_all(&[refspec])
    }

    /// Pushes one refspec by force.
    #[must_use = "say what is expected"]
    pub fn forces(&self, refspec: &str) -> Push {
        self.pushes_all(&["--force", refspec])
    }

    /// Deletes a ref of the upstream.
    #[must_use = "say what is expected"]
    pub fn deletes(&self, reference: &str) -> Push {
        self.pushes_all(&["--delete", reference])
    }

    /// Pushes with options and refspecs: `["--atomic", "main", "v1"]`.
    #[must_use = "say what is expected"]
    pub fn pushes_all(&self, args: &[&str]) -> Push {
        self.pushes_in(&[], args)
    }

    /// Pushes with more variables in the environment.
    #[must_use = "say what is expected"]
    pub fn pushes_in(&self, environment: &[(&str, &str)], args: &[&str]) -> Push {
        let (options, refspecs): (Vec<&str>, Vec<&str>) =
            args.iter().copied().partition(|arg| arg.starts_with("--"));
        let program = self
            .program()
            .arg("push")
            .args(options)
            .arg("origin")
            .args(refspecs);
        let variables = environment.iter();
        let program = variables.fold(program, |program, (name, value)| program.env(name, value));
        Push::judged(&self.upstream, || program.runs())
    }
}

/// A commit about to be made.
#[must_use = "say how it is signed"]
pub struct Draft<'a> {
    work: &'a WorkingCopy,
    message: String,
    claims: Vec<(&'static str, String)>,
}

impl<'a> Draft<'a> {
    fn new(work: &'a WorkingCopy, message: String) -> Self {
        Self {
            work,
            message,
            claims: Vec::new(),
        }
    }

    /// Writes a further file.
    pub fn and(self, path: &str, content: &str) -> Self {
        let file = self.work.folder.join(path);
        fs::create_dir_all(file.parent().expect("a parent")).expect("make folders");
        fs::write(file, content).expect("write a file");
        self.work.git(&["add", "-f", "--", path]);
        self
    }

    /// Says something else in the message.
    pub fn saying(mut self, message: &str) -> Self {
        message.clone_into(&mut self.message);
        self
    }

    /// Claims another author.
    pub fn claiming_author(mut self, name: &str) -> Self {
        self.claims.push(("GIT_AUTHOR_NAME", name.to_owned()));
        self
    }

    /// Claims to be made at another time.
    pub fn dated(mut self, time: &str) -> Self {
        for variable in ["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"] {
            self.claims.push((variable, time.to_owned()));
        }
        self
    }

    /// Makes it without a signature and gives its id.
    pub fn unsigned(self) -> String {
        self.commit(&[], &["--no-gpg-sign"])
    }

    /// Makes it, signed by the working copy's owner, and gives its id.
    pub fn signed_by(self, signing: Signing) -> String {
        let (work, owner) = (self.work, self.work.owner.clone());
        if signing == Signing::InProcess {
            self.unsigned();
            let payload = work.object("commit", "HEAD");
            let signature = owner.sshsig("git", &payload);
            return work.moves_to(work.stores("commit", with_signature(&payload, &signature)));
        }
        self.commit(&owner.signing_config(signing), &["--gpg-sign"])
    }

    /// Makes it, signed by SSH, and gives its id.
    pub fn signed(self) -> String {
        self.signed_by(Signing::Ssh)
    }

    fn commit(self, config: &[String], options: &[&str]) -> String {
        let commit = [
            "commit",
            "-q",
            "--allow-empty",
            "--cleanup=verbatim",
            "-F",
            "-",
        ];
        let program = self.work.program().args(config).args(commit).args(options);
        let claims = self.claims.iter();
        let program = claims.fold(program, |program, (name, value)| program.env(name, value));
        program.with_stdin(self.message).succeeds();
        self.work.head()
    }
}

/// A commit's bytes with a signature header, where git puts it.
pub fn with_signature(payload: &[u8], armour: &str) -> Vec<u8> {
    let (head, message) = payload.split_once_str("\n\n").expect("a commit");
    let folded = armour.trim_end().replace('\n', "\n ");
    [head, b"\ngpgsig ", folded.as_bytes(), b"\n\n", message].concat()
}

/// A tag about to be made.
#[must_use = "say what kind of tag it is"]
pub struct TagDraft<'a> {
    work: &'a WorkingCopy,
    name: &'a str,
}

impl TagDraft<'_> {
    /// A tag without an object of its own.
    pub fn lightweight(self) {
        self.work.git(&["tag", "-f", self.name]);
    }

    /// An annotated tag without a signature; gives its id.
    pub fn unsigned(self) -> String {
        self.work
            .git(&["tag", "-f", "-a", "--no-sign", "-m", "A release", self.name]);
        self.id()
    }

    /// An annotated tag signed by the owner; gives its id.
    pub fn signed_by(self, signing: Signing) -> String {
        let config = self.work.owner.signing_config(signing);
        let tag = ["tag", "-f", "-s", "-m", "A release", self.name];
        self.work.program().args(config).args(tag).succeeds();
        self.id()
    }

    fn id(&self) -> String {
        let reference = format!("refs/tags/{}", self.name);
        self.work.git(&["rev-parse", &reference])
    }
}

/// The digits of an id that reports show.
pub fn short(id: &str) -> &str {
    &id[..10]
}
