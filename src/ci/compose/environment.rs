//! Variables of services and builds: what stands in clear, which secrets they
//! hold, which engine they talk to.

use std::collections::{BTreeMap, BTreeSet};

use crate::ci::expand::expand;
use crate::ci::host;
use crate::ci::notes::Notes;
use crate::ci::secret::{has_login, is_literal, is_secret_name};
use crate::ci::secret_words::cloud;
use crate::ci::yaml::tree::{Node, Value};
use crate::model::build::{CloudKey, Lifetime, Literal, SecretName, SecretUse, Setting, What};

/// The values of the file `.env`.
#[derive(Debug, Clone, Default)]
pub(super) struct DotEnv(pub(super) BTreeMap<String, String>);

impl DotEnv {
    /// Reads `NAME=value` lines.
    pub(super) fn parse(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| {
            let line = line.trim();
            let line = line.strip_prefix("export ").unwrap_or(line);
            let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
            let value = value.trim().trim_matches(['"', '\'']);
            Some((name.trim().to_owned(), value.to_owned()))
        });
        Self(pairs.collect())
    }

    /// A text with its variables, as far as they are known.
    pub(super) fn expand(&self, text: &str) -> Option<String> {
        let marked = text.replace("$$", "\u{0}");
        let full = expand(&marked, &|name| self.0.get(name).cloned())?;
        Some(full.replace('\u{0}', "$"))
    }

    /// A text with its variables; as it is written if they are not known.
    pub(super) fn or_written(&self, text: &str) -> String {
        self.expand(text).unwrap_or_else(|| text.to_owned())
    }
}

/// Names and values of a list `NAME=value` or a mapping. The value is `None`
/// where it comes from the shell that starts Compose.
pub(super) fn pairs(node: &Node) -> Vec<(&Node, String, Option<String>)> {
    match &node.value {
        Value::Map(_) => {
            let all = node.pairs().into_iter();
            let named = all.filter_map(|(key, value)| {
                let written = value.text().filter(|_| !value.is_null());
                Some((value, key.text()?.to_owned(), written.map(str::to_owned)))
            });
            named.collect()
        }
        _ => {
            let all = node.items().iter().filter_map(|item| {
                let text = item.text()?;
                Some(match text.split_once('=') {
                    Some((name, value)) => (&**item, name.to_owned(), Some(value.to_owned())),
                    None => (&**item, text.to_owned(), None),
                })
            });
            all.collect()
        }
    }
}

/// `environment` of a service. Variables that `seen` holds are overridden.
pub(super) fn read(
    notes: &mut Notes<'_>,
    node: &Node,
    dot_env: &DotEnv,
    seen: &mut BTreeSet<String>,
) {
    for (at, name, written) in pairs(node) {
        if !seen.insert(format!("environment/{name}")) {
            continue;
        }
        let slot = format!("environment/{name}");
        let text = written.clone().unwrap_or_default();
        let known = dot_env.or_written(&text);
        if let Some(privilege) = written
            .as_ref()
            .and_then(|_| host::engine_variable(&name, &known))
        {
            notes.at(at, slot.clone(), What::Privilege(privilege));
        }
        let clear = is_secret_name(&name) && is_literal(&text);
        if clear || has_login(&text) {
            notes.at(
                at,
                slot.clone(),
                What::Literal(Literal { name: name.clone() }),
            );
        }
        let from = match &written {
            None if is_secret_name(&name) => Some(name.clone()),
            Some(text) => variables(text).find(|it| is_secret_name(it) || is_secret_name(&name)),
            None => None,
        };
        if let (Some(_), Some(cloud)) = (&from, cloud(&name)) {
            let key = CloudKey {
                cloud,
                name: name.clone(),
            };
            notes.at(at, slot.clone(), What::CloudKey(key));
        }
        if let Some(from) = from {
            let secret = SecretUse {
                name: SecretName::Named(from),
                lifetime: Lifetime::Lasting,
                variable: Some(name),
            };
            notes.at(at, slot, What::Secret(secret));
        }
    }
}

/// The names of the variables in a text.
fn variables(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split('$').skip(1).filter_map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let name = &rest[..end.unwrap_or(rest.len())];
        (!name.is_empty()).then(|| name.to_owned())
    })
}

/// `args` of a build: they stay in the image's history.
pub(super) fn build_arguments(notes: &mut Notes<'_>, node: &Node) {
    for (at, name, written) in pairs(node) {
        if !is_secret_name(&name) {
            continue;
        }
        let what = match written {
            Some(text) if is_literal(&text) => What::Literal(Literal { name: name.clone() }),
            _ => What::Setting(Setting {
                name: "docker.secret-argument".to_owned(),
                value: name.clone(),
            }),
        };
        notes.at(at, format!("build/args/{name}"), what);
    }
}
