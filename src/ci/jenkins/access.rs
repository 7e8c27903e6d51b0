//! Who may do what on a controller, as its configuration says.
//! <https://plugins.jenkins.io/matrix-auth/>, <https://plugins.jenkins.io/role-strategy/>

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bstr::BString;

use crate::ci::yaml::tree::Node;
use crate::model::build::{AccessGrant, Item, Spot, What};

/// Reads an `authorizationStrategy`.
pub(super) fn read(path: &Arc<BString>, strategy: &Node) -> Vec<Item> {
    let mut grants = Grants::default();
    if strategy.text() == Some("unsecured") || strategy.get("unsecured").is_some() {
        grants.add("anonymous", "*", strategy);
    }
    if let Some(own) = strategy.get("loggedInUsersCanDoAnything") {
        grants.add("authenticated", "*", own);
        // Jenkins' own default is true.
        if own.get("allowAnonymousRead").is_none_or(Node::is_true) {
            grants.add("anonymous", "Overall/Read", own);
        }
    }
    if strategy.text() == Some("loggedInUsersCanDoAnything") {
        grants.add("authenticated", "*", strategy);
    }
    for key in ["globalMatrix", "projectMatrix"] {
        if let Some(matrix) = strategy.get(key) {
            matrix_of(matrix, &mut grants);
        }
    }
    if let Some(roles) = strategy.at(&["roleBased", "roles"]) {
        for (kind, list) in roles.pairs() {
            for role in list.items() {
                role_of(kind.text().unwrap_or_default(), role, &mut grants);
            }
        }
    }
    grants.into_items(path)
}

#[derive(Default)]
struct Grants(BTreeMap<(String, String), (BTreeSet<String>, u32)>);

impl Grants {
    fn add(&mut self, subject: &str, verb: &str, at: &Node) {
        self.within(("the controller", subject), verb, at);
    }

    fn within(&mut self, (within, subject): (&str, &str), verb: &str, at: &Node) {
        let key = (within.to_owned(), subject.to_owned());
        let (verbs, _) = self
            .0
            .entry(key)
            .or_insert_with(|| (BTreeSet::new(), at.line));
        verbs.insert(verb.to_owned());
    }

    fn into_items(self, path: &Arc<BString>) -> Vec<Item> {
        let all = self
            .0
            .into_iter()
            .map(|((within, subject), (verbs, line))| {
                let spot = Spot {
                    path: path.clone(),
                    line,
                    column: 1,
                };
                let slot = format!("access/{within}/{subject}");
                let grant = AccessGrant {
                    subject,
                    verbs,
                    resources: BTreeSet::from(["jenkins".to_owned()]),
                    within,
                };
                Item::of(&slot, spot, What::Access(grant))
            });
        all.collect()
    }
}

/// `permissions: ["Overall/Administer:alice"]`, `["USER:Overall/Administer:alice"]`,
/// `entries: [{user: {name, permissions}}]`.
fn matrix_of(matrix: &Node, grants: &mut Grants) {
    for permission in matrix
        .get("permissions")
        .map(Node::items)
        .unwrap_or_default()
    {
        let text = permission.text().unwrap_or_default();
        let text = text
            .strip_prefix("USER:")
            .or(text.strip_prefix("GROUP:"))
            .unwrap_or(text);
        if let Some((verb, subject)) = text.split_once(':') {
            grants.add(subject, verb, permission);
        }
    }
    for entry in matrix.get("entries").map(Node::items).unwrap_or_default() {
        for (_, who) in entry.pairs() {
            let name = who.text_of("name").unwrap_or_default();
            for verb in who.get("permissions").map(Node::items).unwrap_or_default() {
                grants.add(name, verb.text().unwrap_or_default(), verb);
            }
        }
    }
}

fn role_of(kind: &str, role: &Node, grants: &mut Grants) {
    let pattern = role.text_of("pattern").filter(|_| kind != "global");
    let within = pattern.map_or_else(
        || "the controller".to_owned(),
        |pattern| format!("{kind} {pattern}"),
    );
    let mut subjects: Vec<(String, &Node)> = Vec::new();
    for one in role.get("assignments").map(Node::items).unwrap_or_default() {
        subjects.push((one.text().unwrap_or_default().to_owned(), one));
    }
    for entry in role.get("entries").map(Node::items).unwrap_or_default() {
        for (_, who) in entry.pairs() {
            subjects.push((who.text().unwrap_or_default().to_owned(), who));
        }
    }
    for (subject, at) in &subjects {
        for verb in role.get("permissions").map(Node::items).unwrap_or_default() {
            grants.within((&within, subject), verb.text().unwrap_or_default(), at);
        }
    }
}
