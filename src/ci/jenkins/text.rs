//! Strings as far as the source itself says them.

use super::call::{Arg, Code};
use super::token::{Kind, Pasted, Text};
use super::tree::Tree;
use super::value::Scope;

/// Most tokens of one value that is read as a string.
const MAX_VALUE: usize = 1000;
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
