//! What a value is, as far as the source itself says: strings, names that hold
//! one string, and who writes what is pasted into a string.

use std::collections::{HashMap, HashSet};

use super::call::{Arg, Call, Code, Piece};
use super::token::{Kind, Pasted, Text};
use super::tree::{Source, Tree};
use crate::model::build::TemplateSource;

/// Most names that are followed to tell who writes a value.
const MAX_NAMES: usize = 64;
/// Most tokens of one value that is read as a string.
const MAX_VALUE: usize = 1000;
/// Longest text that names are replaced in, in bytes.
const MAX_REPLACED: usize = 256 * 1024;

/// What a source says of its names.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// What each name is given, as written: once for each time.
    given: HashMap<String, Vec<Given>>,
    /// Parameters whose values are a closed list.
    closed: HashSet<String>,
}

#[derive(Debug)]
enum Given {
    /// A string.
    Text(Text),
    /// Something else, with the names that it mentions.
    Other(Vec<String>),
    /// Whoever calls decides: a parameter of `call` or of a method.
    Caller,
    /// A loop, a `catch`, a closure.
    Run,
}

impl Scope {
    /// Reads what a source gives to its names.
    pub(super) fn of(source: &Source) -> Self {
        let mut scope = Self::default();
        scope.look(Code::all(source), 0);
        scope
    }

    fn look(&mut self, code: Code<'_>, depth: usize) {
        if depth > super::MAX_CALL_DEPTH {
            return;
        }
        self.parameters_of_closure(code);
        for statement in code.statements() {
            for piece in statement.pieces() {
                match piece {
                    Piece::Assign { name, value } => self.give(&name, value),
                    Piece::Call(call) => self.look_at_call(&call, depth),
                    Piece::Group(_, inner) => self.look(inner, depth + 1),
                }
            }
        }
    }

    fn look_at_call(&mut self, call: &Call<'_>, depth: usize) {
        if matches!(call.short(), "choice" | "booleanParam") {
            self.closed
                .extend(call.named("name").and_then(Code::plain_text));
        }
        if call.defines || matches!(call.name.as_str(), "for" | "catch") {
            let given = || {
                if call.defines {
                    Given::Caller
                } else {
                    Given::Run
                }
            };
            for arg in &call.args {
                for name in arg
                    .value
                    .items
                    .iter()
                    .filter_map(Tree::word)
                    .take(MAX_NAMES)
                {
                    self.given.entry(name.to_owned()).or_default().push(given());
                }
            }
        }
        for arg in &call.args {
            if arg.value.may_hold_calls() {
                self.look(arg.value, depth + 1);
            }
        }
        if let Some(body) = call.body {
            self.look(body, depth + 1);
        }
    }

    fn parameters_of_closure(&mut self, code: Code<'_>) {
        let ends = |item: &Tree| matches!(item.kind(), Some(Kind::Newline | Kind::Operator("->")));
        let Some(at) = code.items.iter().take(MAX_NAMES).position(ends) else {
            return;
        };
        if code.items[at].kind() == Some(&Kind::Newline) {
            return;
        }
        for name in code.items[..at].iter().filter_map(Tree::word) {
            self.given
                .entry(name.to_owned())
                .or_default()
                .push(Given::Run);
        }
    }

    fn give(&mut self, name: &str, value: Code<'_>) {
        let given = match value.text() {
            Some(text) => Given::Text(text),
            None => Given::Other(names(&value.written())),
        };
        self.given
            .entry(bare(name).to_owned())
            .or_default()
            .push(given);
    }

