//! A Groovy source: its tokens as a tree of brackets, and the places of its
//! lines. Knows nothing of Jenkins.

use std::ops::Range;
use std::sync::Arc;

use bstr::BString;

use super::token::{Fault, Kind, Token, tokens};
use crate::model::build::Spot;

/// Deepest nesting of brackets.
pub(super) const MAX_GROOVY_DEPTH: usize = 100;

/// Longest piece of source that is shown as it is written, in characters.
const MAX_EXCERPT: usize = 300;

/// A source and how it reads.
#[derive(Debug)]
pub(super) struct Source {
    /// Its file.
    pub(super) path: Arc<BString>,
    /// How many files led here from the entry.
    pub(super) depth: usize,
    /// What stands at its top.
    pub(super) items: Vec<Tree>,
    /// What is wrong with it.
    pub(super) faults: Vec<Fault>,
    text: String,
    /// Where each line begins, in bytes.
    starts: Vec<usize>,
    /// For a text inside another file: the file's line of each of its lines.
    outer: Option<Vec<u32>>,
}

/// A token, or what stands between two brackets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tree {
    /// A token that is no bracket.
    Token(Token),
    /// A pair of brackets.
    Group(Group),
}

/// What stands between two brackets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// `(`, `[` or `{`.
    pub(super) open: u8,
    /// What stands in it.
    pub(super) items: Vec<Tree>,
    /// Where it stands, brackets included.
    pub(super) span: Range<usize>,
}

impl Source {
    /// A whole file.
    pub(super) fn new(path: &Arc<BString>, text: &str, depth: usize) -> Self {
        let (tokens, mut faults) = tokens(text);
        let items = grow(tokens, &mut faults, text.len());
        let lines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self {
            path: path.clone(),
            depth,
            items,
            faults,
            text: text.to_owned(),
            starts: std::iter::once(0)
                .chain(lines.map(|(at, _)| at + 1))
                .collect(),
            outer: None,
        }
    }

    /// A text that stands in another file, with that file's line of each of its lines.
    pub(super) fn inside(path: &Arc<BString>, text: &str, lines: Vec<u32>, depth: usize) -> Self {
        Self {
            outer: Some(lines),
            ..Self::new(path, text, depth)
        }
    }

    /// The file's line of a line of the source, both from 1.
    pub(super) fn line(&self, line: u32) -> u32 {
        let Some(outer) = &self.outer else {
            return line;
        };
        let index = usize::try_from(line)
            .unwrap_or(usize::MAX)
            .saturating_sub(1);
        outer.get(index).or(outer.last()).copied().unwrap_or(1)
    }

    /// The source's own line of a byte, from 1.
    pub(super) fn own_line(&self, offset: usize) -> u32 {
        small(self.starts.partition_point(|start| *start <= offset).max(1))
    }

    /// The place of a line of its own.
    pub(super) fn spot_of_line(&self, line: u32) -> Spot {
        Spot {
            path: self.path.clone(),
            line: self.line(line),
            column: 1,
        }
    }

    /// The place of a byte.
    pub(super) fn spot(&self, offset: usize) -> Spot {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let before = self.text.get(start..offset).unwrap_or_default();
        let column = match self.outer {
            None => small(before.chars().take(10_000).count()).saturating_add(1),
            Some(_) => 1,
        };
        Spot {
            path: self.path.clone(),
            line: self.line(small(line)),
            column,
        }
    }

    /// The text of a stretch, blanks folded.
    pub(super) fn excerpt(&self, span: Range<usize>) -> String {
        let text = self.text.get(span).unwrap_or_default();
        let words = text.split_whitespace().take(200);
        let folded = words.collect::<Vec<_>>().join(" ");
        match folded.char_indices().nth(MAX_EXCERPT) {
            Some((end, _)) => format!("{}…", &folded[..end]),
            None => folded,
        }
    }
}

impl Tree {
    /// Where it stands.
    pub(super) fn span(&self) -> Range<usize> {
        match self {
            Self::Token(token) => token.span.clone(),
            Self::Group(group) => group.span.clone(),
        }
    }

