//! Simple shell commands, as a shell would split them. What only the run
//! knows stays as it is written.

/// A simple command: a program with its arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// The script of the job that it stands in, counted from 0.
    pub script: u32,
    /// Its position in the script, counted from 0.
    pub position: u32,
    /// The program, then its arguments. Empty for an assignment that stands alone.
    pub words: Vec<Word>,
    /// Assignments before the program.
    pub variables: Vec<(String, Word)>,
    /// Redirections.
    pub redirects: Vec<Redirect>,
    /// The position of the command whose output it reads from a pipe.
    pub fed_by: Option<u32>,
    /// The position of the command that takes its output as an argument, a
    /// file or code: `bash <(…)`, `eval "$(…)"`.
    pub inside: Option<u32>,
    /// Whether its failure is ignored: `|| true`, `set +e`.
    pub failure_ignored: bool,
}

/// One word of a command, quotes removed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Word {
    /// The text; expansions stay as written: `$X`, `${X}`, `$(…)`, `${{ … }}`.
    pub text: String,
    /// The variables that it expands: `X`.
    pub variables: Vec<String>,
    /// Whether it is known as it stands: it expands nothing.
    pub plain: bool,
}

/// A redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// `>`, `>>`, `<`, `<<` (here-document), `<<<`, …
    pub operator: String,
    /// The file, or the text of a here-document.
    pub target: Word,
}

impl Command {
    /// The program's own name without its folder: `docker` of `/usr/bin/docker`.
    pub fn program(&self) -> &str {
        let first = self.words.first().map_or("", |word| &word.text);
        first.rsplit('/').next().unwrap_or(first)
    }

    /// The arguments behind the program.
    pub fn arguments(&self) -> &[Word] {
        self.words.get(1..).unwrap_or_default()
    }

    /// The value of an option in any of its spellings: `--name value`,
    /// `--name=value`, `-n value`, `-nvalue`.
    pub fn option(&self, names: &[&str]) -> Option<&str> {
        self.options(names).into_iter().next()
    }

    /// Every value of an option that may stand several times.
    pub fn options(&self, names: &[&str]) -> Vec<&str> {
        let words = self.arguments();
        let value = |at: usize, name: &str| {
            let rest = words[at].text.strip_prefix(name)?;
            if rest.is_empty() {
                return words.get(at + 1).map(|next| next.text.as_str());
            }
            let joined = !name.starts_with("--") && name.len() == 2;
            rest.strip_prefix('=').or(joined.then_some(rest))
        };
        (0..words.len())
            .filter_map(|at| names.iter().find_map(|name| value(at, name)))
            .collect()
    }

    /// Whether a flag stands there, alone or, if it is short, among others: `-v` in `-xvf`.
    pub fn has_flag(&self, flag: &str) -> bool {
        let short = flag
            .strip_prefix('-')
            .filter(|rest| !rest.starts_with('-') && rest.len() == 1);
        self.arguments().iter().any(|word| {
            word.text == flag
                || short.is_some_and(|letter| {
                    let letters = word.text.strip_prefix('-');
                    letters.is_some_and(|letters| {
                        !letters.starts_with('-') && letters.contains(letter)
                    })
                })
        })
    }

    /// The command as one line, for messages and for identity.
    pub fn line(&self) -> String {
        let words: Vec<_> = self.words.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    }
}
