//! Where the environment is the client's: nothing in it names another policy,
//! another repository or another person.

use super::scene::Scene;
use crate::support::sshd::Sshd;
use crate::support::{Way, short};

/// A policy that would let everything pass, and git's configuration naming it.
fn lax(scene: &Scene) -> (String, String) {
    let policy = scene.policy().with_mode("unsigned-commit", "off");
    let policy = policy.write(&scene.world, "lax");
    let policy = policy.to_str().expect("UTF-8").to_owned();
    let text = format!("[forgewarden]\n\tpolicy = {policy}\n\trepository = other\n");
    for file in ["lax/home/.gitconfig", "lax/xdg/git/config"] {
        scene.world.file(file, &text);
    }
    (
        policy,
        scene.world.path("lax").to_str().expect("UTF-8").to_owned(),
    )
}

#[test]
fn gits_configuration_elsewhere_names_no_policy() {
    let scene = Scene::unguarded(Way::LocalPath);
    let (_, folder) = lax(&scene);
    let variables = [
        format!("HOME={folder}/home"),
        format!("XDG_CONFIG_HOME={folder}/xdg"),
        format!("GIT_CONFIG_GLOBAL={folder}/home/.gitconfig"),
        format!("GIT_CONFIG_SYSTEM={folder}/home/.gitconfig GIT_CONFIG_NOSYSTEM=0"),
        format!("GIT_CONFIG={folder}/home/.gitconfig"),
        format!("FORGEWARDEN_POLICY={folder}/policy.toml"),
    ];
    let alice = scene.begun();
    let id = alice.commits("app.txt", "one").unsigned();
    for variable in variables {
        let hook = scene.guard(&scene.policy());
        hook.scripted(&format!("exec env {variable} \"$HOOK\""));
        scene.upstream.config("forgewarden.format", "json");
        let words = ["unsigned-commit", &id, "\"repository\": \"project\""];
        alice.pushes("main").expect_refused_with(&words);
    }
}

#[test]
fn who_injects_our_settings_is_refused() {
    let scene = Scene::unguarded(Way::LocalPath);
    let (policy, folder) = lax(&scene);
    let alice = scene.begun();
    alice.commits("app.txt", "one").signed();
    for (variables, word) in [
        (
            format!(
                "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=ForgeWarden.policy GIT_CONFIG_VALUE_0={policy}"
            ),
            "GIT_CONFIG_KEY_0",
        ),
        (
            format!("GIT_CONFIG_PARAMETERS=\"'forgewarden.policy'='{policy}'\""),
            "GIT_CONFIG_PARAMETERS",
        ),
        (format!("GIT_COMMON_DIR={folder}"), "GIT_COMMON_DIR"),
        (format!("GIT_WORK_TREE={folder}"), "GIT_WORK_TREE"),
        ("GIT_NAMESPACE=other".to_owned(), "GIT_NAMESPACE"),
    ] {
        let hook = scene.guard(&scene.policy());
        hook.scripted(&format!("exec env {variables} \"$HOOK\""));
        alice.pushes("main").expect_could_not_judge(&[word]);
    }
    // A server may configure git itself.
    let hook = scene.guard(&scene.policy());
    hook.scripted("GIT_CONFIG_PARAMETERS=\"'receive.fsckObjects'='true'\" exec \"$HOOK\"");
    alice.pushes("main").expect_accepted();
}

/// Variables of all servers, as a client would lie them.
const LIES: [(&str, &str); 12] = [
    ("GL_REPOSITORY", "project-1"),
    ("GL_PROJECT_PATH", "other/project"),
    ("GL_PROTOCOL", "web"),
    ("GL_USERNAME", "bob"),
    ("GL_REPO", "other"),
    ("GL_USER", "bob"),
    ("GL_BINDIR", "/usr/share/gitolite3"),
    ("GITHUB_REPO_NAME", "other/project"),
    ("GITHUB_USER_LOGIN", "bob"),
    ("BB_HOOK_TRIGGER_ID", "pull-request-merge"),
    ("BB_PROJECT_KEY", "OTHER"),
    ("BB_IS_DRY_RUN", "true"),
];

#[test]
fn without_a_shims_word_no_name_is_believed() {
    let scene = Scene::guarded(Way::LocalPath);
    scene.upstream.config("forgewarden.format", "json");
    let alice = scene.begun();
    let id = alice.commits("app.txt", "one").unsigned();
    let push = alice.pushes_in(&LIES, &["main"]);
    push.expect_refused_with(&["\"repository\": \"project\"", &id]);
}

#[test]
fn an_sshd_that_takes_any_variable_lets_the_client_in_and_setup_says_so() {
    let scene = Scene::guarded(Way::Ssh);
    let alice = scene.begun();
    let open = Sshd::configured(&scene.world, "sshd-open", "AcceptEnv *\n");
    open.admits(&scene.alice);
    let says = |variables: &str| format!("{} -o 'SetEnv={variables}'", scene.alice.ssh_command());
    // What a client says of our own settings is noticed,
    let id = alice.commits("app.txt", "one").unsigned();
    let (policy, _) = lax(&scene);
    let ours = says(&format!(
        "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=forgewarden.policy GIT_CONFIG_VALUE_0={policy}"
    ));
    let push = alice.pushes_in(&[("GIT_SSH_COMMAND", &ours)], &["main"]);
    push.expect_could_not_judge(&["GIT_CONFIG_KEY_0"]);
    let lies = LIES
        .map(|(name, value)| format!("{name}={value}"))
        .join(" ");
    let push = alice.pushes_in(&[("GIT_SSH_COMMAND", &says(&lies))], &["main"]);
    push.expect_refused_with(&["unsigned-commit", short(&id)]);
    // but git never starts a hook that it is told to look for elsewhere.
    let away =
        says("GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=/nonexistent");
    alice
        .pushes_in(&[("GIT_SSH_COMMAND", &away)], &["main"])
        .expect_accepted();
    let usual = super::setup::sshd_findings(&scene, &scene.world.sshd().settings());
    assert!(!usual.contains("FAIL  sshd"), "{usual}");
    let said = super::setup::sshd_findings(&scene, &open.settings());
    assert!(
        said.contains("FAIL  sshd takes variables from clients") && said.contains("AcceptEnv *"),
        "{said}"
    );
}
