//! The doctor's lines for people and for monitoring.

use serde_json::json;

use crate::forge::{Diagnosis, Level};
use crate::model::text::escape;
use crate::report::terminal::Colour;

/// The version of the JSON.
const SCHEMA: &str = "forgewarden/doctor/v1";

/// Grouped by place, the remedy below what needs one.
pub(super) fn text(lines: &[Diagnosis], colour: Colour) -> String {
    let mut text = String::new();
    let mut place = None;
    for line in lines {
        if place != Some(&line.place) {
            let gap = if place.is_some() { "\n" } else { "" };
            text.push_str(&format!("{gap}{}\n", escape(&line.place)));
            place = Some(&line.place);
        }
        let sign = sign(line.level, colour);
        text.push_str(&format!("  {sign} {}: {}\n", line.id, shown(&line.message)));
        if !line.remedy.is_empty() {
            text.push_str(&format!("      {}\n", shown(&line.remedy)));
        }
    }
    text + &summary(lines)
}

/// A message may have lines; everything else that is not text is escaped.
fn shown(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(escape).collect();
    lines.join("\n      ")
}

fn sign(level: Level, colour: Colour) -> String {
    let (word, code) = match level {
        Level::Ok => ("ok     ", "32"),
        Level::Warning => ("warning", "33"),
        Level::Problem => ("PROBLEM", "31"),
        Level::Unknown => ("unknown", "35"),
    };
    match colour {
        Colour::Always => format!("\u{1b}[{code}m{word}\u{1b}[0m"),
        Colour::Never => word.to_owned(),
    }
}

fn summary(lines: &[Diagnosis]) -> String {
    let count = |level| lines.iter().filter(|line| line.level == level).count();
    format!(
        "\n{} ok, {} warnings, {} problems, {} unknown\n",
        count(Level::Ok),
        count(Level::Warning),
        count(Level::Problem),
        count(Level::Unknown)
    )
}

/// One object with a schema and all lines.
pub(super) fn json(lines: &[Diagnosis]) -> String {
    let worst = lines.iter().map(|line| line.level).max();
    let whole = json!({ "schema": SCHEMA, "worst": worst, "lines": lines });
    format!("{whole:#}\n")
}

#[cfg(test)]
mod tests {
    use super::{json, text};
    use crate::forge::{Diagnosis, Level};
    use crate::report::terminal::Colour;

    fn lines() -> Vec<Diagnosis> {
        let line = |id, level, place: &str, remedy: &str| Diagnosis {
            id,
            level,
            place: place.into(),
            message: "it is so\u{1b}[31m".into(),
            remedy: remedy.into(),
        };
        vec![
            line("one", Level::Ok, "a", ""),
            line("two", Level::Problem, "b", "change it"),
        ]
    }

    #[test]
    fn every_line_stands_below_its_place_and_nothing_is_raw() {
        let text = text(&lines(), Colour::Never);
        assert!(
            text.starts_with("a\n  ok      one: it is so\\u{1b}[31m\n\nb\n  PROBLEM two: "),
            "{text}"
        );
        assert!(text.contains("\n      change it\n"), "{text}");
        assert!(
            text.ends_with("\n1 ok, 0 warnings, 1 problems, 0 unknown\n"),
            "{text}"
        );
    }

    #[test]
    fn the_json_names_its_schema_and_the_worst() {
        let value: serde_json::Value = serde_json::from_str(&json(&lines())).expect("JSON");
        assert_eq!(value["schema"], "forgewarden/doctor/v1");
        assert_eq!(value["worst"], "problem");
        assert_eq!(value["lines"][1]["id"], "two");
        assert_eq!(value["lines"][0].get("remedy"), None);
    }
}
