//! What an entry file pulls in from its own tree, file by file, within bounds.

use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};

use super::files::{Content, Files, MAX_CLOSURE_DEPTH, MAX_CLOSURE_FILES};
use super::text::MAX_FILE_BYTES;
use crate::model::build::{Destination, Edge, Spot, Unresolved, UnresolvedKind};
use crate::model::text::escape;

/// Most symbolic links that are followed from one path.
const MAX_LINKS: usize = 8;

/// A file of the same tree.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    /// Its path, links followed.
    pub(crate) path: Arc<BString>,
    /// What stands in it.
    pub(crate) content: Arc<[u8]>,
}

/// Reads what an entry file names, and keeps account of it.
pub(crate) struct Closure<'a> {
    files: &'a mut dyn Files,
    edges: Vec<Edge>,
    opened: usize,
}

impl<'a> Closure<'a> {
    /// Nothing read yet.
    pub(crate) fn new(files: &'a mut dyn Files) -> Self {
        Self {
            files,
            edges: Vec::new(),
            opened: 0,
        }
    }

    /// What was named, in the order of asking.
    pub(crate) fn into_edges(self) -> Vec<Edge> {
        self.edges
    }

    /// Opens a file by its path from the root; `./` and `..` are followed.
    /// `depth` counts the files from the entry (0) that led here.
    ///
    /// # Errors
    /// Why there is no file to read; the caller makes an item of it.
    pub(crate) fn open(
        &mut self,
        named_at: &Spot,
        how: &'static str,
        path: &BStr,
        depth: usize,
    ) -> Result<Opened, Unresolved> {
        let found = self.find(path, depth);
        let to = match &found {
            Ok(opened) => Destination::File(opened.path.clone()),
            Err(_) => Destination::Missing(path.to_owned()),
        };
        self.note(named_at, how, to);
        found.map_err(|why| Unresolved {
            kind: UnresolvedKind::Include,
            text: escape_bytes(path),
            why,
        })
    }

    /// Notes that something of another repository or server is named.
    pub(crate) fn elsewhere(&mut self, named_at: &Spot, how: &'static str, what: &str) {
        self.note(named_at, how, Destination::Elsewhere(what.to_owned()));
    }

    /// Notes something that only the run itself knows.
    pub(crate) fn dynamic(&mut self, named_at: &Spot, how: &'static str, what: &str) {
        self.note(named_at, how, Destination::Dynamic(what.to_owned()));
    }

    /// Whether a file stands at a path, without reading it into the account.
    pub(crate) fn has(&mut self, path: &BStr) -> bool {
        self.find(path, 0).is_ok()
    }

    /// The files below a folder, sorted.
    ///
    /// # Errors
    /// Why they cannot be told in full, as a clause.
    pub(crate) fn list(&mut self, folder: &BStr) -> Result<Vec<BString>, String> {
        self.files.list(folder)
    }

    fn note(&mut self, named_at: &Spot, how: &'static str, to: Destination) {
        self.edges.push(Edge {
            spot: named_at.clone(),
            how,
            to,
        });
    }

    fn find(&mut self, path: &BStr, depth: usize) -> Result<Opened, String> {
        if depth > MAX_CLOSURE_DEPTH {
            return Err(format!("it is more than {MAX_CLOSURE_DEPTH} files deep"));
        }
        if self.opened >= MAX_CLOSURE_FILES {
            return Err(format!("more than {MAX_CLOSURE_FILES} files are pulled in"));
        }
        let mut path = normal(BStr::new(""), path).ok_or("it leads out of the repository")?;
        for _ in 0..=MAX_LINKS {
            match self.files.read(path.as_bstr()) {
                Content::File(content) if content.len() > MAX_FILE_BYTES => {
                    return Err(format!("it is larger than {MAX_FILE_BYTES} bytes"));
                }
                Content::File(content) => {
                    self.opened += 1;
                    let path = Arc::new(path);
                    return Ok(Opened { path, content });
                }
                Content::Nothing => return Err("there is no such file".to_owned()),
                Content::Submodule => return Err("it lies in a submodule".to_owned()),
                Content::Unreadable(why) => return Err(why),
                Content::Link(target) => {
                    let folder = path.rfind_byte(b'/').map_or(&b""[..], |end| &path[..end]);
                    path = normal(folder.as_bstr(), target.as_bstr())
                        .ok_or("a symbolic link leads out of the repository")?;
                }
            }
        }
        Err("symbolic links lead in a circle".to_owned())
    }
}

/// A path from the root, `.` and `..` resolved against a folder; `None` if it
/// leaves the root or is absolute.
pub(crate) fn normal(folder: &BStr, path: &BStr) -> Option<BString> {
    if path.starts_with(b"/") {
        return None;
    }
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in folder.split_str("/").chain(path.split_str("/")) {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join(&b'/').into())
}

fn escape_bytes(path: &BStr) -> String {
    escape(path)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bstr::BStr;

    use super::{Closure, normal};
    use crate::ci::{Content, MemoryFiles};
    use crate::model::build::Spot;

    #[test]
    fn paths_stay_in_the_tree() {
        let at = |folder: &str, path: &str| normal(BStr::new(folder), BStr::new(path));
        assert_eq!(at("", "./a//b"), Some("a/b".into()));
        assert_eq!(at("a/b", "../c"), Some("a/c".into()));
        assert_eq!(at("a", "../../c"), None);
        assert_eq!(at("a", "/etc/passwd"), None);
    }

    #[test]
    fn links_are_followed_inside_the_tree_only() {
        let mut tree = MemoryFiles::default().with("real.sh", "echo");
        for (path, target) in [("a/l", "../real.sh"), ("out", "../x"), ("loop", "loop")] {
            tree.0.insert(path.into(), Content::Link(target.into()));
        }
        let path = Arc::new("ci.yml".into());
        let spot = Spot {
            path,
            line: 1,
            column: 1,
        };
        let mut closure = Closure::new(&mut tree);
        let mut open = |path: &str| closure.open(&spot, "script", BStr::new(path), 1);
        assert_eq!(open("a/l").expect("a file").path.as_slice(), b"real.sh");
        assert!(open("out").expect_err("outside").why.contains("leads out"));
        assert!(open("loop").expect_err("a circle").why.contains("circle"));
        assert!(
            open("none")
                .expect_err("nothing")
                .why
                .contains("no such file")
        );
    }
}
