//! `.gitlab/agents/<name>/config.yaml`: which projects and people reach a
//! cluster through the agent. <https://docs.gitlab.com/user/clusters/agent/ci_cd_workflow/>.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::ci::draft::Draft;
use crate::ci::values::Val;
use crate::model::build::{AccessGrant, Spot, What};

/// What an agent's file grants.
pub(super) fn read(root: &Rc<Val>, draft: &mut Draft) {
    for section in ["ci_access", "user_access"] {
        let Some(access) = root.get(section) else {
            continue;
        };
        let shared_as = access.get("access_as");
        for (list, word) in [("projects", "project"), ("groups", "group")] {
            for one in access.get(list).map(Val::one_or_many).unwrap_or_default() {
                let Some(id) = one.text_of("id") else {
                    draft.odd_form(section, &one.spot, "GitLab wants an `id` here");
                    continue;
                };
                let subject = format!("{word} {id}");
                let acts = one.get("access_as").or(shared_as);
                grant(draft, (section, &one.spot), subject, &one, acts);
            }
        }
        if let Some(all) = access.get("instance") {
            grant(
                draft,
                (section, &all.spot),
                "every project of the server".to_owned(),
                all,
                shared_as,
            );
        }
    }
}

fn grant(
    draft: &mut Draft,
    (section, spot): (&str, &Spot),
    subject: String,
    one: &Val,
    acts: Option<&Rc<Val>>,
) {
    let list = |key: &str| one.get(key).map(Val::one_or_many).unwrap_or_default();
    let named: BTreeSet<_> = list("environments")
        .iter()
        .filter_map(|it| Some(format!("environment {}", it.text()?)))
        .collect();
    let protected = one
        .get("protected_branches_only")
        .is_some_and(|it| it.is_true());
    let within = if protected {
        "protected branches"
    } else {
        "any branch"
    };
    let acts = acts.and_then(|acts| acts.pairs().first());
    let verb = match acts {
        Some((name, _)) => format!("{section} as {}", name.text),
        None => section.to_owned(),
    };
    let access = AccessGrant {
        verbs: BTreeSet::from([verb]),
        resources: if named.is_empty() {
            BTreeSet::from(["*".to_owned()])
        } else {
            named
        },
        within: within.to_owned(),
        subject: subject.clone(),
    };
    draft.add(&format!("{section}/{subject}"), spot, What::Access(access));
}
