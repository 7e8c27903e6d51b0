//! The templates of what people read on a forge and in the browser: built in,
//! and each replaceable by an operator's file of the same name.
//!
//! A value that a template prints is escaped for the template's language by
//! default: HTML for `.html`, Markdown for `.md`.

use std::fs;
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, escape_formatter};
use serde::Serialize;

use super::markdown;

/// Most steps of a template, so that an operator's loop ends.
const FUEL: u64 = 20_000_000;

/// Name of the details page's template.
pub(super) const DETAILS: &str = "details.html";
/// Name of the check summary's template.
pub(super) const CHECK_SUMMARY: &str = "check_summary.md";

const EMBEDDED: [(&str, &str); 2] = [
    (DETAILS, include_str!("../../templates/details.html")),
    (
        CHECK_SUMMARY,
        include_str!("../../templates/check_summary.md"),
    ),
];

/// Why a report cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A template does not parse, or asks for what is not there.
    #[error("the template {name} fails: {reason}")]
    Template {
        /// Its name.
        name: String,
        /// What the template engine says, with the line.
        reason: String,
    },
    /// A file of the operator's folder cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// The file or folder.
        path: String,
        /// Why.
        reason: String,
    },
    /// A file of the operator's folder that replaces nothing.
    #[error("{path} replaces no template; the names are details.html and check_summary.md")]
    Unknown {
        /// The file.
        path: String,
    },
    /// The stored verdict has a version that this program does not read.
    #[error("the verdict has the schema {found}, and this program reads forgewarden/verdict/v1")]
    Version {
        /// The version found.
        found: String,
    },
    /// The stored verdict does not have the shape of its version.
    #[error("the verdict does not follow its schema: {0}")]
    Shape(String),
    /// A report does not fit its bound even without findings.
    #[error("the summary does not fit {limit} bytes even without findings")]
    TooLong {
        /// The bound.
        limit: usize,
    },
}

/// Parsed templates.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// The built-in templates.
    ///
    /// # Errors
    ///
    /// If a built-in template does not parse, which a test excludes.
    pub fn embedded() -> Result<Self, ReportError> {
        let mut environment = environment()?;
        for (name, source) in EMBEDDED {
            environment
                .add_template(name, source)
                .map_err(|error| failure(name, &error))?;
        }
        Ok(Self { environment })
    }

    /// The built-in templates, replaced by the files of the same name in a folder.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read, a file replaces nothing, or a template
    /// does not parse.
    pub fn with_overrides(folder: &Path) -> Result<Self, ReportError> {
        let unreadable = |path: &Path, error: &std::io::Error| ReportError::Unreadable {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        let mut templates = Self::embedded()?;
        let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
        for entry in entries {
            let path = entry.map_err(|error| unreadable(folder, &error))?.path();
            let known = EMBEDDED
                .iter()
                .find(|(name, _)| path.file_name().is_some_and(|own| own == *name));
            let Some((name, _)) = known else {
                return Err(ReportError::Unknown {
                    path: path.display().to_string(),
                });
            };
            let source = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
            templates
                .environment
                .add_template_owned(*name, source)
                .map_err(|error| failure(name, &error))?;
        }
        Ok(templates)
    }

    pub(super) fn render(&self, name: &str, view: impl Serialize) -> Result<String, ReportError> {
        let template = self.environment.get_template(name);
        template
            .and_then(|template| template.render(Serde(view)))
            .map_err(|error| failure(name, &error))
    }
}

fn environment() -> Result<Environment<'static>, ReportError> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build();
    environment.set_syntax(syntax.map_err(|error| failure("syntax", &error))?);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|name| match name.rsplit('.').next() {
        Some("md") => AutoEscape::Custom("markdown".into()),
        _ => AutoEscape::Html,
    });
    environment.set_formatter(|out, state, value| match state.auto_escape() {
        AutoEscape::Custom(_) if !value.is_safe() => {
            Ok(out.write_str(&markdown::escape(&value.to_string()))?)
        }
        AutoEscape::Custom(_) => Ok(out.write_str(&value.to_string())?),
        _ => escape_formatter(out, state, value),
    });
    environment.add_filter("code", |text: String| {
        minijinja::Value::from_safe_string(markdown::code(&text))
    });
    environment.add_filter("fenced", |lines: Vec<String>| {
        minijinja::Value::from_safe_string(markdown::fenced(&lines))
    });
    environment.add_filter("diff", |lines: Vec<String>| {
        minijinja::Value::from_safe_string(markdown::diff(&lines))
    });
    Ok(environment)
}

fn failure(name: &str, error: &minijinja::Error) -> ReportError {
    ReportError::Template {
        name: name.to_owned(),
        reason: format!("{error:#}"),
    }
}
