//! The digest names what a policy means, not how it is written.

use super::policy;

fn digest(text: &str) -> String {
    policy(text).digest.to_string()
}

const PEOPLE: &str = "[principals.alice]\naccounts = [\"github:alice\"]\n[principals.bob]\naccounts = [\"github:bob\"]\n";

#[test]
fn layout_comments_order_and_spelled_out_defaults_do_not_matter() {
    let plain = digest(
        "protected = [\"main\", \"release/*\"]\n[teams]\nops = [\"alice\", \"bob\"]\n[principals]\nalice.accounts = [\"github:alice\"]\nbob.accounts = [\"github:bob\"]",
    );
    let written = format!(
        "# a comment\nprotected = [\n  \"refs/heads/release/*\",\n  \"refs/heads/main\",\n]\nbaseline = []\n{PEOPLE}\
         robot = false\n[teams]\nops = [\"bob\", \"alice\"]\n[checks.unsigned-commit]\nmode = \"enforce\"\n\
         [limits]\nhook_deadline = \"4000ms\"\ncommits = 5_000\n"
    );
    assert_eq!(plain, digest(&written));
    assert_eq!(plain.len(), 64);
}

#[test]
fn every_change_of_meaning_changes_it() {
    let texts = [
        String::new(),
        "protected = [\"main\"]".to_owned(),
        "baseline = [\"1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f\"]".to_owned(),
        PEOPLE.to_owned(),
        format!("{PEOPLE}robot = true\n"),
        format!("{PEOPLE}[teams]\nops = [\"alice\"]\n"),
        "[checks.unsigned-commit]\nmode = \"audit\"".to_owned(),
        "[ci]\npaths = [{ glob = \"a\", system = \"docker\" }]".to_owned(),
        "[ci]\npaths = [{ glob = \"a\", system = \"docker\", tier = \"reached\" }]".to_owned(),
        "[[waivers]]\ncheck = \"unsigned-commit\"\npaths = [\"a\"]\nreason = \"b\"\nuntil = 2030-01-01".to_owned(),
        "[[waivers]]\ncheck = \"unsigned-commit\"\npaths = [\"a\"]\nreason = \"b\"\nuntil = 2030-01-02".to_owned(),
        "[limits]\nrefs = 999".to_owned(),
        "[repository]\nmay_loosen = [\"waivers\"]".to_owned(),
    ];
    let digests: std::collections::BTreeSet<_> = texts.iter().map(|text| digest(text)).collect();
    assert_eq!(digests.len(), texts.len());
}

#[test]
fn a_layer_counts_by_what_it_changes() {
    let operator = policy("[checks.unsigned-commit]\nmode = \"audit\"");
    let over = |text: &str| {
        let text = format!("version = 1\n{text}");
        operator
            .tightened_by("layer", text.as_bytes())
            .expect("a layer")
            .digest
    };
    assert_eq!(over(""), operator.digest);
    assert_eq!(
        over("[checks.unsigned-commit]\nmode = \"off\""),
        operator.digest,
        "what is ignored does not count"
    );
    let raised = over("[checks.unsigned-commit]\nmode = \"enforce\"");
    assert_ne!(raised, operator.digest);
    assert_eq!(raised, policy("").digest, "the same meaning by another way");
}
