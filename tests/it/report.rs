//! What people and machines read of a verdict.

#![expect(clippy::expect_used, reason = "a test's helper fails the test by it")]

use bstr::BString;
use forgewarden::model::build::{CapabilityClass, Direction};
use forgewarden::model::facts::Gap;
use forgewarden::model::finding::{Effect, Finding, Severity, WaiverNote};
use forgewarden::model::oid::ObjectId;
use forgewarden::model::principal::PrincipalId;
use forgewarden::model::refs::{RefName, RefUpdate};
use forgewarden::model::repo::RepositoryName;
use forgewarden::model::request::Subject;
use forgewarden::model::signature::{KeyName, Signature, SignatureKind, SignatureState};
use forgewarden::model::verdict::{
    Capability, Conclusion, Digest, JudgedObject, VERDICT_SCHEMA, Verdict,
};
use forgewarden::report::terminal::{Colour, MAX_PER_CHECK, Options};
use forgewarden::report::{
    MAX_TITLE, PageContext, ReportError, Templates, annotations, check_summary, details_page,
    exit_code, json, markdown, sarif, terminal, title,
};
use serde_json::{Value, json};

fn id(digit: char) -> ObjectId {
    ObjectId::parse(digit.to_string().repeat(40)).expect("an id")
}

fn main() -> RefName {
    RefName::branch("main").expect("a ref")
}

fn finding(check: &'static str, effect: Effect, message: &str, remedy: &str) -> Finding {
    Finding {
        check,
        effect,
        severity: Severity::High,
        message: message.into(),
        remedy: remedy.into(),
        fingerprint: None,
        subject: main(),
        commit: None,
        path: None,
        line: None,
        column: None,
        waiver: None,
    }
}

fn signed(digit: char) -> JudgedObject {
    JudgedObject {
        id: id(digit),
        signature: Signature {
            kind: Some(SignatureKind::Ssh),
            state: SignatureState::Valid {
                principal: PrincipalId::new("alice"),
                key: KeyName("SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDvGqDSwhjO8QdEHkM".into()),
            },
        },
    }
}

fn unsigned(digit: char) -> JudgedObject {
    let signature = Signature {
        kind: None,
        state: SignatureState::Unsigned,
    };
    JudgedObject {
        id: id(digit),
        signature,
    }
}

/// What a change of a release workflow could do.
fn capabilities() -> Vec<Capability> {
    let one = |class, direction, what: &str, line| Capability {
        subject: main(),
        class,
        direction,
        what: what.to_owned(),
        jobs: vec!["job deploy".to_owned()],
        path: ".github/workflows/release.yml".to_owned(),
        line,
        column: line.map(|_| 7),
    };
    vec![
        one(
            CapabilityClass::Secret,
            Direction::Gained,
            "job deploy gains secret PROD_KEY",
            Some(14),
        ),
        one(
            CapabilityClass::Runner,
            Direction::Changed,
            "job deploy runs on own machines (prod) instead of a machine of the forge (ubuntu-latest)",
            Some(9),
        ),
        one(
            CapabilityClass::Guard,
            Direction::Lost,
            "job scan no longer runs scan `trivy` <b>|@alice",
            None,
        ),
    ]
}

fn verdict(conclusion: Conclusion, findings: Vec<Finding>) -> Verdict {
    Verdict {
        schema: VERDICT_SCHEMA,
        conclusion,
        repository: RepositoryName::new("acme/payments"),
        subject: Subject::PullRequest {
            number: 7,
            target: main(),
            base: id('b'),
            head: id('e'),
        },
        policy_digest: Digest("1f".repeat(32)),
        trust_digest: Digest("2e".repeat(32)),
        gaps: Vec::new(),
        findings,
        capabilities: Vec::new(),
        more_capabilities: 0,
        authentication: Vec::new(),
        commits: vec![signed('e'), unsigned('d')],
    }
}

