//! `plugins.txt`: plugins that are installed into the controller's image.
//! <https://github.com/jenkinsci/plugin-installation-manager-tool>

use std::sync::Arc;

use bstr::BString;

use crate::model::build::{CodeKind, CodeSource, CodeUse, Item, Pin, Spot, What};

/// One plugin a line: `name`, `name:version`, `name:version:url`.
pub(super) fn read(path: &Arc<BString>, text: &str) -> Vec<Item> {
    let lines = text.lines().zip(1..);
    let plugins = lines.filter_map(|(line, number)| {
        let line = line.split('#').next().unwrap_or_default().trim();
        let spot = Spot {
            path: path.clone(),
            line: number,
            column: 1,
        };
        let plugin = plugin(line)?;
        Some(Item::of(
            &format!("plugins/{}", line.split(':').next().unwrap_or_default()),
            spot,
            What::Code(plugin),
        ))
    });
    plugins.collect()
}

fn plugin(line: &str) -> Option<CodeUse> {
    let mut parts = line.splitn(3, ':').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let version = parts.next().unwrap_or_default();
    let host = parts.next().map(|url| super::library::host_and_name(url).0);
    let pin = match version {
        "" => Pin::None,
        "latest" | "experimental" => Pin::Branch,
        _ => Pin::Tag,
    };
    Some(CodeUse {
        kind: CodeKind::Plugin,
        source: CodeSource::Elsewhere {
            host: host.unwrap_or_default(),
            name: name.to_owned(),
            path: String::new(),
        },
        pin,
        version: version.to_owned(),
        comment: None,
    })
}
