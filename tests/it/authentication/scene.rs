//! Where most stories start: a repository that records what its hook is given,
//! and alice with a commit that she has not pushed.

use std::fs;

use serde_json::Value;

use super::recorder::Recorder;
use crate::support::secrets::{Secret, assert_nowhere};
use crate::support::web::{self, Proof, Web};
use crate::support::{Person, Push, Upstream, Way, WorkingCopy, World, hook};

/// Headers by which a client would forge what only the server may say.
pub(super) const LIES: [&str; 6] = [
    "Forgewarden-Auth-Method: client-certificate",
    "Forgewarden-Auth-User: root",
    "Ssl-Client-Verify: SUCCESS",
    "Remote-User: root",
    "Auth-Type: ClientCert",
    "FORGEWARDEN_AUTH_METHOD: token",
];

/// The people and the repository of a story.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) alice: Person,
    pub(super) upstream: Upstream,
    pub(super) work: WorkingCopy,
}

impl Scene {
    /// Nothing guards the repository yet.
    pub(super) fn new() -> Self {
        let world = World::new();
        let alice = world.person("alice");
        let upstream = world.upstream("project");
        let work = alice.clones(&upstream, Way::LocalPath);
        work.commits("README.md", "one").signed();
        web::serve(&work, "project.git");
        Self {
            world,
            alice,
            upstream,
            work,
        }
    }

    /// The repository records.
    pub(super) fn records(&self) -> Recorder {
        Recorder::guards(&self.upstream)
    }

    /// The hook judges, by its shim for plain git and the policy that trusts
    /// alice's signatures and says nothing of authentication.
    pub(super) fn is_judged(&self) {
        let policy = self.world.policy().trusting(&self.alice);
        let hook = self.upstream.guarded_by(&policy);
        fs::remove_file(&hook.path).expect("remove the link");
        let shim = hook::shim("plain-git/pre-receive", &hook::binary());
        fs::write(&hook.path, shim).expect("write the shim");
        hook::make_executable(&hook.path);
        self.upstream.config("forgewarden.format", "json");
    }

    /// Nothing that was written, to the repository or to whoever pushed, holds
    /// any of these.
    pub(super) fn expect_unleaked(&self, secrets: &[&Secret], push: &Push) {
        let texts = [("what the hook said", push.raw())];
        assert_nowhere(secrets, &[&self.upstream.path()], &texts);
    }

    /// alice pushes something new over https.
    pub(super) fn pushes(&self, web: &Web, proof: &Proof<'_>, headers: &[&str]) -> Push {
        self.work.commits("README.md", "more").signed();
        web.pushes(&self.work, proof, headers, &["main"])
    }
}

/// What the hook answered, by its JSON.
pub(super) struct Answer(Value);

impl Answer {
    /// Reads it off the pusher's terminal.
    pub(super) fn to(push: &Push) -> Self {
        let text = String::from_utf8_lossy(push.raw());
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("remote: "));
        let said: String = lines.map(|line| format!("{}\n", line.trim_end())).collect();
        let (start, end) = (said.find('{'), said.rfind('}'));
        let json = match (start, end) {
            (Some(start), Some(end)) => &said[start..=end],
            _ => panic!("the hook answered no JSON: {text}"),
        };
        Self(serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {text}")))
    }

    /// The push was known to be by exactly these methods, on this source's
    /// direct word, and this came of it: a conclusion and the findings' checks.
    pub(super) fn expect(&self, methods: &[&str], source: &str, conclusion: &str, checks: &[&str]) {
        let push = self.push();
        let wrong = || format!("expected {methods:?}, {source}, {conclusion}: {}", self.0);
        let factors = push["could_be"][0].as_array().map(Vec::as_slice);
        let told = factors.unwrap_or_default().iter();
        let told: Vec<_> = told
            .filter_map(|factor| factor["method"].as_str())
            .collect();
        assert_eq!(told, methods, "{}", wrong());
        assert_eq!(
            push["could_be"].as_array().map(Vec::len),
            Some(1),
            "{}",
            wrong()
        );
        assert_eq!(push["state"], "known", "{}", wrong());
        assert_eq!(push["strength"], "direct", "{}", wrong());
        assert_eq!(push["sources"], serde_json::json!([source]), "{}", wrong());
        self.expect_conclusion(conclusion, checks);
    }

    /// Nobody said anything that is believed, and the notes say this.
    pub(super) fn expect_unknown(&self, words: &str) {
        let push = self.push();
        assert_eq!(push["state"], "unknown", "{}", self.0);
        assert_eq!(push["strength"], "none", "{}", self.0);
        let notes = push["notes"].to_string();
        assert!(notes.contains(words), "not {words:?}: {notes}");
        self.expect_conclusion("pass", &["unknown-authentication"]);
    }

    /// With what the first method was proved.
    pub(super) fn credential(&self) -> &Value {
        &self.push()["could_be"][0][0]["credential"]
    }

    /// The only push.
    pub(super) fn push(&self) -> &Value {
        let pushes = self.0["authentication"].as_array();
        match pushes.map(Vec::as_slice) {
            Some([only]) => only,
            _ => panic!("expected one push: {}", self.0),
        }
    }

    fn expect_conclusion(&self, conclusion: &str, checks: &[&str]) {
        assert_eq!(self.0["conclusion"], conclusion, "{}", self.0);
        let findings = self.0["findings"].as_array().map(Vec::as_slice);
        let ids = findings.unwrap_or_default().iter();
        let ids: Vec<_> = ids
            .filter_map(|finding| finding["check"].as_str())
            .collect();
        assert_eq!(ids, checks, "{}", self.0);
    }
}
