//! The parts of one statement: calls with and without brackets, assignments.

use super::call::{Call, Code, Piece};
use super::token::Kind;
use super::tree::Tree;

const KEYWORDS: &[&str] = &[
    "def",
    "final",
    "return",
    "new",
    "else",
    "throw",
    "assert",
    "public",
    "private",
    "protected",
    "static",
    "void",
    "case",
    "default",
    "in",
    "as",
    "instanceof",
    "class",
    "extends",
    "implements",
    "do",
    "!in",
];
/// Those that stand between two values.
const BETWEEN: &[&str] = &["in", "as", "instanceof", "extends", "implements"];

impl<'s> Code<'s> {
    /// The parts of one statement.
    pub(super) fn pieces(self) -> Vec<Piece<'s>> {
        let first = self.items.first().and_then(Tree::word);
        if matches!(first, Some("import" | "package")) {
            return Vec::new();
        }
        let mut pieces = Vec::new();
        let mut at = 0;
        while let Some(item) = self.items.get(at) {
            match item {
                Tree::Group(group) => {
                    pieces.push(Piece::Group(group.open, self.with(&group.items)));
                    at += 1;
                }
                Tree::Token(token) => match &token.kind {
                    Kind::Word(word) if KEYWORDS.contains(&word.as_str()) => at += 1,
                    Kind::Word(_) => at = self.named(at, &mut pieces),
                    Kind::Text(_) if self.is_group(at + 1, b'{') || self.is_group(at + 1, b'(') => {
                        at = self.named(at, &mut pieces);
                    }
                    _ => at += 1,
                },
            }
        }
        pieces
    }

    fn is_group(self, at: usize, open: u8) -> bool {
        self.items
            .get(at)
            .is_some_and(|item| item.group(open).is_some())
    }

    fn kind_at(self, at: usize) -> Option<&'s Kind> {
        self.items.get(at).and_then(Tree::kind)
    }

    /// What begins with the name at `at`; gives where it ends.
    fn named(self, at: usize, pieces: &mut Vec<Piece<'s>>) -> usize {
        let (name, next) = self.dotted(at);
        let before = at.checked_sub(1).and_then(|before| self.kind_at(before));
        let mut call = Call {
            name,
            chained: before == Some(&Kind::Dot),
            args: Vec::new(),
            body: None,
            defines: false,
            source: self.source,
            start: self.items[at].span().start,
            end: self.items[next - 1].span().end,
        };
        if before == Some(&Kind::At) {
            call.name.insert(0, '@');
            call.start = self.items[at - 1].span().start;
        }
        if let Some(group) = self.items.get(next).and_then(|item| item.group(b'(')) {
            return self.with_brackets(call, group.items.as_slice(), (at, next), pieces);
        }
        if self.is_group(next, b'{') {
            call.body = self.with(&self.items[next..=next]).closure();
            pieces.push(Piece::Call(call));
            return next + 1;
        }
        if self.kind_at(next) == Some(&Kind::Assign) {
            let value = self.with(&self.items[next + 1..]);
            pieces.push(Piece::Assign {
                name: call.name,
                value,
            });
            return next + 1;
        }
        if !self.takes_arguments(next) {
            return next;
        }
        call.args = self.with(&self.items[next..]).args();
        call.take_last_closure();
        let last = call.args.last().and_then(|arg| arg.value.items.last());
        call.end = last.map_or(call.end, |last| last.span().end);
        pieces.push(Piece::Call(call));
        self.items.len()
    }

    fn with_brackets(
        self,
        mut call: Call<'s>,
        inner: &'s [Tree],
        (at, next): (usize, usize),
        pieces: &mut Vec<Piece<'s>>,
    ) -> usize {
        call.args = self.with(inner).args();
        call.end = self.items[next].span().end;
        let mut end = next + 1;
        if self.is_group(end, b'{') {
            call.body = self.with(&self.items[end..=end]).closure();
            let before = at
                .checked_sub(1)
                .and_then(|before| self.items.get(before))
                .and_then(Tree::word);
            call.defines =
                before.is_some_and(|word| word != "return" && word != "else" && word != "new");
            end += 1;
        } else {
            call.take_last_closure();
        }
        pieces.push(Piece::Call(call));
        end
    }

    /// `a.b.c`, and where it ends.
    fn dotted(self, at: usize) -> (String, usize) {
        let part = |at: usize| match self.kind_at(at) {
            Some(Kind::Word(word)) => Some(word.clone()),
            Some(Kind::Text(text)) => Some(text.text.clone()),
            _ => None,
        };
        let mut name = part(at).unwrap_or_default();
        let mut next = at + 1;
        while self.kind_at(next) == Some(&Kind::Dot) {
            let Some(more) = part(next + 1) else {
                break;
            };
            name.push('.');
            name.push_str(&more);
            next += 2;
        }
        (name, next)
    }

    /// Whether what stands at `at` is an argument without brackets of the name before it.
    fn takes_arguments(self, at: usize) -> bool {
        match self.items.get(at) {
            // `list[0]` has no blank, `step [a: 1]` has.
            Some(Tree::Group(group)) => {
                group.open == b'[' && self.items[at - 1].span().end < group.span.start
            }
            Some(Tree::Token(token)) => match &token.kind {
                Kind::Text(_) => true,
                Kind::Word(word) if BETWEEN.contains(&word.as_str()) => false,
                // `Type name = …` and `Type name(…) {` declare.
                Kind::Word(_) => {
                    let declares = self.kind_at(at + 1) == Some(&Kind::Assign)
                        || (self.is_group(at + 1, b'(') && self.is_group(at + 2, b'{') && at == 1);
                    !declares
                }
                _ => false,
            },
            None => false,
        }
    }
}
