//! Lines as they stand in real pipelines, and what they mean.

use std::sync::Arc;

use proptest::prelude::*;

use super::{Dialect, Script, lines, posix, read};
use crate::ci::MemoryFiles;
use crate::ci::closure::Closure;
use crate::model::build::{Destination, ImageName, Item, What};

fn items(text: &str, dialect: Dialect, mut tree: MemoryFiles) -> (Vec<Item>, Vec<Destination>) {
    let mut closure = Closure::new(&mut tree);
    let script = Script {
        text,
        path: &Arc::new("ci.yml".into()),
        line: &|line| u32::try_from(line).unwrap_or(u32::MAX).saturating_add(1),
        column: 1,
        slot: "script",
        order: 0,
        script: 0,
        dialect,
        depth: 0,
    };
    let items = read(&script, &mut closure);
    let edges = closure.into_edges();
    (items, edges.into_iter().map(|edge| edge.to).collect())
}

/// What a script means beside its commands, shortly.
fn means(text: &str) -> Vec<String> {
    let (items, _) = items(text, Dialect::Posix, MemoryFiles::default());
    let told = items.into_iter().filter_map(|item| {
        Some(match item.what {
            What::Command(_) => return None,
            What::Image(it) => match it.image {
                ImageName::Known(image) => format!("{:?} {image}", it.role),
                ImageName::Unresolved(text) => format!("{:?} ? {text}", it.role),
            },
            What::Target(it) => format!("{:?} {}", it.kind, it.name),
            What::Login(it) => {
                let line = if it.on_command_line {
                    " on the line"
                } else {
                    ""
                };
                format!("login {} {:?}{line}", it.registry, it.with)
            }
            What::Guard(it) => format!("{:?} {}", it.kind, it.tool),
            What::Weakening(it) => format!("{:?} {}", it.kind, it.text),
            What::Privilege(it) => format!("{it:?}"),
            What::Registry(it) => format!("{} {:?} {}", it.ecosystem, it.kind, it.url),
            What::Literal(it) => format!("literal {}", it.name),
            What::Checkout(it) => format!("{:?}", it.source),
            What::Setting(it) => format!("{}={}", it.name, it.value),
            What::CloudKey(it) => format!("key {} {}", it.cloud, it.name),
            What::Identity(it) => format!("identity {} {}", it.cloud, it.role),
            What::Unresolved(it) => format!("? {} {}", it.text, it.why),
            other => format!("{other:?}"),
        })
    });
    told.collect()
}

#[test]
fn logins_tell_with_what() {
    for (line, expected) in [
        (
            "docker login -u a -p $HUB",
            "login docker.io Stored(\"HUB\") on the line",
        ),
        (
            "echo $P | docker login -u a --password-stdin r.example",
            "login r.example Stored(\"P\")",
        ),
        (
            "docker login --password=${{ secrets.X }} r.example/a",
            "login r.example Stored(\"X\") on the line",
        ),
        (
            "docker login -u a --password-stdin ghcr.io <<< ${{ github.token }}",
            "login ghcr.io ShortLived(\"GITHUB_TOKEN\")",
        ),
        (
            "docker login -u a -phunter2 r.example",
            "login r.example InClear on the line",
        ),
        (
            "X=hunter2; docker login -u a -p $X r.example",
            "login r.example InClear on the line",
        ),
        (
            "helm registry login -u a -p $CI_JOB_TOKEN r.example",
            "login r.example ShortLived(\"CI_JOB_TOKEN\") on the line",
        ),
        (
            "docker login -u a --password-stdin r.example < f",
            "login r.example Unknown(\"no password on the line\")",
        ),
    ] {
        assert_eq!(means(line), [expected], "{line}");
    }
}

#[test]
fn engines_tell_images_and_rights() {
    for (line, expected) in [
        (
            "docker run --rm -it -e A=b --name x alpine:3 sh",
            &["Pulled docker.io/library/alpine:3"][..],
        ),
        (
            "sudo docker run --privileged -v /:/host a/b",
            &["Privileged", "HostPath(\"/\")", "Pulled docker.io/a/b"],
        ),
        (
            "docker container run --pid=host --security-opt seccomp=unconfined x",
            &[
                "HostNamespace(\"pid\")",
                "Unconfined(\"seccomp=unconfined\")",
                "Pulled docker.io/library/x",
            ],
        ),
        (
            "docker run --mount type=bind,src=/run/podman/podman.sock,dst=/s x",
            &[
                "EngineSocket(\"/run/podman/podman.sock\")",
                "Pulled docker.io/library/x",
            ],
        ),
        (
            "docker buildx build --push -t r.example/a:1 --cache-from type=registry,ref=r.example/c .",
            &["Pushed r.example/a:1", "Cache r.example/c"],
        ),
        (
            "docker -H tcp://10.0.0.1:2375 ps",
            &["OpenEngineApi(\"tcp://10.0.0.1:2375\")", "Host 10.0.0.1"],
        ),
        (
            "T=1.2; docker push r.example/a:$T",
            &["Pushed r.example/a:1.2"],
        ),
        ("docker push $IMAGE", &["Pushed ? $IMAGE"]),
        (
            "crane copy a/b c.example/d:1",
            &["Pulled docker.io/a/b", "Pushed c.example/d:1"],
        ),
        (
            "docker run -d --network host -p 80:80 nginx",
            &[
                "HostNamespace(\"network\")",
                "Pulled docker.io/library/nginx",
            ],
        ),
    ] {
        assert_eq!(means(line), expected, "{line}");
    }
}

