//! What only moves is no news.

use super::scene::{CALM, CI, Desk, privileged};

#[test]
fn a_renamed_workflow_brings_nothing() {
    let desk = Desk::with(&[(CI, &privileged())]);
    desk.work.git(&["mv", CI, ".github/workflows/build.yml"]);
    desk.writes(&[("app.txt", "one\n")]);
    desk.judges_last().is_silent();
}

#[test]
fn a_job_in_another_file_brings_nothing() {
    let text = privileged();
    let (head, jobs) = text.split_once("jobs:\n").expect("jobs");
    let (build, deploy) = jobs.split_once("  deploy:\n").expect("two jobs");
    let deploy = deploy.replace("    needs: build\n", "");
    let one = format!("{head}jobs:\n{build}  deploy:\n{deploy}");
    let desk = Desk::with(&[(CI, &one)]);
    desk.writes(&[
        (CI, &format!("{head}jobs:\n  deploy:\n{deploy}")),
        (
            ".github/workflows/build.yml",
            &format!("{head}jobs:\n{build}"),
        ),
    ]);
    desk.judges_last().is_silent();
}

#[test]
fn the_order_of_jobs_and_lines_is_no_news() {
    let desk = Desk::with(&[(CI, &privileged())]);
    let text = privileged();
    let (head, jobs) = text.split_once("jobs:\n").expect("jobs");
    let (build, deploy) = jobs.split_once("  deploy:\n").expect("two jobs");
    let turned = format!("# moved\n\n{head}jobs:\n  deploy:\n{deploy}{build}");
    desk.writes(&[(CI, &turned)]);
    desk.judges_last().is_silent();
}

#[test]
fn the_order_of_files_does_not_matter() {
    let files = [
        (".github/workflows/a.yml", privileged()),
        (
            ".github/workflows/z.yml",
            CALM.replace("name: ci", "name: z"),
        ),
        (".gitlab-ci.yml", "build:\n  script: [make]\n".to_owned()),
    ];
    let said = |order: [usize; 3]| {
        let desk = Desk::with(&[("README.md", "one\n")]);
        let written: Vec<_> = order
            .iter()
            .map(|at| (files[*at].0, files[*at].1.as_str()))
            .collect();
        desk.writes(&written);
        let mut said = desk.judges_last().0;
        let parts = ["findings", "capabilities"].map(|part| said[part].take());
        let text = serde_json::to_string_pretty(&parts).expect("JSON");
        let lines = text.lines().filter(|line| !line.contains("\"commit\""));
        lines.collect::<Vec<_>>().join("\n")
    };
    let first = said([0, 1, 2]);
    assert_eq!(first, said([2, 1, 0]));
    assert!(first.contains("privileged-container"), "{first}");
}
