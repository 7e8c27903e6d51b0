//! What others say about the forges, outside of this program: descriptions of
//! their APIs, and other people's clients. They are npm and PyPI packages, which
//! `tests/run` installs.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::forge::common::traffic::Request;

/// `tests/contracts`.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contracts")
}

/// A file of the npm packages, which must be installed.
pub fn package(path: &str) -> PathBuf {
    let file = folder().join("node_modules").join(path);
    assert!(
        file.exists(),
        "{path} is not installed, so the contract cannot be checked. \
         Run: npm ci --prefix tests/contracts"
    );
    file
}

/// Runs a script below `tests/contracts` to its end, and gives what it prints.
pub fn node(script: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
    package("ajv");
    let mut node = Command::new("node");
    node.arg(folder().join(script)).args(args);
    run(node, input, "install Node.js 20 or newer")
}

/// [`node`] in Python, with the packages of `tests/contracts/python`.
pub fn python(script: &str, args: &[&str]) -> Value {
    let folder = folder().join("python");
    let program = folder.join(".venv/bin/python");
    assert!(
        program.exists(),
        "the clients in Python are not installed. Run: python3 -m venv {venv} && \
         {venv}/bin/pip install -r tests/contracts/python/requirements.txt",
        venv = "tests/contracts/python/.venv"
    );
    let mut python = Command::new(program);
    // Not through a proxy: the stand-ins are on loopback.
    python.env("NO_PROXY", "127.0.0.1");
    python.arg(folder.join(script)).args(args);
    let told = run(python, b"", "install Python 3");
    serde_json::from_slice(&told).expect("the script prints JSON")
}

fn run(mut command: Command, input: &[u8], remedy: &str) -> Vec<u8> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect(remedy);
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(input).expect("the script reads its input");
    drop(stdin);
    let output = child.wait_with_output().expect("the script ends");
    assert!(output.status.success(), "{command:?} failed");
    output.stdout
}

/// The description (OpenAPI 3) of a forge's API.
pub struct Description(PathBuf);

/// What a description says of a request.
#[derive(Debug)]
pub struct Told {
    /// The operation's id; empty if there is none for the request.
    pub operation: String,
    /// What the forge would object to.
    pub problems: Vec<String>,
}

impl Description {
    /// The document in this file below `tests/contracts`.
    pub fn of(path: &str) -> Self {
        let file = folder().join(path);
        assert!(file.exists(), "{path} is not in tests/contracts");
        Self(file)
    }

    /// One of a package's: see [`package`].
    pub fn published(path: &str) -> Self {
        Self(package(path))
    }

    /// What it says of each of these: `[{method, path, body}]`, the path below
    /// the API's base.
    pub fn tells(&self, requests: &Value) -> Vec<Told> {
        let file = self.0.to_string_lossy();
        let told = node("requests.mjs", &[&file], requests.to_string().as_bytes());
        let told: Vec<Value> = serde_json::from_slice(&told).expect("the script prints JSON");
        let told = told.into_iter().map(|it| Told {
            operation: it["operation"].as_str().unwrap_or("").to_owned(),
            problems: serde_json::from_value(it["problems"].clone()).expect("texts"),
        });
        told.collect()
    }

    /// Panics unless every request is as described; gives the operations' ids.
    pub fn holds(&self, requests: &[Request]) -> BTreeSet<String> {
        let as_json =
            |it: &Request| json!({ "method": it.method, "path": it.path, "body": it.body });
        let told = self.tells(&requests.iter().map(as_json).collect());
        for (told, request) in told.iter().zip(requests) {
            let none: [String; 0] = [];
            assert_eq!(told.problems, none, "{}: {request:#?}", self.0.display());
        }
        told.into_iter().map(|it| it.operation).collect()
    }

    /// Panics if any of these requests is as described: the description is to
    /// object to it.
    pub fn objects_to(&self, requests: &Value) {
        let each = requests.as_array().expect("a list");
        for (told, request) in self.tells(requests).iter().zip(each) {
            assert!(!told.problems.is_empty(), "not objected to: {request}");
        }
    }
}
