//! Splits a POSIX or bash script into simple commands. It knows quotes,
//! expansions, lists, pipes, groups and here-documents; it runs nothing, and
//! any text has an answer: what has no end is told as a [`Trouble`], and the
//! text behind it is read as well as it can be.
//!
//! Written after the grammar of POSIX.1-2024, Shell Command Language, 2.3 and
//! 2.10, and the bash manual.

mod compound;
mod expand;
mod flow;
mod redirect;
mod word;

use flow::Flow;
use redirect::{Body, Pending};

use super::split::{Parsed, Split, Trouble};
use crate::model::build::Command;

/// Deepest nesting of substitutions.
const MAX_DEPTH: usize = 24;
/// Most quotation marks without an end that are read as if they ended with their line.
const MAX_REWINDS: usize = 16;
/// Longest `${{ … }}`, `$[[ … ]]` or `$(( … ))` that is taken as one, in bytes.
const MAX_EXPRESSION: usize = 8192;
/// Most of those without an end that are looked for.
const MAX_FAILED_SCANS: usize = 256;
/// Most places that are told as unreadable.
const MAX_TROUBLES: usize = 32;
/// How far a look ahead goes, in bytes.
const MAX_QUOTED: usize = 240;
/// Most commands of one script.
pub(super) const MAX_COMMANDS: usize = 5000;

/// Where a list of commands ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Text,
    Parenthesis,
    Backtick,
}

/// The simple commands of a script, in the order in which they begin.
pub(super) fn split(text: &str) -> Split {
    let mut parser = Parser {
        text,
        at: 0,
        limit: text.len(),
        depth: 0,
        rewinds: 0,
        failed_scans: 0,
        full: false,
        parsed: Vec::new(),
        troubles: Vec::new(),
        pending: Vec::new(),
        bodies: Vec::new(),
    };
    parser.list(End::Text, None);
    parser.finish()
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// Where the part that is being read ends.
    limit: usize,
    depth: usize,
    rewinds: usize,
    failed_scans: usize,
    full: bool,
    parsed: Vec<Parsed>,
    troubles: Vec<Trouble>,
    pending: Vec<Pending>,
    bodies: Vec<Body>,
}

