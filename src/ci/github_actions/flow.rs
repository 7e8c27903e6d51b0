//! Whose words a value is made of, one definition at a time: what `env`,
//! `inputs`, `matrix` and the outputs of steps stand for.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::contexts::{self, Context};
use super::expression::{Expr, Path, Piece, fold, parse, pieces};
use crate::model::build::{SecretName, TemplateSource};

/// Most texts that one value is known to take.
const MAX_TEXTS: usize = 32;
/// Longest text of which it is known.
const MAX_TEXT: usize = 4096;
/// Most origins that are kept of one value, the least trusted first.
const MAX_ORIGINS: usize = 32;

/// Where a part of a value comes from, if that is not the file itself or the forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    /// The expression, at its source.
    pub(super) expression: String,
    /// Who writes it.
    pub(super) by: TemplateSource,
    /// Whether it names what somebody proposes: a head, a merge of one.
    pub(super) proposed: bool,
}

/// What is known of a value before the run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Flow {
    /// The texts that it can be; `None` if only the run knows.
    pub(super) texts: Option<Vec<String>>,
    /// Whose words it holds.
    pub(super) origins: Vec<Origin>,
    /// The secrets that it holds.
    pub(super) secrets: Vec<SecretName>,
}

impl Flow {
    /// A value that is just this text.
    pub(super) fn text(text: &str) -> Self {
        Self {
            texts: Some(vec![text.to_owned()]),
            ..Self::default()
        }
    }

    /// A value that only the run knows, of somebody's words.
    pub(super) fn of(origin: Origin) -> Self {
        Self {
            origins: vec![origin],
            ..Self::default()
        }
    }

    /// Adds whose words another value holds.
    pub(super) fn take(&mut self, other: &Self) {
        for origin in &other.origins {
            if !self.origins.contains(origin) {
                self.origins.push(origin.clone());
            }
        }
        if self.origins.len() > MAX_ORIGINS {
            self.origins
                .sort_by_key(|origin| std::cmp::Reverse((origin.by, origin.proposed)));
            self.origins.truncate(MAX_ORIGINS);
        }
        for secret in &other.secrets {
            if self.secrets.len() < MAX_ORIGINS && !self.secrets.contains(secret) {
                self.secrets.push(secret.clone());
            }
        }
    }

    /// The origin that names what somebody proposes.
    pub(super) fn proposed(&self) -> Option<&Origin> {
        self.origins.iter().find(|origin| origin.proposed)
    }

    /// The least trusted origin.
    pub(super) fn worst(&self) -> Option<&Origin> {
        let mut worst: Option<&Origin> = None;
        for origin in &self.origins {
            if worst.is_none_or(|known| known.by < origin.by) {
                worst = Some(origin);
            }
        }
        worst
    }

    /// Makes it one of two values.
    pub(super) fn or(&mut self, other: Self) {
        self.take(&other);
        let both = self.texts.take().zip(other.texts);
        self.texts = both.and_then(|(mut all, more)| {
            all.extend(more);
            all.dedup();
            (all.len() <= MAX_TEXTS).then_some(all)
        });
    }

    fn then(&mut self, other: &Self) {
        self.take(other);
        let both = self.texts.take().zip(other.texts.as_ref());
        self.texts = both.and_then(|(all, more)| product(&all, more));
    }
}

fn product(all: &[String], more: &[String]) -> Option<Vec<String>> {
    let longest = |texts: &[String]| texts.iter().map(String::len).max().unwrap_or_default();
    if all.len() * more.len() > MAX_TEXTS || longest(all) + longest(more) > MAX_TEXT {
        return None;
    }
    let mut joined = Vec::with_capacity(all.len() * more.len());
    for one in all {
        joined.extend(more.iter().map(|other| format!("{one}{other}")));
    }
    Some(joined)
}

/// Names with their values.
pub(super) type Values = BTreeMap<String, Flow>;

/// What names stand for at one place of a job.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// `env`, the nearest last.
    pub(super) env: Vec<Rc<Values>>,
    /// `inputs`, in lower case: what the caller gave, if the caller is known.
    pub(super) inputs: Rc<Values>,
    /// Whether a caller is known, so that other inputs are empty.
    pub(super) called: bool,
    /// `secrets` in lower case, if a caller names each.
    pub(super) secrets: Option<Rc<Values>>,
    /// `matrix`: by the names behind it, with dots, in lower case.
    pub(super) matrix: Rc<Values>,
    /// `matrix`, if it is made during the run.
    pub(super) made_matrix: Option<Rc<Flow>>,
    /// Outputs, in lower case: of steps by `id` or `id.name`, of jobs by `needs.id.name`.
    pub(super) outputs: Values,
    /// What earlier steps wrote into the environment.
    pub(super) written_env: Flow,
    /// Whether whoever pushes any branch starts the job.
    pub(super) any_branch: bool,
    /// What stands before the slots of steps: empty in the entry file.
    pub(super) prefix: String,
    /// The shell of scripts that name none.
    pub(super) shell: Option<String>,
    /// Whether it runs on Windows.
    pub(super) windows: bool,
    /// How many workflows call one another on the way here.
    pub(super) calls: usize,
}

