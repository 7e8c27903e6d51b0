//! YAML without its comments and layout: one word for each of its events.

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::inspect;
use crate::ci::text::decode;

/// What a file says, comments, blanks and layout left out. `None` if it cannot be read.
pub(crate) fn tokens(content: &[u8]) -> Option<Vec<String>> {
    inspect(content).ok()?;
    let mut parser = Parser::new_from_str(decode(content).ok()?);
    let mut tokens = Vec::new();
    while let Some(event) = parser.next_event() {
        let (event, _) = event.ok()?;
        let tag = |tag: Option<&saphyr_parser::Tag>| {
            tag.map(|tag| format!("!{}{}", tag.handle, tag.suffix))
                .unwrap_or_default()
        };
        tokens.push(match event {
            Event::MappingStart(anchor, own) => format!("{{&{anchor}{}", tag(own.as_deref())),
            Event::SequenceStart(anchor, own) => format!("[&{anchor}{}", tag(own.as_deref())),
            Event::MappingEnd | Event::SequenceEnd => "]".to_owned(),
            Event::Alias(anchor) => format!("*{anchor}"),
            Event::DocumentStart(_) => "---".to_owned(),
            Event::Scalar(text, style, anchor, own) => {
                let plain = if style == ScalarStyle::Plain {
                    "="
                } else {
                    "\""
                };
                format!("{plain}&{anchor}{} {text}", tag(own.as_deref()))
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => continue,
        });
    }
    Some(tokens)
}
