//! `build` of a service: the image that is made of it.
//! <https://docs.docker.com/reference/compose-file/build/>.

use bstr::{BStr, ByteSlice};

use super::environment::{DotEnv, build_arguments, pairs};
use crate::ci::closure::{Closure, normal};
use crate::ci::notes::{Notes, unresolved};
use crate::ci::yaml::tree::Node;
use crate::ci::{docker, image, recognise};
use crate::model::build::{
    CodeKind, CodeSource, CodeUse, ImageRole, ImageUse, Job, Lifetime, Pin, Privilege, SecretName,
    SecretUse, UnresolvedKind, What,
};
use crate::model::text::escape;

/// Reads `build`; the jobs are those of a Dockerfile that is no entry file itself.
pub(super) fn read(
    notes: &mut Notes<'_>,
    build: &Node,
    dot_env: &DotEnv,
    closure: &mut Closure<'_>,
    depth: usize,
) -> Vec<Job> {
    let context_node = build.text().map(|_| build).or_else(|| build.get("context"));
    let context = context_node.and_then(Node::text).unwrap_or(".");
    let context = dot_env.or_written(context);
    rights(notes, build, dot_env);
    images(notes, build, dot_env);
    for secret in build
        .get("secrets")
        .map(Node::one_or_many)
        .unwrap_or_default()
    {
        if let Some(name) = secret.text().or_else(|| secret.text_of("source")) {
            let secret_use = SecretUse {
                name: SecretName::Named(name.to_owned()),
                lifetime: Lifetime::Lasting,
                variable: None,
            };
            notes.at(secret, "build/secrets", What::Secret(secret_use));
        }
    }
    if let Some(arguments) = build.get("args") {
        build_arguments(notes, arguments);
    }
    if is_remote(&context) {
        if let Some(node) = context_node {
            remote(notes, node, &context, closure);
        }
        return Vec::new();
    }
    if let Some(inline) = build.get("dockerfile_inline") {
        return inline_file(notes, inline, closure, depth);
    }
    let named = build.get("dockerfile");
    let at = named.or(context_node).unwrap_or(build);
    let name = named.and_then(Node::text).unwrap_or("Dockerfile");
    dockerfile(
        notes,
        at,
        (&context, &dot_env.or_written(name)),
        closure,
        depth,
    )
}

fn rights(notes: &mut Notes<'_>, build: &Node, dot_env: &DotEnv) {
    let is = |key: &str, word: &str| {
        let node = build.get(key)?;
        (dot_env.or_written(node.text()?) == word).then_some(node)
    };
    if let Some(node) = build.get("privileged").filter(|node| node.is_true()) {
        notes.at(
            node,
            "build/privileged",
            What::Privilege(Privilege::Privileged),
        );
    }
    if let Some(node) = is("network", "host") {
        let what = What::Privilege(Privilege::HostNamespace("network"));
        notes.at(node, "build/network", what);
    }
    for node in build
        .get("entitlements")
        .map(Node::one_or_many)
        .unwrap_or_default()
    {
        let privilege = match node.text() {
            Some("network.host") => Privilege::HostNamespace("network"),
            Some("security.insecure") => Privilege::Privileged,
            _ => continue,
        };
        notes.at(node, "build/entitlements", What::Privilege(privilege));
    }
}

fn images(notes: &mut Notes<'_>, build: &Node, dot_env: &DotEnv) {
    let mut note = |node: &Node, slot: &str, text: &str, role| {
        if let Some(image) = image::parse(&dot_env.or_written(text), &|_| None) {
            notes.at(node, slot, What::Image(ImageUse { role, image }));
        }
    };
    for node in build
        .get("cache_from")
        .map(Node::one_or_many)
        .unwrap_or_default()
    {
        let text = node.text().unwrap_or_default();
        let reference = text.split(',').find_map(|part| part.strip_prefix("ref="));
        if let Some(name) = reference.or((!text.contains("type=")).then_some(text)) {
            note(node, "build/cache_from", name, ImageRole::Cache);
        }
    }
    let lists = [
        ("additional_contexts", "docker-image://", ImageRole::Base),
        ("args", "", ImageRole::Frontend),
    ];
    for (key, start, role) in lists {
        for (node, name, value) in build.get(key).map(pairs).unwrap_or_default() {
            let wanted = key != "args" || name == "BUILDKIT_SYNTAX";
            let text = value.as_deref().and_then(|value| value.strip_prefix(start));
            if let Some(text) = text.filter(|_| wanted) {
                note(node, &format!("build/{key}/{name}"), text, role);
            }
        }
    }
}

