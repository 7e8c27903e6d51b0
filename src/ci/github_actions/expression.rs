//! `${{ … }}`: which values an expression is made of. Evaluates nothing.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/expressions>.
//! What does not parse is read as the names that stand in it, so that a value
//! never hides behind a form that we do not know.

/// Deepest nesting of an expression that is read as such.
const MAX_EXPRESSION_DEPTH: usize = 32;

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// A string, number or word such as `true`.
    Literal(String),
    /// A context and what is taken of it.
    Path(Path),
    /// A function; an unknown form is one without a name.
    Call(String, Vec<Expr>),
    /// `!x`.
    Not(Box<Expr>),
    /// `==`, `!=`, `<`, …
    Compare(&'static str, Box<(Expr, Expr)>),
    /// `&&`.
    And(Box<(Expr, Expr)>),
    /// `||`.
    Or(Box<(Expr, Expr)>),
}

/// `github.event.issue.title`, in any of its spellings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    /// The names; `*` for an index that is a number, a star or not known.
    pub(super) names: Vec<String>,
    /// The expressions of indices that only the run knows.
    pub(super) indices: Vec<Expr>,
}

impl Path {
    /// In lower case with dots, as GitHub compares contexts.
    pub(super) fn key(&self) -> String {
        self.names.join(".").to_ascii_lowercase()
    }

    /// The name at a position.
    pub(super) fn name(&self, at: usize) -> Option<&str> {
        self.names.get(at).map(String::as_str)
    }

    /// Whether its first name is this, in any case.
    pub(super) fn is_of(&self, context: &str) -> bool {
        self.name(0)
            .is_some_and(|name| name.eq_ignore_ascii_case(context))
    }
}

impl Expr {
    /// Every path that stands in it, wherever.
    pub(super) fn paths(&self) -> Vec<&Path> {
        let mut all = Vec::new();
        self.collect(&mut all);
        all
    }

    fn collect<'a>(&'a self, all: &mut Vec<&'a Path>) {
        match self {
            Self::Literal(_) => {}
            Self::Path(path) => {
                all.push(path);
                path.indices.iter().for_each(|index| index.collect(all));
            }
            Self::Call(_, parts) => parts.iter().for_each(|part| part.collect(all)),
            Self::Not(one) => one.collect(all),
            Self::Compare(_, two) | Self::And(two) | Self::Or(two) => {
                two.0.collect(all);
                two.1.collect(all);
            }
        }
    }

    /// What its value can be: paths and literals, one of which (or several,
    /// joined) it is. Comparisons and the like are of the forge's making.
    pub(super) fn values(&self) -> Vec<&Expr> {
        match self {
            Self::Literal(_) | Self::Path(_) => vec![self],
            Self::Not(_) | Self::Compare(..) => Vec::new(),
            Self::And(two) => two.1.values(),
            Self::Or(two) => {
                let mut all = two.0.values();
                all.extend(two.1.values());
                all
            }
            Self::Call(name, parts) => match name.to_ascii_lowercase().as_str() {
                "contains" | "startswith" | "endswith" | "hashfiles" | "success" | "failure"
                | "always" | "cancelled" => Vec::new(),
                _ => parts.iter().flat_map(Expr::values).collect(),
            },
        }
    }

    /// Whether one of its values may be other than the texts of [`Expr::values`].
    pub(super) fn is_choice(&self) -> bool {
        match self {
            Self::Literal(_) | Self::Path(_) => true,
            Self::And(two) => two.1.is_choice(),
            Self::Or(two) => two.0.is_choice() && two.1.is_choice(),
            Self::Not(_) | Self::Compare(..) | Self::Call(..) => false,
        }
    }
}

/// A piece of text, or an expression in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text as it stands.
    Text(&'a str),
    /// What stands between `${{` and `}}`, and where it begins in the text.
    Expression(&'a str, usize),
}

/// Splits text at its expressions. One that does not end reaches to the end.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("${{").map(|start| start + at) {
        if start > at {
            all.push(Piece::Text(&text[at..start]));
        }
        let inner = start + 3;
        let end = end_of(&text[inner..]).map_or(text.len(), |end| end + inner);
        all.push(Piece::Expression(&text[inner..end], start));
        at = (end + 2).min(text.len());
    }
    if at < text.len() {
        all.push(Piece::Text(&text[at..]));
    }
    all
}