/// A change that a reviewer could meet: an unsigned commit, a workflow without
/// approval, an unreadable pipeline, a waiver.
fn blocked() -> Verdict {
    let commit = Finding {
        commit: Some(id('d')),
        ..finding(
            "unsigned-commit",
            Effect::Block,
            "commit dddddddddd \"Speed up the release job\" is not signed",
            "git rebase --exec 'git commit --amend --no-edit -S' dddddddddd^",
        )
    };
    let workflow = Finding {
        path: Some(".github/workflows/release.yml".into()),
        commit: Some(id('d')),
        ..finding(
            "example-approval",
            Effect::Block,
            ".github/workflows/release.yml (executed by CI) was modified and nobody of platform-security has approved this head",
            "ask a member of platform-security to approve pull request 7 at its present head",
        )
    };
    let pipeline = Finding {
        path: Some("ci/deploy.gitlab-ci.yml".into()),
        line: Some(12),
        column: Some(3),
        severity: Severity::Medium,
        ..finding(
            "example-unparsable",
            Effect::Warn,
            "the key \"image\" stands twice, so readers disagree",
            "remove one of the two",
        )
    };
    let waived = Finding {
        path: Some("images/base/Dockerfile".into()),
        waiver: Some(WaiverNote {
            reason: "the base image moves to the internal registry in December".into(),
            until: "2026-12-31".into(),
        }),
        ..finding(
            "example-approval",
            Effect::Warn,
            "images/base/Dockerfile (executed by CI) was added without approval",
            "ask a member of platform-security",
        )
    };
    Verdict {
        capabilities: capabilities(),
        ..verdict(Conclusion::Fail, vec![commit, workflow, pipeline, waived])
    }
}

fn unjudged() -> Verdict {
    let mut verdict = verdict(Conclusion::Error, Vec::new());
    verdict.gaps = vec![Gap(
        "the push brings more than 2000 commits (bound max-commits): push it in parts, or ask for a higher bound".into(),
    )];
    verdict
}

fn many_unsigned(count: usize) -> Verdict {
    let one = |number: usize| Finding {
        commit: Some(ObjectId::parse(format!("{number:040x}")).expect("an id")),
        ..finding(
            "unsigned-commit",
            Effect::Block,
            &format!("commit {number} is not signed"),
            "git commit --amend -S",
        )
    };
    verdict(Conclusion::Fail, (1..=count).map(one).collect())
}

/// A verdict whose every text is hostile.
fn hostile() -> Verdict {
    let text = "@mallory <script>alert(1)</script> ![x](http://evil.example/a) | **b** `c` ``` \u{202e}\x1b[31m\n# h";
    let mut verdict = verdict(
        Conclusion::Error,
        vec![Finding {
            path: Some(BString::from("a`|<b>\"'\u{202e}\n@x/#1.yml")),
            subject: RefName::branch("x@mallory|`<b>").expect("a ref"),
            commit: Some(id('d')),
            waiver: Some(WaiverNote {
                reason: text.into(),
                until: text.into(),
            }),
            ..finding(
                "unsigned-commit",
                Effect::Warn,
                text,
                &format!("{text}\ngit ``` <b>"),
            )
        }],
    );
    verdict.gaps = vec![Gap(text.into())];
    verdict.repository = RepositoryName::new(text);
    verdict.commits[0].signature.state = SignatureState::Malformed {
        reason: text.into(),
    };
    verdict
}

#[test]
fn the_terminal_shows_what_where_and_the_command() {
    insta::assert_snapshot!(terminal::render(&blocked(), &Options::default()));
    insta::assert_snapshot!(terminal::render(&unjudged(), &Options::default()));
    let passed = verdict(Conclusion::Pass, Vec::new());
    insta::assert_snapshot!(terminal::render(&passed, &Options::default()));
}

#[test]
fn twenty_unsigned_commits_are_not_twenty_screens() {
    let text = terminal::render(&many_unsigned(20), &Options::default());
    assert_eq!(text.matches("is not signed").count(), MAX_PER_CHECK);
    assert!(text.contains("… and 10 more"), "{text}");
    assert_eq!(text.matches("$ git commit --amend -S").count(), 1, "{text}");
    assert!(text.lines().count() < 30, "{text}");
}

#[test]
fn lines_fit_the_terminal_and_carry_the_prefix() {
    for (width, prefix) in [(78, ""), (40, "GL-HOOK-ERR: ")] {
        let options = Options {
            width,
            line_prefix: prefix,
            ..Options::default()
        };
        for verdict in [blocked(), unjudged(), hostile()] {
            for line in terminal::render(&verdict, &options).lines() {
                let line = line.strip_prefix(prefix).expect("the prefix");
                let copied = line.contains("$ ") || line.contains(" on ");
                assert!(copied || line.chars().count() <= width, "{line}");
            }
        }
    }
}

#[test]
fn colour_comes_only_when_asked_for_and_never_from_outside() {
    let plain = terminal::render(&hostile(), &Options::default());
    assert!(
        !plain.contains('\x1b') && !plain.contains('\u{202e}'),
        "{plain}"
    );
    let coloured = terminal::render(
        &blocked(),
        &Options {
            colour: Colour::Always,
            ..Options::default()
        },
    );
    assert!(coloured.contains("\x1b[1;31mBLOCKED"), "{coloured}");
}

