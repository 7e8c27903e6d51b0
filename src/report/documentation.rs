//! The documentation of a check as HTML: the little Markdown that checks are
//! written in (headings, paragraphs, lists, fenced code, code spans). Our own
//! text, escaped all the same.

/// The documentation's HTML, without its first heading.
pub(super) fn html(markdown: &str) -> String {
    let mut out = String::new();
    let mut open: Option<&'static str> = None;
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            close(&mut out, &mut open);
            let body: Vec<String> = lines
                .by_ref()
                .take_while(|line| !line.starts_with("```"))
                .map(escape)
                .collect();
            out.push_str(&format!("<pre><code>{}</code></pre>\n", body.join("\n")));
        } else if let Some(heading) = line.strip_prefix("## ") {
            close(&mut out, &mut open);
            out.push_str(&format!("<h4>{}</h4>\n", spans(heading)));
        } else if line.starts_with("# ") || line.trim().is_empty() {
            close(&mut out, &mut open);
        } else if let Some(item) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
            begin(&mut out, &mut open, "ul");
            out.push_str(&format!("<li>{}\n", spans(item)));
        } else {
            if open.is_none() {
                begin(&mut out, &mut open, "p");
            }
            out.push_str(&spans(line.trim()));
            out.push('\n');
        }
    }
    close(&mut out, &mut open);
    out
}

fn begin(out: &mut String, open: &mut Option<&'static str>, tag: &'static str) {
    if *open != Some(tag) {
        close(out, open);
        out.push_str(&format!("<{tag}>"));
        *open = Some(tag);
    }
}

fn close(out: &mut String, open: &mut Option<&'static str>) {
    if let Some(tag) = open.take() {
        out.push_str(&format!("</{tag}>\n"));
    }
}

/// Code spans; everything else is text.
fn spans(line: &str) -> String {
    let parts: Vec<&str> = line.split('`').collect();
    let paired = parts.len() % 2 == 1;
    let shown = parts.iter().enumerate().map(|(index, part)| {
        if paired && index % 2 == 1 {
            format!("<code>{}</code>", escape(part))
        } else {
            escape(part)
        }
    });
    let separator = if paired { "" } else { "`" };
    shown.collect::<Vec<_>>().join(separator)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::html;

    #[test]
    fn the_markdown_that_checks_are_written_in_is_read() {
        let page =
            "# id\n\nOne `a<b` line\nand more.\n\n## Why\n\n- x\n- y\n\n```sh\ngit <x>\n```\n";
        assert_eq!(
            html(page),
            "<p>One <code>a&lt;b</code> line\nand more.\n</p>\n<h4>Why</h4>\n<ul><li>x\n<li>y\n</ul>\n\
             <pre><code>git &lt;x&gt;</code></pre>\n"
        );
    }
}
