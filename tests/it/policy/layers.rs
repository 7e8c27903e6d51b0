//! What the repository's own layer may and may not do.

use forgewarden::checks::Mode;
use forgewarden::model::refs::RefName;
use forgewarden::policy::Policy;

use super::policy;

const OPERATOR: &str = r#"
protected = ["main"]
[principals.alice]
accounts = ["github:alice"]
[principals.bob]
accounts = ["github:bob"]
[principals.carol]
accounts = ["github:carol"]
[teams]
security = ["alice", "bob"]
[checks.unsigned-commit]
mode = "audit"
"#;

fn operator(more: &str) -> Policy {
    policy(&format!("{OPERATOR}{more}"))
}

fn over(operator: &Policy, layer: &str) -> Policy {
    let layer = format!("version = 1\n{layer}");
    let read = operator.tightened_by(".forgewarden.toml", layer.as_bytes());
    read.unwrap_or_else(|problems| panic!("{problems}"))
}

fn mode(policy: &Policy) -> Mode {
    policy.checks.unsigned_commit.mode
}

#[test]
fn a_mode_rises_and_never_falls() {
    let operator = operator("");
    let layer = |word: &str| {
        over(
            &operator,
            &format!("[checks.unsigned-commit]\nmode = \"{word}\""),
        )
    };
    let raised = layer("enforce");
    assert_eq!(mode(&raised), Mode::Enforce);
    assert!(raised.notices.is_empty());
    let fallen = layer("off");
    assert_eq!(mode(&fallen), Mode::Audit);
    assert_eq!(fallen.notices.len(), 1);
    assert_eq!((fallen.notices[0].line, fallen.notices[0].column), (3, 1));
    assert!(
        fallen.notices[0].message.contains("may only raise it"),
        "{}",
        fallen.notices[0]
    );
    assert!(layer("audit").notices.is_empty());
}

#[test]
fn a_mode_falls_where_the_operator_allows_it() {
    for key in [
        "checks.unsigned-commit.mode",
        "checks.unsigned-commit",
        "checks",
    ] {
        let operator = operator(&format!("[repository]\nmay_loosen = [\"{key}\"]"));
        let fallen = over(&operator, "[checks.unsigned-commit]\nmode = \"off\"");
        assert_eq!(mode(&fallen), Mode::Off, "{key}");
        assert!(fallen.notices.is_empty());
    }
    let other = operator("[repository]\nmay_loosen = [\"checks.unknown-signer\", \"waivers\"]");
    assert_eq!(
        mode(&over(&other, "[checks.unsigned-commit]\nmode = \"off\"")),
        Mode::Audit
    );
}

#[test]
fn protected_refs_are_added_and_never_taken_away() {
    let main = RefName::branch("main").expect("a branch");
    let next = RefName::branch("next").expect("a branch");
    for loose in ["", "[repository]\nmay_loosen = [\"protected\"]"] {
        let layered = over(&operator(loose), "protected = [\"next\"]");
        assert!(layered.protected.matches(&main) && layered.protected.matches(&next));
        let emptied = over(&operator(loose), "protected = []");
        assert!(emptied.protected.matches(&main));
    }
}

#[test]
fn ci_paths_are_added() {
    let operator = operator("[ci]\npaths = [{ glob = \"a\", system = \"docker\" }]");
    let layered = over(
        &operator,
        "[ci]\npaths = [{ glob = \"b\", system = \"jenkins\" }]",
    );
    let globs: Vec<_> = layered
        .ci_paths
        .iter()
        .map(|path| path.glob.glob().glob())
        .collect();
    assert_eq!(globs, ["a", "b"]);
    assert!(layered.notices.is_empty());
}

/// A key, a layer that states it, and whether the layer got its way.
type Row = (&'static str, &'static str, fn(&Policy, &Policy) -> bool);

#[test]
fn what_belongs_to_the_operator_is_ignored_unless_allowed() {
    let key = "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f";
    let rows: [Row; 6] = [
        (
            "principals",
            "[principals.mallory]\naccounts = [\"github:mallory\"]",
            |new, old| new.directory.principals.len() > old.directory.principals.len(),
        ),
        ("teams", "[teams]\nsecurity = [\"carol\"]", |new, _| {
            new.directory.teams["security"].len() == 3
        }),
        (
            "baseline",
            "baseline = [\"1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f\"]",
            |new, _| new.baseline.len() == 1,
        ),
        ("limits", "[limits]\ncommits = 10", |new, _| {
            new.limits.commits == 10
        }),
        (
            "waivers",
            "[[waivers]]\ncheck = \"unsigned-commit\"\npaths = [\"a\"]\nreason = \"b\"\nuntil = 2030-01-01",
            |new, _| new.waivers.len() == 1,
        ),
        (
            "trust",
            "[trust]\nrevoked = [{ key = \"1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F\", reason = \"lost\" }]",
            |new, old| {
                // The stated key is none of the policy's, which only the operator's layer can change.
                new.digest != old.digest
            },
        ),
    ];
    assert_eq!(key.len(), 40);
    for (key, layer, got_its_way) in rows {
        let strict = operator("");
        let layered = over(&strict, layer);
        assert!(!got_its_way(&layered, &strict), "{key}");
        assert_eq!(layered.digest, strict.digest, "{key}");
        assert_eq!(layered.notices.len(), 1, "{key}: {:?}", layered.notices);
        assert!(
            layered.notices[0]
                .help
                .as_deref()
                .is_some_and(|help| help.contains("may_loosen")),
            "{key}"
        );
        let lax = operator(&format!("[repository]\nmay_loosen = [\"{key}\"]"));
        assert!(got_its_way(&over(&lax, layer), &lax), "{key}");
    }
}