/// How far a parser was, to begin again from there.
struct Mark {
    parsed: usize,
    troubles: usize,
    pending: usize,
    bodies: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.byte(0)
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        let at = self.at + ahead;
        let byte = self.text.as_bytes().get(at).copied();
        byte.filter(|_| at < self.limit)
    }

    fn rest(&self) -> &[u8] {
        self.text
            .as_bytes()
            .get(self.at..self.limit)
            .unwrap_or_default()
    }

    fn slice(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = self.text.as_bytes().get(from..self.limit);
        let length = rest.and_then(|rest| rest.iter().position(|byte| *byte == b'\n'));
        length.map_or(self.limit, |length| from + length)
    }

    fn trouble(&mut self, at: usize, why: &'static str) {
        if self.troubles.len() < MAX_TROUBLES {
            self.troubles.push(Trouble { at, why });
        }
    }

    fn mark(&self) -> Mark {
        Mark {
            parsed: self.parsed.len(),
            troubles: self.troubles.len(),
            pending: self.pending.len(),
            bodies: self.bodies.len(),
        }
    }

    /// What began at `start` has no end: it is read as if it ended with its line.
    fn rewind(&mut self, mark: &Mark, start: usize, why: &'static str) {
        if self.rewinds < MAX_REWINDS {
            self.rewinds += 1;
            self.parsed.truncate(mark.parsed);
            self.troubles.truncate(mark.troubles);
            self.pending.truncate(mark.pending);
            self.bodies.truncate(mark.bodies);
            self.at = self.line_end(start);
        }
        self.trouble(start, why);
    }

    /// Blanks, continued lines and a comment.
    fn skip_blanks(&mut self) {
        loop {
            match (self.peek(), self.byte(1)) {
                (Some(b' ' | b'\t' | b'\r'), _) => self.at += 1,
                (Some(b'\\'), Some(b'\n')) => self.at += 2,
                (Some(b'\\'), Some(b'\r')) if self.byte(2) == Some(b'\n') => self.at += 3,
                (Some(b'#'), _) => self.at = self.line_end(self.at),
                _ => return,
            }
        }
    }

    fn skip_blanks_and_lines(&mut self) {
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'\n') {
                return;
            }
            self.newline();
        }
    }

    fn newline(&mut self) {
        self.at += 1;
        self.here_documents();
    }

    fn list(&mut self, end: End, inside: Option<u32>) {
        let mut flow = Flow::new(inside, self.parsed.len());
        loop {
            self.skip_blanks();
            let before = self.at;
            let Some(byte) = self.peek() else {
                if end != End::Text {
                    self.trouble(self.limit.saturating_sub(1), "a substitution has no end");
                }
                return;
            };
            match byte {
                b')' if end == End::Parenthesis && !flow.in_parenthesis() => {
                    self.at += 1;
                    return;
                }
                b'`' if end == End::Backtick => {
                    self.at += 1;
                    return;
                }
                b'\n' | b';' | b'&' | b'|' | b'(' | b')' if !self.is_redirect() => {
                    self.operator(&mut flow);
                }
                _ => self.simple(&mut flow, end),
            }
            if self.at == before {
                self.at += 1;
            }
        }
    }

    /// Takes the place of a command that begins here.
    fn begin(&mut self, at: usize, flow: &Flow) -> u32 {
        let position = u32::try_from(self.parsed.len()).unwrap_or(u32::MAX);
        if self.parsed.len() >= MAX_COMMANDS {
            if !self.full {
                self.full = true;
                self.trouble(at, "it holds more than 5000 commands");
            }
            return position;
        }
        let command = Command {
            position,
            inside: flow.inside,
            ..Command::default()
        };
        self.parsed.push(Parsed { at, command });
        position
    }

    fn finish(mut self) -> Split {
        for body in std::mem::take(&mut self.bodies) {
            let owner = usize::try_from(body.owner).ok();
            let parsed = owner.and_then(|owner| self.parsed.get_mut(owner));
            if let Some(parsed) = parsed
                && let Some(redirect) = parsed.command.redirects.get_mut(body.redirect)
            {
                redirect.target = body.word;
            }
        }
        Split {
            parsed: self.parsed,
            troubles: self.troubles,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    /// `position: words` with what feeds it and what it is inside of.
    fn told(text: &str) -> Vec<String> {
        let split = split(text);
        let lines = split.parsed.iter().map(|it| {
            let command = &it.command;
            let mut line = command.line();
            for (name, value) in command.variables.iter().rev() {
                line = format!("[{name}={}] {line}", value.text);
            }
            for redirect in &command.redirects {
                line = format!("{line} {}{}", redirect.operator, redirect.target.text);
            }
            if let Some(from) = command.fed_by {
                line = format!("{from}| {line}");
            }
            if let Some(into) = command.inside {
                line = format!("{line} @{into}");
            }
            if command.failure_ignored {
                line.push_str(" !");
            }
            line
        });
        let troubles = split.troubles.iter().map(|it| format!("? {}", it.why));
        lines.chain(troubles).collect()
    }

    #[test]
    fn lists_pipes_and_quotes() {
        assert_eq!(told("a 'b c' \"d $E\" f\\ g"), ["a b c d $E f g"]);
        assert_eq!(told("a; b && c | d & e"), ["a", "b", "c", "2| d", "e"]);
        assert_eq!(told("a \\\n  b # c\nd"), ["a b", "d"]);
        assert_eq!(told("X=1 Y='a b' cmd Z=2"), ["[X=1] [Y=a b] cmd Z=2"]);
        assert_eq!(told("X=(a 'b c'\n d)\ne"), ["[X=a b c d] ", "e"]);
        assert_eq!(told("a >out 2>&1 <in"), ["a >out 2>&1 <in"]);
        assert_eq!(told("a &>/dev/null|b"), ["a &>/dev/null", "0| b"]);
        assert_eq!(told("a\r\nb\r\n"), ["a", "b"]);
    }

    #[test]
    fn substitutions_are_commands_inside() {
        assert_eq!(
            told("bash <(curl -s x)"),
            ["bash <(curl -s x)", "curl -s x @0"]
        );
        assert_eq!(
            told("eval \"$(a | b)\""),
            ["eval $(a | b)", "a @0", "1| b @0"]
        );
        assert_eq!(told("x=`a b`; c"), ["[x=`a b`] ", "a b @0", "c"]);
        assert_eq!(
            told("echo $((1 + 2)) $(echo \")\")"),
            ["echo $((1 + 2)) $(echo \")\")", "echo ) @0"]
        );
        assert_eq!(told("a ${X:-$(b)} c"), ["a ${X:-$(b)} c", "b @0"]);
        assert_eq!(
            told("x=$(case a in b) c;; esac); d"),
            ["[x=$(case a in b) c;; esac)] ", "case a in @0", "c @0", "d"]
        );
    }

    #[test]
    fn blocks_are_what_stands_in_them() {
        assert_eq!(
            told("if a; then b; else c; fi | d"),
            ["a", "b", "c", "2| d"]
        );
        assert_eq!(
            told("for x in 1 2; do\n  a $x\ndone\nb"),
            ["for x in 1 2", "a $x", "b"]
        );
        assert_eq!(told("f() { a; b; }\nfunction g { c; }"), ["a", "b", "c"]);
        assert_eq!(
            told("case $X in\n a|b) c ;;\n *) d\nesac\ne"),
            ["case $X in", "c", "d", "e"]
        );
        assert_eq!(
            told("curl x | (a; b) | sh"),
            ["curl x", "0| a", "b", "2| sh"]
        );
        assert_eq!(
            told("[[ $a == b && -f c ]] && d"),
            ["[[ $a == b -f c ]]", "d"]
        );
        assert_eq!(
            told("for ((i=0;i<3;i++)); do a; done; b"),
            ["for", "a", "b"]
        );
    }

    #[test]
    fn ignored_failures_are_marked() {
        assert_eq!(told("a && b || true; c"), ["a !", "b !", "true", "c"]);
        assert_eq!(told("{ a; b; } || :"), ["a !", "b !", ":"]);
        assert_eq!(
            told("set +e\na\nset -e\nb"),
            ["set +e !", "a !", "set -e", "b"]
        );
        assert_eq!(told("a || exit 1"), ["a", "exit 1"]);
    }

    #[test]
    fn here_documents_belong_to_their_commands() {
        assert_eq!(
            told("cat <<EOF | sh\na $(b)\nEOF\nc"),
            ["cat <<a $(b)\n", "0| sh", "b @0", "c"]
        );
        assert_eq!(
            told("cat <<-'E'\n\ta $(b)\n\tE\nc"),
            ["cat <<-\ta $(b)\n", "c"]
        );
        assert_eq!(
            told("x=$(cat <<E\ntext\nE\n)\nc"),
            ["[x=$(cat <<E\ntext\nE\n)] ", "cat <<text\n @0", "c"]
        );
    }

    #[test]
    fn what_a_controller_pastes_stays_whole() {
        assert_eq!(told("a ${{ b || 'c d' }} e"), ["a ${{ b || 'c d' }} e"]);
        assert_eq!(
            told("a '${{ f('x') }}' \"$[[ inputs.y | z ]]\""),
            ["a ${{ f('x') }} $[[ inputs.y | z ]]"]
        );
        let split = split("a ${bamboo.secret.key} '$X' $Y");
        let words = &split.parsed[0].command.words;
        assert_eq!(words[1].variables, ["bamboo.secret.key"]);
        assert!(words[2].plain && !words[3].plain);
    }

    #[test]
    fn what_has_no_end_is_told_and_the_rest_is_read() {
        assert_eq!(
            told("echo it's\nb"),
            ["echo its", "b", "? a quotation mark has no end"]
        );
        assert_eq!(
            told("echo \"a\nb"),
            ["echo a", "b", "? a quotation mark has no end"]
        );
        assert_eq!(
            told("a $(b\nc"),
            ["a $(b\nc", "b @0", "c @0", "? a substitution has no end"]
        );
        assert_eq!(
            told("a ${b\nc"),
            ["a ${b", "c", "? an expansion has no end"]
        );
        assert_eq!(
            told("a )\nb"),
            ["a", "b", "? a parenthesis closes what was not opened"]
        );
    }
}
