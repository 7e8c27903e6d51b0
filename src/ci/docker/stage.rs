//! The stages of a Dockerfile: one job each, and what each begins from.

use std::collections::BTreeMap;
use std::sync::Arc;

use bstr::BString;

use super::instruction::{Context, apply};
use super::lines::{Instruction, split};
use crate::ci::closure::Closure;
use crate::ci::expand::expand;
use crate::ci::image;
use crate::ci::notes::{Notes, sorted};
use crate::ci::shell::Dialect;
use crate::model::build::{ImageName, ImageRole, ImageUse, Item, Job, JobKind, Privilege, What};
use crate::model::text::escape;

/// What a Dockerfile says.
pub(crate) struct Dockerfile {
    /// Its stages.
    pub(crate) jobs: Vec<Job>,
    /// What it says beside them.
    pub(crate) items: Vec<Item>,
}

/// Variables and what they hold; `None` for what only the build knows.
pub(super) type Variables = BTreeMap<String, Option<String>>;

/// A stage that is being read.
pub(super) struct Stage<'a> {
    /// Its name, if it has one.
    name: Option<String>,
    /// The repository of its image, or the stage that it begins from.
    from: String,
    line: u32,
    /// What it has and does.
    pub(super) notes: Notes<'a>,
    /// `ARG` and `ENV`.
    pub(super) variables: Variables,
    /// What its shell forms are written in.
    pub(super) dialect: Dialect,
    /// Scripts so far.
    pub(super) scripts: u32,
}

/// Reads a Dockerfile. `depth` counts the files from the entry that led here.
pub(crate) fn read(
    path: &Arc<BString>,
    text: &str,
    closure: &mut Closure<'_>,
    depth: usize,
) -> Dockerfile {
    let lines = split(text);
    let mut file = Notes::new(path);
    if let Some((syntax, line)) = &lines.syntax
        && let Some(image) = image::parse(syntax, &|_| None)
    {
        let role = ImageRole::Frontend;
        file.on(*line, "syntax", What::Image(ImageUse { role, image }));
    }
    let mut global = Variables::new();
    let mut stages: Vec<Stage<'_>> = Vec::new();
    for instruction in &lines.all {
        if instruction.keyword == "FROM" {
            let mut stage = begin(instruction, path, &global, &stages);
            if lines.backtick && stage.dialect == Dialect::Posix {
                stage.dialect = Dialect::Batch;
            }
            stages.push(stage);
            continue;
        }
        if instruction.keyword == "ARG" && stages.is_empty() {
            arguments(instruction, &mut global, &mut file);
            continue;
        }
        if stages.is_empty() {
            stages.push(Stage::new(path, "fragment", instruction.line));
        }
        let before = stages.len() - 1;
        let (earlier, last) = stages.split_at_mut(before);
        let mut context = Context {
            earlier,
            global: &global,
            closure: &mut *closure,
            depth,
        };
        if let [stage] = last {
            stage.notes.order += 1;
            apply(stage, instruction, &mut context);
        }
    }
    Dockerfile {
        jobs: sorted(finish(stages)),
        items: file.items,
    }
}

impl<'a> Stage<'a> {
    fn new(path: &'a Arc<BString>, from: &str, line: u32) -> Self {
        Self {
            name: None,
            from: from.to_owned(),
            line,
            notes: Notes::new(path),
            variables: Variables::new(),
            dialect: Dialect::Posix,
            scripts: 0,
        }
    }

    /// What a variable holds.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned().flatten()
    }
}

/// Whether one of the stages has this name, or is the one that a number names.
pub(super) fn stage_of<'s, 'a>(stages: &'s [Stage<'a>], name: &str) -> Option<&'s Stage<'a>> {
    let named = |stage: &&Stage<'_>| {
        let own = stage.name.as_deref();
        own.is_some_and(|own| own.eq_ignore_ascii_case(name))
    };
    // The last of a name counts.
    stages.iter().rev().find(named)
}