#[test]
fn clients_tell_what_they_reach() {
    for (line, expected) in [
        (
            "kubectl --context=prod -n shop get pods",
            &["Cluster prod", "Namespace shop"][..],
        ),
        (
            "NS=shop-prod; helm upgrade x . --namespace $NS",
            &["Namespace shop-prod"],
        ),
        (
            "argocd login argo.example.com --sso",
            &["Cluster argo.example.com"],
        ),
        (
            "gcloud container clusters get-credentials live --project p-1",
            &["Cluster live", "Account p-1"],
        ),
        ("aws --profile prod s3 ls", &["Account prod"]),
        ("az account set -s prod", &["Account prod"]),
        (
            "rsync -av -e 'ssh -p 22' dist/ ci@web.example.com:/srv",
            &["Host web.example.com"],
        ),
        (
            "export DOCKER_HOST=ssh://ci@host.example.com",
            &["Host host.example.com"],
        ),
        (
            "az login --service-principal -u a --tenant t",
            &["key azure service principal"],
        ),
    ] {
        assert_eq!(means(line), expected, "{line}");
    }
}

#[test]
fn guards_and_what_weakens_them_are_told() {
    for (line, expected) in [
        ("go test ./...", &["Test go test"][..]),
        ("npm run test:unit", &["Test npm run test"]),
        ("mvn -B -ntp clean verify", &["Test mvn verify"]),
        ("mvn install -DskipTests", &["Disabled -DskipTests"]),
        ("./gradlew :app:check", &["Test gradlew check"]),
        ("poetry run pytest -q", &["Test pytest"]),
        ("cosign verify --key k $I", &["Verify cosign verify"]),
        (
            "gh attestation verify x -o y",
            &["Verify gh attestation verify"],
        ),
        ("echo \"$SUM f\" | sha256sum -c -", &["Verify sha256sum -c"]),
        (
            "docker run --rm aquasec/trivy:0.60 image x",
            &["Pulled docker.io/aquasec/trivy:0.60", "Scan trivy"],
        ),
        ("grype x || true", &["Scan grype", "SoftFail grype x"]),
        (
            "set +e\nsemgrep ci",
            &["Scan semgrep", "SoftFail semgrep ci"],
        ),
        ("git commit --no-verify", &["Disabled --no-verify"]),
        (
            "cargo deny check && cargo test",
            &["Scan cargo deny", "Test cargo test"],
        ),
    ] {
        assert_eq!(means(line), expected, "{line}");
    }
}

#[test]
fn sources_registries_and_files_are_told() {
    for (line, expected) in [
        (
            "git fetch origin refs/pull/$N/merge",
            &["Proposed(\"refs/pull/$N/merge\")"][..],
        ),
        (
            "git checkout ${{ github.event.pull_request.head.sha }}",
            &["Proposed(\"${{ github.event.pull_request.head.sha }}\")"],
        ),
        (
            "git clone https://u:$T@git.example/x",
            &["Other(\"https://git.example/x\")"],
        ),
        (
            "pip install -i https://p.example/s x",
            &["pip Instead https://p.example/s"],
        ),
        (
            "npm config set registry https://n.example",
            &["npm Instead https://n.example"],
        ),
        (
            "GOPROXY=https://g.example,direct go build",
            &["go Instead https://g.example"],
        ),
        (
            "yum install --nogpgcheck x",
            &["yum Unverified --nogpgcheck"],
        ),
        (
            "echo A=b >> $GITHUB_ENV",
            &["actions.environment-file=GITHUB_ENV"],
        ),
        ("export CI_DEBUG_TRACE=true", &["Debug CI_DEBUG_TRACE=true"]),
        (
            "curl -H 'Authorization: Bearer abcdefgh123' x",
            &["literal Authorization"],
        ),
        ("mysql -phunter22 -u root", &["literal -p"]),
        ("export PWD=/x TOKEN_FILE=/y CACHE_KEY=abcd", &[]),
        ("make deploy PASSWORD=$P", &[]),
    ] {
        assert_eq!(means(line), expected, "{line}");
    }
}