#[test]
fn the_title_is_one_short_line() {
    assert_eq!(
        title(&blocked()),
        "2 blocking findings, 1 warning, 1 waived"
    );
    assert!(title(&unjudged()).starts_with("could not judge: the push brings more"));
    assert_eq!(
        title(&verdict(Conclusion::Pass, Vec::new())),
        "nothing to object to"
    );
    for verdict in [hostile(), unjudged(), many_unsigned(5000)] {
        let title = title(&verdict);
        assert!(
            title.chars().count() <= MAX_TITLE && !title.contains('\n'),
            "{title}"
        );
    }
}

#[test]
fn only_a_pass_exits_with_zero() {
    let codes = [
        Conclusion::Pass,
        Conclusion::Fail,
        Conclusion::Error,
        Conclusion::Pending,
    ]
    .map(exit_code);
    assert_eq!(codes, [0, 1, 2, 2]);
}

#[test]
fn the_json_is_the_versioned_schema_and_always_the_same_bytes() {
    let text = json::render(&blocked()).expect("json");
    assert_eq!(text, json::render(&blocked()).expect("json"));
    assert!(text.ends_with("}\n"));
    insta::assert_snapshot!(text);
}

#[test]
fn annotations_name_path_line_and_remedy() {
    let found = annotations(&blocked());
    let places: Vec<_> = found
        .iter()
        .map(|one| (one.path.as_str(), one.line, one.blocking))
        .collect();
    assert_eq!(
        places,
        [
            (".github/workflows/release.yml", 1, true),
            ("ci/deploy.gitlab-ci.yml", 12, false),
            ("images/base/Dockerfile", 1, false),
        ]
    );
    assert!(found[1].message.ends_with("\nremove one of the two"));
}

#[test]
fn the_sarif_says_the_same() {
    let text = sarif::render(&blocked()).expect("sarif");
    let log: Value = serde_json::from_str(&text).expect("json");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in run["results"].as_array().expect("results") {
        let index =
            usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(
            result["partialFingerprints"]["forgewarden/v1"]
                .as_str()
                .map(str::len),
            Some(32)
        );
    }
    let region = &run["results"][2]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region, &json!({ "startLine": 12, "startColumn": 3 }));
    assert_eq!(run["results"][3]["suppressions"][0]["status"], "accepted");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    insta::assert_snapshot!(insta_sarif(log.clone()));
}

/// Without the documentation of the checks, which has its own tests.
fn insta_sarif(mut log: Value) -> String {
    for rule in log["runs"][0]["tool"]["driver"]["rules"]
        .as_array_mut()
        .expect("rules")
    {
        rule.as_object_mut().expect("an object").remove("help");
    }
    serde_json::to_string_pretty(&log).expect("json")
}

#[test]
fn a_fingerprint_survives_a_move_of_the_line_and_nothing_else() {
    let print = |change: fn(&mut Finding)| {
        let mut verdict = blocked();
        change(&mut verdict.findings[2]);
        let log: Value =
            serde_json::from_str(&sarif::render(&verdict).expect("sarif")).expect("json");
        log["runs"][0]["results"][2]["partialFingerprints"].clone()
    };
    let before = print(|_| {});
    assert_eq!(before, print(|finding| finding.line = Some(99)));
    assert_ne!(
        before,
        print(|finding| finding.path = Some("other.yml".into()))
    );
}

