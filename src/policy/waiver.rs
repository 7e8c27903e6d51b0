//! Waivers: reasoned, expiring exceptions. What they cover is decided here;
//! who may write one is decided where the policy is read.

use std::collections::BTreeSet;

use globset::GlobMatcher;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::file::WaiverTable;
use super::formats;
use super::patterns::RefPatterns;
use crate::model::finding::{Place, WaiverNote};
use crate::model::oid::ObjectId;
use crate::model::principal::PrincipalId;

/// A reasoned, expiring exception to one check.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The check whose objections do not block.
    pub check: String,
    /// Why.
    pub reason: String,
    /// The last day on which it counts, in UTC.
    pub until: Date,
    /// Who agreed to it.
    pub approved_by: BTreeSet<PrincipalId>,
    refs: RefPatterns,
    paths: Vec<GlobMatcher>,
    commits: BTreeSet<ObjectId>,
}

impl Waiver {
    pub(crate) fn new(table: &WaiverTable) -> Result<Self, String> {
        let named = |text: &str, why: String| format!("`{text}` {why}");
        let path = |glob: &str| formats::glob(glob).map_err(|why| named(glob, why));
        let commit = |id: &str| formats::object_id(id).map_err(|why| named(id, why));
        Ok(Self {
            check: table.check.0.clone(),
            reason: table.reason.0.clone(),
            until: formats::day(&table.until.0).map_err(|why| named(&table.until.0, why))?,
            approved_by: table
                .approved_by
                .iter()
                .map(|name| PrincipalId::new(&name.0))
                .collect(),
            refs: RefPatterns::new(table.refs.iter().map(|text| text.0.as_str()))?,
            paths: table
                .paths
                .iter()
                .map(|text| path(&text.0))
                .collect::<Result<_, _>>()?,
            commits: table
                .commits
                .iter()
                .map(|text| commit(&text.0))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Whether an objection of `check` at `place`, first seen at `at`, does not
    /// block. It must lie within every scope that the waiver states; a scope
    /// over paths covers no objection without a path.
    pub fn covers(&self, check: &str, place: &Place, at: Timestamp) -> bool {
        let path_matches = |path: &[u8]| self.paths.iter().any(|glob| formats::matches(glob, path));
        self.check == check
            && self.counts_at(at)
            && (self.refs.is_empty() || self.refs.matches(&place.reference))
            && (self.paths.is_empty() || place.path.as_ref().is_some_and(|path| path_matches(path)))
            && (self.commits.is_empty()
                || place.commit.is_some_and(|id| self.commits.contains(&id)))
    }

    /// Whether it has not ended at an instant.
    pub fn counts_at(&self, at: Timestamp) -> bool {
        TimeZone::UTC.to_datetime(at).date() <= self.until
    }

    /// What a finding says of it.
    pub fn note(&self) -> WaiverNote {
        WaiverNote {
            reason: self.reason.clone(),
            until: self.until.to_string(),
        }
    }
}

impl WaiverTable {
    /// Whether it lifts the check as a whole: no commits, and no path pattern
    /// that leaves anything out.
    pub(crate) fn is_whole(&self) -> bool {
        let matches_all = |glob: &str| glob.chars().all(|letter| "*/".contains(letter));
        let no_paths = self.paths.is_empty() || self.paths.iter().any(|glob| matches_all(&glob.0));
        self.commits.is_empty() && no_paths
    }
}

#[cfg(test)]
mod tests {
    use bstr::BString;
    use jiff::Timestamp;
    use serde_json::json;

    use super::Waiver;
    use crate::model::finding::Place;
    use crate::model::oid::ObjectId;
    use crate::model::refs::RefName;

    fn waiver(scope: serde_json::Value) -> Waiver {
        let mut table =
            json!({"check": "unsigned-commit", "reason": "import", "until": "2026-03-01"});
        let scope = scope.as_object().expect("a table").clone();
        table.as_object_mut().expect("a table").extend(scope);
        let table = serde_json::from_value(table).expect("a waiver");
        Waiver::new(&table).expect("a waiver")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn place() -> Place {
        let id = ObjectId::parse("1f".repeat(20)).expect("an id");
        let main = RefName::branch("main").expect("a branch");
        Place::of_path(&main, Some(id), BString::from("ci/build.yml"))
    }

    #[test]
    fn it_counts_until_the_end_of_its_last_day() {
        let waiver = waiver(json!({}));
        let covers = |instant| waiver.covers("unsigned-commit", &place(), at(instant));
        assert!(covers("2026-03-01T23:59:59Z"));
        assert!(!covers("2026-03-02T00:00:00Z"));
        assert!(!waiver.covers("unknown-key", &place(), at("2026-01-01T00:00:00Z")));
        assert_eq!(waiver.note().until, "2026-03-01");
    }

    #[test]
    fn an_objection_must_lie_within_every_scope() {
        let now = at("2026-01-01T00:00:00Z");
        let covers = |scope, place: &Place| waiver(scope).covers("unsigned-commit", place, now);
        let id = "1f".repeat(20);
        assert!(covers(
            json!({"refs": ["main"], "paths": ["ci/*"], "commits": [id]}),
            &place()
        ));
        assert!(!covers(
            json!({"refs": ["next"], "paths": ["ci/*"]}),
            &place()
        ));
        assert!(!covers(json!({"refs": ["main"], "paths": ["*"]}), &place()));
        assert!(!covers(json!({"commits": ["2f".repeat(20)]}), &place()));
        let whole_ref = Place::of_ref(&RefName::branch("main").expect("a branch"));
        assert!(!covers(json!({"paths": ["**"]}), &whole_ref));
        assert!(!covers(json!({"commits": [id]}), &whole_ref));
    }
}
