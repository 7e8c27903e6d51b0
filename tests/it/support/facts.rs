//! Facts by hand, for tests of checks and of the engine. A test states only
//! what is unusual: commits are signed by alice, updates move an existing
//! branch, and the policy knows alice, bob and carol (bob and carol are the
//! team `ci`), each with the GitHub account of the same name.
//!
//! ```ignore
//! pull_request(branch("main").brings(commit(1).unsigned()))
//!     .by("alice")
//!     .approved_by("bob")
//!     .build()
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use forgewarden::auth;
use forgewarden::ci::{Content, Files, MemoryFiles, Readings};
use forgewarden::model::approval::{Approval, Approvals, Circumstances, Constituent, Membership};
use forgewarden::model::authentication::{
    Authentication, Credential, Evidence, Factor, Method, Push, Source, SshKey, Strength,
};
use forgewarden::model::build::BuildChange;
use forgewarden::model::ci::{ChangeKind, CiChange, Oddity, Tier};
use forgewarden::model::directory::{Account, Directory, Group};
use forgewarden::model::facts::{
    Facts, Gap, PolicyProblem, PushFacts, Revision, TagFacts, UpdateFacts,
};
use forgewarden::model::imported::{ForeignResult, Imported};
use forgewarden::model::object::{Commit, Defect, Identity, Tag};
use forgewarden::model::oid::ObjectId;
use forgewarden::model::principal::{Actor, PrincipalId};
use forgewarden::model::refs::{RefName, RefUpdate};
use forgewarden::model::repo::{ForgeKind, RepositoryName};
use forgewarden::model::request::{Concern, Subject};
use forgewarden::model::signature::{KeyName, Signature, SignatureKind, SignatureState};
use forgewarden::model::zones::Zones;

/// The object with this number: the same number is the same object.
pub fn oid(number: u32) -> ObjectId {
    ObjectId::parse(format!("{number:08x}{}", "0".repeat(32))).expect("a number that is not zero")
}

/// Where branches stand before an update.
pub const OLD: u32 = 0xbbbb;
/// Where branches stand after an update that brings no commit.
pub const NEW: u32 = 0xcccc;

/// The principal of this name.
pub fn principal(name: &str) -> PrincipalId {
    PrincipalId::new(name)
}

/// The account of this name.
pub fn account(login: &str) -> Actor {
    Actor {
        forge: ForgeKind::GitHub,
        login: login.to_owned(),
        id: None,
        robot: false,
    }
}

/// The key of this person.
pub fn key(owner: &str) -> KeyName {
    KeyName(format!("SHA256:{owner}"))
}

/// A valid signature of this person.
pub fn valid(owner: &str) -> SignatureState {
    SignatureState::Valid {
        principal: principal(owner),
        key: key(owner),
    }
}

fn signature(state: SignatureState) -> Signature {
    let kind = (state != SignatureState::Unsigned).then_some(SignatureKind::Ssh);
    Signature { kind, state }
}

fn identity(name: &str) -> Identity {
    Identity {
        name: name.into(),
        email: format!("{name}@example.com").into(),
        seconds: 1_700_000_000,
    }
}

/// A commit, signed by alice.
pub fn commit(number: u32) -> RevisionBuilder {
    RevisionBuilder(Revision {
        commit: Commit {
            id: oid(number),
            tree: oid(number + 0x1000),
            parents: vec![oid(OLD)],
            author: identity("alice"),
            committer: identity("alice"),
            subject: format!("Change {number}").into(),
            defects: Vec::new(),
        },
        signature: signature(valid("alice")),
    })
}

/// Builds a [`Revision`].
#[derive(Debug, Clone)]
pub struct RevisionBuilder(pub Revision);

impl RevisionBuilder {
    pub fn unsigned(self) -> Self {
        self.state(SignatureState::Unsigned)
    }

    pub fn signed_by(self, owner: &str) -> Self {
        self.state(valid(owner))
    }

