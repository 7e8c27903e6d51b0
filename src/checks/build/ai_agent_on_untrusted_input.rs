//! # ai-agent-on-untrusted-input
//!
//! A coding agent with the rights of the repository reads what anybody writes.
//!
//! ## Why it matters
//!
//! An agent cannot tell its task from the text that it reads. Whoever opens an
//! issue can write instructions into it; if the agent may run commands, write
//! files or fetch pages, they run with the secrets and the token of the job. A
//! package was taken over in just this way, by the title of an issue.
//!
//! Whether people without write access may start it, which tools it may use,
//! and whether the event's own text stands in its prompt decide how bad it is.
//!
//! ## Example
//!
//! Objected to:
//!
//! ```yaml
//! on: issues
//! steps:
//!   - uses: anthropics/claude-code-action@v1
//!     with:
//!       allowed_non_write_users: "*"
//!       prompt: Triage ${{ github.event.issue.title }}
//!       claude_args: --allowedTools "Bash,Write"
//! ```
//!
//! Accepted: the same agent when a member starts it, with tools that only read,
//! in a job whose token only reads.
//!
//! ## What mends it
//!
//! Let only members start it, give it only the tools of its task, a token that
//! only reads and no secrets, and let another job act on its answer as data.
//!
//! ## Configuration
//!
//! ```toml
//! [checks.ai-agent-on-untrusted-input]
//! mode = "enforce"     # off, audit or enforce
//! at_least = "low"     # what is less bad is not reported
//! approvers = []       # whose approval of the present head lets it pass; empty: nobody's
//! ```
//!
//! ## References
//!
//! - OWASP LLM01: prompt injection
//! - OWASP LLM06: excessive agency
//! - OWASP CICD-SEC-4: poisoned pipeline execution
//! - CWE-77: improper neutralization of special elements used in a command

use crate::checks::support::build::{Detection, Side, introduced};
use crate::checks::{CheckMeta, Objections};
use crate::model::build::{Agent, What};
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;
use crate::model::text::excerpt;

/// What is known of the check.
pub const META: CheckMeta = CheckMeta {
    id: "ai-agent-on-untrusted-input",
    title: "A coding agent reads what anybody writes",
    severity: Severity::High,
    concern: Concern::Change,
    systems: &["github-actions"],
};

build_config! { mode = Enforce, at_least = Low }

/// Objects to agents that outsiders can speak to.
pub fn run(config: &Config, facts: &Facts, objections: &mut Objections) {
    introduced(&config.terms(), facts, objections, detect);
}

fn detect(side: Side<'_>) -> Vec<Detection> {
    let agents = side.all(|what| match what {
        What::Agent(agent) => Some(agent),
        _ => None,
    });
    let all = agents.filter_map(|(seen, agent)| {
        let detection = Detection::at(side, seen, agent.tool.clone());
        if !detection.exposure.open_to_outsiders() {
            return None;
        }
        let severity = severity(agent)?;
        Some(detection.severity(severity).says(format!("{} {}", seen.whose(), told(agent))).mend(
            "let only members start it, allow only tools that read, and give its job a token that only reads and no secrets",
        ))
    });
    all.collect()
}

fn severity(agent: &Agent) -> Option<Severity> {
    match (agent.open_to_all, prompted(agent), dangerous(agent)) {
        (true, _, Some(_)) => Some(Severity::Critical),
        (true, ..) | (false, Some(_), _) => Some(Severity::High),
        (false, None, Some(_)) => Some(Severity::Medium),
        // Only members start it, and it finds the text by itself.
        (false, None, None) => None,
    }
}

/// The event's text that stands in the prompt itself.
fn prompted(agent: &Agent) -> Option<&str> {
    agent
        .reads
        .as_deref()
        .filter(|text| !text.starts_with("the event "))
}

/// A tool with which it acts.
fn dangerous(agent: &Agent) -> Option<&str> {
    const TOOLS: &[&str] = &[
        "Bash",
        "Write",
        "Edit",
        "MultiEdit",
        "NotebookEdit",
        "WebFetch",
        "ShellTool",
        "run_shell_command",
        "write_file",
        "web_fetch",
        "*",
        "danger-full-access",
        "workspace-write",
        "unsafe",
        "--dangerously-skip-permissions",
        "--yolo",
        "--dangerously-bypass-approvals-and-sandbox",
        "--full-auto",
    ];
    let acts = |tool: &&String| {
        let narrow = ["Bash(", "run_shell_command("]
            .iter()
            .any(|start| tool.starts_with(start));
        let whole = tool.ends_with("(*)") || tool.ends_with("(*:*)");
        TOOLS.contains(&tool.as_str()) || (narrow && whole)
    };
    agent.may.iter().find(acts).map(String::as_str)
}

fn told(agent: &Agent) -> String {
    let mut text = format!("has {} read ", excerpt(&agent.tool, 60));
    match (prompted(agent), agent.reads.as_deref()) {
        (Some(expression), _) => text.push_str(&format!(
            "{}, which anybody writes",
            excerpt(expression, 80)
        )),
        (None, Some(event)) => text.push_str(&format!("the text of {}", excerpt(event, 60))),
        (None, None) => text.push_str("what anybody writes"),
    }
    if agent.open_to_all {
        text.push_str(", and anybody may start it");
    }
    if let Some(tool) = dangerous(agent) {
        text.push_str(&format!("; it may use {}", excerpt(tool, 40)));
    }
    text
}
