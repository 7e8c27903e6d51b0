//! Coding agents in a job: actions and programs.

use std::collections::BTreeSet;

use super::flow::Scope;
use super::inputs::With;
use super::known::is_agent;
use super::source::{Reading, Source};
use crate::ci::yaml::tree::Node;
use crate::model::build::{Agent, Command, Item, StartedBy, TemplateSource, Trigger, What};

/// Programs that are coding agents when they run without a person.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("claude", &["-p", "--print"]),
    ("codex", &["exec", "e"]),
    ("gemini", &["-p", "--prompt", "-y", "--yolo"]),
    ("opencode", &["run"]),
    ("cursor-agent", &["-p", "--print"]),
    ("copilot", &["-p", "--prompt"]),
    ("aider", &["--message", "-m", "--yes", "--yes-always"]),
    ("amp", &["-x", "--execute"]),
];

/// Reads a step that runs an agent's action.
pub(super) fn read(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    (slot, action, step): (&str, &str, &Node),
    with: &With<'_>,
) {
    if !is_agent(action) {
        return;
    }
    let mut reads = None;
    for (_, value) in with.pairs() {
        let flow = scope.flow(value.text().unwrap_or_default());
        let worst = flow
            .worst()
            .filter(|origin| origin.by == TemplateSource::Anybody);
        reads = reads.or(worst.map(|origin| origin.expression.clone()));
    }
    let agent = Agent {
        tool: action.to_owned(),
        reads: reads.or_else(|| event_text(&reading.triggers)),
        open_to_all: opens(action, with, step, &reading.triggers),
        may: tools(with),
    };
    let at = step.get("uses").unwrap_or(step);
    reading.note(source, &format!("{slot}/uses"), at, What::Agent(agent));
}

/// The event whose text an agent reads by itself.
fn event_text(triggers: &[Trigger]) -> Option<String> {
    let mut told = triggers
        .iter()
        .filter(|trigger| trigger.by == StartedBy::Outsiders);
    told.next()
        .map(|trigger| format!("the event {}", trigger.event))
}

/// Whether people without write access may start it.
fn opens(action: &str, with: &With<'_>, step: &Node, triggers: &[Trigger]) -> bool {
    let wild = |name: &str| {
        with.text(name)
            .is_some_and(|text| text.split([',', ' ']).any(|one| one.trim() == "*"))
    };
    if ["allowed_non_write_users", "allow-users"]
        .iter()
        .any(|name| wild(name))
    {
        return true;
    }
    // These ask for the right to write by themselves.
    let asks = ["anthropics/claude-code-action", "openai/codex-action"];
    if asks.iter().any(|known| action.starts_with(known)) {
        return false;
    }
    let guarded = step
        .text_of("if")
        .is_some_and(|text| text.contains("author_association"));
    !guarded
        && triggers
            .iter()
            .any(|trigger| trigger.by == StartedBy::Outsiders)
}

/// The tools that it may use.
fn tools(with: &With<'_>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for name in [
        "allowed_tools",
        "allowed-tools",
        "sandbox",
        "safety-strategy",
    ] {
        all.extend(with.text(name).map(split).unwrap_or_default());
    }
    for name in [
        "claude_args",
        "claude-args",
        "codex-args",
        "args",
        "settings",
        "extra_args",
    ] {
        all.extend(with.text(name).map(of_arguments).unwrap_or_default());
    }
    all
}

/// The tools that arguments or settings allow.
fn of_arguments(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let flags = [
        "--allowedTools",
        "--allowed-tools",
        "--sandbox",
        "\"coreTools\"",
        "\"allow\"",
        "\"allowed\"",
    ];
    for flag in flags {
        for (at, _) in text.match_indices(flag) {
            let rest = text[at + flag.len()..].trim_start_matches(['=', ' ', ':', '\n', '\\', '[']);
            all.extend(split(argument(rest)));
        }
    }
    for flag in [
        "--dangerously-skip-permissions",
        "--yolo",
        "--dangerously-bypass-approvals-and-sandbox",
        "--full-auto",
    ] {
        if text.contains(flag) {
            all.push(flag.to_owned());
        }
    }
    all
}

/// One argument: up to its quote, a list's end or a blank.
fn argument(rest: &str) -> &str {
    let quote = rest
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''));
    match quote {
        Some('"') if rest[1..].contains("\",") => rest.split(']').next().unwrap_or(rest),
        Some(quote) => rest[1..].split(quote).next().unwrap_or_default(),
        None => rest
            .split(['\n', '\r'])
            .next()
            .and_then(|line| line.split(" --").next())
            .unwrap_or_default(),
    }
}

/// Names between commas or blanks, outside brackets: `Bash(git log:*),Write`.
fn split(text: &str) -> Vec<String> {
    let (mut all, mut one, mut depth) = (Vec::new(), String::new(), 0_usize);
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && (matches!(letter, ',' | '"' | '\'' | '[' | ']') || letter.is_whitespace())
        {
            all.push(std::mem::take(&mut one));
        } else {
            one.push(letter);
        }
    }
    all.push(one);
    all.retain(|name| !name.is_empty());
    all
}

/// The items of a script, with the agents that its commands run.
pub(super) fn in_commands(items: Vec<Item>, triggers: &[Trigger]) -> Vec<Item> {
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        let agent = match &item.what {
            What::Command(command) => of_command(command, triggers),
            _ => None,
        };
        let beside = agent.map(|agent| Item {
            what: What::Agent(agent),
            ..item.clone()
        });
        all.push(item);
        all.extend(beside);
    }
    all
}

fn of_command(command: &Command, triggers: &[Trigger]) -> Option<Agent> {
    let program = command.program();
    let (name, flags) = PROGRAMS.iter().find(|(name, _)| *name == program)?;
    let runs = command
        .arguments()
        .iter()
        .any(|word| flags.contains(&word.text.as_str()));
    let may = of_arguments(&command.line());
    runs.then(|| Agent {
        tool: (*name).to_owned(),
        reads: event_text(triggers),
        open_to_all: triggers
            .iter()
            .any(|trigger| trigger.by == StartedBy::Outsiders),
        may: may.into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples::{all, steps};
    use crate::model::build::{Agent, What};

    fn agents(event: &str, text: &str) -> Vec<Agent> {
        all(&steps(event, text), |what| match what {
            What::Agent(it) => Some(it.clone()),
            _ => None,
        })
    }

    #[test]
    fn what_an_agent_reads_and_may_do_is_told() {
        let text = "- uses: anthropics/claude-code-action@v1\n  with:\n    allowed_non_write_users: '*'\n    prompt: 'Triage ${{ github.event.issue.title }}'\n    claude_args: --model x --allowedTools \"Bash(gh issue:*),Write\"";
        let agent = agents("issues", text).remove(0);
        assert_eq!(agent.reads.as_deref(), Some("github.event.issue.title"));
        assert!(agent.open_to_all);
        assert_eq!(
            agent.may.into_iter().collect::<Vec<_>>(),
            ["Bash(gh issue:*)", "Write"]
        );
        let agent = agents(
            "push",
            "- uses: openai/codex-action@v1\n  with: {prompt: x, sandbox: read-only}",
        )
        .remove(0);
        assert_eq!((agent.reads, agent.open_to_all), (None, false));
    }
}