    pub fn state(mut self, state: SignatureState) -> Self {
        self.0.signature = signature(state);
        self
    }

    pub fn defect(mut self, defect: Defect) -> Self {
        self.0.commit.defects.push(defect);
        self
    }

    pub fn subject(mut self, subject: &str) -> Self {
        self.0.commit.subject = subject.into();
        self
    }

    /// On top of these commits.
    pub fn on(mut self, parents: &[u32]) -> Self {
        self.0.commit.parents = parents.iter().copied().map(oid).collect();
        self
    }

    pub fn root(mut self) -> Self {
        self.0.commit.parents.clear();
        self
    }
}

/// An annotated tag object, signed by alice.
pub fn annotation(number: u32, name: &str) -> TagBuilder {
    TagBuilder(TagFacts {
        tag: Tag {
            id: oid(number),
            target: oid(NEW),
            target_kind: "commit".into(),
            name: name.into(),
            tagger: Some(identity("alice")),
            defects: Vec::new(),
        },
        signature: signature(valid("alice")),
    })
}

/// Builds a [`TagFacts`].
#[derive(Debug, Clone)]
pub struct TagBuilder(pub TagFacts);

impl TagBuilder {
    pub fn unsigned(self) -> Self {
        self.state(SignatureState::Unsigned)
    }

    pub fn state(mut self, state: SignatureState) -> Self {
        self.0.signature = signature(state);
        self
    }

    pub fn defect(mut self, defect: Defect) -> Self {
        self.0.tag.defects.push(defect);
        self
    }
}

/// A changed workflow file: `.github/workflows/<name>`.
pub fn workflow(name: &str) -> CiBuilder {
    ci_file(&format!(".github/workflows/{name}"))
}

/// A changed file of the build environment, executed by CI.
pub fn ci_file(path: &str) -> CiBuilder {
    CiBuilder(CiChange {
        path: path.into(),
        system: "github-actions",
        tier: Tier::Executed,
        kind: ChangeKind::Modified,
        revisions: Vec::new(),
        oddities: Vec::new(),
    })
}

/// Builds a [`CiChange`].
#[derive(Debug, Clone)]
pub struct CiBuilder(pub CiChange);

impl CiBuilder {
    /// The numbers of the commits that change it, newest first.
    pub fn in_commits(mut self, numbers: &[u32]) -> Self {
        self.0.revisions = numbers.iter().copied().map(oid).collect();
        self
    }

    pub fn tier(mut self, tier: Tier) -> Self {
        self.0.tier = tier;
        self
    }

    pub fn kind(mut self, kind: ChangeKind) -> Self {
        self.0.kind = kind;
        self
    }

    pub fn odd(mut self, oddity: Oddity) -> Self {
        self.0.oddities.push(oddity);
        self
    }
}

/// An update of a branch.
pub fn branch(name: &str) -> UpdateBuilder {
    reference(&format!("refs/heads/{name}"))
}

/// A new tag; lightweight until it is [`UpdateBuilder::annotated`].
pub fn tag(name: &str) -> UpdateBuilder {
    reference(&format!("refs/tags/{name}")).created()
}

/// An update of any ref.
pub fn reference(name: &str) -> UpdateBuilder {
    UpdateBuilder(UpdateFacts {
        update: RefUpdate {
            name: RefName::new(name).expect("a lawful ref name"),
            old: Some(oid(OLD)),
            new: Some(oid(NEW)),
        },
        protected: false,
        rewind: false,
        revisions: Vec::new(),
        tags: Vec::new(),
        ci_changes: Vec::new(),
        build: Vec::new(),
        changed_paths: BTreeSet::new(),
        policy_problems: Vec::new(),
    })
}

/// Builds an [`UpdateFacts`].
#[derive(Debug, Clone)]
pub struct UpdateBuilder(pub UpdateFacts);

