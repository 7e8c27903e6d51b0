//! What a command means for the build environment: one file per topic. Each
//! topic looks at one command at a time, with the variables that the script
//! has set to a literal text before.

mod checkout;
mod cloud;
mod cluster;
mod container;
mod copy;
mod guard;
mod guards;
mod host;
mod image_build;
mod literal;
mod login;
mod mounts;
mod packages;
mod setting;
mod variables;

pub(super) use variables::Variables;

use crate::ci::image;
use crate::model::build::{
    Command, ImageName, ImageRole, ImageUse, Privilege, Target, TargetKind, What, Word,
};

/// A command, and what is known around it.
pub(super) struct Context<'a> {
    pub(super) command: &'a Command,
    /// What the script has set.
    pub(super) variables: &'a Variables,
    /// The command whose output it reads.
    pub(super) feeding: Option<&'a Command>,
    /// The commands whose output stands in its words.
    pub(super) within: Vec<&'a Command>,
    /// What it means.
    pub(super) means: Vec<What>,
    /// Files of the tree that it reads, and how people say it.
    pub(super) reads: Vec<(&'static str, String)>,
}

const TOPICS: &[fn(&mut Context<'_>)] = &[
    login::read,
    container::read,
    copy::read,
    cluster::read,
    cloud::read,
    host::read,
    guard::read,
    checkout::read,
    packages::read,
    literal::read,
    setting::read,
];

impl Context<'_> {
    /// Fills in what the command means.
    pub(super) fn understand(&mut self) {
        for topic in TOPICS {
            topic(self);
        }
    }

    fn privilege(&mut self, privilege: Privilege) {
        self.means.push(What::Privilege(privilege));
    }

    fn target(&mut self, kind: TargetKind, name: &str) {
        let name = self.variables.fill(name);
        let name = name.trim();
        if !name.is_empty() {
            let name = name.to_owned();
            self.means.push(What::Target(Target { kind, name }));
        }
    }

    fn image(&mut self, role: ImageRole, text: &str) {
        let text = self.variables.fill(text);
        let value = |name: &str| self.variables.value(name);
        if let Some(image) = image::parse(&text, &value) {
            self.means.push(What::Image(ImageUse { role, image }));
        }
    }

    /// An image that is certainly named, whatever it is.
    fn unknown_image(&mut self, role: ImageRole, text: &str) {
        let image = ImageName::Unresolved(text.to_owned());
        self.means.push(What::Image(ImageUse { role, image }));
    }
}

/// The arguments that are no options, `valued` ones with their values skipped.
fn positional<'a>(words: &'a [Word], valued: &[&str]) -> Vec<&'a Word> {
    let mut all = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if text == "--" {
            all.extend(words);
            break;
        }
        if !text.starts_with('-') || text == "-" {
            all.push(word);
        } else if valued.contains(&text) {
            words.next();
        }
    }
    all
}

/// Names that are set by a command: `X=1 cmd`, `export X=1`, `set X=1`.
fn assignments(command: &Command) -> Vec<(String, Word)> {
    let mut all = command.variables.clone();
    let sets = ["export", "declare", "local", "readonly", "typeset", "setx"];
    if sets.contains(&command.program()) {
        for word in command.arguments() {
            if let Some((name, value)) = word.text.split_once('=')
                && !name.starts_with('-')
            {
                let value = Word {
                    text: value.to_owned(),
                    ..word.clone()
                };
                all.push((name.to_owned(), value));
            }
        }
    }
    all
}
