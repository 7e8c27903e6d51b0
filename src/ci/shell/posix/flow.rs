//! What a list of commands keeps in mind: pipes, chains, blocks and `set +e`.

/// What was opened and is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    /// `(`.
    Parenthesis,
    /// `case`.
    Case,
    /// `if`, `for`, `while`, `{`, …
    Other,
}

/// The state of one list.
pub(super) struct Flow {
    /// The command that takes the list's output.
    pub(super) inside: Option<u32>,
    /// The last command that was finished in this list.
    pub(super) last: Option<u32>,
    /// The command whose output the next one reads.
    pub(super) feed: Option<u32>,
    /// Where the present chain of `&&` and `||` begins.
    pub(super) chain: usize,
    /// Whether `set +e` holds.
    pub(super) ignoring: bool,
    open: Vec<(Block, usize)>,
}

impl Flow {
    pub(super) fn new(inside: Option<u32>, chain: usize) -> Self {
        Self {
            inside,
            last: None,
            feed: None,
            chain,
            ignoring: false,
            open: Vec::new(),
        }
    }

    pub(super) fn in_parenthesis(&self) -> bool {
        let mut open = self.open.iter().rev();
        open.any(|(block, _)| *block == Block::Parenthesis)
    }

    pub(super) fn in_case(&self) -> bool {
        self.open.iter().any(|(block, _)| *block == Block::Case)
    }

    pub(super) fn open(&mut self, block: Block) {
        self.open.push((block, self.chain));
    }

    /// Closes the innermost block of this kind, with what was left open in it.
    pub(super) fn close(&mut self, block: Block) {
        let at = self.open.iter().rposition(|(open, _)| *open == block);
        if let Some(at) = at {
            self.chain = self.open[at].1;
            self.open.truncate(at);
        }
    }
}
