//! Code Insights: a report belongs to whoever wrote it first.

use serde_json::{Value, json};

use super::Stash;
use super::api::{Answered, Call, done, error, not_permitted, nothing, ok};
use super::state::State;

/// Most annotations of a report.
const MOST: usize = 1000;

/// A report and its annotations.
#[derive(Debug, Clone)]
pub struct Report {
    pub repository: u64,
    pub commit: String,
    pub key: String,
    pub by: String,
    pub body: Value,
    pub annotations: Vec<Value>,
}

impl Stash {
    /// All reports on a commit.
    pub fn reports(&self, name: &str, head: &str) -> Vec<Report> {
        let state = self.state();
        let id = state.repository(name).id;
        let all = state.reports.iter();
        all.filter(|it| it.repository == id && it.commit == head)
            .cloned()
            .collect()
    }

    /// Somebody who may read the repository writes a report first.
    pub fn somebody_reports(&self, name: &str, by: &str, head: &str, key: &str, result: &str) {
        let mut state = self.state();
        state.account(by);
        let body = json!({ "title": "all good", "data": [], "result": result });
        let call = Call {
            method: "PUT",
            query: Vec::new(),
            body: &body,
            user: by.into(),
            name: name.into(),
        };
        state
            .report_routes(&call, (head, key), &[])
            .expect("a lawful report");
    }
}

impl State {
    pub fn report_routes(
        &mut self,
        call: &Call<'_>,
        (commit, key): (&str, &str),
        more: &[&str],
    ) -> Answered {
        if !self.is_at_least(5, 15) {
            return Err(nothing("The resource"));
        }
        self.has_commit(&call.name, commit)?;
        let id = self.repository(&call.name).id;
        let same = |it: &Report| it.repository == id && it.commit == commit && it.key == key;
        let at = self.reports.iter().position(same);
        let is_admin = self.permits(&call.user, &call.name, "REPO_ADMIN").is_ok();
        let foreign = at.is_some_and(|at| self.reports[at].by != call.user);
        match (call.method, more) {
            ("PUT", []) if foreign => Err(not_permitted()),
            ("PUT", []) => {
                let mut body = checked(call)?;
                body["key"] = json!(key);
                body["createdDate"] = self.date();
                match at {
                    Some(at) => self.reports[at].body = body.clone(),
                    None => self.reports.push(Report {
                        repository: id,
                        commit: commit.into(),
                        key: key.into(),
                        by: call.user.clone(),
                        body: body.clone(),
                        annotations: Vec::new(),
                    }),
                }
                ok(body)
            }
            ("DELETE", []) if foreign && !is_admin => Err(not_permitted()),
            ("DELETE", []) => {
                self.reports.retain(|it| !same(it));
                done()
            }
            _ => {
                let at = at.ok_or_else(|| nothing("The report"))?;
                match more {
                    [] => ok(self.reports[at].body.clone()),
                    ["annotations"] => {
                        if call.method != "GET" && foreign {
                            return Err(not_permitted());
                        }
                        annotations(call, &mut self.reports[at].annotations)
                    }
                    _ => Err(nothing("The resource")),
                }
            }
        }
    }
}

fn annotations(call: &Call<'_>, kept: &mut Vec<Value>) -> Answered {
    match call.method {
        "GET" => ok(json!({ "totalCount": kept.len(), "annotations": kept })),
        "DELETE" => {
            kept.clear();
            done()
        }
        _ => {
            let bad = |words: &str| error(400, "validation.ArgumentValidationException", words);
            let all = call.body["annotations"].as_array();
            let all = all.ok_or_else(|| bad("annotations"))?;
            if all.is_empty() || kept.len() + all.len() > MOST {
                return Err(bad("the number of annotations"));
            }
            for one in all {
                let message = one["message"].as_str().unwrap_or("");
                let severity = one["severity"].as_str().unwrap_or("");
                if message.is_empty() || message.chars().count() > 2000 {
                    return Err(bad("message"));
                }
                if !["LOW", "MEDIUM", "HIGH"].contains(&severity) {
                    return Err(bad("severity"));
                }
            }
            kept.extend(all.iter().cloned());
            done()
        }
    }
}

/// A report that the server takes, or its complaint.
fn checked(call: &Call<'_>) -> Result<Value, super::api::Answer> {
    let bad = |field: &str| error(400, "validation.ArgumentValidationException", field);
    call.text("title")?;
    for (field, longest) in [("title", 450), ("details", 2000), ("reporter", 450)] {
        let text = call.body[field].as_str().unwrap_or("");
        if text.chars().count() > longest {
            return Err(bad(field));
        }
    }
    let data = call.body["data"].as_array().map(Vec::len);
    let result = call.body["result"].as_str();
    if data.is_none_or(|it| it > 6) || result.is_some_and(|it| !["PASS", "FAIL"].contains(&it)) {
        return Err(bad("data or result"));
    }
    Ok(call.body.clone())
}
