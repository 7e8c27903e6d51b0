//! Programs that only run another one: the command is the other one.

use crate::model::build::{Command, Word};

/// A program that runs the one behind its options.
struct Wrapper {
    name: &'static str,
    /// Options that take a value of their own.
    valued: &'static [&'static str],
    /// Arguments of its own before the program.
    own: usize,
}

const fn wrapper(name: &'static str, valued: &'static [&'static str], own: usize) -> Wrapper {
    Wrapper { name, valued, own }
}

const WRAPPERS: &[Wrapper] = &[
    wrapper(
        "sudo",
        &[
            "-u", "-g", "-C", "-h", "-p", "-r", "-t", "--user", "--group",
        ],
        0,
    ),
    wrapper("doas", &["-u"], 0),
    wrapper("env", &["-u", "-C", "--unset", "--chdir"], 0),
    wrapper("exec", &["-a"], 0),
    wrapper("command", &[], 0),
    wrapper("builtin", &[], 0),
    wrapper("nohup", &[], 0),
    wrapper("setsid", &[], 0),
    wrapper("time", &["-f", "-o"], 0),
    wrapper("nice", &["-n"], 0),
    wrapper("ionice", &["-c", "-n"], 0),
    wrapper("stdbuf", &["-i", "-o", "-e"], 0),
    wrapper("timeout", &["-s", "-k", "--signal", "--kill-after"], 1),
    wrapper(
        "xargs",
        &["-I", "-n", "-P", "-L", "-d", "-a", "-E", "-s"],
        0,
    ),
    wrapper("retry", &["-t", "-d", "-n", "-s"], 0),
    wrapper("travis_retry", &[], 0),
    wrapper("chronic", &[], 0),
    wrapper("call", &[], 0),
    wrapper("start-process", &[], 0),
];

/// Takes the wrappers away from the front of a command, at most a few.
pub(super) fn unwrap(command: &mut Command) {
    for _ in 0..8 {
        let name = command.program().to_ascii_lowercase();
        let Some(wrapper) = WRAPPERS.iter().find(|wrapper| wrapper.name == name) else {
            return;
        };
        // `command -v x` only asks.
        if name == "command" && command.has_flag("-v") {
            return;
        }
        let Some(program) = program_at(wrapper, &command.words) else {
            return;
        };
        let front: Vec<Word> = command.words.drain(..program).collect();
        for word in front.into_iter().skip(1) {
            if let Some((name, value)) = word.text.clone().split_once('=')
                && !name.starts_with('-')
            {
                let value = value.to_owned();
                command.variables.push((
                    name.to_owned(),
                    Word {
                        text: value,
                        ..word
                    },
                ));
            }
        }
    }
}

fn program_at(wrapper: &Wrapper, words: &[Word]) -> Option<usize> {
    let mut own = wrapper.own;
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let text = word.text.as_str();
        if text == "--" {
            at += 1;
            break;
        }
        let assigns = text.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|it| it.is_ascii_alphanumeric() || it == b'_')
        });
        if text.starts_with('-') {
            at += if wrapper.valued.contains(&text) { 2 } else { 1 };
        } else if assigns {
            at += 1;
        } else if own > 0 {
            own -= 1;
            at += 1;
        } else {
            break;
        }
    }
    (at < words.len()).then_some(at)
}