fn is_remote(context: &str) -> bool {
    ["://", "git@", "github.com/"]
        .iter()
        .any(|part| context.contains(part))
}

fn remote(notes: &mut Notes<'_>, node: &Node, context: &str, closure: &mut Closure<'_>) {
    let spot = notes.spot_of(node);
    closure.elsewhere(&spot, "build context", context);
    let code = remote_code(context, CodeKind::Include);
    notes.put(spot, "build/context", What::Code(code));
}

/// A repository by its URL, as Docker, Compose and kustomize write it:
/// `https://host/owner/name.git#ref:folder`, `host/owner/name//folder?ref=v1`.
pub(crate) fn remote_code(url: &str, kind: CodeKind) -> CodeUse {
    let url = crate::ci::secret::without_login(url);
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let rest = rest.strip_prefix("git@").unwrap_or(rest);
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let asked = query.split('&').find_map(|part| {
        part.strip_prefix("ref=")
            .or_else(|| part.strip_prefix("version="))
    });
    let (of_fragment, folder) = fragment.split_once(':').unwrap_or((fragment, ""));
    let version = asked.unwrap_or(of_fragment).to_owned();
    let (host, name) = rest.split_once(['/', ':']).unwrap_or((rest, ""));
    let (name, inner) = name.split_once("//").unwrap_or((name, folder));
    CodeUse {
        kind,
        source: CodeSource::Elsewhere {
            host: host.to_ascii_lowercase(),
            name: name
                .trim_end_matches('/')
                .trim_end_matches(".git")
                .to_owned(),
            path: inner.to_owned(),
        },
        pin: Pin::of_git(&version),
        version,
        comment: None,
    }
}

fn dockerfile(
    notes: &mut Notes<'_>,
    at: &Node,
    (context, name): (&str, &str),
    closure: &mut Closure<'_>,
    depth: usize,
) -> Vec<Job> {
    let spot = notes.spot_of(at);
    let folder = notes
        .path
        .rfind_byte(b'/')
        .map_or(&b""[..], |end| &notes.path[..end]);
    let inside = normal(folder.as_bstr(), BStr::new(context))
        .and_then(|context| normal(context.as_bstr(), BStr::new(name)));
    let known = !context.contains('$') && !name.contains('$');
    let Some(path) = inside.filter(|_| known) else {
        closure.dynamic(&spot, "Dockerfile", name);
        let why = "which Dockerfile is built is not known from this repository";
        notes.put(
            spot,
            "build/dockerfile",
            unresolved(UnresolvedKind::Include, name, why),
        );
        return Vec::new();
    };
    match closure.open(&spot, "Dockerfile", path.as_bstr(), depth + 1) {
        Ok(opened) if recognise(opened.path.as_bstr(), &[]).is_none() => {
            let text = opened.content.to_str_lossy();
            docker::read(&opened.path, &text, closure, depth + 1).jobs
        }
        Ok(_) => Vec::new(),
        Err(missing) => {
            notes.put(spot, "build/dockerfile", What::Unresolved(missing));
            Vec::new()
        }
    }
}

/// A Dockerfile that stands in the file itself.
fn inline_file(
    notes: &Notes<'_>,
    node: &Node,
    closure: &mut Closure<'_>,
    depth: usize,
) -> Vec<Job> {
    let text = node.text().unwrap_or_default();
    let mut file = docker::read(notes.path, text, closure, depth);
    let line = |line: u32| node.line_of_text(usize::try_from(line).unwrap_or(1).saturating_sub(1));
    if let Some(job) = file.jobs.first_mut() {
        job.items.extend(file.items);
    }
    for job in &mut file.jobs {
        job.spot.line = line(job.spot.line);
        for item in job
            .items
            .iter_mut()
            .filter(|item| item.spot.path == *notes.path)
        {
            item.spot.line = line(item.spot.line);
        }
        job.title = format!(
            "{} of the Dockerfile in {}",
            job.title,
            escape(notes.path.as_slice())
        );
    }
    file.jobs
}
