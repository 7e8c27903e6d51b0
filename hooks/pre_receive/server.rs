//! Which server runs the hook, who pushes, and what the server calls the
//! repository. It chooses no policy and weakens nothing.
//!
//! A client may set variables where sshd's `AcceptEnv` is wide. So names come
//! from the environment only if the shim, which is the operator's, says by
//! `--server` whose contract holds. What is seen without that word only shapes
//! the answer: short lines for GitLab's web pages, less time on GHES.

use std::time::Duration;

use forgewarden::auth::{Door, web};
use forgewarden::model::oid::ObjectId;
use forgewarden::model::principal::Actor;
use forgewarden::model::refs::{RefName, RefUpdate};
use forgewarden::model::repo::{ForgeKind, RepositoryName};
use forgewarden::model::text::excerpt;

use super::environment::Environment;

/// A kind of server, with the word that the shims use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// git over ssh, http or a path, without a forge.
    Plain,
    /// gitolite 3.
    Gitolite,
    /// Gitaly's server hooks.
    Gitlab,
    /// GitHub Enterprise Server's pre-receive hooks.
    Ghes,
    /// Hook scripts of Bitbucket Data Center.
    Bitbucket,
}

/// All kinds with their words.
const KINDS: [(&str, Kind); 5] = [
    ("plain-git", Kind::Plain),
    ("gitolite", Kind::Gitolite),
    ("gitlab", Kind::Gitlab),
    ("ghes", Kind::Ghes),
    ("bitbucket", Kind::Bitbucket),
];

/// GHES stops all hooks of a push together after five seconds, and then says
/// nothing of why.
const GHES_DEADLINE: Duration = Duration::from_secs(4);

/// Most lines for GitLab's web pages, and most characters of each.
const MAX_WEB_LINES: usize = 20;
const MAX_WEB_LINE: usize = 200;

/// What GitLab shows on its web pages.
const WEB_PREFIX: &str = "GL-HOOK-ERR: ";

impl Kind {
    /// The kind that a shim names.
    pub(crate) fn named(word: &str) -> Result<Self, String> {
        let found = KINDS.iter().find(|(name, _)| *name == word);
        found.map(|(_, kind)| *kind).ok_or_else(|| {
            let words = KINDS.map(|(name, _)| name).join(", ");
            format!("--server is one of {words}, not \"{}\"", excerpt(word, 40))
        })
    }

    /// The kind that the environment looks like. gitolite and GitLab share the
    /// prefix `GL_`; only gitolite has `GL_BINDIR`, only GitLab `GL_REPOSITORY`.
    fn seen_in(environment: &Environment) -> Self {
        let has = |names: &[&str]| names.iter().all(|name| environment.has(name));
        if has(&["GL_REPOSITORY", "GL_PROTOCOL"]) {
            Self::Gitlab
        } else if has(&["GL_REPO", "GL_BINDIR"]) {
            Self::Gitolite
        } else if has(&["GITHUB_REPO_NAME", "GITHUB_USER_LOGIN"]) {
            Self::Ghes
        } else if has(&["BB_HOOK_TRIGGER_ID"]) {
            Self::Bitbucket
        } else {
            Self::Plain
        }
    }

    /// The variable that is always there under this server's contract.
    fn sign(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Gitolite => Some("GL_REPO"),
            Self::Gitlab => Some("GL_REPOSITORY"),
            Self::Ghes => Some("GITHUB_REPO_NAME"),
            Self::Bitbucket => Some("BB_HOOK_TRIGGER_ID"),
        }
    }
}

/// The server of this run.
pub(crate) struct Server {
    environment: Environment,
    /// The shim's word.
    told: Option<Kind>,
    kind: Kind,
}

impl Server {
    /// By the shim's word, else by what the environment looks like.
    pub(crate) fn new(told: Option<Kind>, environment: Environment) -> Self {
        let kind = told.unwrap_or_else(|| Kind::seen_in(&environment));
        Self {
            environment,
            told,
            kind,
        }
    }

