//! GitHub Actions, and the systems that read the same files: Gitea and Forgejo.
//!
//! <https://docs.github.com/actions>, <https://forgejo.org/docs/latest/user/actions/>.

mod action;
mod agent;
mod checkout;
mod condition;
mod container;
mod contexts;
mod effects;
mod expression;
mod flow;
mod inputs;
mod job;
mod known;
mod options;
mod rights;
mod runner;
#[cfg(test)]
mod samples;
mod source;
mod steps;
mod template;
mod triggers;
mod uses;
mod workflow;

use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use super::closure::Closure;
use super::files::Files;
use super::yaml::tree;
use super::{CiSystem, FileMap};
use crate::model::build::{Blueprint, Item, UnresolvedKind};
use crate::model::ci::Tier::{Executed, Reached, Steering};

/// GitHub Actions.
pub struct System;

static MAPS: [FileMap; 1] = [FileMap::new(&[
    // Only this directory itself is read; what lies below it is not run.
    (".{github,gitea,forgejo}/workflows/*.{yml,yaml}", Executed),
    // Sources of gh-aw, compiled to `*.lock.yml` beside them.
    (".{github,gitea,forgejo}/workflows/*.md", Executed),
    ("**/action.{yml,yaml}", Executed),
    (".{github,gitea,forgejo}/workflows/**", Reached),
    (".{github,gitea,forgejo}/actions/**", Reached),
    (".{github,gitea,forgejo}/scripts/**", Reached),
    (".github/actionlint.{yml,yaml}", Steering),
    (".github/copilot-setup-steps.yml", Steering),
])];

impl CiSystem for System {
    fn key(&self) -> &'static str {
        "github-actions"
    }

    fn title(&self) -> &'static str {
        "GitHub Actions"
    }

    fn maps(&self) -> &'static [FileMap] {
        &MAPS
    }

    fn understand(
        &self,
        path: &Arc<BString>,
        content: &[u8],
        files: &mut dyn Files,
    ) -> Option<Blueprint> {
        let kind = kind_of(path.as_bstr())?;
        let mut blueprint = Blueprint::new(path, self.key());
        let mut closure = Closure::new(files);
        let source = source::Source::new(path, content.into(), 0);
        let roots = tree::parse(content).ok()?;
        match roots.as_slice() {
            [root] if !root.own_pairs().is_empty() => match kind {
                Kind::Workflow => workflow::understand(&mut blueprint, &source, root, &mut closure),
                Kind::Action => action::understand(&mut blueprint, &source, root, &mut closure),
            },
            _ => blueprint.items.push(Item {
                slot: String::new(),
                order: 0,
                spot: crate::model::build::Spot {
                    path: path.clone(),
                    line: 1,
                    column: 1,
                },
                what: source::unresolved(
                    UnresolvedKind::Form,
                    "the file",
                    "it is not one YAML mapping",
                ),
            }),
        }
        blueprint.edges = closure.into_edges();
        Some(blueprint)
    }

    fn entry_places(&self) -> &'static [&'static str] {
        &[
            ".github/workflows",
            ".gitea/workflows",
            ".forgejo/workflows",
            ".github/actions",
            "action.yml",
            "action.yaml",
        ]
    }
}

/// The two kinds of files that are understood.
#[derive(Clone, Copy)]
enum Kind {
    Workflow,
    Action,
}

fn kind_of(path: &BStr) -> Option<Kind> {
    let (folder, name) = path.rsplit_once_str("/").unwrap_or((b"", path));
    let workflows = [
        &b".github/workflows"[..],
        b".gitea/workflows",
        b".forgejo/workflows",
    ];
    match name {
        b"action.yml" | b"action.yaml" if !workflows.contains(&folder) => Some(Kind::Action),
        _ if !workflows.contains(&folder) => None,
        _ => (name.ends_with(b".yml") || name.ends_with(b".yaml")).then_some(Kind::Workflow),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::samples::{PATH, read};
    use super::{System, kind_of};
    use crate::ci::{CiSystem, MemoryFiles};
    use crate::model::build::What;

    #[test]
    fn files_that_are_understood_are_workflows_and_actions() {
        assert!(kind_of(".github/workflows/a.yml".into()).is_some());
        assert!(kind_of("x/action.yaml".into()).is_some());
        assert!(kind_of(".github/workflows/x/a.yml".into()).is_none());
        assert!(kind_of(".github/workflows/a.md".into()).is_none());
    }

    #[test]
    fn a_merge_key_is_a_form_that_github_refuses() {
        let text = "on: push\n.x: &x {runs-on: ubuntu-latest}\njobs:\n  a:\n    <<: *x\n    steps: [{run: x}]\n";
        let blueprint = read(text, &[]);
        assert!(
            blueprint
                .items
                .iter()
                .any(|item| item.slot == "<<" && matches!(item.what, What::Unresolved(_)))
        );
    }

    /// Lines that workflows are made of, in any order and at any depth.
    fn lines() -> impl Strategy<Value = String> {
        let words = prop::sample::select(vec![
            "on: push",
            "on:",
            "jobs:",
            "a:",
            "steps:",
            "- run: echo ${{ github.head_ref }}",
            "- uses: ./x",
            "uses: ./x",
            "with:",
            "env:",
            "ref: ${{ ",
            "matrix: {a: [1, *x]}",
            "strategy:",
            "- &x y",
            "if: ${{ !(((",
            "permissions: write-all",
            "runs:",
            "using: composite",
            "needs: [a, b]",
            "container: {image: 1, options: --x}",
            "}}",
            "outputs:",
            "? [a]",
            "- - -",
        ]);
        let line =
            (0..8_usize, words).prop_map(|(depth, text)| format!("{}{text}\n", "  ".repeat(depth)));
        prop::collection::vec(line, 0..24).prop_map(|lines| lines.concat())
    }

    proptest! {
        #[test]
        fn anything_ends(text in lines(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for content in [text.as_bytes(), &bytes] {
                let mut files = MemoryFiles::default().with("x/action.yml", content);
                for path in [PATH, "x/action.yml"] {
                    let _ = System.understand(&Arc::new(path.into()), content, &mut files);
                }
            }
        }
    }
}
