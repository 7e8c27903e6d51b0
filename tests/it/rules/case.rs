//! Cases as they stand in their files.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// What a rule should do with a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Fails,
    Passes,
    Moves,
    Refactors,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::Passes => "passes",
            Self::Moves => "moves",
            Self::Refactors => "refactors",
        }
    }
}

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    pub check: String,
    pub kind: Kind,
    pub system: String,
    pub title: String,
    pub policy: String,
    /// `actions/checkout <commit> off`: whether a mirror has a commit on a ref.
    pub pins: Vec<String>,
    pub before: BTreeMap<String, String>,
    pub after: BTreeMap<String, String>,
    pub says: Vec<String>,
    heading: String,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/rules/cases")
}

/// Every case of every rule, in the order of the files.
pub fn all() -> Vec<Case> {
    let files = fs::read_dir(folder()).expect("the cases");
    let mut names: Vec<_> = files
        .map(|file| {
            file.expect("a file")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names.iter().flat_map(|name| read(name)).collect()
}

fn read(name: &str) -> Vec<Case> {
    let text = fs::read_to_string(folder().join(name)).expect("a case file");
    let check = name
        .strip_suffix(".txt")
        .expect("cases stand in .txt files");
    let mut parts = text.split("\n== ");
    let first = parts.next().unwrap_or_default();
    let first = first.strip_prefix("== ").into_iter();
    first.chain(parts).map(|part| parse(check, part)).collect()
}

fn parse(check: &str, part: &str) -> Case {
    let (heading, body) = part.split_once('\n').unwrap_or((part, ""));
    let (kind, title) = heading
        .split_once(": ")
        .unwrap_or_else(|| panic!("{check}: `{heading}` has no title"));
    let (kind, system) = kind
        .split_once(' ')
        .unwrap_or_else(|| panic!("{check}: `{heading}` names no system"));
    let kind = match kind {
        "fails" => Kind::Fails,
        "passes" => Kind::Passes,
        "moves" => Kind::Moves,
        "refactors" => Kind::Refactors,
        other => panic!("{check}: there is no kind `{other}`"),
    };
    let mut case = Case {
        check: check.to_owned(),
        kind,
        system: system.to_owned(),
        title: title.to_owned(),
        policy: String::new(),
        pins: Vec::new(),
        before: BTreeMap::new(),
        after: BTreeMap::new(),
        says: Vec::new(),
        heading: format!("== {heading}"),
    };
    for (name, text) in sections(body) {
        case.take(name, text);
    }
    case
}

/// The named sections of a case, blank lines at their ends removed.
fn sections(body: &str) -> Vec<(&str, String)> {
    let mut all: Vec<(&str, String)> = Vec::new();
    for line in body.lines() {
        let name = line
            .strip_prefix("-- ")
            .and_then(|rest| rest.strip_suffix(" --"));
        match (name, all.last_mut()) {
            (Some(name), _) => all.push((name, String::new())),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => assert!(line.trim().is_empty(), "`{line}` stands in no section"),
        }
    }
    for (_, text) in &mut all {
        *text = format!("{}\n", text.trim_end_matches('\n'));
    }
    all
}

impl Case {
    fn take(&mut self, name: &str, text: String) {
        match name.split_once('/') {
            Some(("before", path)) => drop(self.before.insert(path.to_owned(), text)),
            Some(("after", path)) => drop(self.after.insert(path.to_owned(), text)),
            Some(("both", path)) => {
                self.before.insert(path.to_owned(), text.clone());
                self.after.insert(path.to_owned(), text);
            }
            _ if name == "policy.toml" => self.policy = text,
            _ if name == "pins" => self.pins = text.lines().map(str::to_owned).collect(),
            _ if name == "says" => {
                self.says = text
                    .lines()
                    .filter(|line| !line.is_empty())
                    .map(str::to_owned)
                    .collect();
            }
            _ => panic!(
                "{}: {}: there is no section `{name}`",
                self.check, self.title
            ),
        }
    }

    /// Writes what it says into its file.
    pub fn write(&self) {
        let path = folder().join(format!("{}.txt", self.check));
        let text = fs::read_to_string(&path).expect("the case file");
        let at = text.find(&format!("{}\n", self.heading)).expect("the case");
        let end = text[at..].find("\n== ").map_or(text.len(), |end| at + end);
        let body = &text[at..end];
        let body = body.split("\n-- says --").next().unwrap_or(body).trim_end();
        let says = self.says.join("\n");
        let (head, rest) = (&text[..at], &text[end..]);
        let gap = if rest.is_empty() { "" } else { "\n" };
        let written = format!(
            "{head}{body}\n-- says --\n{says}\n{gap}{}",
            rest.trim_start_matches('\n')
        );
        fs::write(path, written).expect("a file that can be written");
    }
}
