//! `policy lint`, `schema` and `explain`.

use std::path::Path;

use super::{files, policy, policy_command, problems};
use forgewarden::policy::{MAX_LAYER_BYTES, MAX_POLICY_BYTES, Policy};

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/policy/snapshots"),
    );
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn good_files_have_no_problems() {
    for file in files("good") {
        let said = policy_command(&["lint", &file.display().to_string()]);
        assert!(said.success, "{}", said.out);
        assert_eq!(said.out, format!("{}: no problems\n", file.display()));
    }
}

#[test]
fn bad_files_are_refused_with_all_their_problems_at_their_places() {
    for file in files("bad") {
        let said = policy_command(&["lint", &file.display().to_string()]);
        assert!(said.failed_plainly, "{}: {}", file.display(), said.out);
        let name = file.file_stem().expect("a name").to_string_lossy();
        snapshot(&format!("bad-{name}"), &said.out);
        assert!(
            !said.out.contains(['\u{1b}', '\u{202e}']),
            "hostile text is escaped"
        );
    }
}

#[test]
fn idle_entries_are_warned_of_and_do_not_fail() {
    for file in files("warn") {
        let said = policy_command(&["lint", &file.display().to_string()]);
        assert!(said.success, "{}", said.out);
        let name = file.file_stem().expect("a name").to_string_lossy();
        snapshot(&format!("warn-{name}"), &said.out);
    }
}

#[test]
fn a_layer_is_linted_over_its_policy() {
    let (policy, layer) = (
        "tests/data/policy/good/full.toml",
        "tests/data/policy/layers/loosening.toml",
    );
    let said = policy_command(&["lint", policy, "--repository-layer", layer]);
    assert!(said.success, "{}", said.out);
    snapshot("layer-loosening", &said.out);
}

#[test]
fn explain_names_the_layer_that_decided_each_value() {
    let (policy, layer) = (
        "tests/data/policy/good/full.toml",
        "tests/data/policy/layers/tightening.toml",
    );
    let said = policy_command(&["explain", "--policy", policy, "--repository-layer", layer]);
    assert!(said.success, "{}", said.err);
    let stable: Vec<_> = said
        .out
        .lines()
        .filter(|line| !line.contains("checks.") || line.contains("unsigned-commit."))
        .collect();
    let stable: Vec<_> = stable
        .into_iter()
        .filter(|line| !line.contains(" digest "))
        .collect();
    snapshot("explain", &stable.join("\n"));
}

#[test]
fn explain_shows_the_page_of_a_check_and_names_the_nearest() {
    let said = policy_command(&["explain", "unsigned-commit"]);
    assert!(said.out.starts_with("# unsigned-commit\n"), "{}", said.out);
    let said = policy_command(&["explain", "unsigned-comit"]);
    assert!(
        !said.success && said.err.contains("did you mean `unsigned-commit`?"),
        "{}",
        said.err
    );
}

#[test]
fn a_file_that_cannot_be_read_is_refused() {
    let said = policy_command(&["lint", "tests/data/policy/none.toml"]);
    assert!(
        said.failed_plainly && said.out.contains("cannot be read"),
        "{}",
        said.out
    );
    let long = format!("version = 1\n#{}", "x".repeat(MAX_POLICY_BYTES));
    let found = problems(&long);
    assert!(
        found[0].message.contains(&MAX_POLICY_BYTES.to_string()),
        "{found:?}"
    );
    let long = format!("version = 1\n#{}", "x".repeat(MAX_LAYER_BYTES));
    assert!(policy("").tightened_by("layer", long.as_bytes()).is_err());
    let odd = policy("")
        .tightened_by("layer", b"version = 1\n# \xff")
        .expect_err("not UTF-8");
    assert_eq!((odd.0[0].line, odd.0[0].column), (2, 3));
}

#[test]
fn a_flood_of_problems_is_cut_and_counted() {
    let text: String = (0..5000)
        .map(|number| format!("key{number} = 1\n"))
        .collect();
    let found = problems(&format!("version = 1\n{text}"));
    assert_eq!(found.len(), forgewarden::policy::MAX_PROBLEMS);
    assert!(
        found
            .last()
            .and_then(|last| last.help.as_deref())
            .is_some_and(|help| help.contains("more problems"))
    );
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    let deep = format!(
        "version = 1\nteams = {}{}",
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    assert!(!problems(&deep).is_empty());
    let deep = format!("version = 1\n[a{}]\n", ".a".repeat(20_000));
    assert!(!problems(&deep).is_empty());
}

#[test]
fn columns_count_characters() {
    let found = problems("version = 1\n# ü\nteams = { \"über\" = [\"nobody\"] }\n");
    assert_eq!((found[0].line, found[0].column), (3, 21), "{found:?}");
    assert!(
        found[0]
            .to_string()
            .starts_with("policy.toml:3:21: error: "),
        "{}",
        found[0]
    );
}

#[test]
fn the_schema_is_printed_and_names_itself() {
    let said = policy_command(&["schema"]);
    let schema: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(schema["$id"], forgewarden::policy::SCHEMA_ID);
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn limits_have_the_documented_defaults() {
    let limits = policy("").limits;
    assert_eq!(
        (limits.commits, limits.refs, limits.changed_paths),
        (5000, 1000, 10_000)
    );
    assert_eq!(
        (limits.blob_bytes, limits.hook_deadline.as_secs()),
        (1 << 20, 4)
    );
    let stated = policy("limits = { hook_deadline = \"500ms\", refs = 7 }").limits;
    assert_eq!((stated.hook_deadline.as_millis(), stated.refs), (500, 7));
}

#[test]
fn a_full_file_becomes_a_whole_policy() {
    let read = Policy::read(Path::new("tests/data/policy/good/full.toml")).expect("a policy");
    assert_eq!(read.directory.principals.len(), 4);
    assert_eq!(read.directory.members(["team:security"]).len(), 2);
    assert!(!read.roots.is_empty());
    assert_eq!(
        (read.baseline.len(), read.ci_paths.len(), read.waivers.len()),
        (1, 1, 2)
    );
    assert_eq!(read.ci_paths[0].system, "kubernetes");
}

#[test]
fn a_team_s_members_are_people_or_groups_of_a_forge() {
    let of = |member: &str| {
        let people = "version = 1\n[principals.alice]\naccounts = [\"github:alice\"]\n";
        problems(&format!(
            "{people}[teams]\nother = [\"alice\"]\nsecurity = [\"{member}\"]\n"
        ))
    };
    for lawful in [
        "alice",
        "github:acme/security",
        "gitlab:acme",
        "gitlab:acme/platform/core",
        "stash:sec team",
        "bitbucket-dc:sec-team",
    ] {
        assert!(of(lawful).is_empty(), "{lawful}: {:?}", of(lawful));
    }
    for unlawful in [
        "github:alice",
        "github:#1",
        "github:acme/security/core",
        "github:../security",
        "gitlab:acme//core",
        "gitlab:",
        "stash:a/b",
        "git:acme",
        "bitbuckt:acme",
        "team:other",
        "other",
        "mallory",
    ] {
        let found = of(unlawful);
        assert!(!found.is_empty(), "{unlawful}");
    }
}
