//! The results of other scanners, from SARIF 2.1.0 (OASIS). Knows the format
//! and nothing of what a result means.
//!
//! What a scanner was told to look away from counts: a suppression can come
//! with the change. A run that failed is an error, since what it would have
//! found is not known.

mod form;
mod words;

use std::borrow::Cow;
use std::collections::BTreeSet;

use bstr::BString;

use crate::model::imported::ForeignResult;
use crate::model::text::excerpt;
use form::{FileLocation, Invocation, Log, Rule, Run, SarifResult};
use words::{MAX_TEXT, bounded, decoded, identity, severity};

/// Largest file that is read, in bytes.
pub const MAX_SARIF_BYTES: u64 = 32 << 20;

/// Most results of one file.
pub const MAX_SARIF_RESULTS: usize = 50_000;

/// The results of one file, and the scanners that ran, found something or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SarifLog {
    /// The scanners.
    pub tools: BTreeSet<String>,
    /// What they found, in the order of the file.
    pub results: Vec<ForeignResult>,
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SarifError {
    /// It is over a bound.
    #[error("{what} is over the bound of {limit}")]
    OverBound {
        /// What.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
    /// It is not JSON of this form.
    #[error("it is not SARIF: {0}")]
    Form(#[from] serde_json::Error),
    /// It has another version.
    #[error("its version is {0}, and only 2.1.0 is read")]
    Version(String),
    /// A scanner did not finish.
    #[error("{0} says that its run did not succeed: run it again")]
    Failed(String),
}

/// Reads the bytes of a file.
///
/// # Errors
/// It is no SARIF 2.1.0, is over a bound, or tells of a run that failed.
pub fn read(bytes: &[u8]) -> Result<SarifLog, SarifError> {
    let limit = MAX_SARIF_BYTES;
    if bytes.len() as u64 > limit {
        let what = "the size in bytes";
        return Err(SarifError::OverBound { what, limit });
    }
    let log: Log<'_> = serde_json::from_slice(bytes)?;
    if log.version != "2.1.0" {
        return Err(SarifError::Version(excerpt(log.version.as_bytes(), 20)));
    }
    let mut out = SarifLog::default();
    for run in &log.runs {
        run.read(&mut out)?;
    }
    Ok(out)
}

impl Run<'_> {
    fn read(&self, out: &mut SarifLog) -> Result<(), SarifError> {
        let tool = bounded(&self.tool.driver.name);
        let failed = |it: &Invocation| it.execution_successful == Some(false);
        if self.invocations.iter().any(failed) {
            return Err(SarifError::Failed(excerpt(&tool, 60)));
        }
        out.tools.insert(tool.clone());
        let results = self.results.iter().flatten();
        for result in results.filter(|result| result.is_problem()) {
            if out.results.len() >= MAX_SARIF_RESULTS {
                let (what, limit) = ("the number of results", MAX_SARIF_RESULTS as u64);
                return Err(SarifError::OverBound { what, limit });
            }
            out.results.push(self.result(&tool, result));
        }
        Ok(())
    }

    fn result(&self, tool: &str, result: &SarifResult<'_>) -> ForeignResult {
        let rule = self.rule(result);
        let reference = result.rule.as_ref();
        let id = result.rule_id.as_ref();
        let id = id.or_else(|| reference.and_then(|it| it.id.as_ref()));
        let id = id.or_else(|| rule.map(|rule| &rule.id));
        let physical = result.locations.first();
        let physical = physical.and_then(|it| it.physical_location.as_ref());
        let region = physical.and_then(|it| it.region.as_ref());
        let message = &result.message;
        let text = message.text.as_ref().or(message.markdown.as_ref());
        let text = text.map_or("", |text| text.as_ref());
        let rule_id = bounded(id.map_or("", |id| id.as_ref()));
        ForeignResult {
            tool: tool.to_owned(),
            path: physical.and_then(|it| self.path(it.artifact_location.as_ref()?)),
            line: region.and_then(|it| it.start_line).filter(|line| *line > 0),
            column: region.and_then(|it| it.start_column).filter(|at| *at > 0),
            severity: severity(rule, result),
            message: bounded(text),
            identity: identity(result, region, text),
            rule: rule_id,
        }
    }

    /// The scanner's own description of a rule.
    fn rule(&self, result: &SarifResult<'_>) -> Option<&Rule<'_>> {
        let reference = result.rule.as_ref();
        let index = result.rule_index.or_else(|| reference?.index);
        let by_index = index.and_then(|at| self.tool.driver.rules.get(usize::try_from(at).ok()?));
        let id = result.rule_id.as_ref();
        let id = id.or_else(|| reference?.id.as_ref());
        let fits = |rule: &&Rule<'_>| id.is_none_or(|id| *id == rule.id);
        by_index.filter(fits).or_else(|| {
            let id = id?;
            let components = std::iter::once(&self.tool.driver).chain(&self.tool.extensions);
            let mut rules = components.flat_map(|component| &component.rules);
            rules.find(|rule| rule.id == *id)
        })
    }

    /// A file's path, as far as it can be told from the repository's root.
    fn path(&self, location: &FileLocation<'_>) -> Option<BString> {
        let listed = || {
            let at = usize::try_from(location.index?).ok()?;
            self.artifacts.get(at)?.location.as_ref()?.uri.as_ref()
        };
        let uri = location.uri.as_ref().or_else(listed)?;
        let mut path = decoded(uri.strip_prefix("file://").unwrap_or(uri));
        let bases = self.original_uri_base_ids.iter();
        let bases =
            bases.filter(|(name, _)| location.uri_base_id.as_ref().is_none_or(|own| own == *name));
        for base in bases.filter_map(|(_, base)| base.uri.as_ref()) {
            let base = decoded(base.strip_prefix("file://").unwrap_or(base));
            if base.len() > 1
                && let Some(rest) = path.strip_prefix(base.as_slice())
            {
                path = rest.to_vec();
            }
        }
        let rest = path.strip_prefix(b"./").unwrap_or(&path);
        let rest: Vec<_> = rest
            .iter()
            .copied()
            .skip_while(|byte| *byte == b'/')
            .collect();
        let end = rest.len().min(MAX_TEXT);
        (!rest.is_empty()).then(|| rest[..end].into())
    }
}

impl SarifResult<'_> {
    /// Whether it tells of something that is wrong now.
    fn is_problem(&self) -> bool {
        let is = |field: &Option<Cow<'_, str>>, words: &[&str]| {
            field
                .as_ref()
                .is_some_and(|text| words.contains(&text.as_ref()))
        };
        !is(&self.kind, &["pass", "informational", "notApplicable"])
            && !is(&self.baseline_state, &["absent"])
    }
}

