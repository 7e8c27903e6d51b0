//! The pushes behind a change, with what follows from their evidence and from
//! what the operator states in the policy.

use std::collections::BTreeSet;

use crate::auth;
use crate::model::approval::Circumstances;
use crate::model::authentication::{
    Authentication, Credential, Evidence, Method, Push, Pushes, Source, Standing, Strength,
};
use crate::model::directory::Directory;
use crate::model::facts::PushFacts;
use crate::model::principal::PrincipalId;
use crate::model::request::{Concern, EvaluationRequest};
use crate::model::signature::KeyName;
use crate::policy::Policy;

/// Weighs the evidence of each push. A change that was pushed has at least one
/// push: of one that nobody told us of, nothing is known.
pub(super) fn collect(
    policy: &Policy,
    request: &EvaluationRequest,
    circumstances: &Circumstances,
) -> Vec<PushFacts> {
    let pushes = match &circumstances.pushes {
        Pushes::Known(list) if request.concern.asks(Concern::Authentication) => list,
        Pushes::Known(_) | Pushes::NotPushed => return Vec::new(),
    };
    let unheard = pushes.is_empty().then(|| request.push(Vec::new()));
    let all = pushes.iter().cloned().chain(unheard);
    all.map(|push| weigh(policy, push)).collect()
}

/// Weighs the evidence of one push.
pub fn weigh(policy: &Policy, push: Push) -> PushFacts {
    let stated = push
        .actor
        .as_ref()
        .filter(|actor| policy.no_passwords_on.contains(&actor.forge));
    let stated = stated.map(|actor| Evidence {
        could_be: all_but_passwords(),
        source: Source::Operator,
        strength: Strength::Platform,
        observed_at: push.at,
        says: format!(
            "the policy states that {} takes no passwords for git",
            actor.forge
        ),
    });
    let evidence: Vec<_> = push.evidence.iter().cloned().chain(stated).collect();
    let mut standing = auth::resolve(&evidence);
    if standing.could_be.is_empty() && standing.notes.is_empty() {
        standing
            .notes
            .push("nobody has said how it was authenticated".to_owned());
    }
    let principal = principal_of(&policy.directory, &push, &standing);
    PushFacts {
        push,
        standing,
        principal,
    }
}

fn all_but_passwords() -> BTreeSet<Authentication> {
    let never = |method: &Method| {
        method.is_password() || matches!(method, Method::Anonymous | Method::Local)
    };
    let all = Method::ALL.into_iter().filter(|method| !never(method));
    all.map(Authentication::by).collect()
}

/// Whose push it is: by the account that the forge states, else by a key that
/// the policy gives to somebody.
fn principal_of(directory: &Directory, push: &Push, standing: &Standing) -> Option<PrincipalId> {
    let by_account = push
        .actor
        .as_ref()
        .and_then(|it| directory.principal_of(it));
    let only = match standing.could_be.first() {
        Some(only) if standing.could_be.len() == 1 => only.factors.as_slice(),
        _ => &[],
    };
    let keys = only
        .iter()
        .filter_map(|factor| fingerprint(factor.credential.as_ref()?));
    let by_key = || {
        keys.into_iter()
            .find_map(|key| directory.keys.get(&KeyName(key.to_owned())))
    };
    by_account.or_else(by_key).cloned()
}

fn fingerprint(credential: &Credential) -> Option<&str> {
    match credential {
        Credential::SshKey(key) | Credential::SshCertificate { key, .. } => Some(&key.fingerprint),
        Credential::SigningKey { fingerprint } => Some(fingerprint),
        Credential::ClientCertificate { .. } | Credential::Numbered { .. } => None,
    }
}