#[test]
fn what_could_not_be_judged_is_a_run_that_failed() {
    let log: Value =
        serde_json::from_str(&sarif::render(&unjudged()).expect("sarif")).expect("json");
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(
        invocation["toolExecutionNotifications"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[test]
fn the_summary_of_a_check_run() {
    let templates = Templates::embedded().expect("templates");
    insta::assert_snapshot!(check_summary(&blocked(), &templates).expect("a summary"));
    insta::assert_snapshot!(check_summary(&unjudged(), &templates).expect("a summary"));
}

#[test]
fn nothing_from_outside_becomes_markdown() {
    let templates = Templates::embedded().expect("templates");
    let text = check_summary(&hostile(), &templates).expect("a summary");
    insta::assert_snapshot!(text);
    assert!(!text.contains("<script") && !text.contains(" @mallory") && !text.contains("](http"));
}

#[test]
fn a_summary_that_would_be_too_long_says_what_it_leaves_out() {
    let templates = Templates::embedded().expect("templates");
    let mut verdict = many_unsigned(3000);
    for finding in &mut verdict.findings {
        finding.message = "x".repeat(4000);
    }
    let text = check_summary(&verdict, &templates).expect("a summary");
    assert!(text.len() <= markdown::MAX_SUMMARY, "{}", text.len());
    assert!(text.contains("more findings left out here"));
}

fn page(verdict: &Verdict) -> String {
    let json = serde_json::to_value(verdict).expect("json");
    let context = PageContext {
        product_url: "https://forgewarden.example".into(),
        forge_url: Some("https://forge.example/acme/payments/pull/7".into()),
        judged_at: "2026-11-24T06:30:00Z".parse().expect("an instant"),
    };
    details_page(&json, &context, &Templates::embedded().expect("templates")).expect("a page")
}

#[test]
fn the_page_explains_every_finding_and_needs_nothing_from_elsewhere() {
    let verdict = blocked();
    let page = page(&verdict);
    for needle in [
        "2 blocking findings, 1 warning, 1 waived",
        "git rebase --exec",
        "ci&#x2f;deploy.gitlab-ci.yml:12:3",
        "Waived until 2026-12-31",
        "What this check is about",
        "alice",
        "SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDvGqDSwhjO8QdEHkM",
    ] {
        assert!(page.contains(needle), "{needle} in {page}");
    }
    for foreign in ["<script", "src=", "@import", "url(", "<link", "style="] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}

#[test]
fn nothing_from_outside_becomes_html() {
    let page = page(&hostile());
    assert!(
        !page.contains("<script") && !page.contains("<b>") && !page.contains('\u{202e}'),
        "{page}"
    );
}

#[test]
fn a_link_that_is_not_of_the_web_is_not_shown() {
    let json = serde_json::to_value(blocked()).expect("json");
    let context = PageContext {
        product_url: "javascript:alert(1)".into(),
        forge_url: Some("javascript:alert(1)".into()),
        judged_at: "2026-11-24T06:30:00Z".parse().expect("an instant"),
    };
    let page =
        details_page(&json, &context, &Templates::embedded().expect("templates")).expect("a page");
    assert!(!page.contains("javascript"));
}

#[test]
fn a_verdict_of_another_version_is_not_guessed_at() {
    let mut json = serde_json::to_value(blocked()).expect("json");
    json["schema"] = json!("forgewarden/verdict/v9");
    let context = PageContext {
        product_url: String::new(),
        forge_url: None,
        judged_at: "2026-11-24T06:30:00Z".parse().expect("an instant"),
    };
    let templates = Templates::embedded().expect("templates");
    let error = details_page(&json, &context, &templates).expect_err("another version");
    assert!(matches!(error, ReportError::Version { .. }), "{error}");
    json["schema"] = json!(VERDICT_SCHEMA);
    json["conclusion"] = json!("green");
    let error = details_page(&json, &context, &templates).expect_err("another shape");
    assert!(matches!(error, ReportError::Shape(_)), "{error}");
}

#[test]
fn an_operator_replaces_a_template_and_still_gets_escaping() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("details.html"),
        "<h1>{{ title }}</h1>{{ repository }}",
    )
    .expect("written");
    let templates = Templates::with_overrides(folder.path()).expect("templates");
    let context = PageContext {
        product_url: String::new(),
        forge_url: None,
        judged_at: "2026-11-24T06:30:00Z".parse().expect("an instant"),
    };
    let json = serde_json::to_value(hostile()).expect("json");
    let page = details_page(&json, &context, &templates).expect("a page");
    assert!(
        page.starts_with("<h1>@mallory &lt;script") && !page.contains("<script"),
        "{page}"
    );

    std::fs::write(folder.path().join("detials.html"), "").expect("written");
    let error = Templates::with_overrides(folder.path()).expect_err("a misspelt name");
    assert!(matches!(error, ReportError::Unknown { .. }), "{error}");
    std::fs::remove_file(folder.path().join("detials.html")).expect("removed");
    std::fs::write(folder.path().join("check_summary.md"), "{% if %}").expect("written");
    let error = Templates::with_overrides(folder.path()).expect_err("a broken template");
    assert!(error.to_string().contains("check_summary.md"), "{error}");
}

#[test]
fn refs_and_deletions_of_a_push_are_listed() {
    let mut verdict = verdict(Conclusion::Pass, Vec::new());
    let update = |name: &str, old, new| RefUpdate {
        name: RefName::branch(name).expect("a ref"),
        old,
        new,
    };
    verdict.subject = Subject::Push {
        updates: vec![
            update("new", None, Some(id('e'))),
            update("gone", Some(id('b')), None),
        ],
    };
    let page = page(&verdict);
    assert!(
        page.contains("push of 2 refs") && page.contains("created") && page.contains("deleted")
    );
}