    /// Refuses an environment that is not the one of the server that the shim
    /// was made for, or that somebody has touched.
    pub(crate) fn expect_contract(&self) -> Result<(), String> {
        self.environment.expect_untouched()?;
        match self.told.and_then(Kind::sign) {
            Some(sign) if !self.environment.has(sign) => Err(format!(
                "this hook is installed for {} and {sign} is not set: either another program runs it, or the \
                 wrong shim is installed",
                self.word()
            )),
            _ => Ok(()),
        }
    }

    /// The shim's word, if there is one.
    pub(crate) fn told(&self) -> Option<Kind> {
        self.told
    }

    /// The variables.
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The longest that the hook may take under the policy's own bound.
    pub(crate) fn deadline(&self, of_policy: Duration) -> Duration {
        match self.kind {
            Kind::Ghes => of_policy.min(GHES_DEADLINE),
            _ => of_policy,
        }
    }

    /// What the server calls the repository, if the shim vouches for it.
    pub(crate) fn repository(&self) -> Result<Option<RepositoryName>, String> {
        let name = |name| self.environment.name(name);
        let found = match self.told {
            None | Some(Kind::Plain) => None,
            Some(Kind::Gitolite) => name("GL_REPO")?.map(str::to_owned),
            Some(Kind::Ghes) => name("GITHUB_REPO_NAME")?.map(str::to_owned),
            Some(Kind::Gitlab) => name("GL_PROJECT_PATH")?
                .map(|path| Ok::<_, String>(of_gitlab(path, name("GL_REPOSITORY")?)))
                .transpose()?,
            Some(Kind::Bitbucket) => match (name("BB_PROJECT_KEY")?, name("BB_REPO_SLUG")?) {
                (Some(project), Some(slug)) => Some(format!("{project}/{slug}")),
                _ => return Err("BB_PROJECT_KEY or BB_REPO_SLUG is not set".to_owned()),
            },
        };
        Ok(found.map(RepositoryName::new))
    }

    /// Whose account pushes, if the shim vouches for it. An actor only ever
    /// takes away: whoever pushes does not approve.
    pub(crate) fn actor(&self) -> Result<Option<Actor>, String> {
        let by_web = Door::seen_in(self.environment.variables()) == Door::Web;
        let web_user = web::user(self.environment.variables()).filter(|_| by_web);
        let (forge, variable) = match self.told {
            None => return Ok(None),
            Some(Kind::Plain) => return Ok(web_user.map(git_account)),
            // It takes whom the web server names, proved or not.
            Some(Kind::Gitolite) if by_web && web_user.is_none() => return Ok(None),
            Some(Kind::Gitolite) => (ForgeKind::Git, "GL_USER"),
            Some(Kind::Gitlab) => (ForgeKind::GitLab, "GL_USERNAME"),
            Some(Kind::Ghes) => (ForgeKind::GitHub, "GITHUB_USER_LOGIN"),
            Some(Kind::Bitbucket) => (ForgeKind::Stash, "BB_USER_NAME"),
        };
        let id = match forge {
            ForgeKind::GitLab => self.environment.name("GL_ID")?.and_then(user_id),
            _ => None,
        };
        let login = self.environment.name(variable)?;
        Ok(login.map(|login| Actor {
            forge,
            login: login.to_owned(),
            id,
            robot: false,
        }))
    }

