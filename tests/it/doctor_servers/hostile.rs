//! Configurations that nobody wrote in good faith end within bounds, and never
//! as good.

use super::{asks, ready};

#[test]
fn hostile_files_are_unknown() {
    let mut random: Vec<u8> = (0..200_000_u32)
        .map(|it| (it.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    random.retain(|byte| *byte != 0);
    let files: [(&str, Vec<u8>); 12] = [
        ("nothing", Vec::new()),
        ("10 MB", vec![b'#'; 10 << 20]),
        ("NUL", b"http {\0}".to_vec()),
        ("deep blocks", b"a {".repeat(500_000)),
        ("deep sections", b"<A>\n".repeat(500_000)),
        (
            "no end of a quote",
            [b"a \"".as_slice(), &vec![b'x'; 4 << 20]].concat(),
        ),
        ("a line that goes on", b"a\\\n".repeat(1_000_000)),
        ("many directives", b"a;".repeat(1_000_000)),
        (
            "files without end",
            b"# configuration file a:\ninclude *;\n".repeat(100_000),
        ),
        (
            "an own include",
            b"# configuration file /a:\ninclude /a;\n".to_vec(),
        ),
        (
            "many files",
            (0..60_000)
                .flat_map(|it| format!("# configuration file /{it}:\ninclude *;\n").into_bytes())
                .collect(),
        ),
        ("noise", random),
    ];
    for (what, bytes) in files {
        for option in ["--nginx", "--apache", "--sshd"] {
            let answer = asks(option, bytes.clone());
            assert_eq!(answer.status, 2, "{option} {what}: {}", answer.said);
            let is_good = answer.lines.iter().any(|line| line["level"] == "ok");
            assert!(!is_good, "{option} {what}: {}", answer.said);
            assert!(answer.said.len() < 100_000, "{option} {what}");
        }
    }
}

#[test]
fn what_a_file_says_is_shown_escaped() {
    let text = "ScriptAlias \"/g\u{1b}[31m\" /git-http-backend\n";
    let answer = asks("--apache", text);
    answer.expect("apache-authentication", "problem");
    assert!(
        !answer.said.contains('\u{1b}') && !answer.said.contains("\\u001b"),
        "{}",
        answer.said
    );
    let chain: String = (0..50_000)
        .map(|it| format!("set $v{it} $v{};\n", it + 1))
        .collect();
    let nginx = format!(
        "server {{ {chain} location / {{ fastcgi_pass x; fastcgi_param GIT_PROJECT_ROOT /; auth_request /a;\n\
         fastcgi_param REMOTE_USER $v0; }} }}"
    );
    asks("--nginx", nginx).expect("nginx-remote-user", "unknown");
}

#[test]
fn nul_makes_a_good_file_unknown() {
    let good = ready("apache.conf");
    for text in [format!("{good}# \0\n"), format!("#\0{good}")] {
        let answer = asks("--apache", text);
        answer.expect("apache-configuration", "unknown");
        assert!(answer.said.contains("NUL"), "{}", answer.said);
    }
}