#[test]
fn the_layer_cannot_allow_itself_anything() {
    let layer = "[repository]\nmay_loosen = [\"checks\"]\n[checks.unsigned-commit]\nmode = \"off\"";
    for operator in [
        operator(""),
        operator("[repository]\nmay_loosen = [\"waivers\"]"),
    ] {
        let layered = over(&operator, layer);
        assert_eq!(mode(&layered), Mode::Audit);
        assert_eq!(layered.notices.len(), 2, "{:?}", layered.notices);
        let again = over(&layered, "[checks.unsigned-commit]\nmode = \"off\"");
        assert_eq!(mode(&again), Mode::Audit);
    }
}

#[test]
fn approvals_rise_and_approvers_narrow() {
    let operator = operator(
        "[checks.ci-change-unapproved]\napprovals = 2\napprovers = [\"team:security\", \"carol\"]\nsigned_by = [\"alice\"]",
    );
    let layered = |line: &str| over(&operator, &format!("[checks.ci-change-unapproved]\n{line}"));
    for tighter in [
        "approvals = 3",
        "approvers = [\"team:security\"]",
        "approvers = [\"alice\"]",
        "approvers = [\"alice\", \"bob\", \"carol\"]",
        "only_protected = false",
    ] {
        let layered = layered(tighter);
        assert!(
            layered.notices.is_empty(),
            "{tighter}: {:?}",
            layered.notices
        );
    }
    for looser in [
        "approvals = 1",
        "approvers = []",
        "signed_by = [\"bob\"]",
        "signed_by = [\"team:security\"]",
        "only_protected = true",
    ] {
        let layered = layered(looser);
        assert_eq!(layered.digest, operator.digest, "{looser}");
        assert_eq!(layered.notices.len(), 1, "{looser}: {:?}", layered.notices);
    }
    let free = policy(OPERATOR);
    let narrowed = over(
        &free,
        "[checks.ci-change-unapproved]\napprovers = [\"alice\"]",
    );
    assert!(
        narrowed.notices.is_empty(),
        "an empty list stands for everybody: {:?}",
        narrowed.notices
    );
    let signing = over(
        &free,
        "[checks.ci-change-unapproved]\nsigned_by = [\"alice\"]",
    );
    assert_eq!(signing.notices.len(), 1, "an empty list stands for nobody");
}

#[test]
fn no_list_of_people_covers_a_forge_s_group() {
    let grouped = OPERATOR.replace(
        "security = [",
        "open = [\"alice\", \"github:acme/everyone\"]\nsecurity = [",
    );
    let check = "[checks.ci-change-unapproved]\napprovers = ";
    let operator = |approvers: &str| policy(&format!("{grouped}{check}{approvers}"));
    let stated = |line: &str| format!("{check}{line}");
    let closed = operator("[\"alice\", \"bob\"]");
    let opened = over(&closed, &stated("[\"team:open\"]"));
    assert_eq!(opened.digest, closed.digest);
    assert_eq!(opened.notices.len(), 1, "{:?}", opened.notices);
    let open = operator("[\"team:open\", \"bob\"]");
    for narrower in ["[\"team:open\"]", "[\"alice\"]"] {
        let narrowed = over(&open, &stated(narrower));
        assert!(narrowed.notices.is_empty(), "{narrower}");
    }
    let layer = "[teams]\nopen = [\"github:mallory/friends\"]";
    let added = over(&open, layer);
    assert_eq!(added.digest, open.digest);
    assert_eq!(added.notices.len(), 1);
}

#[test]
fn a_layer_that_cannot_be_read_is_an_error() {
    let operator = operator("");
    for layer in [
        "version = 1\nprotcted = [\"main\"]",
        "version = 1\n[checks.unsigned-commit]\nmode = \"enforced\"",
        "version = 1\n[",
        "protected = [\"main\"]",
        "version = 2",
        "",
    ] {
        let problems = operator.tightened_by(".forgewarden.toml", layer.as_bytes());
        assert!(
            problems.is_err_and(|problems| problems.any_error()),
            "{layer}"
        );
    }
}

#[test]
fn names_in_a_layer_must_mean_something() {
    let layer = "version = 1\n[checks.ci-change-unapproved]\napprovers = [\"team:securty\"]";
    let free = operator("[repository]\nmay_loosen = [\"checks\"]");
    let problems = free
        .tightened_by(".forgewarden.toml", layer.as_bytes())
        .expect_err("an unknown team");
    assert_eq!(problems.0[0].source, ".forgewarden.toml");
    assert_eq!(problems.0[0].line, 3);
    assert_eq!(
        problems.0[0].help.as_deref(),
        Some("did you mean `security`?")
    );
}

