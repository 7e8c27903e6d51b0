//! Hooks of the instance and of projects, and the log of what they delivered.

use serde_json::{Value, json};

use super::GitLab;
use super::api::{Answered, Call, created, forbidden, not_found, ok};
use super::state::{MAINTAINER, State};

/// A system hook, or the webhook of a project or of all of a group's.
#[derive(Clone)]
pub struct Hook {
    pub id: u64,
    pub system: bool,
    /// Nothing for a system hook, and for one of every project.
    pub project: Option<u64>,
    /// Without one, deliveries are kept and not sent.
    pub url: Option<String>,
    pub push: bool,
    pub tag_push: bool,
    pub merge_requests: bool,
    pub repository_update: bool,
    pub pipeline: bool,
    pub verifies_tls: bool,
    pub token: Option<String>,
    pub signing_token: Option<String>,
    pub alert_status: &'static str,
    pub template: Option<String>,
}

impl Hook {
    /// A system hook with the events that tell everything once, and a signing token.
    pub fn usual() -> Self {
        Self {
            id: 1,
            system: true,
            project: None,
            url: None,
            push: false,
            tag_push: false,
            merge_requests: true,
            repository_update: true,
            pipeline: false,
            verifies_tls: true,
            token: None,
            signing_token: Some(super::deliveries::signing_token(super::SECRET)),
            alert_status: "executable",
            template: None,
        }
    }

    fn json(&self, old: bool) -> Value {
        let mut shown = json!({ "id": self.id, "url": self.url, "push_events": self.push,
            "created_at": "2026-01-02T03:04:05.678Z", "tag_push_events": self.tag_push,
            "merge_requests_events": self.merge_requests,
            "repository_update_events": self.repository_update,
            "enable_ssl_verification": self.verifies_tls });
        if !self.system {
            shown["project_id"] = json!(self.project);
            shown["pipeline_events"] = self.pipeline.into();
            shown["alert_status"] = self.alert_status.into();
            shown["custom_webhook_template"] = json!(self.template);
        }
        if !old {
            shown["token_present"] = self.token.is_some().into();
            shown["signing_token_present"] = self.signing_token.is_some().into();
        }
        shown
    }

    fn takes(&mut self, body: &Value) {
        let flags = [
            ("push_events", &mut self.push),
            ("tag_push_events", &mut self.tag_push),
            ("merge_requests_events", &mut self.merge_requests),
            ("repository_update_events", &mut self.repository_update),
            ("pipeline_events", &mut self.pipeline),
            ("enable_ssl_verification", &mut self.verifies_tls),
        ];
        for (name, flag) in flags {
            *flag = body[name].as_bool().unwrap_or(*flag);
        }
        let texts = [
            ("url", &mut self.url),
            ("token", &mut self.token),
            ("signing_token", &mut self.signing_token),
            ("custom_webhook_template", &mut self.template),
        ];
        for (name, text) in texts {
            if let Some(given) = body[name].as_str() {
                *text = Some(given.to_owned()).filter(|it| !it.is_empty());
            }
        }
    }
}

impl GitLab {
    /// Somebody changes every hook that set-up has made.
    pub fn changes_hooks(&self, change: impl Fn(&mut Hook)) {
        let mut state = self.state();
        let made = state.hooks.iter_mut().filter(|it| it.url.is_some());
        made.for_each(change);
    }
}

impl State {
    /// `/hooks`: for administrators.
    pub fn hook_routes(&mut self, call: &Call<'_>, rest: &[&str]) -> Answered {
        if !self
            .accounts
            .iter()
            .any(|it| it.admin && it.username == call.user)
        {
            return Err(forbidden());
        }
        self.hooks_of(call, (true, None), rest)
    }

    /// `/projects/…/hooks`: for maintainers.
    pub fn project_hook_routes(&mut self, call: &Call<'_>, rest: &[&str]) -> Answered {
        call.needs(MAINTAINER)?;
        match (call.method, rest) {
            ("GET", [hook, "events"]) => {
                let hook = hook.parse().map_err(|_| not_found("Hook"))?;
                self.lists_events(call, hook)
            }
            _ => self.hooks_of(call, (false, Some(call.project)), rest),
        }
    }

    fn hooks_of(
        &mut self,
        call: &Call<'_>,
        (system, project): (bool, Option<u64>),
        rest: &[&str],
    ) -> Answered {
        let old = self.old;
        let here = |it: &Hook| {
            let of = it.project.is_none() || it.project == project;
            it.system == system && it.url.is_some() && of
        };
        match (call.method, rest) {
            ("GET", []) => {
                let all = self.hooks.iter().filter(|it| here(it));
                call.page(all.map(|it| it.json(old)).collect())
            }
            ("POST", []) => {
                let mut hook = Hook {
                    id: self.hooks.len() as u64 + 1,
                    system,
                    project,
                    push: !system,
                    merge_requests: false,
                    repository_update: system,
                    signing_token: None,
                    ..Hook::usual()
                };
                hook.takes(call.body);
                let shown = hook.json(old);
                self.hooks.push(hook);
                created(shown)
            }
            (method, [id]) => {
                let mut all = self.hooks.iter_mut();
                let found = all.find(|it| it.id.to_string() == *id && here(it));
                let hook = found.ok_or_else(|| not_found("Hook"))?;
                if method == "PUT" {
                    hook.takes(call.body);
                }
                ok(hook.json(old))
            }
            _ => Err(not_found("")),
        }
    }

    /// What a hook delivered about this project, the newest first.
    fn lists_events(&self, call: &Call<'_>, hook: u64) -> Answered {
        let all = self.log.iter().zip(&self.sent).enumerate().rev();
        let here = all.filter(|(_, ((id, _, project), _))| {
            *id == hook && project.is_none_or(|it| it == call.project)
        });
        let shown = here.map(|(at, ((_, when, _), sent))| {
            let status = sent.answered.map(|it| it.to_string());
            let headers = sent
                .headers
                .iter()
                .filter(|(name, _)| name != "x-gitlab-token");
            let headers: serde_json::Map<_, _> = headers
                .map(|(name, value)| (capitals(name), json!(value)))
                .collect();
            json!({ "id": at + 1, "url": "", "trigger": "push_hooks", "request_headers": headers,
                "request_data": sent.payload(), "response_headers": {}, "response_body": "",
                "execution_duration": 0.1, "created_at": when.to_string(),
                "response_status": status.unwrap_or_else(|| "internal error".into()) })
        });
        call.page(shown.collect())
    }
}

/// `X-Gitlab-Event`: the log has the names as they were written.
fn capitals(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let (first, rest) = part.split_at(1);
        first.to_uppercase() + rest
    });
    parts.collect::<Vec<_>>().join("-")
}