    /// What token it is.
    pub(super) fn kind(&self) -> Option<&Kind> {
        match self {
            Self::Token(token) => Some(&token.kind),
            Self::Group(_) => None,
        }
    }

    /// The name, keyword or number that it is.
    pub(super) fn word(&self) -> Option<&str> {
        match self.kind() {
            Some(Kind::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// The group of this kind that it is.
    pub(super) fn group(&self, open: u8) -> Option<&Group> {
        match self {
            Self::Group(group) if group.open == open => Some(group),
            _ => None,
        }
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

struct Open {
    sign: u8,
    start: usize,
    items: Vec<Tree>,
}

fn grow(tokens: Vec<Token>, faults: &mut Vec<Fault>, end: usize) -> Vec<Tree> {
    let fault = |faults: &mut Vec<Fault>, offset, why| {
        if faults.len() < 8 {
            faults.push(Fault { offset, why });
        }
    };
    let mut top = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for token in tokens {
        match token.kind {
            Kind::Open(_) if open.len() >= MAX_GROOVY_DEPTH => {
                fault(faults, token.span.start, "brackets nest too deep");
                break;
            }
            Kind::Open(sign) => open.push(Open {
                sign,
                start: token.span.start,
                items: Vec::new(),
            }),
            Kind::Close(sign) => {
                if !open.iter().any(|one| closes(one.sign, sign)) {
                    fault(faults, token.span.start, "a bracket closes nothing");
                    continue;
                }
                while let Some(one) = open.pop() {
                    let fits = closes(one.sign, sign);
                    if !fits {
                        fault(faults, one.start, "a bracket is not closed");
                    }
                    give(&mut open, &mut top, one, token.span.end);
                    if fits {
                        break;
                    }
                }
            }
            _ => match open.last_mut() {
                Some(one) => one.items.push(Tree::Token(token)),
                None => top.push(Tree::Token(token)),
            },
        }
    }
    while let Some(one) = open.pop() {
        fault(faults, one.start, "a bracket is not closed");
        give(&mut open, &mut top, one, end);
    }
    join_lines(top, b'{')
}

fn closes(open: u8, close: u8) -> bool {
    matches!((open, close), (b'(', b')') | (b'[', b']') | (b'{', b'}'))
}

fn give(open: &mut [Open], top: &mut Vec<Tree>, one: Open, end: usize) {
    let group = Tree::Group(Group {
        open: one.sign,
        items: join_lines(one.items, one.sign),
        span: one.start..end,
    });
    match open.last_mut() {
        Some(parent) => parent.items.push(group),
        None => top.push(group),
    }
}

/// Leaves out the ends of lines that end no statement.
fn join_lines(items: Vec<Tree>, open: u8) -> Vec<Tree> {
    let mut joined: Vec<Tree> = Vec::with_capacity(items.len());
    let mut rest = items.into_iter().peekable();
    while let Some(item) = rest.next() {
        if item.kind() != Some(&Kind::Newline) {
            joined.push(item);
            continue;
        }
        while rest
            .peek()
            .is_some_and(|next| next.kind() == Some(&Kind::Newline))
        {
            rest.next();
        }
        let goes_on = joined
            .last()
            .is_none_or(|last| last.kind().is_some_and(wants_more));
        let continues = rest.peek().is_none_or(|next| match next {
            Tree::Group(group) => group.open == b'{',
            Tree::Token(token) => carries_on(&token.kind),
        });
        if open == b'{' && !goes_on && !continues {
            joined.push(item);
        }
    }
    joined
}

fn wants_more(kind: &Kind) -> bool {
    match kind {
        Kind::Operator(sign) => !matches!(*sign, "++" | "--"),
        Kind::Comma | Kind::Dot | Kind::Assign | Kind::Colon | Kind::Newline | Kind::Semicolon => {
            true
        }
        _ => false,
    }
}

fn carries_on(kind: &Kind) -> bool {
    match kind {
        Kind::Operator(sign) => matches!(*sign, "&&" | "||" | "?" | "?:" | "=="),
        Kind::Dot | Kind::Comma | Kind::Assign | Kind::Colon => true,
        _ => false,
    }
}