    /// The one string that a name holds.
    fn constant(&self, name: &str) -> Option<&Text> {
        match self.given.get(bare(name))?.as_slice() {
            [Given::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// What a value says, names that hold one plain string replaced.
    pub(super) fn text(&self, code: Code<'_>) -> Option<Text> {
        let text = match code.text() {
            Some(text) => text,
            None => self.constant(&code.one_name()?)?.clone(),
        };
        Some(self.replaced(text))
    }

    /// What a value says if nothing in it is left to the run.
    pub(super) fn known(&self, code: Code<'_>) -> Option<String> {
        let text = self.text(code)?;
        text.pasted.is_empty().then_some(text.text)
    }

    fn replaced(&self, text: Text) -> Text {
        let mut new = Text {
            lines: text.lines,
            ..Text::default()
        };
        let mut end = 0;
        for pasted in text.pasted {
            new.text
                .push_str(text.text.get(end..pasted.range.start).unwrap_or_default());
            let start = new.text.len();
            let constant = self.constant(&pasted.expression).filter(|constant| {
                // A line more would shift the lines.
                constant.pasted.is_empty()
                    && !constant.text.contains('\n')
                    && start + constant.text.len() < MAX_REPLACED
            });
            match constant {
                Some(constant) => new.text.push_str(&constant.text),
                None => {
                    new.text.push_str(&text.text[pasted.range.clone()]);
                    new.pasted.push(Pasted {
                        range: start..new.text.len(),
                        ..pasted.clone()
                    });
                }
            }
            end = pasted.range.end;
        }
        new.text.push_str(text.text.get(end..).unwrap_or_default());
        new
    }

    /// Who writes the value of an expression: the least trusted of all that it mentions.
    pub(super) fn written_by(&self, expression: &str) -> TemplateSource {
        let mut waiting = names(expression);
        let mut seen = HashSet::new();
        let mut worst = TemplateSource::Fixed;
        while let Some(name) = waiting.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            if seen.len() > MAX_NAMES {
                return worst.max(TemplateSource::Step);
            }
            worst = worst.max(self.of_name(&name, &mut waiting));
        }
        worst
    }

    fn of_name(&self, name: &str, waiting: &mut Vec<String>) -> TemplateSource {
        if let Some(parameter) = name.strip_prefix("params.") {
            let parameter = parameter.split('.').next().unwrap_or(parameter);
            return match self.closed.contains(parameter) {
                true => TemplateSource::Fixed,
                false => TemplateSource::Caller,
            };
        }
        let known = bare(name);
        let root = known.split('.').next().unwrap_or(known);
        let Some(given) = self.given.get(known).or_else(|| self.given.get(root)) else {
            return of_run(known);
        };
        let mut worst = TemplateSource::Fixed;
        for one in given {
            match one {
                Given::Text(text) => {
                    waiting.extend(text.pasted.iter().flat_map(|it| names(&it.expression)))
                }
                Given::Other(mentioned) => waiting.extend(mentioned.iter().cloned()),
                Given::Caller => worst = worst.max(TemplateSource::Caller),
                Given::Run => worst = worst.max(TemplateSource::Step),
            }
        }
        // A name that the run sets too stays what it is there.
        match of_run(known) {
            TemplateSource::Anybody => TemplateSource::Anybody,
            _ => worst,
        }
    }
}

/// Variables that Jenkins and its plugins set from what the proposer writes.
/// <https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables>
const ANYBODY: &[&str] = &[
    "CHANGE_TITLE",
    "CHANGE_BRANCH",
    "CHANGE_FORK",
    "CHANGE_AUTHOR_DISPLAY_NAME",
    "CHANGE_AUTHOR_EMAIL",
    "BRANCH_NAME",
    "GIT_BRANCH",
    "GIT_LOCAL_BRANCH",
    "TAG_NAME",
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL",
    "sourceBranch",
    "title",
    "description",
    "GIT_TAG_MESSAGE",
    "GIT_COMMIT_MSG",
];
const FIXED: &[&str] = &[
    "BUILD_ID",
    "BUILD_NUMBER",
    "BUILD_TAG",
    "BUILD_URL",
    "BUILD_DISPLAY_NAME",
    "JOB_NAME",
    "JOB_BASE_NAME",
    "JOB_URL",
    "JENKINS_HOME",
    "JENKINS_URL",
    "WORKSPACE",
    "WORKSPACE_TMP",
    "EXECUTOR_NUMBER",
    "NODE_NAME",
    "NODE_LABELS",
    "GIT_COMMIT",
    "GIT_PREVIOUS_COMMIT",
    "GIT_URL",
    "CHANGE_ID",
    "CHANGE_TARGET",
    "CHANGE_URL",
    "STAGE_NAME",
    "POD_LABEL",
    "HOME",
    "PWD",
    "USER",
    "PATH",
    "BUILD_USER",
    "RUN_DISPLAY_URL",
    "CI",
];

fn of_run(name: &str) -> TemplateSource {
    let root = name.split('.').next().unwrap_or(name);
    let of_hook = ["ghprb", "gitlab", "bitbucket", "GITHUB_PR_"];
    let harmless = [
        "ghprbPullId",
        "gitlabMergeRequestId",
        "gitlabMergeRequestIid",
        "ghprbActualCommit",
        "gitlabMergeRequestLastCommit",
    ];
    if harmless.contains(&root) || FIXED.contains(&root) || root == "currentBuild" {
        return TemplateSource::Fixed;
    }
    if ANYBODY.contains(&root) || of_hook.iter().any(|start| root.starts_with(start)) {
        return TemplateSource::Anybody;
    }
    if matches!(root, "config" | "pipelineParams" | "args") {
        return TemplateSource::Caller;
    }
    TemplateSource::Step
}

/// `X` of `env.X`.
fn bare(name: &str) -> &str {
    name.strip_prefix("env.").unwrap_or(name)
}

/// The names that an expression mentions, with their dots; strings in it are left out.
fn names(expression: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        if let Some(inner) = rest.strip_prefix(['\'', '"']) {
            let end = inner.find(first).map_or(inner.len(), |end| end + 1);
            rest = &inner[end..];
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|it: char| !it.is_alphanumeric() && !matches!(it, '_' | '.'));
            let (name, behind) = rest.split_at(end.unwrap_or(rest.len()));
            if !matches!(
                name,
                "env" | "params" | "true" | "false" | "null" | "def" | "new"
            ) && all.len() < MAX_NAMES
            {
                all.push(name.trim_end_matches('.').to_owned());
            }
            rest = behind;
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    all
}

impl Code<'_> {
    /// The string that stands here: one, or several with `+` between them.
    /// What else is added stands in it as `${…}`. `.trim()` and the like are not looked at.
    pub(super) fn text(self) -> Option<Text> {
        if self.items.len() > MAX_VALUE {
            return None;
        }
        let parts = self
            .items
            .split(|item| item.kind() == Some(&Kind::Operator("+")));
        let mut whole = Text::default();
        let mut strings = 0;
        for part in parts {
            match part.first().and_then(Tree::kind) {
                Some(Kind::Text(text)) if is_tidied(&part[1..]) => {
                    strings += 1;
                    append(&mut whole, text);
                }
                Some(_) | None => {
                    let (Some(first), Some(last)) = (part.first(), part.last()) else {
                        return None;
                    };
                    let expression = self.source.excerpt(first.span().start..last.span().end);
                    let line = self.source.own_line(first.span().start);
                    append_value(&mut whole, expression, line);
                }
            }
        }
        (strings > 0).then_some(whole)
    }

    /// The string that stands here, if nothing is pasted into it.
    pub(super) fn plain_text(self) -> Option<String> {
        let text = self.text()?;
        text.pasted.is_empty().then_some(text.text)
    }

    /// The name that is all there is, with its dots.
    pub(super) fn one_name(self) -> Option<String> {
        let mut name = String::new();
        for item in self.items {
            match item.kind()? {
                Kind::Word(word) => name.push_str(word),
                Kind::Dot => name.push('.'),
                _ => return None,
            }
        }
        (!name.is_empty()).then_some(name)
    }

    /// The strings of a list, or the one that stands here.
    pub(super) fn many(self, scope: &Scope) -> Vec<Text> {
        let values = self.entries().into_iter().map(|entry: Arg<'_>| entry.value);
        values.filter_map(|value| scope.text(value)).collect()
    }
}

/// `.trim()`, `.stripIndent(true)`.
fn is_tidied(rest: &[Tree]) -> bool {
    const TIDY: &[&str] = &[
        "trim",
        "stripIndent",
        "stripMargin",
        "toString",
        "toLowerCase",
        "toUpperCase",
    ];
    rest.iter().all(|item| match item {
        Tree::Group(group) => group.open == b'(',
        Tree::Token(token) => match &token.kind {
            Kind::Dot => true,
            Kind::Word(word) => TIDY.contains(&word.as_str()),
            _ => false,
        },
    })
}

fn append(whole: &mut Text, text: &Text) {
    let start = whole.text.len();
    whole.text.push_str(&text.text);
    let known = if whole.lines.is_empty() { 0 } else { 1 };
    whole.lines.extend(text.lines.iter().skip(known));
    whole.pasted.extend(text.pasted.iter().map(|pasted| Pasted {
        range: pasted.range.start + start..pasted.range.end + start,
        ..pasted.clone()
    }));
}

fn append_value(whole: &mut Text, expression: String, line: u32) {
    let start = whole.text.len();
    whole.text.push_str("${");
    whole.text.push_str(&expression);
    whole.text.push('}');
    whole.pasted.push(Pasted {
        range: start..whole.text.len(),
        expression,
        line,
    });
}
