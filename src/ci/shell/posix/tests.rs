//! How scripts are split.

use super::split;

/// `position: words` with what feeds it and what it is inside of.
fn told(text: &str) -> Vec<String> {
    let split = split(text);
    let lines = split.parsed.iter().map(|it| {
        let command = &it.command;
        let mut line = command.line();
        for (name, value) in command.variables.iter().rev() {
            line = format!("[{name}={}] {line}", value.text);
        }
        for redirect in &command.redirects {
            line = format!("{line} {}{}", redirect.operator, redirect.target.text);
        }
        if let Some(from) = command.fed_by {
            line = format!("{from}| {line}");
        }
        if let Some(into) = command.inside {
            line = format!("{line} @{into}");
        }
        if command.failure_ignored {
            line.push_str(" !");
        }
        line
    });
    let troubles = split.troubles.iter().map(|it| format!("? {}", it.why));
    lines.chain(troubles).collect()
}

#[test]
fn lists_pipes_and_quotes() {
    assert_eq!(told("a 'b c' \"d $E\" f\\ g"), ["a b c d $E f g"]);
    assert_eq!(told("a; b && c | d & e"), ["a", "b", "c", "2| d", "e"]);
    assert_eq!(told("a \\\n  b # c\nd"), ["a b", "d"]);
    assert_eq!(told("X=1 Y='a b' cmd Z=2"), ["[X=1] [Y=a b] cmd Z=2"]);
    assert_eq!(told("X=(a 'b c'\n d)\ne"), ["[X=a b c d] ", "e"]);
    assert_eq!(told("a >out 2>&1 <in"), ["a >out 2>&1 <in"]);
    assert_eq!(told("a &>/dev/null|b"), ["a &>/dev/null", "0| b"]);
    assert_eq!(told("a\r\nb\r\n"), ["a", "b"]);
}

#[test]
fn substitutions_are_commands_inside() {
    assert_eq!(
        told("bash <(curl -s x)"),
        ["bash <(curl -s x)", "curl -s x @0"]
    );
    assert_eq!(
        told("eval \"$(a | b)\""),
        ["eval $(a | b)", "a @0", "1| b @0"]
    );
    assert_eq!(told("x=`a b`; c"), ["[x=`a b`] ", "a b @0", "c"]);
    assert_eq!(
        told("echo $((1 + 2)) $(echo \")\")"),
        ["echo $((1 + 2)) $(echo \")\")", "echo ) @0"]
    );
    assert_eq!(told("a ${X:-$(b)} c"), ["a ${X:-$(b)} c", "b @0"]);
    assert_eq!(
        told("x=$(case a in b) c;; esac); d"),
        ["[x=$(case a in b) c;; esac)] ", "case a in @0", "c @0", "d"]
    );
}

#[test]
fn blocks_are_what_stands_in_them() {
    assert_eq!(
        told("if a; then b; else c; fi | d"),
        ["a", "b", "c", "2| d"]
    );
    assert_eq!(
        told("for x in 1 2; do\n  a $x\ndone\nb"),
        ["for x in 1 2", "a $x", "b"]
    );
    assert_eq!(told("f() { a; b; }\nfunction g { c; }"), ["a", "b", "c"]);
    assert_eq!(
        told("case $X in\n a|b) c ;;\n *) d\nesac\ne"),
        ["case $X in", "c", "d", "e"]
    );
    assert_eq!(
        told("curl x | (a; b) | sh"),
        ["curl x", "0| a", "b", "2| sh"]
    );
    assert_eq!(
        told("[[ $a == b && -f c ]] && d"),
        ["[[ $a == b -f c ]]", "d"]
    );
    assert_eq!(
        told("for ((i=0;i<3;i++)); do a; done; b"),
        ["for", "a", "b"]
    );
}

#[test]
fn ignored_failures_are_marked() {
    assert_eq!(told("a && b || true; c"), ["a !", "b !", "true", "c"]);
    assert_eq!(told("{ a; b; } || :"), ["a !", "b !", ":"]);
    assert_eq!(
        told("set +e\na\nset -e\nb"),
        ["set +e !", "a !", "set -e", "b"]
    );
    assert_eq!(told("a || exit 1"), ["a", "exit 1"]);
}

#[test]
fn here_documents_belong_to_their_commands() {
    assert_eq!(
        told("cat <<EOF | sh\na $(b)\nEOF\nc"),
        ["cat <<a $(b)\n", "0| sh", "b @0", "c"]
    );
    assert_eq!(
        told("cat <<-'E'\n\ta $(b)\n\tE\nc"),
        ["cat <<-\ta $(b)\n", "c"]
    );
    assert_eq!(
        told("x=$(cat <<E\ntext\nE\n)\nc"),
        ["[x=$(cat <<E\ntext\nE\n)] ", "cat <<text\n @0", "c"]
    );
}

#[test]
fn what_a_controller_pastes_stays_whole() {
    assert_eq!(told("a ${{ b || 'c d' }} e"), ["a ${{ b || 'c d' }} e"]);
    assert_eq!(
        told("a '${{ f('x') }}' \"$[[ inputs.y | z ]]\""),
        ["a ${{ f('x') }} $[[ inputs.y | z ]]"]
    );
    let split = split("a ${bamboo.secret.key} '$X' $Y");
    let words = &split.parsed[0].command.words;
    assert_eq!(words[1].variables, ["bamboo.secret.key"]);
    assert!(words[2].plain && !words[3].plain);
}

#[test]
fn what_has_no_end_is_told_and_the_rest_is_read() {
    assert_eq!(
        told("echo it's\nb"),
        ["echo its", "b", "? a quotation mark has no end"]
    );
    assert_eq!(
        told("echo \"a\nb"),
        ["echo a", "b", "? a quotation mark has no end"]
    );
    assert_eq!(
        told("a $(b\nc"),
        ["a $(b\nc", "b @0", "c @0", "? a substitution has no end"]
    );
    assert_eq!(
        told("a ${b\nc"),
        ["a ${b", "c", "? an expansion has no end"]
    );
    assert_eq!(
        told("a )\nb"),
        ["a", "b", "? a parenthesis closes what was not opened"]
    );
}
