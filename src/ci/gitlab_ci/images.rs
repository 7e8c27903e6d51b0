//! `image` and `services`. <https://docs.gitlab.com/ci/docker/using_docker_images/>.

use std::rc::Rc;

use super::root::Root;
use super::variables::Variables;
use crate::ci::draft::Draft;
use crate::ci::image;
use crate::ci::values::Val;
use crate::model::build::{ImageName, ImageRole, ImageUse, Privilege, What};

/// Most images that one reference with variables stands for (GitLab runs at most 200 of a matrix).
const MAX_IMAGES: usize = 200;

/// The image that a job runs in.
pub(super) fn of_job(root: &Root<'_>, draft: &mut Draft, value: &Rc<Val>, variables: &Variables) {
    add(root, draft, ("image", ImageRole::Runs), value, variables);
    let user = root
        .child(value, "docker")
        .and_then(|docker| docker.text_of("user").map(str::to_owned));
    if let Some(user) = user {
        let name = user.split(':').next().unwrap_or_default();
        let root_user = matches!(name, "root" | "0");
        let privilege = if root_user {
            Privilege::Root
        } else {
            Privilege::NotRoot
        };
        draft.add("image/docker/user", &value.spot, What::Privilege(privilege));
    }
}

/// What runs beside a job.
pub(super) fn services(root: &Root<'_>, draft: &mut Draft, value: &Rc<Val>, variables: &Variables) {
    for service in root.flat(value) {
        add(
            root,
            draft,
            ("services", ImageRole::Service),
            &service,
            variables,
        );
        if let Some(own) = root.child(&service, "variables") {
            let mut all = Variables::default();
            for (name, value) in own.pairs() {
                let value = root.resolve(value);
                let variable = super::variables::Variable {
                    spot: value.spot.clone(),
                    values: value.text().map(str::to_owned).into_iter().collect(),
                };
                all.0.insert(name.text.clone(), variable);
            }
            super::meaning::meaning(draft, &all);
        }
    }
}

fn add(
    root: &Root<'_>,
    draft: &mut Draft,
    (slot, role): (&str, ImageRole),
    value: &Rc<Val>,
    variables: &Variables,
) {
    let named = if value.is_map() {
        root.child(value, "name")
    } else {
        Some(value.clone())
    };
    let Some((spot, text)) = named.as_ref().and_then(|it| Some((&it.spot, it.text()?))) else {
        return draft.odd_form(slot, &value.spot, "GitLab wants an image's name here");
    };
    let texts = variables.expand(text, MAX_IMAGES);
    for text in texts.unwrap_or_else(|| vec![text.to_owned()]) {
        let Some(image) = image::parse(&text, &|_| None) else {
            continue;
        };
        let engine = match &image {
            ImageName::Known(known) => {
                let docker = known.repository.ends_with("/docker") || known.repository == "docker";
                let tag = known.tag.as_deref().unwrap_or_default();
                docker && tag.contains("dind")
            }
            ImageName::Unresolved(text) => text.contains("docker:") && text.contains("dind"),
        };
        draft.add(slot, spot, What::Image(ImageUse { role, image }));
        if engine && role == ImageRole::Service {
            draft.add(slot, spot, What::Privilege(Privilege::DockerInDocker));
        }
    }
}