impl UpdateBuilder {
    /// Adds a commit; the first one added is the new tip.
    pub fn brings(mut self, commit: RevisionBuilder) -> Self {
        if self.0.revisions.is_empty() && self.0.tags.is_empty() {
            self.0.update.new = Some(commit.0.commit.id);
        }
        self.0.revisions.push(commit.0);
        self
    }

    /// Adds a tag object; the first one added is the outermost.
    pub fn annotated(mut self, tag: TagBuilder) -> Self {
        if self.0.tags.is_empty() {
            self.0.update.new = Some(tag.0.tag.id);
        }
        self.0.tags.push(tag.0);
        self
    }

    pub fn changes(mut self, file: CiBuilder) -> Self {
        self.0.ci_changes.push(file.0);
        self
    }

    /// What it, or one of its commits, does to these files, as the models show it.
    pub fn builds(
        mut self,
        commit: Option<u32>,
        before: &[(&str, &str)],
        after: &[(&str, &str)],
    ) -> Self {
        let tree = |files: &[(&str, &str)]| {
            let mut tree = MemoryFiles::default();
            for (path, text) in files {
                let content = Content::File(text.as_bytes().into());
                tree.0.insert((*path).into(), content);
            }
            tree
        };
        let (mut old, mut new) = (tree(before), tree(after));
        let changed = old.0.keys().chain(new.0.keys()).cloned().collect();
        let mut sides: [&mut dyn Files; 1] = [&mut old];
        let touched = Readings::new(&[]).touched(&changed, &mut sides, &mut new);
        let touched = touched.expect("a small tree").expect("a model");
        self.0.build.push(BuildChange {
            revision: commit.map(oid),
            ..touched
        });
        self
    }

    /// Changes any path, of the build environment or not.
    pub fn touches(mut self, path: &str) -> Self {
        self.0.changed_paths.insert(path.into());
        self
    }

    /// Brings a policy file with this problem in its third line.
    pub fn spoils_policy(mut self, message: &str) -> Self {
        self.0.policy_problems.push(PolicyProblem {
            line: Some(3),
            column: Some(1),
            message: message.to_owned(),
        });
        self
    }

    pub fn protected(mut self) -> Self {
        self.0.protected = true;
        self
    }

    pub fn rewound(mut self) -> Self {
        self.0.rewind = true;
        self
    }

    pub fn created(mut self) -> Self {
        self.0.update.old = None;
        self
    }

    pub fn existing(mut self) -> Self {
        self.0.update.old = Some(oid(OLD));
        self
    }

    pub fn deleted(mut self) -> Self {
        self.0.update.new = None;
        self
    }
}

/// A push about whose authentication nothing is said yet.
pub fn nothing_said() -> PushBuilder {
    PushBuilder(Push {
        references: Vec::new(),
        heads: Vec::new(),
        actor: None,
        at: "2026-11-20T12:00:00Z".parse().expect("a time"),
        evidence: Vec::new(),
        awaited_until: None,
    })
}

/// A push with one of these methods, and nobody can tell which.
pub fn with(methods: &[Method]) -> PushBuilder {
    let could_be = methods.iter().map(|method| Authentication::by(*method));
    nothing_said().says(could_be)
}

/// A push with all of these, one after the other.
pub fn with_all(factors: &[(Method, Option<Credential>)]) -> PushBuilder {
    let factors = factors.iter().cloned();
    let factors = factors.map(|(method, credential)| Factor { method, credential });
    let one = Authentication {
        factors: factors.collect(),
    };
    nothing_said().says([one])
}

/// An SSH key of this type.
pub fn ssh_key(algorithm: &str, bits: Option<u32>) -> SshKey {
    SshKey {
        algorithm: algorithm.to_owned(),
        bits,
        fingerprint: "SHA256:key".to_owned(),
    }
}