    /// What Bitbucket asks when it draws the merge button: nothing is pushed
    /// then, and the input may be empty. The question is whether the target
    /// branch may come to hold what the source branch holds.
    pub(crate) fn rehearsal(&self) -> Result<Option<RefUpdate>, String> {
        if !self.is_rehearsal()? {
            return Ok(None);
        }
        let need = |name: &'static str| {
            let value = self.environment.name(name)?;
            value.ok_or_else(|| format!("{name} is not set in a dry run"))
        };
        let odd = |name, error: &dyn std::fmt::Display| format!("{name}: {error}");
        // No id of nothing: a merge deletes no branch.
        let id = |name: &'static str| {
            let id = ObjectId::parse_or_null(need(name)?.as_bytes());
            let id = id.map_err(|error| odd(name, &error))?;
            id.map(Some).ok_or_else(|| odd(name, &"it names no commit"))
        };
        let target = RefName::new(need("BB_TO_REF")?).map_err(|error| odd("BB_TO_REF", &error))?;
        Ok(Some(RefUpdate {
            name: target,
            old: id("BB_TO_HASH")?,
            new: id("BB_FROM_HASH")?,
        }))
    }

    /// Whether the server only asks, and nothing is pushed.
    pub(crate) fn is_rehearsal(&self) -> Result<bool, String> {
        let dry = self.environment.name("BB_IS_DRY_RUN")? == Some("true");
        Ok(dry && self.told == Some(Kind::Bitbucket))
    }

    /// A refusal as the server shows it. GitLab's web pages show only lines
    /// with a prefix of theirs; on a terminal the same would stand twice.
    pub(crate) fn shown(&self, refusal: &str) -> String {
        let on_terminal = matches!(
            self.environment.name("GL_PROTOCOL"),
            Ok(Some("ssh" | "http"))
        );
        if self.kind != Kind::Gitlab || on_terminal {
            return refusal.to_owned();
        }
        let mut text = refusal.to_owned();
        let lines = refusal.lines().filter(|line| !line.trim().is_empty());
        for line in lines.take(MAX_WEB_LINES) {
            let short = match line.char_indices().nth(MAX_WEB_LINE) {
                Some((end, _)) => format!("{}…", &line[..end]),
                None => line.to_owned(),
            };
            text.push_str(&format!("{WEB_PREFIX}{short}\n"));
        }
        text
    }

    /// The word for this kind of server.
    pub(crate) fn word(&self) -> &'static str {
        let found = KINDS.iter().find(|(_, kind)| *kind == self.kind);
        found.map_or("plain-git", |(word, _)| word)
    }
}

/// An account of plain git, of which nothing but the name is known.
fn git_account(login: &str) -> Actor {
    Actor {
        forge: ForgeKind::Git,
        login: login.to_owned(),
        id: None,
        robot: false,
    }
}

/// The wiki and the designs of a project are repositories of their own, and
/// not the project.
fn of_gitlab(path: &str, identifier: Option<&str>) -> String {
    let kind = identifier.and_then(|identifier| identifier.split_once('-'));
    match kind {
        Some(("project", _)) | None => path.to_owned(),
        Some((kind, _)) if path.ends_with(&format!(".{kind}")) => path.to_owned(),
        Some((kind, _)) => format!("{path}.{kind}"),
    }
}

/// `user-7`. A key's number (`key-7`) is not its owner's.
fn user_id(text: &str) -> Option<u64> {
    text.strip_prefix("user-")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Kind, Server, of_gitlab, user_id};
    use crate::environment::Environment;

    fn server(kind: Kind) -> Server {
        Server::new(Some(kind), Environment::of_this_process())
    }

    #[test]
    fn the_appliance_leaves_four_seconds_and_the_policy_may_take_less() {
        let long = Duration::from_secs(60);
        let short = Duration::from_millis(500);
        assert_eq!(server(Kind::Ghes).deadline(long), Duration::from_secs(4));
        assert_eq!(server(Kind::Ghes).deadline(short), short);
        assert_eq!(server(Kind::Gitlab).deadline(long), long);
    }

    #[test]
    fn gitlabs_words_are_understood() {
        assert_eq!(of_gitlab("a/b", Some("project-1")), "a/b");
        assert_eq!(of_gitlab("a/b", Some("wiki-1")), "a/b.wiki");
        assert_eq!(of_gitlab("a/b.wiki", Some("wiki-1")), "a/b.wiki");
        assert_eq!(user_id("user-7"), Some(7));
        for other in ["key-7", "user-", "user-x", ""] {
            assert_eq!(user_id(other), None);
        }
    }

    #[test]
    fn every_word_of_a_shim_is_known_and_no_other() {
        for word in ["plain-git", "gitolite", "gitlab", "ghes", "bitbucket"] {
            assert_eq!(server(Kind::named(word).expect(word)).word(), word);
        }
        assert!(Kind::named("github").is_err());
    }
}
