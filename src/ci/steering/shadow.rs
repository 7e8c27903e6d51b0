//! Which file of the tree a file is read instead of, or merged over, without
//! anybody naming it.

use bstr::{BStr, BString, ByteSlice};

use crate::ci::files::{Content, Files};
use crate::model::build::{Blueprint, Item, Setting, Spot, What};

/// The name of the setting that tells the file which another is read instead of.
pub(crate) const SHADOWS: &str = "file.shadows";

/// Files of one folder of which a system reads the first that it finds:
/// <https://docs.docker.com/compose/intro/compose-application-model/>, and each
/// system's own page.
const FIRST_WINS: &[&[&str]] = &[
    &[
        "compose.yaml",
        "compose.yml",
        "docker-compose.yaml",
        "docker-compose.yml",
    ],
    &["action.yml", "action.yaml", "Dockerfile"],
    &["GNUmakefile", "makefile", "Makefile"],
    &["Containerfile", "Dockerfile"],
    &[".containerignore", ".dockerignore"],
    &["zizmor.yml", "zizmor.yaml"],
    &["mise.local.toml", "mise.toml"],
    &["settings.gradle", "settings.gradle.kts"],
    &["build.gradle", "build.gradle.kts"],
];

/// Files of the whole tree, in the order in which a system looks for them.
const FIRST_OF_TREE: &[&[&str]] = &[
    &[
        "bamboo-specs/bamboo.yml",
        "bamboo-specs/bamboo.yaml",
        "bamboo-specs/pom.xml",
    ],
    &[
        "buildkite.yml",
        "buildkite.yaml",
        "buildkite.json",
        ".buildkite/pipeline.yml",
        ".buildkite/pipeline.yaml",
        ".buildkite/pipeline.json",
        "buildkite/pipeline.yml",
        "buildkite/pipeline.yaml",
        "buildkite/pipeline.json",
    ],
    &[".woodpecker", ".woodpecker.yaml", ".woodpecker.yml"],
    &[".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"],
    &["CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"],
    &[
        ".forgejo/workflows",
        ".gitea/workflows",
        ".github/workflows",
    ],
    &[".azure-pipelines.yml", "azure-pipelines.yml"],
];

/// Tells which files of the tree this one is read instead of, or over.
pub(super) fn annotate(blueprint: &mut Blueprint, files: &mut dyn Files) {
    let path = blueprint.path.clone();
    let mut beaten = in_folder(path.as_ref().as_ref(), files);
    beaten.extend(in_tree(path.as_ref().as_ref(), files));
    beaten.extend(merged_over(path.as_ref().as_ref(), files));
    beaten.sort();
    beaten.dedup();
    for loser in beaten {
        let order = u32::try_from(blueprint.items.len()).unwrap_or(u32::MAX);
        blueprint.items.push(Item {
            slot: SHADOWS.to_owned(),
            order,
            spot: Spot {
                path: path.clone(),
                line: 1,
                column: 1,
            },
            what: What::Setting(Setting {
                name: SHADOWS.to_owned(),
                value: loser.to_str_lossy().into_owned(),
            }),
        });
    }
}

fn cut(path: &BStr) -> (&[u8], &[u8]) {
    match path.rfind_byte(b'/') {
        Some(slash) => path.split_at(slash + 1),
        None => (&[], path),
    }
}

fn stands(files: &mut dyn Files, path: &[u8]) -> bool {
    !matches!(files.read(path.as_bstr()), Content::Nothing)
}

fn in_folder(path: &BStr, files: &mut dyn Files) -> Vec<BString> {
    let (folder, name) = cut(path);
    let mut all = Vec::new();
    for order in FIRST_WINS {
        let Some(rank) = order.iter().position(|one| one.as_bytes() == name) else {
            continue;
        };
        for loser in &order[rank + 1..] {
            let loser = [folder, loser.as_bytes()].concat();
            if stands(files, &loser) {
                all.push(loser.into());
            }
        }
    }
    all
}