#[test]
fn called_scripts_stand_where_they_are_called() {
    let tree = MemoryFiles::default()
        .with("ci/a.sh", "#!/bin/sh\necho a\n. ci/b.sh\n")
        .with("ci/b.sh", "docker push a/b")
        .with("Makefile", "test:\n");
    let (items, edges) = items(
        "echo x | tee y\nci/a.sh\nmake test\nci/a.sh",
        Dialect::Posix,
        tree,
    );
    let commands: Vec<_> = items
        .iter()
        .filter_map(|item| match &item.what {
            What::Command(it) => Some((
                it.line(),
                item.spot.path.to_string(),
                it.position,
                it.fed_by,
            )),
            _ => None,
        })
        .collect();
    let told = |at: usize| {
        (
            commands[at].0.as_str(),
            commands[at].1.as_str(),
            commands[at].2,
            commands[at].3,
        )
    };
    assert_eq!(told(1), ("tee y", "ci.yml", 1, Some(0)));
    assert_eq!(told(3), ("echo a", "ci/a.sh", 3, None));
    assert_eq!(told(5), ("docker push a/b", "ci/b.sh", 5, None));
    assert_eq!(told(6), ("make test", "ci.yml", 6, None));
    assert_eq!(commands.len(), 8, "the second call is not read again");
    assert!(edges.contains(&Destination::File(Arc::new("Makefile".into()))));
}

#[test]
fn other_shells_are_split_too() {
    let told = |text: &str, dialect| -> Vec<String> {
        let split = lines::split(text, dialect);
        let lines = split.parsed.iter().map(|it| {
            let fed = it
                .command
                .fed_by
                .map_or(String::new(), |at| format!("{at}| "));
            format!("{fed}{}", it.command.line())
        });
        lines.collect()
    };
    assert_eq!(
        told(
            "irm https://x/i.ps1 | iex; a 'b c' # d\nif ($x) { e }",
            Dialect::PowerShell
        ),
        ["irm https://x/i.ps1", "0| iex", "a b c", "if", "$x", "e"]
    );
    assert_eq!(
        told(
            "@echo off\r\nrem x\r\ncurl -k %URL% ^\r\n -o a && a & b",
            Dialect::Batch
        ),
        ["echo off", "curl -k %URL% -o a", "a", "b"]
    );
}

#[test]
fn nesting_and_repetition_end_within_their_bounds() {
    let pieces = [
        "$(",
        "`",
        "\"",
        "'",
        "${",
        "((",
        "(",
        "<<E\n",
        "case a in ",
        "${{",
        "$((",
        "||",
        "{ ",
        "[[ ",
    ];
    for piece in pieces {
        let text = piece.repeat(20_000);
        let split = posix::split(&text);
        assert!(split.parsed.len() <= posix::MAX_COMMANDS, "{piece}");
    }
}

proptest! {
    #[test]
    fn any_text_is_split(text in "\\PC{0,200}") {
        posix::split(&text);
        lines::split(&text, Dialect::PowerShell);
        lines::split(&text, Dialect::Batch);
    }

    #[test]
    fn any_shell_like_text_is_read(text in "([a-z$]|[ \n;&|()<>{}`'\"\\\\]|if |fi|do |done|case |esac|in |<<E|\nE\n|[$]\\(|[$]\\{|[$]\\{\\{|\\}\\}|\\[\\[|docker run |-v |sh -c ){0,60}") {
        let (all, _) = items(&text, Dialect::Posix, MemoryFiles::default());
        for (at, item) in all.iter().filter(|it| matches!(it.what, What::Command(_))).enumerate() {
            if let What::Command(command) = &item.what {
                prop_assert_eq!(usize::try_from(command.position).unwrap_or(usize::MAX), at);
                prop_assert!(command.fed_by.is_none_or(|from| from < command.position));
                prop_assert!(command.inside.is_none_or(|into| into < command.position));
            }
        }
    }

    /// What bash itself says is a list of simple words is split into just those.
    #[test]
    fn quoted_words_come_back(words in proptest::collection::vec("[ -~]{0,12}", 1..6)) {
        let quoted: Vec<_> = words.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
        let clean = !words.iter().any(|word| word.contains("${{") || word.contains("$[["));
        let split = posix::split(&format!("x {}", quoted.join(" ")));
        let read: Vec<_> = split.parsed[0].command.arguments().iter().map(|it| it.text.clone()).collect();
        prop_assert!(!clean || read == words);
    }
}