/// A certificate of an SSH authority, valid for so many hours.
pub fn ssh_certificate(authority: &str, hours: Option<i64>) -> Credential {
    let from: jiff::Timestamp = "2026-11-20T08:00:00Z".parse().expect("a time");
    Credential::SshCertificate {
        key: ssh_key("ssh-ed25519", None),
        authority: authority.to_owned(),
        key_id: "alice@example.com".to_owned(),
        serial: 7,
        principals: vec!["alice".to_owned()],
        valid_after: Some(from),
        valid_before: hours.map(|hours| from + jiff::SignedDuration::from_hours(hours)),
    }
}

/// Builds a [`Push`].
#[derive(Debug, Clone)]
pub struct PushBuilder(Push);

impl PushBuilder {
    fn says(mut self, could_be: impl IntoIterator<Item = Authentication>) -> Self {
        self.0.evidence.push(Evidence {
            could_be: could_be.into_iter().collect(),
            source: Source::HookEnvironment,
            strength: Strength::Direct,
            observed_at: self.0.at,
            says: "its words".to_owned(),
        });
        self
    }

    /// By this account, and not by whose change it is.
    pub fn by(mut self, login: &str) -> Self {
        self.0.actor = Some(account(login));
        self
    }

    /// More may come.
    pub fn awaited(mut self) -> Self {
        self.0.awaited_until = Some("2026-11-20T12:05:00Z".parse().expect("a time"));
        self
    }
}

/// A push of some refs.
pub fn push(updates: impl IntoIterator<Item = UpdateBuilder>) -> FactsBuilder {
    let updates: Vec<_> = updates.into_iter().map(|update| update.0).collect();
    let subject = Subject::Push {
        updates: updates.iter().map(|facts| facts.update.clone()).collect(),
    };
    FactsBuilder::new(subject, updates, Approvals::None)
}

/// A pull request that would update a branch; approved by nobody.
pub fn pull_request(update: UpdateBuilder) -> FactsBuilder {
    let change = &update.0.update;
    let subject = Subject::PullRequest {
        number: 7,
        target: change.name.clone(),
        base: change.old.expect("a pull request has a base"),
        head: change.new.expect("a pull request has a head"),
    };
    FactsBuilder::new(subject, vec![update.0], Approvals::Known(Vec::new()))
}

/// A merge group that would update a branch.
pub fn merge_group(update: UpdateBuilder) -> FactsBuilder {
    let change = &update.0.update;
    let subject = Subject::MergeGroup {
        target: change.name.clone(),
        base: change.old.expect("a group has a base"),
        head: change.new.expect("a group has a head"),
    };
    FactsBuilder::new(subject, vec![update.0], Approvals::None)
}

/// Builds [`Facts`].
#[derive(Debug, Clone)]
pub struct FactsBuilder(Facts);

impl FactsBuilder {
    fn new(subject: Subject, updates: Vec<UpdateFacts>, approvals: Approvals) -> Self {
        Self(Facts {
            repository: RepositoryName::new("octo/shop"),
            subject,
            actor: None,
            seen_at: "2026-11-20T12:00:00Z".parse().expect("a time"),
            concern: Concern::Everything,
            updates,
            pushes: Vec::new(),
            circumstances: Circumstances {
                approvals,
                ..Circumstances::default()
            },
            directory: Arc::new(people(&["alice", "bob", "carol"], &["bob", "carol"])),
            pins: Vec::new(),
            sources: Arc::default(),
            zones: Arc::default(),
            gaps: Vec::new(),
        })
    }

    /// Who pushed, or whose pull request it is.
    pub fn by(mut self, login: &str) -> Self {
        self.0.actor = Some(account(login));
        self
    }

    /// An approval of the present head.
    pub fn approved_by(self, login: &str) -> Self {
        self.approved_by_account(account(login))
    }

    /// An approval of the present head by a certain account.
    pub fn approved_by_account(self, actor: Actor) -> Self {
        let head = match self.0.subject {
            Subject::PullRequest { head, .. } | Subject::MergeGroup { head, .. } => head,
            Subject::Push { .. } => oid(NEW),
        };
        self.approval(Approval { actor, head })
    }