fn in_tree(path: &BStr, files: &mut dyn Files) -> Vec<BString> {
    let below = |place: &str| match path.strip_prefix(place.as_bytes()) {
        Some(rest) => rest.is_empty() || rest.starts_with(b"/"),
        None => false,
    };
    let mut all = Vec::new();
    for order in FIRST_OF_TREE {
        let Some(rank) = order.iter().position(|place| below(place)) else {
            continue;
        };
        for loser in &order[rank + 1..] {
            let folder = files.list(loser.as_bytes().as_bstr());
            let first = folder.ok().and_then(|all| all.into_iter().next());
            if stands(files, loser.as_bytes()) {
                all.push((*loser).into());
            } else if let Some(first) = first {
                all.push(first);
            }
        }
    }
    all
}

/// Files that are merged over another, or that win over one with a shorter name.
fn merged_over(path: &BStr, files: &mut dyn Files) -> Vec<BString> {
    let (folder, name) = cut(path);
    let text = name.to_str_lossy();
    let mut losers: Vec<String> = Vec::new();
    for stem in ["compose", "docker-compose"] {
        for end in ["yml", "yaml"] {
            if text == format!("{stem}.override.{end}") {
                let bases = [
                    "compose.yaml",
                    "compose.yml",
                    "docker-compose.yaml",
                    "docker-compose.yml",
                ];
                losers.extend(bases.map(str::to_owned));
            }
        }
    }
    if text.ends_with(".dockerignore") && text != ".dockerignore" {
        losers.push(".dockerignore".to_owned());
    }
    let found = losers
        .into_iter()
        .map(|loser| [folder, loser.as_bytes()].concat());
    found
        .filter(|loser| stands(files, loser))
        .map(BString::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::annotate;
    use crate::ci::MemoryFiles;
    use crate::model::build::{Blueprint, What};

    fn beaten(path: &str, others: &[&str]) -> Vec<String> {
        let mut tree = MemoryFiles::default().with(path, "");
        for other in others {
            tree = tree.with(other, "");
        }
        let mut blueprint = Blueprint::new(&Arc::new(path.into()), "x");
        annotate(&mut blueprint, &mut tree);
        let items = blueprint.items.into_iter();
        items
            .filter_map(|item| match item.what {
                What::Setting(it) => Some(it.value),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn winners_know_whom_they_beat() {
        assert_eq!(
            beaten(
                "a/compose.yaml",
                &["a/docker-compose.yml", "docker-compose.yml"]
            ),
            ["a/docker-compose.yml"]
        );
        assert_eq!(
            beaten("docker-compose.yml", &["compose.yaml"]),
            Vec::<String>::new()
        );
        assert_eq!(
            beaten(".github/CODEOWNERS", &["CODEOWNERS"]),
            ["CODEOWNERS"]
        );
        assert_eq!(
            beaten("CODEOWNERS", &[".gitlab/CODEOWNERS", ".github/CODEOWNERS"]),
            [".gitlab/CODEOWNERS"]
        );
        assert_eq!(
            beaten("bamboo-specs/bamboo.yml", &["bamboo-specs/pom.xml"]),
            ["bamboo-specs/pom.xml"]
        );
        assert_eq!(
            beaten(".woodpecker/x.yaml", &[".woodpecker.yml"]),
            [".woodpecker.yml"]
        );
        assert_eq!(
            beaten(".gitea/workflows/x.yml", &[".github/workflows/ci.yml"]),
            [".github/workflows/ci.yml"]
        );
        assert_eq!(
            beaten("docker-compose.override.yml", &["docker-compose.yml"]),
            ["docker-compose.yml"]
        );
        assert_eq!(
            beaten("app.Dockerfile.dockerignore", &[".dockerignore"]),
            [".dockerignore"]
        );
    }
}
