//! What a command makes a shell read: text on its line, a here-document, or
//! a file of the tree.

use crate::model::build::{Command, Word};

/// What a command hands to an interpreter.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Called<'a> {
    /// Shell text in a word.
    Text(&'a Word),
    /// A shell script, by the path as written.
    Script(&'a str),
    /// Another file that runs, and how people say it; it is named, not read.
    Program(&'static str, &'a str),
    /// A script whose path only the run knows, as written.
    Dynamic(&'a str),
}

const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh", "busybox"];
/// Interpreters of other languages.
const INTERPRETERS: &[&str] = &[
    "python", "python3", "python2", "node", "ruby", "perl", "php", "deno", "bun", "Rscript",
    "groovy", "tsx", "ts-node",
];
const MANAGERS: &[&str] = &["npm", "yarn", "pnpm", "bun"];
/// Generated wrappers whose text is the same everywhere.
const WRAPPERS: &[&str] = &["gradlew", "mvnw"];

/// Whether a program is a shell.
pub(super) fn is_shell(program: &str) -> bool {
    SHELLS.contains(&program)
}

/// What this command makes run.
pub(super) fn called(command: &Command) -> Vec<Called<'_>> {
    let program = command.program();
    let mut all = Vec::new();
    if is_shell(program) {
        shell(command, &mut all);
    } else if program == "eval" {
        all.extend(command.arguments().first().map(Called::Text));
    } else if matches!(program, "source" | ".") {
        let first = command.arguments().first();
        all.extend(
            first
                .filter(|it| it.plain)
                .map(|it| Called::Script(&it.text)),
        );
    } else if matches!(
        program,
        "ssh" | "docker" | "podman" | "kubectl" | "su" | "nix-shell" | "nsenter" | "chroot"
    ) {
        remote(command, &mut all);
    } else if INTERPRETERS.contains(&program) {
        let file = command
            .arguments()
            .iter()
            .find(|it| !it.text.starts_with('-'));
        let file = file.filter(|it| it.plain && !command.has_flag("-c") && !command.has_flag("-m"));
        let looks = |text: &str| text.contains('.') && !text.contains("://");
        all.extend(
            file.filter(|it| looks(&it.text))
                .map(|it| Called::Program("program", &it.text)),
        );
    } else if matches!(program, "make" | "gmake") {
        let file = command.option(&["-f", "--file", "--makefile"]);
        all.push(Called::Program("Makefile", file.unwrap_or("Makefile")));
    } else if MANAGERS.contains(&program) {
        let runs = [
            "run",
            "run-script",
            "test",
            "start",
            "install",
            "ci",
            "build",
        ];
        let first = command
            .arguments()
            .iter()
            .find(|it| !it.text.starts_with('-'));
        if first.is_some_and(|it| runs.contains(&it.text.as_str())) {
            all.push(Called::Program("package.json", "package.json"));
        }
    } else {
        path(command, &mut all);
    }
    all
}

fn shell<'a>(command: &'a Command, all: &mut Vec<Called<'a>>) {
    let words = command.arguments();
    let with_c = |word: &Word| {
        let letters = word.text.strip_prefix('-');
        letters.is_some_and(|it| !it.starts_with('-') && it.contains('c'))
    };
    if let Some(at) = words.iter().position(with_c) {
        let text = words[at + 1..].iter().find(|it| !it.text.starts_with('-'));
        all.extend(text.map(Called::Text));
        return;
    }
    let file = words.iter().find(|it| !it.text.starts_with(['-', '+']));
    match file {
        Some(file) if file.plain => all.push(Called::Script(&file.text)),
        Some(file) if file.text.starts_with("<(") => {}
        Some(file) => all.push(Called::Dynamic(&file.text)),
        None => documents(command, all),
    }
}

/// Here-documents and here-strings that a shell reads.
fn documents<'a>(command: &'a Command, all: &mut Vec<Called<'a>>) {
    let read = command.redirects.iter();
    let read = read.filter(|it| matches!(it.operator.as_str(), "<<" | "<<-" | "<<<"));
    all.extend(read.map(|it| Called::Text(&it.target)));
    let files = command
        .redirects
        .iter()
        .filter(|it| it.operator == "<" && it.target.plain);
    all.extend(files.map(|it| Called::Script(&it.target.text)));
}

/// `ssh host 'text'`, `docker run image sh -c 'text'`.
fn remote<'a>(command: &'a Command, all: &mut Vec<Called<'a>>) {
    let words = command.arguments();
    let shell = words
        .iter()
        .position(|it| is_shell(it.text.rsplit('/').next().unwrap_or_default()));
    let script = shell.and_then(|at| {
        let flag = words
            .get(at + 1)
            .filter(|it| it.text.starts_with('-') && it.text.ends_with('c'));
        flag.and_then(|_| words.get(at + 2))
    });
    all.extend(script.map(Called::Text));
    if script.is_none() && command.program() == "ssh" {
        let last = words.last().filter(|it| it.text.contains([' ', '\n', ';']));
        all.extend(
            last.filter(|it| !it.text.starts_with('-'))
                .map(Called::Text),
        );
        documents(command, all);
    }
    if script.is_none() && command.program() == "su" {
        let at = words.iter().position(|it| it.text == "-c");
        all.extend(at.and_then(|at| words.get(at + 1)).map(Called::Text));
    }
}

/// `./build.sh`, `scripts/deploy`.
fn path<'a>(command: &'a Command, all: &mut Vec<Called<'a>>) {
    let Some(first) = command.words.first().filter(|it| it.plain) else {
        return;
    };
    let text = first.text.as_str();
    let inside = text.starts_with("./") || text.starts_with("../");
    let named = text.contains('/') && (text.ends_with(".sh") || text.ends_with(".bash"));
    if !(inside || named) || text.contains(char::is_whitespace) {
        return;
    }
    if WRAPPERS.contains(&command.program()) {
        all.push(Called::Program("wrapper", text));
    } else if ["py", "js", "rb", "pl", "ts"]
        .iter()
        .any(|it| text.ends_with(&format!(".{it}")))
    {
        all.push(Called::Program("program", text));
    } else {
        all.push(Called::Script(text));
    }
}
