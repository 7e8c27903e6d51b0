//! The part of SARIF 2.1.0 that is read (OASIS, sections 3.13 to 3.52). What is
//! not named here is passed over.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Log<'a> {
    #[serde(borrow)]
    pub(super) version: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) runs: Vec<Run<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run<'a> {
    #[serde(borrow)]
    pub(super) tool: Tool<'a>,
    // Absent or null: the run was not asked for results.
    #[serde(borrow, default)]
    pub(super) results: Option<Vec<SarifResult<'a>>>,
    #[serde(default)]
    pub(super) invocations: Vec<Invocation>,
    #[serde(borrow, default)]
    pub(super) artifacts: Vec<Artifact<'a>>,
    #[serde(borrow, default)]
    pub(super) original_uri_base_ids: BTreeMap<Cow<'a, str>, FileLocation<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Tool<'a> {
    #[serde(borrow)]
    pub(super) driver: Component<'a>,
    #[serde(borrow, default)]
    pub(super) extensions: Vec<Component<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Component<'a> {
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) rules: Vec<Rule<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) default_configuration: Option<Configuration<'a>>,
    #[serde(default)]
    pub(super) properties: Option<Properties>,
}

#[derive(Deserialize)]
pub(super) struct Configuration<'a> {
    #[serde(borrow, default)]
    pub(super) level: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Properties {
    #[serde(rename = "security-severity", default)]
    pub(super) security_severity: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    #[serde(default)]
    pub(super) execution_successful: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Artifact<'a> {
    #[serde(borrow, default)]
    pub(super) location: Option<FileLocation<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifResult<'a> {
    #[serde(borrow, default)]
    pub(super) rule_id: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(super) rule_index: Option<i64>,
    #[serde(borrow, default)]
    pub(super) rule: Option<RuleReference<'a>>,
    #[serde(borrow, default)]
    pub(super) level: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) baseline_state: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) message: Message<'a>,
    #[serde(borrow, default)]
    pub(super) locations: Vec<ResultLocation<'a>>,
    #[serde(borrow, default)]
    pub(super) partial_fingerprints: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) fingerprints: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    #[serde(default)]
    pub(super) properties: Option<Properties>,
}

#[derive(Deserialize)]
pub(super) struct RuleReference<'a> {
    #[serde(borrow, default)]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(super) index: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow, default)]
    pub(super) text: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) markdown: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultLocation<'a> {
    #[serde(borrow, default)]
    pub(super) physical_location: Option<PhysicalLocation<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation<'a> {
    #[serde(borrow, default)]
    pub(super) artifact_location: Option<FileLocation<'a>>,
    #[serde(borrow, default)]
    pub(super) region: Option<Region<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileLocation<'a> {
    #[serde(borrow, default)]
    pub(super) uri: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) uri_base_id: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(super) index: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region<'a> {
    #[serde(default)]
    pub(super) start_line: Option<u32>,
    #[serde(default)]
    pub(super) start_column: Option<u32>,
    #[serde(borrow, default)]
    pub(super) snippet: Option<Message<'a>>,
}
