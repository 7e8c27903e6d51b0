//! A Dockerfile as instructions with their lines.
//!
//! As BuildKit splits it
//! (<https://docs.docker.com/reference/dockerfile/#format>): parser directives,
//! continuations, comments inside them, here-documents. Knows no instruction
//! beyond which ones take flags and here-documents.

/// A Dockerfile, split.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The image that reads the file, and its line: `# syntax=`.
    pub(super) syntax: Option<(String, u32)>,
    /// The instructions.
    pub(super) all: Vec<Instruction>,
    /// The letter that continues a line is the backtick: written for Windows.
    pub(super) backtick: bool,
}

/// One instruction.
#[derive(Debug, Default)]
pub(super) struct Instruction {
    /// In upper case: `FROM`.
    pub(super) keyword: String,
    /// The line that it begins on.
    pub(super) line: u32,
    /// What stands after keyword and flags, one text for each line of the
    /// file, without the letter that continues it.
    pub(super) pieces: Vec<(u32, String)>,
    /// `--name=value`, in the order of the text.
    pub(super) flags: Vec<(String, String)>,
    /// Its here-documents.
    pub(super) heredocs: Vec<Heredoc>,
}

/// A here-document.
#[derive(Debug, Default)]
pub(super) struct Heredoc {
    /// The word that ends it.
    pub(super) word: String,
    /// The line of its first line.
    pub(super) line: u32,
    /// Its lines.
    pub(super) lines: Vec<String>,
}

impl Instruction {
    /// What stands after keyword and flags, as one line.
    pub(super) fn text(&self) -> String {
        let pieces: Vec<_> = self.pieces.iter().map(|(_, text)| text.as_str()).collect();
        pieces.concat().trim().to_owned()
    }

    /// The values of a flag.
    pub(super) fn flag<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.flags.iter().filter(move |(own, _)| own == name);
        named.map(|(_, value)| value.as_str())
    }
}

/// Splits a text.
pub(super) fn split(text: &str) -> Lines {
    let mut result = Lines::default();
    let lines: Vec<&str> = text.lines().collect();
    let mut at = directives(&lines, &mut result);
    result.syntax = result.syntax.take().or_else(|| other_syntax(text, &lines));
    let escape = if result.backtick { '`' } else { '\\' };
    while at < lines.len() {
        let (instruction, next) = one(&lines, at, escape);
        result.all.extend(instruction);
        at = next;
    }
    result
}

fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1)
}

/// `# key=value` on the first lines; the position behind them.
fn directives(lines: &[&str], result: &mut Lines) -> usize {
    for (at, line) in lines.iter().enumerate() {
        let Some((key, value)) = directive(line, "#") else {
            return at;
        };
        match key.as_str() {
            "syntax" => result.syntax = Some((value.to_owned(), number(at))),
            "escape" => result.backtick = value == "`",
            _ => {}
        }
    }
    lines.len()
}

fn directive<'a>(line: &'a str, comment: &str) -> Option<(String, &'a str)> {
    let (key, value) = line.trim_start().strip_prefix(comment)?.split_once('=')?;
    let key = key.trim();
    let value = value.trim();
    let word = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (word && !value.is_empty()).then(|| (key.to_ascii_lowercase(), value))
}

/// The frontend of a file that is no Dockerfile by itself: behind `#!`, in
/// comments with `//`, or as a key of JSON (BuildKit: `parser.DetectSyntax`).
fn other_syntax(text: &str, lines: &[&str]) -> Option<(String, u32)> {
    let shebang = usize::from(lines.first().is_some_and(|line| line.starts_with("#!")));
    for comment in ["#", "//"] {
        let head = lines.iter().enumerate().skip(shebang);
        let known = head.map_while(|(at, line)| Some((at, directive(line, comment)?)));
        let mut syntax = known.filter(|(_, (key, _))| key == "syntax");
        if let Some((at, (_, value))) = syntax.next() {
            return Some((value.to_owned(), number(at)));
        }
    }
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    Some((json.get("syntax")?.as_str()?.to_owned(), 1))
}

/// The instruction that begins on a line, if one does, and the position behind it.
fn one(lines: &[&str], start: usize, escape: char) -> (Option<Instruction>, usize) {
    let first = lines[start].trim_start();
    if first.is_empty() || first.starts_with('#') {
        return (None, start + 1);
    }
    let mut pieces = Vec::new();
    let mut at = start;
    while let Some(line) = lines.get(at) {
        let trimmed = line.trim_start();
        let skipped = at > start && (trimmed.is_empty() || trimmed.starts_with('#'));
        at += 1;
        if skipped {
            continue;
        }
        let line = if at == start + 1 { trimmed } else { line };
        match continued(line, escape) {
            Some(text) => pieces.push((number(at - 1), text.to_owned())),
            None => {
                pieces.push((number(at - 1), line.to_owned()));
                break;
            }
        }
    }
    let mut instruction = Instruction {
        line: number(start),
        pieces,
        ..Instruction::default()
    };
    take_keyword(&mut instruction);
    let next = heredocs(&mut instruction, lines, at);
    (Some(instruction), next)
}

/// The line without the letter that continues it.
fn continued(line: &str, escape: char) -> Option<&str> {
    let text = line.trim_end_matches([' ', '\t', '\r']);
    let text = text.strip_suffix(escape)?;
    (!text.ends_with(escape)).then_some(text)
}

/// Takes keyword and flags off the front; keyword and flags may stand on lines of their own.
pub(super) fn take_keyword(instruction: &mut Instruction) {
    instruction.keyword = take_word(&mut instruction.pieces).to_ascii_uppercase();
    while peek(&instruction.pieces).is_some_and(|text| text.starts_with("--")) {
        let flag = take_word(&mut instruction.pieces);
        let (name, value) = flag.split_once('=').unwrap_or((&flag, ""));
        let value = value.trim_matches('"');
        instruction.flags.push((name.to_owned(), value.to_owned()));
    }
}

