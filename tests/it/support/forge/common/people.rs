//! What people do on every forge.

/// A pull request to be opened: from a branch into `main`, by `alice`.
#[derive(Debug, Clone)]
pub struct Proposal {
    pub head: String,
    pub base: String,
    pub author: String,
    pub fork: Option<String>,
}

impl Proposal {
    /// From this branch.
    pub fn of(head: &str) -> Self {
        Self {
            head: head.into(),
            base: "main".into(),
            author: "alice".into(),
            fork: None,
        }
    }

    /// Into this branch.
    pub fn into(mut self, base: &str) -> Self {
        self.base = base.into();
        self
    }

    /// By this account.
    pub fn by(mut self, author: &str) -> Self {
        self.author = author.into();
        self
    }

    /// The branch stands in this fork.
    pub fn in_fork(mut self, fork: &str) -> Self {
        self.fork = Some(fork.into());
        self
    }
}

/// What a reviewer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewState {
    Approves,
    RequestsChanges,
    Comments,
}

/// What the merge button did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// The target branch now stands on this commit.
    Merged { commit: String },
    /// Nothing was merged; what the forge says.
    Blocked { reason: String },
}

impl Merge {
    /// Whether it was blocked.
    pub fn is_blocked(&self) -> bool {
        matches!(self, Self::Blocked { .. })
    }
}

/// What a mark of ours says, in neutral words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Nothing yet.
    Running,
    /// The forge lets it through.
    Green,
    /// The forge holds it back.
    Red,
}

/// A status of ours as the forge shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub context: String,
    pub said: Said,
    /// Its one line.
    pub title: String,
    /// What else the forge shows of it; empty where it has no room.
    pub text: String,
    /// The link that people follow.
    pub details_url: String,
}
