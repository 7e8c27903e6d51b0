//! # credential-not-allowed
//!
//! A push was authenticated with a credential that a rule of the policy does
//! not let count there.
//!
//! ## Why it matters
//!
//! Not every token is as good as another. A classic token of GitHub reaches all
//! that its owner reaches; a key of 1024 bits is no key any more; a certificate
//! that never ends is a password. What deploys to production may ask for more
//! than what fixes a typing mistake, and a robot for something else than a person.
//!
//! Each rule says for which pushes it is (refs, paths, actors) and what it asks
//! of them. Every rule that is for a push must be met. Where it is not known how
//! a push was authenticated, no rule is met; where several methods come into
//! question, each of them must do. A pull request is judged by all pushes that
//! brought its head.
//!
//! ## Example
//!
//! Objected to: a push with a classic token, where a rule says
//! `refuse = ["classic-token"]`; a certificate valid for a year, where one says
//! `max_certificate_hours = 24`.
//!
//! Accepted: a push to `main` with a certificate of the company's authority,
//! valid for eight hours.
//!
//! ## What mends it
//!
//! Push again with a credential that the message names.
//!
//! ```sh
//! git push
//! ```
//!
//! ## Configuration
//!
//! ```toml
//! [checks.credential-not-allowed]
//! mode = "enforce"   # off, audit or enforce
//! rules = []         # no rule: any credential counts
//! ```
//!
//! A rule, with all that it can say:
//!
//! ```toml
//! [[checks.credential-not-allowed.rules]]
//! refs = ["main", "release/*"]            # and pull requests into them; empty: all
//! paths = ["deploy/**"]                   # empty: all
//! actors = ["team:release"]               # empty: everybody
//! who = "people"                          # everyone, people or robots
//! methods = ["ssh-key", "ssh-certificate"]  # one of them; empty: any
//! refuse = ["classic-token"]              # none of them
//! authorities = ["SHA256:…"]              # SSH authorities, or names of TLS authorities
//! key_types = ["ssh-ed25519", "sk-ssh-ed25519@openssh.com"]
//! min_rsa_bits = 3072
//! max_certificate_hours = 24
//! ```
//!
//! The methods: `password`, `keyboard-interactive`, `classic-token`,
//! `fine-grained-token`, `personal-access-token`, `project-token`, `app-token`,
//! `oauth-token`, `job-token`, `deploy-token`, `token`, `deploy-key`, `ssh-key`,
//! `ssh-certificate`, `client-certificate`, `push-certificate`, `kerberos`,
//! `host-key`, `web-session`, `local`, `anonymous`.
//!
//! ## References
//!
//! - CWE-287: improper authentication
//! - OWASP CICD-SEC-2: inadequate identity and access management
//! - OWASP CICD-SEC-6: insufficient credential hygiene

use super::support::{named, notes, on_whose_word, places};
use super::{CheckMeta, Objections, Rule};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::verdict::Knowledge;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "credential-not-allowed",
    title: "A push used a credential that does not count there",
    severity: Severity::High,
    concern: Concern::Authentication,
    systems: &[],
};

config! {
    mode = Enforce,
    /// What is asked of credentials, and of which pushes. The repository can add rules.
    #[schemars(extend("x-layer" = "add"))]
    rules: Vec<Rule> = Vec::new(),
}

impl Config {
    /// Whether a rule asks which paths a push changes.
    pub(crate) fn asks_about_paths(&self) -> bool {
        self.rules.iter().any(Rule::asks_about_paths)
    }
}

/// Objects to pushes that do not meet every rule that is for them.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    for pushed in &facts.pushes {
        if pushed.knowledge() == Knowledge::Awaited {
            continue;
        }
        let rules = config.rules.iter().filter(|rule| rule.is_for(facts, pushed));
        for why in rules.filter_map(|rule| rule.lacks(pushed)) {
            let message = format!(
                "{} does not count: {why}{}{}",
                named(pushed),
                on_whose_word(pushed),
                notes(pushed)
            );
            let remedy = "push again with a credential that the policy lets count there, or ask its owner \
                          ([checks.credential-not-allowed] rules); this shows the rules:\nforgewarden policy explain";
            for place in places(facts, pushed) {
                objections.object(place, message.clone(), remedy);
            }
        }
    }
}
