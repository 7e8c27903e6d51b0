//! Code owners, as each forge reads the same file differently. Knows lines and
//! paths; who the owners are, and whether they may write, it does not know.

mod book;
mod line;

use std::collections::BTreeSet;

pub use book::Book;

/// Who reads the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// GitHub and Bitbucket: the last line that matches counts, a line with a
    /// fault is skipped, `!` and `[ ]` are faults.
    /// <https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners>
    GitHub,
    /// GitLab: sections count beside one another.
    /// <https://docs.gitlab.com/user/project/codeowners/reference/>
    GitLab,
    /// Gitea and Forgejo: regular expressions, of which all that match count.
    /// They are not read here: a line stands for itself.
    /// <https://docs.gitea.com/usage/code-owners>
    Gitea,
}

/// Who owns a path in one section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    /// Owners as written, in lower case. Empty: somebody took them away.
    pub owners: BTreeSet<String>,
    /// How many of them must approve.
    pub approvals: u32,
    /// Whether nobody needs to.
    pub optional: bool,
    /// The line that says so, counted from 0.
    pub line: usize,
}

/// The files of a tree that name code owners, in the order in which a forge
/// looks for one.
pub fn places(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::GitHub => &[
            ".github/CODEOWNERS",
            ".bitbucket/CODEOWNERS",
            "CODEOWNERS",
            "docs/CODEOWNERS",
        ],
        Dialect::GitLab => &["CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"],
        Dialect::Gitea => &[
            "CODEOWNERS",
            "docs/CODEOWNERS",
            ".forgejo/CODEOWNERS",
            ".gitea/CODEOWNERS",
        ],
    }
}

/// Whether a line opens one of GitLab's sections.
pub fn is_section(line: &str) -> bool {
    line::heading(line.trim()).is_some()
}