fn peek(pieces: &[(u32, String)]) -> Option<&str> {
    let texts = pieces.iter().map(|(_, text)| text.trim_start());
    texts.into_iter().find(|text| !text.is_empty())
}

/// The first word, taken off; lines that are used up go.
fn take_word(pieces: &mut Vec<(u32, String)>) -> String {
    let used = pieces.iter().take_while(|(_, text)| text.trim().is_empty());
    let used = used.count().min(pieces.len());
    pieces.drain(..used);
    let Some((_, text)) = pieces.first_mut() else {
        return String::new();
    };
    let trimmed = text.trim_start();
    let end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
    let word = trimmed[..end].to_owned();
    *text = trimmed[end..].trim_start().to_owned();
    word
}

/// Reads the here-documents that the instruction opens; the position behind them.
fn heredocs(instruction: &mut Instruction, lines: &[&str], from: usize) -> usize {
    let inner = ["RUN", "COPY", "ADD"];
    let text = instruction.text();
    let onbuild = instruction.keyword == "ONBUILD"
        && inner
            .iter()
            .any(|word| text.to_ascii_uppercase().starts_with(word));
    if !onbuild && !inner.contains(&instruction.keyword.as_str()) {
        return from;
    }
    let mut at = from;
    for (word, strip) in opened(&text) {
        let bare = |line: &&str| match strip {
            true => line.trim_start_matches('\t').to_owned(),
            false => (*line).to_owned(),
        };
        let rest = lines.get(at..).unwrap_or_default();
        // One that never ends is an error for BuildKit and none for older builders.
        let Some(length) = rest
            .iter()
            .position(|line| bare(line).trim_end_matches('\r') == word)
        else {
            break;
        };
        instruction.heredocs.push(Heredoc {
            word,
            line: number(at),
            lines: rest[..length].iter().map(bare).collect(),
        });
        at += length + 1;
    }
    at
}

/// The words of `<<WORD`, outside of quotes, and whether tabs are stripped.
fn opened(text: &str) -> Vec<(String, bool)> {
    let mut all = Vec::new();
    let mut quote = None;
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (None, '<') if before.is_whitespace() || before.is_ascii_digit() => {
                all.extend(heredoc_word(&text[at..]));
            }
            _ => {}
        }
        before = letter;
    }
    all
}

fn heredoc_word(text: &str) -> Option<(String, bool)> {
    let rest = text.strip_prefix("<<")?;
    let (strip, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let word: String = rest[..end]
        .chars()
        .filter(|letter| !matches!(letter, '\'' | '"' | '\\'))
        .collect();
    (!word.is_empty() && !word.contains('<')).then_some((word, strip))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::split;

    fn shown(text: &str) -> Vec<String> {
        let lines = split(text);
        let show = |it: &super::Instruction| format!("{}:{} {}", it.line, it.keyword, it.text());
        lines.all.iter().map(show).collect()
    }

    #[test]
    fn continuations_and_comments_are_joined_as_docker_joins_them() {
        let text =
            "# a comment\n\nfrom x \\\n  as y\nRUN one \\\n# not this\n\n  && two\\\\\nUSER a\n";
        assert_eq!(
            shown(text),
            ["3:FROM x   as y", "5:RUN one   && two\\\\", "9:USER a"]
        );
        let windows = "# escape=`\nRUN a `\n  b\nCOPY c:\\ d\\\nUSER e";
        assert_eq!(
            shown(windows),
            ["2:RUN a   b", "4:COPY c:\\ d\\", "5:USER e"]
        );
    }

    #[test]
    fn frontends_are_found_wherever_buildkit_finds_them() {
        let syntax = |text: &str| split(text).syntax;
        let known = |line| Some(("a/b:1".to_owned(), line));
        assert_eq!(syntax("# escape=\\\n#Syntax = a/b:1 \nFROM x"), known(2));
        assert_eq!(syntax("#!/usr/bin/env x\n# syntax=a/b:1"), known(2));
        assert_eq!(syntax("// syntax=a/b:1\nthing"), known(1));
        assert_eq!(syntax("{\"syntax\": \"a/b:1\"}"), known(1));
        assert_eq!(syntax("# hello\n# syntax=a/b:1\nFROM x"), None);
        assert_eq!(syntax("\n# syntax=a/b:1"), None);
    }

    #[test]
    fn heredocs_and_flags_are_taken_off() {
        let text = "RUN --mount=type=secret,id=a \\\n --network=host <<-'EOF' cat\n\techo\n\tEOF\nCOPY <<a <<b /x/\n1\na\n2\nb\nUSER u";
        let lines = split(text);
        let run = &lines.all[0];
        assert_eq!(
            run.flag("--mount").collect::<Vec<_>>(),
            ["type=secret,id=a"]
        );
        assert_eq!(run.flag("--network").collect::<Vec<_>>(), ["host"]);
        assert_eq!(
            (run.heredocs[0].lines.clone(), run.heredocs[0].line),
            (vec!["echo".to_owned()], 3)
        );
        assert_eq!(lines.all[1].heredocs[1].lines, ["2"]);
        assert_eq!(lines.all[2].keyword, "USER");
    }

    proptest! {
        #[test]
        fn any_text_ends(text in "(?s).{0,300}") {
            let _ = split(&text);
        }

        #[test]
        fn every_instruction_begins_on_a_line_of_its_own(text in "([A-Z]{0,3}[ #\\\\<a`=-]{0,4}\n){0,20}") {
            let lines = split(&text);
            prop_assert!(lines.all.windows(2).all(|two| two[0].line < two[1].line));
        }
    }
}
