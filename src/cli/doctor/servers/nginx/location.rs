//! The locations of a configuration, and what holds in each by inheritance.

use super::files::HOLE;
use super::syntax::Directive;

/// A location, with all that stands around it.
pub(super) struct Location<'a> {
    /// What stands in each level, the outermost first.
    levels: Vec<&'a [Directive]>,
    server: &'a [Directive],
    own: &'a Directive,
}

impl<'a> Location<'a> {
    /// Every location.
    pub(super) fn all(top: &'a [Directive]) -> Vec<Self> {
        let mut found = Vec::new();
        collect(&mut vec![top], &[], &mut found);
        found
    }

    /// The directives of this name that hold here: those of the innermost
    /// level that has any.
    pub(super) fn effective(&self, name: &str) -> Vec<&'a Directive> {
        let of_level = |level: &&'a [Directive]| named(level, name);
        let levels = self.levels.iter().rev().map(of_level);
        let mut levels = levels.filter(|found| !found.is_empty());
        levels.next().unwrap_or_default()
    }

    /// The first argument of the directive that holds here.
    pub(super) fn setting(&self, name: &str) -> Option<&'a str> {
        let last = self.effective(name).into_iter().next_back();
        last.map(|directive| directive.argument(0))
    }

    /// The directives of this name in the server around.
    pub(super) fn of_server(&self, name: &str) -> Vec<&'a Directive> {
        named(self.server, name)
    }

    /// What stands in the location itself.
    pub(super) fn own(&self) -> &'a [Directive] {
        self.own.inside()
    }

    /// Everything that stands in a level around or in the location.
    pub(super) fn around(&self) -> impl Iterator<Item = &'a Directive> {
        self.levels.iter().flat_map(|level| level.iter())
    }

    /// Where it begins.
    pub(super) fn place(&self) -> String {
        self.own.place.to_string()
    }

    /// Whether something that holds here could not be read.
    pub(super) fn has_hole(&self) -> bool {
        self.around().any(|one| one.name == HOLE)
    }

    /// The parameters that a FastCGI program gets.
    pub(super) fn parameters(&self) -> Vec<&'a Directive> {
        self.effective("fastcgi_param")
    }

    /// Whether the program is reached by FastCGI.
    pub(super) fn is_fastcgi(&self) -> bool {
        self.hands_on("fastcgi_pass")
    }

    /// Whether it hands to `git http-backend`.
    pub(super) fn is_git(&self) -> bool {
        let kinds = ["fastcgi", "scgi", "uwsgi"];
        kinds.into_iter().any(|kind| {
            let pass = format!("{kind}_pass");
            let parameters = self.effective(&format!("{kind}_param"));
            let paths = ["alias", "root"].map(|name| self.effective(name));
            let words = parameters.into_iter().chain(paths.into_iter().flatten());
            let mut words = words.chain(named(self.own(), &pass));
            self.hands_on(&pass)
                && words.any(|one| {
                    let is_root = one.argument(0) == "GIT_PROJECT_ROOT";
                    let is_git = |word: &String| word.contains("git-http-backend");
                    is_root || one.arguments.iter().any(is_git)
                })
        })
    }

    /// Whether no push comes this way: only what a fetch asks for fits.
    pub(super) fn is_for_fetch(&self) -> bool {
        let [modifier, pattern] = self.own.arguments.as_slice() else {
            return false;
        };
        modifier == "~" && pattern.ends_with("/git-upload-pack$") && !pattern.contains('|')
    }

    fn hands_on(&self, pass: &str) -> bool {
        let ifs = named(self.own(), "if").into_iter();
        let mut blocks = ifs.map(Directive::inside).chain([self.own()]);
        blocks.any(|block| !named(block, pass).is_empty())
    }
}

/// The directives of this name in a block, not in blocks inside of it.
pub(super) fn named<'a>(block: &'a [Directive], name: &str) -> Vec<&'a Directive> {
    block.iter().filter(|one| one.name == name).collect()
}

fn collect<'a>(
    levels: &mut Vec<&'a [Directive]>,
    server: &'a [Directive],
    found: &mut Vec<Location<'a>>,
) {
    let block = levels.last().copied().unwrap_or_default();
    for one in block {
        let server = match one.name.as_str() {
            "server" => one.inside(),
            "http" | "location" => server,
            _ => continue,
        };
        levels.push(one.inside());
        if one.name == "location" {
            let levels = levels.clone();
            found.push(Location {
                levels,
                server,
                own: one,
            });
        }
        collect(levels, server, found);
        levels.pop();
    }
}
