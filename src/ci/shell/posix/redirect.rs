//! Redirections and here-documents.

use super::{End, Parser};
use crate::model::build::{Command, Redirect, Word};

/// A here-document whose text begins at the next line.
pub(super) struct Pending {
    owner: u32,
    redirect: usize,
    delimiter: String,
    /// Whether tabs before its end do not count: `<<-`.
    tabs: bool,
    /// Whether nothing in it is expanded.
    quoted: bool,
}

/// The text of a here-document.
pub(super) struct Body {
    pub(super) owner: u32,
    pub(super) redirect: usize,
    pub(super) word: Word,
}

const OPERATORS: &[&str] = &[
    "<<<", "<<-", "<<", "<&", "<>", "<", ">>", ">&", ">|", ">", "&>>", "&>",
];

impl Parser<'_> {
    /// Whether a redirection begins here, perhaps with the number of its file.
    pub(super) fn is_redirect(&self) -> bool {
        self.redirect_operator().is_some()
    }

    fn redirect_operator(&self) -> Option<(usize, &'static str)> {
        let rest = self.rest();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let rest = &rest[digits..];
        let first = rest.first()?;
        if !matches!(first, b'<' | b'>' | b'&') || (*first == b'&' && digits > 0) {
            return None;
        }
        if digits == 0 && matches!(rest, [b'<' | b'>', b'(', ..]) {
            return None;
        }
        let fits = |operator: &&&str| rest.starts_with(operator.as_bytes());
        OPERATORS.iter().find(fits).map(|it| (digits, *it))
    }

    pub(super) fn redirect(&mut self, command: &mut Command, end: End, owner: u32) {
        let Some((digits, operator)) = self.redirect_operator() else {
            return;
        };
        let number = self.slice(self.at, self.at + digits).to_owned();
        self.at += digits + operator.len();
        self.skip_spaces();
        let start = self.at;
        let lexed = self.word(end, owner);
        let is_document = matches!(operator, "<<" | "<<-");
        if is_document {
            let raw = self.slice(start, self.at);
            let quoted = raw.contains(['\'', '"', '\\']);
            self.pending.push(Pending {
                owner,
                redirect: command.redirects.len(),
                delimiter: lexed.word.text.clone(),
                tabs: operator == "<<-",
                quoted,
            });
        }
        let number = match number.as_str() {
            "0" | "1" => "",
            other => other,
        };
        command.redirects.push(Redirect {
            operator: format!("{number}{operator}"),
            target: lexed.word,
        });
    }

    fn skip_spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// At the beginning of a line: reads the here-documents that begin here.
    pub(super) fn here_documents(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            let start = self.at;
            let Some((end, next)) = self.document_end(&pending) else {
                self.trouble(start.min(self.limit), "a here-document has no end");
                let end = self.limit;
                self.document(&pending, start, end);
                self.at = end;
                continue;
            };
            self.document(&pending, start, end);
            self.at = next;
        }
    }

    /// Where its text ends, and where the line behind its delimiter begins.
    fn document_end(&self, pending: &Pending) -> Option<(usize, usize)> {
        let mut at = self.at;
        while at < self.limit {
            let end = self.line_end(at);
            let line = self.slice(at, end);
            let line = line.strip_suffix('\r').unwrap_or(line);
            let line = if pending.tabs {
                line.trim_start_matches('\t')
            } else {
                line
            };
            if line == pending.delimiter {
                return Some((at, (end + 1).min(self.limit)));
            }
            at = end + 1;
        }
        None
    }

    fn document(&mut self, pending: &Pending, start: usize, end: usize) {
        let mut word = Word {
            plain: true,
            ..Word::default()
        };
        let limit = std::mem::replace(&mut self.limit, end);
        self.at = start;
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' if !pending.quoted => self.at += 2,
                b'$' if pending.quoted => {
                    if !self.pasted(&mut word) {
                        self.at += 1;
                    }
                }
                b'$' => self.dollar(&mut word, pending.owner),
                b'`' if !pending.quoted => self.backticks(&mut word, pending.owner),
                _ => self.at += 1,
            }
        }
        self.limit = limit;
        self.slice(start, end).clone_into(&mut word.text);
        self.bodies.push(Body {
            owner: pending.owner,
            redirect: pending.redirect,
            word,
        });
    }
}
