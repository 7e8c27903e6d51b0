//! `container:` and `services:` of a job.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idcontainer>.

use super::flow::Scope;
use super::options;
use super::rights::{env, secrets};
use super::source::{Reading, Source};
use crate::ci::image;
use crate::ci::yaml::tree::Node;
use crate::model::build::{ImageName, ImageRole, ImageUse, Literal, Privilege, What};

/// Reads one container; `slot` is `container` or `services/db`.
pub(super) fn read(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    (slot, node): (&str, &Node),
) {
    let role = if slot == "container" {
        ImageRole::Runs
    } else {
        ImageRole::Service
    };
    if node.is_null() {
        return;
    }
    let image = match node.text() {
        Some(_) => Some(node),
        None => node.get("image"),
    };
    let Some(image) = image.filter(|image| image.text().is_some()) else {
        return reading.odd(source, slot, node, "no image");
    };
    images(reading, source, scope, (slot, image), role);
    let mut inner = scope.clone();
    if let Some(own) = node.get("env") {
        env(reading, source, &mut inner, (&format!("{slot}/env"), own));
    }
    if let Some(options) = node.get("options") {
        let slot = format!("{slot}/options");
        let text = scope.written_out(options.text().unwrap_or_default());
        for privilege in options::of_words(&text) {
            reading.note(source, &slot, options, What::Privilege(privilege));
        }
    }
    for volume in node
        .get("volumes")
        .map(Node::one_or_many)
        .unwrap_or_default()
    {
        let text = scope.written_out(volume.text().unwrap_or_default());
        if let Some(privilege) = options::of_volume(&text) {
            reading.note(
                source,
                &format!("{slot}/volumes"),
                volume,
                What::Privilege(privilege),
            );
        }
    }
    if let Some(credentials) = node.get("credentials") {
        credentials_of(reading, source, scope, (slot, credentials));
    }
}

fn credentials_of(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    (slot, node): (&str, &Node),
) {
    for (key, value) in node.pairs() {
        let slot = format!("{slot}/credentials/{}", key.text().unwrap_or_default());
        secrets(reading, source, scope, (&slot, value));
        let in_clear = scope.flow(value.text().unwrap_or_default()).texts;
        if key.text() == Some("password")
            && in_clear.is_some_and(|texts| texts.iter().any(|text| !text.is_empty()))
        {
            let name = "credentials.password".to_owned();
            reading.note(source, &slot, value, What::Literal(Literal { name }));
        }
    }
}

/// The images that a text can name.
pub(super) fn images(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    (slot, node): (&str, &Node),
    role: ImageRole,
) {
    let text = node.text().unwrap_or_default();
    secrets(reading, source, scope, (slot, node));
    let Some(texts) = scope.flow(text).texts else {
        let image = ImageName::Unresolved(scope.written_out(text));
        return reading.note(source, slot, node, What::Image(ImageUse { role, image }));
    };
    for text in texts {
        let text = text.strip_prefix("docker://").unwrap_or(&text);
        let Some(image) = image::parse(text, &|_| None) else {
            continue;
        };
        if is_engine(&image) {
            reading.note(
                source,
                slot,
                node,
                What::Privilege(Privilege::DockerInDocker),
            );
        }
        reading.note(source, slot, node, What::Image(ImageUse { role, image }));
    }
}

/// Whether an image is a container engine that runs beside the job.
fn is_engine(image: &ImageName) -> bool {
    let ImageName::Known(known) = image else {
        return false;
    };
    known.repository.ends_with("/docker")
        && known.tag.as_deref().is_some_and(|tag| tag.contains("dind"))
        || known.repository.ends_with("/dind")
}

#[cfg(test)]
mod tests {
    use super::super::samples::{all, job};
    use crate::model::build::{ImageName, ImageRole, Privilege, What};

    #[test]
    fn containers_and_their_options_are_read() {
        let job = job(concat!(
            "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    strategy: {matrix: {v: ['1', '2']}}\n",
            "    container:\n      image: node:${{ matrix.v }}\n      options: --privileged --network=host --cap-add SYS_ADMIN\n",
            "      volumes: ['/var/run/docker.sock:/var/run/docker.sock', 'named:/x', '/etc:/etc']\n",
            "      credentials: {username: a, password: letmein}\n",
            "    services:\n      db: {image: 'docker:24-dind'}\n    steps: [{run: x}]\n"
        ));
        let images = all(&job, |what| match what {
            What::Image(it) => Some((
                it.role,
                match &it.image {
                    ImageName::Known(name) => name.to_string(),
                    ImageName::Unresolved(text) => text.clone(),
                },
            )),
            _ => None,
        });
        assert_eq!(
            images,
            [
                (ImageRole::Runs, "docker.io/library/node:1".to_owned()),
                (ImageRole::Runs, "docker.io/library/node:2".to_owned()),
                (
                    ImageRole::Service,
                    "docker.io/library/docker:24-dind".to_owned()
                ),
            ]
        );
        let rights = all(&job, |what| match what {
            What::Privilege(it) => Some(it.clone()),
            _ => None,
        });
        assert_eq!(
            rights,
            [
                Privilege::Privileged,
                Privilege::HostNamespace("network"),
                Privilege::Capability("SYS_ADMIN".into()),
                Privilege::EngineSocket("/var/run/docker.sock".into()),
                Privilege::HostPath("/etc".into()),
                Privilege::DockerInDocker,
            ]
        );
        assert!(job.items.iter().any(
            |item| matches!(&item.what, What::Literal(it) if it.name == "credentials.password")
        ));
    }
}