/// `FROM [--platform=…] image [AS name]`.
fn begin<'a>(
    instruction: &Instruction,
    path: &'a Arc<BString>,
    global: &Variables,
    earlier: &[Stage<'a>],
) -> Stage<'a> {
    let text = instruction.text();
    let words: Vec<_> = text.split_whitespace().collect();
    let written = words.first().copied().unwrap_or_default();
    let written = written.trim_matches(['"', '\'']);
    let value = |name: &str| global.get(name).cloned().flatten();
    let base = expand(written, &value).unwrap_or_else(|| written.to_owned());
    let mut stage = Stage::new(path, &base, instruction.line);
    stage.name = match words.as_slice() {
        [_, word, name, ..] if word.eq_ignore_ascii_case("as") => Some((*name).to_owned()),
        _ => None,
    };
    if let Some(parent) = stage_of(earlier, &base) {
        inherit(&mut stage, parent);
        return stage;
    }
    if ["windows", "nanoserver"]
        .iter()
        .any(|word| base.contains(word))
    {
        stage.dialect = Dialect::Batch;
    }
    if let Some(image) = image::parse(written, &value) {
        if let ImageName::Known(known) = &image {
            stage.from.clone_from(&known.repository);
        }
        let role = ImageRole::Base;
        let what = What::Image(ImageUse { role, image });
        stage.notes.on(instruction.line, "from", what);
    }
    stage
}

/// A stage goes on with the environment, the shell and the user of its base.
fn inherit(stage: &mut Stage<'_>, parent: &Stage<'_>) {
    stage.variables.clone_from(&parent.variables);
    stage.dialect = parent.dialect;
    let is_user = |item: &&Item| {
        matches!(
            item.what,
            What::Privilege(Privilege::Root | Privilege::NotRoot)
        ) && item.slot == "user"
    };
    let user = parent.notes.items.iter().rev().find(is_user);
    stage
        .notes
        .items
        .extend(user.cloned().map(|item| Item { order: 0, ..item }));
}

/// `ARG` before the first stage.
fn arguments(instruction: &Instruction, global: &mut Variables, file: &mut Notes<'_>) {
    for (name, written) in super::instruction::assignments(&instruction.text()) {
        let known = |name: &str| global.get(name).cloned().flatten();
        let value = written.as_deref().and_then(|text| expand(text, &known));
        super::instruction::secret_argument(
            file,
            instruction.line,
            "arg",
            &name,
            written.as_deref(),
        );
        global.insert(name, value);
    }
}

