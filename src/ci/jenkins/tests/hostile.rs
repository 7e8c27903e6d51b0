//! Files that want to be misread.

use proptest::prelude::*;

use super::{all, assert_says, assert_silent, model};
use crate::ci::{Files, MemoryFiles};

#[test]
fn strings_and_comments_hide_nothing_and_make_up_nothing() {
    let text = "// node('built-in') { sh 'a' }\n/* node { } */\nnode('x') {\n  echo 'sh \"${params.A}\" // no comment'\n  sh '/* no comment */ echo $B'\n  sh(/echo ${params.C}/)\n  sh($/echo $$D ${params.E} $/ /$)\n  def half = 4 / 2; sh \"${params.F}\" // 1 / 2\n}\n";
    let said = all(&model("Jenkinsfile", text));
    assert_says(
        &said,
        &[
            "template params.C",
            "template params.E",
            "template params.F",
        ],
    );
    assert_silent(&said, &["params.A", "built-in", "unresolved"]);
}

#[test]
fn strings_in_interpolations_are_followed() {
    let text = "node { sh \"a ${x.collect { \"${it['}']}\" }.join('\\'')} b ${params.Y}\" }\n";
    let said = all(&model("Jenkinsfile", text));
    assert_says(&said, &["template params.Y Caller"]);
    assert_silent(&said, &["unresolved"]);
}

#[test]
fn what_does_not_read_as_groovy_is_said_to_be() {
    for text in [
        "node { sh 'x }\n",
        "node { sh '''x }\n",
        "node { sh \"${x }\n",
        "node { sh 'x'\n",
        "node ) sh 'x' }\n",
        "/* no end\n",
        "s\\u0068 'x'\n",
        "sh 'a\\u0027; sh \\u0027b'\n",
    ] {
        let said = all(&model("Jenkinsfile", text));
        assert_says(&said, &["unresolved Form"]);
    }
}

#[test]
fn depth_and_length_have_bounds() {
    for text in [
        "{".repeat(200_000),
        "(".repeat(200_000),
        "a ".repeat(200_000),
        "a{".repeat(300),
        "a(".repeat(90),
        "\"${".repeat(100_000),
        "/".repeat(100_000),
        "$/".repeat(100_000),
        "a = ".repeat(100_000),
        "def f() { f(); f() }\n".repeat(10_000),
        "stage('x') { sh 'y' }\n".repeat(40_000),
        (0..60)
            .map(|at| format!("def f{at}() {{ f{n}(); f{n}() }}\n", n = at + 1))
            .collect(),
        format!(
            "pipeline {{ environment {{ {} }}\n stages {{ {} }} }}",
            "T = credentials('x')\n".repeat(9_000),
            "stage('x') { steps { sh 'y' } }\n".repeat(9_000)
        ),
    ] {
        let blueprint = model("Jenkinsfile", &text);
        assert!(blueprint.all_items().count() <= super::super::work::MAX_ITEMS + 100);
    }
}

#[test]
fn files_that_load_each_other_end() {
    let tree =
        MemoryFiles::default().with("Jenkinsfile", "load 'Jenkinsfile'\nload 'Jenkinsfile'\n");
    let said = all(&super::model_in(tree, "Jenkinsfile"));
    assert_says(&said, &["files deep"]);
}

#[test]
fn a_slot_is_never_given_twice() {
    let text = "stage('x') { sh 'a' }\nstage('x') { sh 'b' }\nstage('x') { sh 'c' }\n";
    let blueprint = model("Jenkinsfile", text);
    let slots: Vec<_> = blueprint.jobs.iter().map(|job| job.slot.as_str()).collect();
    assert_eq!(slots, ["stage/x", "stage/x (2)", "stage/x (3)"]);
}

proptest! {
    #[test]
    fn any_bytes_end(content in proptest::collection::vec(any::<u8>(), 0..400)) {
        for path in ["Jenkinsfile", "jenkins.yaml", "plugins.txt", "jobs/x.groovy"] {
            let mut tree = MemoryFiles::default();
            tree = tree.with(path, &content);
            let files: &mut dyn Files = &mut tree;
            let _ = crate::ci::blueprint(&std::sync::Arc::new(path.into()), &[], files);
        }
    }

    #[test]
    fn any_words_end(words in proptest::collection::vec(
        prop_oneof![
            Just("pipeline"), Just("stage"), Just("('x')"), Just("{"), Just("}"), Just("("), Just(")"), Just("["), Just("]"),
            Just("\""), Just("'"), Just("'''"), Just("\"\"\""), Just("${"), Just("$/"), Just("/"), Just("\n"), Just(","), Just(":"),
            Just("sh "), Just("def f"), Just("="), Just("->"), Just("+"), Just("agent"), Just("steps"), Just("when"), Just("branch"),
            Just("load 'Jenkinsfile'"), Just("\\"), Just("kind: Pod"), Just("withCredentials"), Just("credentialsId: 'x'"), Just("é"),
        ], 0..120)) {
        let text = words.join(" ");
        let blueprint = model("Jenkinsfile", &text);
        let mut slots: Vec<_> = blueprint.jobs.iter().map(|job| job.slot.clone()).collect();
        slots.dedup();
        prop_assert_eq!(slots.len(), blueprint.jobs.len());
    }
}
