//! `policy export`: what an admission controller would admit is what a review
//! accepts. The controllers' own matching is rebuilt here from their manuals.

use std::path::Path;

use forgewarden::model::build::ImageReference;
use forgewarden::model::sources::Trust;
use forgewarden::policy::Policy;
use saphyr_parser::{Event, Parser};
use serde_json::{Map, Value, json};

use super::{Said, policy_command};

/// Exports a policy with these lines under `[sources]`.
fn export(format: &str, sources: &str) -> (Said, Policy) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("policy.toml");
    let text = format!("version = 1\n[sources]\n{sources}");
    std::fs::write(&file, &text).expect("a policy");
    let file = file.display().to_string();
    let said = policy_command(&["export", "--format", format, "--policy", &file]);
    let policy = Policy::parse("policy.toml", &text, Path::new(""));
    (said, policy.unwrap_or_else(|problems| panic!("{problems}")))
}

/// The documents of a YAML stream, by a parser that knows nothing of the writer.
fn documents(text: &str) -> Vec<Value> {
    let mut events = Parser::new_from_str(text).map(|event| event.expect("YAML").0);
    let mut all = Vec::new();
    while let Some(event) = events.next() {
        if matches!(event, Event::DocumentStart(_)) {
            let first = events.next().expect("a document");
            all.push(value(first, &mut events));
        }
    }
    all
}

fn value<'a>(event: Event<'a>, events: &mut impl Iterator<Item = Event<'a>>) -> Value {
    match event {
        Event::Scalar(text, ..) => Value::from(text.as_ref()),
        Event::SequenceStart(..) => {
            let mut list = Vec::new();
            loop {
                match events.next().expect("an entry") {
                    Event::SequenceEnd => return Value::Array(list),
                    event => list.push(value(event, events)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut table = Map::new();
            loop {
                match events.next().expect("a key") {
                    Event::MappingEnd => return Value::Object(table),
                    Event::Scalar(key, ..) => {
                        let event = events.next().expect("a value");
                        let inner = value(event, events);
                        assert_eq!(
                            table.insert(key.to_string(), inner),
                            None,
                            "{key} stands twice"
                        );
                    }
                    other => panic!("{other:?} is no key"),
                }
            }
        }
        other => panic!("{other:?} is no value"),
    }
}

/// Whether a pattern fits a text; `crosses` says what one `*` may take in.
fn fits(pattern: &[u8], text: &[u8], crosses: bool) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', rest @ ..] => {
            let any = crosses || rest.first() == Some(&b'*');
            let rest = match rest {
                [b'*', after @ ..] if any => after,
                _ => rest,
            };
            (0..=text.len())
                .take_while(|end| any || *end == 0 || text[end - 1] != b'/')
                .any(|end| fits(rest, &text[end..], crosses))
        }
        [letter, rest @ ..] => text.first() == Some(letter) && fits(rest, &text[1..], crosses),
    }
}

const NAMES: &[(&str, &str)] = &[
    ("docker.io", "library/python"),
    ("docker.io", "library/python-evil"),
    ("docker.io", "acme/app"),
    ("docker.io", "mallory/python"),
    ("registry.example", "base/python"),
    ("registry.example", "base/deep/python"),
    ("registry.example", "base"),
    ("registry.example", "basement/python"),
    ("registry.example", "a/tools"),
    ("registry.example", "a/b/tools"),
    ("registry.example", "tools"),
    ("registry.example.evil", "base/python"),
    ("registryxexample", "base/python"),
    ("localhost:5000", "app"),
];

const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const OTHER: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000001";

fn references() -> Vec<ImageReference> {
    let all = NAMES.iter().flat_map(|(registry, repository)| {
        [None, Some(OTHER), Some(DIGEST)].map(|digest| ImageReference {
            registry: (*registry).to_owned(),
            repository: (*repository).to_owned(),
            tag: digest.is_none().then(|| "3.12".to_owned()),
            digest: digest.map(str::to_owned),
        })
    });
    all.collect()
}

/// A reference as a controller writes it before it matches.
fn written(image: &ImageReference, hub: &str) -> String {
    let registry = if image.registry == "docker.io" {
        hub
    } else {
        &image.registry
    };
    match (&image.tag, &image.digest) {
        (_, Some(digest)) => format!("{registry}/{}@{digest}", image.repository),
        (tag, None) => format!(
            "{registry}/{}:{}",
            image.repository,
            tag.as_deref().unwrap_or("latest")
        ),
    }
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array()
        .expect("a list")
        .iter()
        .map(|text| text.as_str().expect("text"))
        .collect()
}

const LISTS: &[&str] = &[
    "images = [\"registry.example/base/**\", \"docker.io/library/python\"]",
    "images = [\"docker.io/library/*\", \"localhost:5000/app\"]",
    "images = [\"registry.example/**/tools\"]",
    "images = [\"registry.example/base/python\"]\ndigests = [\"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"]",
    "images = [\"**\"]",
];

#[test]
fn kyverno_admits_what_a_review_accepts() {
    for list in LISTS {
        let (said, policy) = export("kyverno", list);
        assert!(said.success, "{}", said.err);
        let all = documents(&said.out);
        assert_eq!((all.len(), &all[0]["kind"]), (1, &json!("ClusterPolicy")));
        assert_eq!(all[0]["spec"]["validationFailureAction"], "Enforce");
        let rule = &all[0]["spec"]["rules"][0]["validate"];
        let conditions = rule["deny"]["conditions"]["any"]
            .as_array()
            .expect("conditions");
        assert_eq!(conditions.len(), 3, "containers of all three kinds");
        for condition in conditions {
            assert_eq!(condition["operator"], "AnyNotIn");
            let patterns = texts(&condition["value"]);
            for image in references() {
                let reference = written(&image, "docker.io");
                let admitted = patterns
                    .iter()
                    .any(|it| fits(it.as_bytes(), reference.as_bytes(), true));
                let accepted = policy.sources.image(&image) == Trust::Listed;
                assert_eq!(admitted, accepted, "{list}: {reference}: {patterns:?}");
            }
        }
    }
}