#[cfg(test)]
mod tests {
    use super::{SarifError, read};
    use crate::model::finding::Severity;

    fn log(run: &str) -> String {
        format!(r#"{{"version": "2.1.0", "runs": [{run}]}}"#)
    }

    #[test]
    fn results_are_read_as_their_scanners_write_them() {
        let text = log(r#"{"tool": {"driver": {"name": "zizmor", "rules": [
                {"id": "zizmor/unpinned-uses", "properties": {"security-severity": "8.1"}}]}},
              "results": [
                {"ruleId": "zizmor/unpinned-uses", "level": "error", "kind": "fail",
                 "message": {"text": "unpinned action reference"},
                 "locations": [{"physicalLocation": {
                   "artifactLocation": {"uri": ".github/workflows/a%20b.yml"},
                   "region": {"startLine": 7, "startColumn": 9, "snippet": {"text": "uses:   a/b@v1"}}}}]},
                {"ruleId": "other", "message": {"text": "at line 12 of x"}, "suppressions": [{"kind": "inSource"}]},
                {"ruleId": "other", "kind": "pass", "message": {"text": "fine"}}]}"#);
        let read = read(text.as_bytes()).expect("SARIF");
        assert_eq!(read.results.len(), 2, "a suppression counts for nothing");
        let first = &read.results[0];
        assert_eq!(
            first.path.as_ref().expect("a path"),
            ".github/workflows/a b.yml"
        );
        assert_eq!((first.line, first.severity), (Some(7), Severity::High));
        assert_eq!(first.identity, "uses: a/b@v1");
        assert_eq!(read.results[1].identity, "at line # of x");
        assert_eq!(read.results[1].severity, Severity::Medium);
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        let failed = log(
            r#"{"tool": {"driver": {"name": "x"}}, "invocations": [{"executionSuccessful": false}], "results": []}"#,
        );
        assert!(matches!(
            read(failed.as_bytes()),
            Err(SarifError::Failed(_))
        ));
        let old = br#"{"version": "2.0.0", "runs": []}"#;
        assert!(matches!(read(old), Err(SarifError::Version(_))));
        for text in [
            "",
            "[]",
            "{}",
            r#"{"version": "2.1.0"}"#,
            r#"{"version": "2.1.0", "runs": [{}]}"#,
        ] {
            assert!(
                matches!(read(text.as_bytes()), Err(SarifError::Form(_))),
                "{text}"
            );
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(deep.as_bytes()).is_err());
    }
}