/// Where an expression ends: at `}}` outside quotes.
fn end_of(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut quoted = false;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'\'' => quoted = !quoted,
            b'}' if !quoted && bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
    }
    text.find("}}")
}

/// Blanks folded, for messages and identity.
pub(super) fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads an expression.
pub(super) fn parse(text: &str) -> Expr {
    let mut reader = Reader { text, at: 0 };
    match reader.or(0) {
        Some(expr) if reader.blank().is_empty() => expr,
        _ => names_of(text),
    }
}

/// The names of a text that is no expression we know.
fn names_of(text: &str) -> Expr {
    let letters = |letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'));
    let words = text.split(letters).filter(|word| word.contains('.'));
    let paths = words.map(|word| {
        let names = word.split('.').filter(|name| !name.is_empty());
        Expr::Path(Path {
            names: names.map(str::to_owned).collect(),
            indices: Vec::new(),
        })
    });
    Expr::Call(String::new(), paths.collect())
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// What is left, blanks skipped.
    fn blank(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.blank().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn or(&mut self, depth: usize) -> Option<Expr> {
        let mut left = self.and(depth)?;
        let mut links = 0;
        while self.eat("||") {
            links += 1;
            let right = self.and(depth + links)?;
            left = Expr::Or(Box::new((left, right)));
        }
        Some(left)
    }

    fn and(&mut self, depth: usize) -> Option<Expr> {
        let mut left = self.compare(depth)?;
        let mut links = 0;
        while self.eat("&&") {
            links += 1;
            let right = self.compare(depth + links)?;
            left = Expr::And(Box::new((left, right)));
        }
        Some(left)
    }

    fn compare(&mut self, depth: usize) -> Option<Expr> {
        let left = self.unary(depth)?;
        for operator in ["==", "!=", "<=", ">=", "<", ">"] {
            if self.eat(operator) {
                let right = self.unary(depth + 1)?;
                return Some(Expr::Compare(operator, Box::new((left, right))));
            }
        }
        Some(left)
    }

    fn unary(&mut self, depth: usize) -> Option<Expr> {
        if depth > MAX_EXPRESSION_DEPTH {
            return None;
        }
        let rest = self.blank();
        if rest.starts_with('!') && !rest.starts_with("!=") {
            self.at += 1;
            return Some(Expr::Not(Box::new(self.unary(depth + 1)?)));
        }
        let mut base = self.primary(depth)?;
        loop {
            if self.eat(".") {
                let name = if self.eat("*") { "*" } else { self.word()? };
                base = step(base, name.to_owned(), None);
            } else if self.eat("[") {
                let (name, index) = if self.eat("*") {
                    ("*".to_owned(), None)
                } else {
                    index(self.or(depth + 1)?)
                };
                if !self.eat("]") {
                    return None;
                }
                base = step(base, name, index);
            } else {
                return Some(base);
            }
        }
    }

    fn primary(&mut self, depth: usize) -> Option<Expr> {
        if self.eat("(") {
            let inner = self.or(depth + 1)?;
            return self.eat(")").then_some(inner);
        }
        let rest = self.blank();
        let first = rest.chars().next()?;
        if first == '\'' {
            return self.string();
        }
        if first.is_ascii_digit() || matches!(first, '-' | '+' | '.') {
            let number = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
            let end = rest.find(|letter| !number(letter)).unwrap_or(rest.len());
            self.at += end;
            return Some(Expr::Literal(rest[..end].to_owned()));
        }
        let word = self.word()?;
        if self.eat("(") {
            return self.arguments(word, depth);
        }
        Some(match word.to_ascii_lowercase().as_str() {
            "true" | "false" => Expr::Literal(word.to_ascii_lowercase()),
            "null" => Expr::Literal(String::new()),
            _ => Expr::Path(Path {
                names: vec![word.to_owned()],
                indices: Vec::new(),
            }),
        })
    }

    fn arguments(&mut self, name: &str, depth: usize) -> Option<Expr> {
        let mut all = Vec::new();
        if self.eat(")") {
            return Some(Expr::Call(name.to_owned(), all));
        }
        loop {
            all.push(self.or(depth + 1)?);
            if self.eat(")") {
                return Some(Expr::Call(name.to_owned(), all));
            }
            if !self.eat(",") {
                return None;
            }
        }
    }

    fn word(&mut self) -> Option<&'a str> {
        let rest = self.blank();
        let letters = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
        let end = rest.find(|letter| !letters(letter)).unwrap_or(rest.len());
        self.at += end;
        (end > 0).then(|| &rest[..end])
    }

    fn string(&mut self) -> Option<Expr> {
        let mut text = String::new();
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let end = rest.find('\'')?;
            text.push_str(&rest[..end]);
            self.at += end + 1;
            if !self.text[self.at..].starts_with('\'') {
                return Some(Expr::Literal(text));
            }
            text.push('\'');
            self.at += 1;
        }
    }
}