fn finish(stages: Vec<Stage<'_>>) -> Vec<Job> {
    let last = stages.len().saturating_sub(1);
    let jobs = stages.into_iter().enumerate().map(|(at, stage)| {
        let (slot, title) = match &stage.name {
            Some(name) => (name.to_ascii_lowercase(), format!("stage {}", escape(name))),
            // The last stage is what the file is for, whatever it begins from.
            None if at == last => ("final".to_owned(), "the final stage".to_owned()),
            None => (
                stage.from.clone(),
                format!("the stage from {}", escape(&stage.from)),
            ),
        };
        Job {
            slot: format!("stage/{slot}"),
            title,
            kind: JobKind::ImageBuild,
            spot: stage.notes.spot(stage.line, 1),
            triggers: Vec::new(),
            runner: None,
            items: stage.notes.items,
        }
    });
    jobs.collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::read;
    use crate::ci::closure::Closure;
    use crate::ci::{Content, MemoryFiles};
    use crate::model::build::{ImageName, Privilege, What};

    /// Items as `stage: slot: what`, with the line.
    fn told(text: &str) -> Vec<String> {
        let mut tree = MemoryFiles::default();
        let mut closure = Closure::new(&mut tree);
        let file = read(&Arc::new("Dockerfile".into()), text, &mut closure, 0);
        let own = file.items.iter().map(|item| ("file", item));
        let jobs = file.jobs.iter();
        let of_jobs = jobs.flat_map(|job| job.items.iter().map(|item| (job.slot.as_str(), item)));
        let show = |(slot, item): (&str, &crate::model::build::Item)| {
            let what = match &item.what {
                What::Image(it) => match &it.image {
                    ImageName::Known(image) => format!("{:?} {image}", it.role),
                    ImageName::Unresolved(text) => format!("{:?} ? {text}", it.role),
                },
                What::Privilege(Privilege::HostNamespace(name)) => format!("host {name}"),
                What::Privilege(it) => format!("{it:?}"),
                What::Literal(it) => format!("literal {}", it.name),
                What::Secret(it) => format!("secret {:?}", it.name),
                What::Setting(it) => format!("{} {}", it.name, it.value),
                What::Unresolved(it) => format!("unresolved {}", it.text),
                _ => return None,
            };
            Some(format!("{}:{slot}/{}: {what}", item.spot.line, item.slot))
        };
        own.chain(of_jobs).filter_map(show).collect()
    }

    #[test]
    fn stages_and_images_are_told_apart() {
        let text = "# syntax=docker/dockerfile:1\nARG V=3.12\nARG REG\nFROM --platform=$BUILDPLATFORM python:${V}-slim AS Build\nCOPY --from=ghcr.io/a/uv:1 /uv /bin/\nRUN --mount=type=bind,from=tools:2,target=/t true\nFROM build\nCOPY --from=0 /a /b\nCOPY --from=BUILD /a /b\nFROM $REG/x AS y\nFROM scratch";
        assert_eq!(
            told(text),
            [
                "1:file/syntax: Frontend docker.io/docker/dockerfile:1",
                "4:stage/build/from: Base docker.io/library/python:3.12-slim",
                "5:stage/build/copy//bin/: CopiedFrom ghcr.io/a/uv:1",
                "6:stage/build/run/mount//t: CopiedFrom docker.io/library/tools:2",
                "10:stage/y/from: Base ? $REG/x",
            ]
        );
    }

    #[test]
    fn rights_and_secrets_are_seen() {
        let text = "FROM x\nARG NPM_TOKEN\nENV DB_PASSWORD=\"hunter two\" TOKEN=$NPM_TOKEN\nENV API_KEY abc def\nRUN --mount=type=secret,id=npm --security=insecure --network=host make\nUSER 10001:10001\nCOPY .npmrc src /app/\nADD https://u:p@h.example/x.tar /x\nONBUILD USER root\nUSER $WHO\nFROB x";
        assert_eq!(
            told(text),
            [
                "1:stage/final/from: Base docker.io/library/x",
                "2:stage/final/arg/NPM_TOKEN: docker.secret-argument NPM_TOKEN",
                "3:stage/final/env/DB_PASSWORD: literal DB_PASSWORD",
                "3:stage/final/env/TOKEN: docker.secret-argument TOKEN",
                "4:stage/final/env/API_KEY: literal API_KEY",
                "5:stage/final/run/security: Privileged",
                "5:stage/final/run/network: host network",
                "5:stage/final/run/mount: secret Named(\"npm\")",
                "6:stage/final/user: NotRoot",
                "7:stage/final/copy//app/: docker.secret-file .npmrc",
                "8:stage/final/add//x: docker.add-url https://h.example/x.tar",
                "9:stage/final/onbuild/user: Root",
                "10:stage/final/user: unresolved $WHO",
                "11:stage/final/instruction: unresolved FROB",
            ]
        );
    }

    #[test]
    fn a_stage_goes_on_as_its_base_ends() {
        let text = "FROM x AS a\nARG B=r.example\nUSER app\nFROM a AS c\nCOPY --from=$B/i /x /y\n";
        assert_eq!(
            told(text)[2..],
            [
                "3:stage/c/user: NotRoot",
                "5:stage/c/copy//y: CopiedFrom r.example/i",
            ]
        );
    }

    proptest! {
        #[test]
        fn any_text_ends_and_slots_are_unique(
            text in "((FROM|RUN|COPY|ARG|ENV|USER|ONBUILD|HEALTHCHECK|x)( [a-z$=\"\\[\\]<-]{0,6}){0,4}[\\\\]?\n){0,20}"
        ) {
            let mut tree = MemoryFiles::default();
            tree.0.insert("x".into(), Content::Nothing);
            let mut closure = Closure::new(&mut tree);
            let file = read(&Arc::new("Dockerfile".into()), &text, &mut closure, 0);
            prop_assert!(file.jobs.windows(2).all(|two| two[0].slot < two[1].slot));
        }
    }
}