#[test]
fn a_layer_names_no_files_of_the_operators_machine() {
    let lax = operator("[repository]\nmay_loosen = [\"principals\", \"trust\"]");
    for layer in [
        "[principals.carol]\nopenpgp = [\"keys/alice.asc\"]",
        "[trust]\nallowed_signers = [\"allowed_signers\"]",
    ] {
        let text = format!("version = 1\n{layer}");
        let problems = lax
            .tightened_by(".forgewarden.toml", text.as_bytes())
            .expect_err("a file");
        assert!(
            problems.0[0].message.contains("cannot name key files"),
            "{problems}"
        );
    }
    let strict = over(
        &operator(""),
        "[trust]\nallowed_signers = [\"allowed_signers\"]",
    );
    assert_eq!(strict.notices.len(), 1);
}

#[test]
fn trusted_sources_only_narrow() {
    let stated = operator(
        "[sources]\nimages = [\"registry.example/**\", \"docker.io/library/python\"]\n\
         code = [\"actions/*\"]\nhosts = [\"*.example.com\"]\nleast_pin = \"tag\"\n\
         iam_registries = [\"ghcr.io\"]",
    );
    let silent = operator("");
    let layered = |operator: &Policy, line: &str| over(operator, &format!("[sources]\n{line}"));
    for (operator, tighter) in [
        (&stated, "images = [\"registry.example/team/**\"]"),
        (&stated, "images = [\"docker.io/library/python\"]"),
        (&silent, "images = [\"registry.example/**\"]"),
        (&stated, "code = [\"actions/checkout\"]"),
        (&stated, "hosts = [\"static.example.com\"]"),
        (&stated, "least_pin = \"exact\""),
        (&stated, "iam_registries = [\"quay.io\"]"),
    ] {
        let tightened = layered(operator, tighter);
        assert!(
            tightened.notices.is_empty(),
            "{tighter}: {:?}",
            tightened.notices
        );
        assert_ne!(tightened.digest, operator.digest, "{tighter}");
    }
    for (operator, looser) in [
        (&stated, "images = []"),
        (&stated, "images = [\"**\"]"),
        (
            &stated,
            "images = [\"registry.example/**\", \"quay.io/mallory/*\"]",
        ),
        (&stated, "images = [\"registry.example*/team\"]"),
        (
            &stated,
            "digests = [\"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"]",
        ),
        (&stated, "code = [\"mallory/*\"]"),
        (&silent, "code = [\"mallory/*\"]"),
        (&silent, "hosts = [\"mallory.example\"]"),
        (&stated, "least_pin = \"branch\""),
        (
            &stated,
            "signers = [{ images = \"registry.example/**\", issuer = \"https://issuer.example\", identity = \"mallory@example.com\" }]",
        ),
    ] {
        let kept = layered(operator, looser);
        assert_eq!(kept.digest, operator.digest, "{looser}");
        assert_eq!(kept.notices.len(), 1, "{looser}: {:?}", kept.notices);
        assert_eq!(
            (kept.notices[0].line, kept.notices[0].column),
            (3, 1),
            "{looser}"
        );
    }
    let registries = layered(&stated, "iam_registries = [\"quay.io\"]");
    let known: Vec<_> = registries.sources.iam_registries.texts().collect();
    assert_eq!(known, ["ghcr.io", "quay.io"], "the operator's stay");
}

#[test]
fn zones_belong_to_the_operator() {
    let zone = "[zones.production]\nlevel = \"production\"\nnamespaces = [\"pay\"]";
    for layer in [
        "[zones.production]\nlevel = \"development\"",
        "[zones.production]\nlevel = \"production\"\nnamespaces = []",
        "[zones.mine]\nlevel = \"development\"\nenvironments = [\"production\"]",
    ] {
        let strict = operator(zone);
        let layered = over(&strict, layer);
        assert_eq!(layered.digest, strict.digest, "{layer}");
        assert_eq!(layered.notices.len(), 1, "{layer}: {:?}", layered.notices);
    }
    let lax = operator(&format!("{zone}\n[repository]\nmay_loosen = [\"zones\"]"));
    let more = over(
        &lax,
        "[zones.production]\nlevel = \"production\"\nnamespaces = [\"shop\"]",
    );
    let namespaces: Vec<_> = more.zones.0[0].namespaces.texts().collect();
    assert_eq!(namespaces, ["pay", "shop"], "lists are added to");
}

#[test]
fn a_rule_reports_more_and_never_less() {
    let operator = operator("[checks.privileged-container]\nat_least = \"medium\"");
    let over = |word: &str| {
        over(
            &operator,
            &format!("[checks.privileged-container]\nat_least = \"{word}\""),
        )
    };
    assert!(over("info").notices.is_empty());
    assert_eq!(over("critical").notices.len(), 1);
}