/// An index as a name, if it is one, and what else decides it.
fn index(of: Expr) -> (String, Option<Expr>) {
    match of {
        Expr::Literal(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            ("*".to_owned(), None)
        }
        Expr::Literal(text) => (text, None),
        other => ("*".to_owned(), Some(other)),
    }
}

fn step(base: Expr, name: String, index: Option<Expr>) -> Expr {
    match base {
        Expr::Path(mut path) => {
            path.names.push(name);
            path.indices.extend(index);
            Expr::Path(path)
        }
        // A part of what a function gives is as trusted as the whole.
        other => Expr::Call(String::new(), [other].into_iter().chain(index).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Expr, Piece, parse, pieces};

    fn values(text: &str) -> Vec<String> {
        let expr = parse(text);
        let of = |value: &Expr| match value {
            Expr::Path(path) => path.key(),
            Expr::Literal(text) => format!("'{text}'"),
            _ => String::new(),
        };
        expr.values().into_iter().map(of).collect()
    }

    #[test]
    fn spellings_of_a_context_are_one() {
        for text in [
            "github.event.issue.title",
            "GitHub.Event.issue['title']",
            "github['event'].issue.title",
            " github . event . issue . title ",
        ] {
            assert_eq!(values(text), ["github.event.issue.title"], "{text}");
        }
        assert_eq!(
            values("github.event.commits[0].message"),
            values("github.event.commits.*.message")
        );
    }

    #[test]
    fn a_value_is_followed_through_operators_and_functions() {
        assert_eq!(
            values("github.head_ref || github.ref"),
            ["github.head_ref", "github.ref"]
        );
        assert_eq!(
            values("github.event_name == 'push' && 'a' || github.head_ref"),
            ["'a'", "github.head_ref"]
        );
        assert_eq!(
            values("format('x {0}', toJSON(github.event))"),
            ["'x {0}'", "github.event"]
        );
        assert!(values("contains(github.event.issue.title, 'x')").is_empty());
        assert_eq!(
            values("fromJSON(steps.a.outputs.b).c"),
            ["steps.a.outputs.b"]
        );
    }

    #[test]
    fn what_does_not_parse_gives_its_names() {
        assert_eq!(values("github.head_ref ? 'a'"), ["github.head_ref"]);
        assert_eq!(
            values(&format!(
                "{}github.head_ref{}",
                "(".repeat(200),
                ")".repeat(200)
            )),
            ["github.head_ref"]
        );
    }

    #[test]
    fn quotes_hide_what_looks_like_an_end() {
        let all = pieces("a ${{ format('}}', x.y) }} b ${{ z");
        assert_eq!(all[1], Piece::Expression(" format('}}', x.y) ", 2));
        assert_eq!(all[3], Piece::Expression(" z", 29));
    }
}