impl Scope {
    /// What a text is made of.
    pub(super) fn flow(&self, text: &str) -> Flow {
        let mut flow = Flow::text("");
        for piece in pieces(text) {
            match piece {
                Piece::Text(part) => flow.then(&Flow::text(part)),
                Piece::Expression(inner, _) => flow.then(&self.of_expr(&parse(inner))),
            }
        }
        if contexts::names_proposal(text) {
            flow.take(&Flow::of(Origin {
                expression: fold(text),
                by: TemplateSource::Fixed,
                proposed: true,
            }));
        }
        flow
    }

    /// What an expression's value is made of.
    pub(super) fn of_expr(&self, expr: &Expr) -> Flow {
        let mut all: Option<Flow> = None;
        for value in expr.values() {
            let flow = match value {
                Expr::Path(path) => self.of_path(path),
                Expr::Literal(text) => Flow::text(text),
                _ => Flow::default(),
            };
            match &mut all {
                None => all = Some(flow),
                Some(known) => known.or(flow),
            }
        }
        let mut flow = all.unwrap_or_default();
        if !expr.is_choice() {
            flow.texts = None;
        }
        flow
    }

    /// What a context's value is made of.
    pub(super) fn of_path(&self, path: &Path) -> Flow {
        let lower = |at: usize| path.name(at).map(str::to_ascii_lowercase);
        match contexts::of(path, self.any_branch) {
            Context::Env(name) => self.of_env(&name),
            Context::Input(name) => self.of_input(&name, path),
            Context::Secret(name) => self.of_secret(name),
            Context::Matrix => self.of_matrix(path),
            Context::Output => {
                let of_job = !path.is_of("steps");
                let id = lower(1).unwrap_or_default();
                let key = if of_job { format!("needs.{id}") } else { id };
                let name = lower(path.names.len().saturating_sub(1)).unwrap_or_default();
                let known = self.outputs.get(&format!("{key}.{name}"));
                let known = known.or_else(|| self.outputs.get(&key)).cloned();
                let mut flow = known.unwrap_or_default();
                let proposed = contexts::is_name_of_proposal(&name) || flow.proposed().is_some();
                let expression = match flow.proposed() {
                    Some(origin) => origin.expression.clone(),
                    None => path.names.join("."),
                };
                flow.take(&Flow::of(Origin {
                    expression,
                    by: TemplateSource::Step,
                    proposed,
                }));
                flow.texts = None;
                flow
            }
            Context::Other(None) => Flow::default(),
            Context::Other(Some(origin)) => Flow::of(origin),
        }
    }

    fn of_env(&self, name: &str) -> Flow {
        let is_it = |known: &&String| known.eq_ignore_ascii_case(name);
        for layer in self.env.iter().rev() {
            if let Some(flow) = layer.get(name) {
                return flow.clone();
            }
            if let Some(found) = layer.keys().find(is_it) {
                return layer.get(found).cloned().unwrap_or_default();
            }
        }
        let mut flow = self.written_env.clone();
        flow.take(&Flow::of(Origin {
            expression: format!("env.{name}"),
            by: TemplateSource::Step,
            proposed: false,
        }));
        flow.texts = None;
        flow
    }

    fn of_input(&self, name: &str, path: &Path) -> Flow {
        if let Some(flow) = self.inputs.get(&name.to_ascii_lowercase()) {
            return flow.clone();
        }
        if self.called && name != "*" {
            return Flow::text("");
        }
        Flow::of(Origin {
            expression: path.names.join("."),
            by: TemplateSource::Caller,
            proposed: false,
        })
    }

    fn of_secret(&self, name: SecretName) -> Flow {
        if let (Some(given), SecretName::Named(own)) = (&self.secrets, &name)
            && !own.eq_ignore_ascii_case("GITHUB_TOKEN")
        {
            return given
                .get(&own.to_ascii_lowercase())
                .cloned()
                .unwrap_or_default();
        }
        Flow {
            secrets: vec![name],
            ..Flow::default()
        }
    }

    fn of_matrix(&self, path: &Path) -> Flow {
        let name = path.names[1..].join(".").to_ascii_lowercase();
        match (self.matrix.get(&name), &self.made_matrix) {
            (Some(flow), _) => flow.clone(),
            (None, Some(made)) => Flow {
                texts: None,
                ..Flow::clone(made)
            },
            (None, None) => Flow::text(""),
        }
    }

    /// The text with every expression written out whose value is known and fits on its line.
    pub(super) fn written_out(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for piece in pieces(text) {
            let Piece::Expression(inner, _) = piece else {
                if let Piece::Text(part) = piece {
                    out.push_str(part);
                }
                continue;
            };
            let flow = self.of_expr(&parse(inner));
            match flow.texts.as_deref() {
                Some([one]) if !one.contains(['\n', '\r']) => out.push_str(one),
                _ => {
                    out.push_str("${{");
                    out.push_str(inner);
                    out.push_str("}}");
                }
            }
        }
        out
    }
}