    /// An approval of another head.
    pub fn approved_before_by(self, login: &str) -> Self {
        let (actor, head) = (account(login), oid(0xdead));
        self.approval(Approval { actor, head })
    }

    fn approval(mut self, approval: Approval) -> Self {
        match &mut self.0.circumstances.approvals {
            Approvals::Known(list) => list.push(approval),
            other => *other = Approvals::Known(vec![approval]),
        }
        self
    }

    pub fn approvals_unknown(mut self, why: &str) -> Self {
        self.0.circumstances.approvals = Approvals::Unknown(why.to_owned());
        self
    }

    /// A pull request of the group: its head, whose it is, and who approved which head.
    pub fn merging(mut self, head: u32, owner: &str, approved: &[(&str, u32)]) -> Self {
        let approval = |(login, head): &(&str, u32)| Approval {
            actor: account(login),
            head: oid(*head),
        };
        self.0.circumstances.constituents.push(Constituent {
            head: oid(head),
            actor: Some(account(owner)),
            approvals: approved.iter().map(approval).collect(),
            pushers: vec![account(owner)],
        });
        self
    }

    /// This account pushed some of it.
    pub fn pushed_by(mut self, login: &str) -> Self {
        self.0.circumstances.pushers.push(account(login));
        self
    }

    /// A push, of every ref that is updated, about which this is said.
    pub fn pushed(mut self, pushed: PushBuilder) -> Self {
        let updates = self.0.subject.updates();
        let mut push = pushed.0;
        push.references = updates.iter().map(|update| update.name.clone()).collect();
        push.heads = updates.iter().filter_map(|update| update.new).collect();
        push.actor = push.actor.or_else(|| self.0.actor.clone());
        let actor = push.actor.as_ref();
        self.0.pushes.push(PushFacts {
            standing: auth::resolve(&push.evidence),
            principal: actor
                .and_then(|it| self.0.directory.principal_of(it))
                .cloned(),
            push,
        });
        self
    }

    /// What GitHub says about an account in a group of its own.
    pub fn membership(mut self, login: &str, group: &str, member: Result<bool, &str>) -> Self {
        self.0.circumstances.memberships.push(Membership {
            actor: account(login),
            group: github_group(group),
            member: member.map_err(str::to_owned),
        });
        self
    }

    pub fn directory(mut self, directory: Directory) -> Self {
        self.0.directory = Arc::new(directory);
        self
    }

    /// The zones of a policy.
    pub fn zones(mut self, zones: Arc<Zones>) -> Self {
        self.0.zones = zones;
        self
    }

    /// What another scanner found before and after.
    pub fn imports(mut self, before: Vec<ForeignResult>, after: Vec<ForeignResult>) -> Self {
        self.0.circumstances.imported = Imported { before, after };
        self
    }

    pub fn gap(mut self, gap: &str) -> Self {
        self.0.gaps.push(Gap(gap.to_owned()));
        self
    }

    pub fn build(self) -> Facts {
        self.0
    }
}

/// Principals with the GitHub account of the same name, some of them in the team `ci`.
pub fn people(names: &[&str], team: &[&str]) -> Directory {
    let accounts = |name: &&str| {
        let account = Account::Login(ForgeKind::GitHub, (*name).to_owned());
        (principal(name), BTreeSet::from([account]))
    };
    let team = team.iter().map(|name| principal(name)).collect();
    Directory {
        principals: names.iter().map(accounts).collect(),
        teams: BTreeMap::from([("ci".to_owned(), team)]),
        groups: BTreeMap::new(),
        robots: BTreeSet::new(),
        keys: BTreeMap::new(),
    }
}

/// A group of GitHub.
pub fn github_group(name: &str) -> Group {
    Group {
        forge: ForgeKind::GitHub,
        name: name.to_owned(),
    }
}