#[test]
fn the_policy_controller_admits_what_a_review_accepts() {
    let more = [
        "images = [\"registry.example/*/tools\", \"registry.example/a/b/*\"]",
        "images = [\"registry.example/base/py*\"]",
    ];
    for list in LISTS.iter().chain(&more) {
        let (said, policy) = export("policy-controller", list);
        assert!(said.success, "{}", said.err);
        let all = documents(&said.out);
        assert_eq!(
            (all.len(), &all[0]["kind"]),
            (1, &json!("ClusterImagePolicy"))
        );
        assert_eq!(all[0]["spec"]["authorities"][0]["static"]["action"], "pass");
        let images = all[0]["spec"]["images"].as_array().expect("images");
        let globs: Vec<_> = images
            .iter()
            .map(|it| it["glob"].as_str().expect("a glob"))
            .collect();
        for image in references() {
            let reference = written(&image, "index.docker.io");
            let admitted = globs
                .iter()
                .any(|it| fits(it.as_bytes(), reference.as_bytes(), false));
            let accepted = policy.sources.image(&image) == Trust::Listed;
            assert_eq!(admitted, accepted, "{list}: {reference}: {globs:?}");
        }
    }
}

const SIGNED: &str = r#"
images = ["registry.example/base/**", "registry.example/tools"]
signers = [
  { images = "registry.example/base/**", issuer = "https://token.actions.githubusercontent.com", identity = "https://github.com/acme/base/.github/workflows/release.yml@refs/tags/*" },
  { images = "registry.example/base/**", issuer = "https://accounts.example.com", identity = "release+bot@example.com" },
  { images = "registry.example/tools", issuer = "https://accounts.example.com", identity = "tools@example.com" },
]
"#;

#[test]
fn signers_become_identities() {
    let (said, _) = export("kyverno", SIGNED);
    let all = documents(&said.out);
    let rules = all[0]["spec"]["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), 3);
    let base = &rules[1]["verifyImages"][0];
    assert_eq!(texts(&base["imageReferences"]), ["registry.example/base/*"]);
    assert_eq!(base["failureAction"], "Enforce");
    assert_eq!(
        base["attestors"][0],
        json!({"count": "1", "entries": [
            {"keyless": {"issuer": "https://token.actions.githubusercontent.com",
                "subject": "https://github.com/acme/base/.github/workflows/release.yml@refs/tags/*"}},
            {"keyless": {"issuer": "https://accounts.example.com", "subject": "release+bot@example.com"}},
        ]}),
        "one of those who sign the same images is enough"
    );
    let tools = &rules[2]["verifyImages"][0];
    assert_eq!(
        texts(&tools["imageReferences"]),
        ["registry.example/tools:*", "registry.example/tools@*"]
    );

    let (said, _) = export("policy-controller", SIGNED);
    let all = documents(&said.out);
    assert_eq!(all.len(), 3);
    let base = &all[1]["spec"];
    assert_eq!(
        base["images"],
        json!([{"glob": "registry.example/base/**"}])
    );
    assert_eq!(
        base["authorities"][0]["keyless"]["identities"],
        json!([
            {"issuer": "https://token.actions.githubusercontent.com",
             "subjectRegExp": "^https://github\\.com/acme/base/\\.github/workflows/release\\.yml@refs/tags/.*$"},
            {"issuer": "https://accounts.example.com", "subject": "release+bot@example.com"},
        ])
    );
}

#[test]
fn what_cannot_be_said_is_an_error_and_exports_nothing() {
    for (format, list, why) in [
        (
            "kyverno",
            "images = [\"registry.example/base/*\"]",
            "goes over `/`",
        ),
        ("kyverno", "images = [\"docker.io/*/app\"]", "goes over `/`"),
        (
            "kyverno",
            "images = [\"registry.example/**\"]\nsigners = [{ images = \"registry.example/b*\", issuer = \"https://a.example\", identity = \"b\" }]",
            "sources.signers",
        ),
        (
            "policy-controller",
            "images = [\"registry.example/{a,b}\"]",
            "no choice",
        ),
        (
            "policy-controller",
            "images = [\"registry.example/a?\"]",
            "no choice",
        ),
        (
            "policy-controller",
            "images = [\"registry.example/a~b\"]",
            "letters, digits",
        ),
        (
            "policy-controller",
            "images = [\"registry.example/a**\"]",
            "`**` beside other letters",
        ),
        ("kyverno", "digests = []", "lists no images"),
    ] {
        let (said, _) = export(format, list);
        assert!(!said.success && !said.failed_plainly, "{list}");
        assert_eq!(said.out, "", "{list}");
        assert!(said.err.contains(why), "{list}: {}", said.err);
    }
}

#[test]
fn an_export_names_the_policy_that_it_is_of() {
    let (said, policy) = export("kyverno", LISTS[0]);
    let digest = policy.digest.to_string();
    assert!(
        said.out
            .lines()
            .next()
            .is_some_and(|line| line.contains(&digest)),
        "{}",
        said.out
    );
    assert!(
        said.out
            .lines()
            .take_while(|line| *line != "---")
            .all(|line| line.starts_with('#'))
    );
}
