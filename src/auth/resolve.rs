//! All the evidence of one push, weighed: what it was, how sure that is, and
//! whose word it rests on.
//!
//! Direct evidence decides over correlated, and that over what holds for the
//! whole platform. A weaker source never overrules a stronger one; it can only
//! tell which of several it was.

use std::collections::BTreeSet;

use crate::model::authentication::{
    Authentication, Evidence, Factor, Method, Source, Standing, Strength,
};

/// Draws the conclusion. No evidence, or none that is understood, is unknown.
pub fn resolve(evidence: &[Evidence]) -> Standing {
    let mut standing = Standing {
        could_be: BTreeSet::new(),
        strength: Strength::None,
        sources: BTreeSet::new(),
        notes: Vec::new(),
    };
    let (signed, told): (Vec<_>, Vec<_>) = evidence
        .iter()
        .partition(|one| one.source == Source::PushCertificate);
    for strength in [Strength::Direct, Strength::Correlated, Strength::Platform] {
        let level = told.iter().filter(|one| one.strength == strength);
        let (level, silent): (Vec<_>, Vec<_>) =
            level.copied().partition(|one| !one.could_be.is_empty());
        // Of several records any may be this push's: one that is not understood
        // leaves everything open.
        let open = strength == Strength::Correlated && !silent.is_empty();
        if !level.is_empty() && !open {
            standing.hear(strength, &level);
        }
    }
    for one in signed {
        standing.sign(one);
    }
    let silent = evidence.iter().filter(|one| one.could_be.is_empty());
    standing
        .notes
        .extend(silent.map(|one| format!("{}: {}", one.source, one.says)));
    standing.notes.sort();
    standing.notes.dedup();
    standing
}

impl Standing {
    /// Takes what sources of one strength say.
    fn hear(&mut self, strength: Strength, level: &[&Evidence]) {
        let said = match strength {
            // Each guarantee holds by itself.
            Strength::Platform => agreed(level),
            // Two that speak of this very push say the same, or one is wrong.
            Strength::Direct => {
                let agreed = agreed(level);
                if agreed.is_empty() {
                    either(level)
                } else {
                    agreed
                }
            }
            // Each record may be this push's.
            Strength::Correlated | Strength::None => either(level),
        };
        let sources = level.iter().map(|one| one.source);
        if self.could_be.is_empty() {
            self.could_be = said;
            self.strength = strength;
            self.sources.extend(sources);
            return;
        }
        let narrowed = narrow(&self.could_be, &said);
        if narrowed.is_empty() {
            let words: Vec<_> = said.iter().map(ToString::to_string).collect();
            let names: BTreeSet<_> = sources.map(|source| source.to_string()).collect();
            let names: Vec<_> = names.into_iter().collect();
            self.notes.push(format!(
                "{} says {}, which contradicts stronger evidence and is not believed",
                names.join(" and "),
                words.join(" or ")
            ));
        } else if narrowed != self.could_be {
            self.could_be = narrowed;
            self.strength = strength;
            self.sources.extend(sources);
        }
    }

    /// A verified signature of the push comes on top of how it was let in.
    fn sign(&mut self, signature: &Evidence) {
        let Some(proof) = signature.could_be.first() else {
            return;
        };
        self.sources.insert(signature.source);
        if self.could_be.is_empty() {
            self.could_be.insert(proof.clone());
            self.strength = signature.strength;
            return;
        }
        let all = std::mem::take(&mut self.could_be);
        self.could_be = all
            .into_iter()
            .map(|mut one| {
                one.factors.extend(proof.factors.iter().cloned());
                one
            })
            .collect();
    }
}

/// What any of them says.
fn either(level: &[&Evidence]) -> BTreeSet<Authentication> {
    let all = level.iter().flat_map(|one| one.could_be.iter().cloned());
    all.collect()
}

/// What all of them leave open.
fn agreed(level: &[&Evidence]) -> BTreeSet<Authentication> {
    let mut rest = level.iter();
    let first = rest.next().map(|one| one.could_be.clone());
    rest.fold(first.unwrap_or_default(), |open, one| {
        narrow(&open, &one.could_be)
    })
}

/// Those of `open` that one of `said` can mean, each in the more exact form.
fn narrow(
    open: &BTreeSet<Authentication>,
    said: &BTreeSet<Authentication>,
) -> BTreeSet<Authentication> {
    let pairs = open
        .iter()
        .flat_map(|one| said.iter().map(move |other| (one, other)));
    pairs.filter_map(|(one, other)| both(one, other)).collect()
}

/// What two descriptions mean if they mean the same; nothing if they cannot.
fn both(one: &Authentication, other: &Authentication) -> Option<Authentication> {
    if one.factors.len() != other.factors.len() {
        return None;
    }
    let pairs = one.factors.iter().zip(&other.factors);
    let factors: Option<Vec<_>> = pairs.map(|(one, other)| same(one, other)).collect();
    factors.map(|factors| Authentication { factors })
}

fn same(one: &Factor, other: &Factor) -> Option<Factor> {
    let method = if one.method == other.method || is_kind_of(one.method, other.method) {
        one.method
    } else if is_kind_of(other.method, one.method) {
        other.method
    } else {
        return None;
    };
    let credential = match (&one.credential, &other.credential) {
        (Some(one), _) => Some(one),
        (None, other) => other.as_ref(),
    };
    Some(Factor {
        method,
        credential: credential.cloned(),
    })
}

/// Whether a method is one of those that a vaguer word stands for.
fn is_kind_of(method: Method, vague: Method) -> bool {
    match vague {
        Method::Token => method.is_token(),
        Method::PersonalAccessToken => {
            matches!(method, Method::ClassicToken | Method::FineGrainedToken)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::resolve;
    use crate::model::authentication::Method::{
        Anonymous, ClassicToken, Password, PersonalAccessToken, PushCertificate, SshKey, Token,
        WebSession,
    };
    use crate::model::authentication::Source::{
        AuditLog, HookEnvironment, PlatformGuarantee, Sshd,
    };
    use crate::model::authentication::Strength::{Correlated, Direct, Platform};
    use crate::model::authentication::{Authentication, Evidence, Method, Source, Strength};

    fn says(source: Source, strength: Strength, methods: &[Method]) -> Evidence {
        Evidence {
            could_be: methods.iter().map(|one| Authentication::by(*one)).collect(),
            source,
            strength,
            observed_at: Timestamp::UNIX_EPOCH,
            says: "its words".to_owned(),
        }
    }

    fn words(evidence: &[Evidence]) -> (Vec<String>, Strength) {
        let standing = resolve(evidence);
        let words = standing.could_be.iter().map(ToString::to_string);
        (words.collect(), standing.strength)
    }

    #[test]
    fn no_word_that_counts_is_unknown() {
        assert_eq!(words(&[]), (vec![], Strength::None));
        let standing = resolve(&[says(AuditLog, Correlated, &[])]);
        assert!(standing.could_be.is_empty());
        assert_eq!(standing.notes, ["audit log: its words"]);
    }

    #[test]
    fn direct_evidence_decides_and_what_contradicts_it_is_said() {
        let standing = resolve(&[
            says(AuditLog, Correlated, &[Password]),
            says(Sshd, Direct, &[SshKey]),
        ]);
        assert_eq!(standing.could_be.len(), 1);
        assert_eq!(standing.strength, Direct);
        assert!(standing.notes[0].contains("contradicts"), "{standing:?}");
    }

    #[test]
    fn weaker_evidence_tells_which_of_several_it_was() {
        let http = says(HookEnvironment, Direct, &[Token, Password]);
        let log = says(AuditLog, Correlated, &[ClassicToken]);
        assert_eq!(
            words(&[http.clone(), log]),
            (vec!["classic-token".to_owned()], Correlated)
        );
        let nothing_but_tokens = says(PlatformGuarantee, Platform, &[PersonalAccessToken]);
        assert_eq!(
            words(&[http, nothing_but_tokens]),
            (vec!["personal-access-token".to_owned()], Platform)
        );
    }

    #[test]
    fn several_records_that_differ_stay_open() {
        let all = [
            says(AuditLog, Correlated, &[SshKey]),
            says(AuditLog, Correlated, &[Password]),
            says(PlatformGuarantee, Platform, &[SshKey, Password, WebSession]),
        ];
        assert_eq!(
            words(&all),
            (
                vec!["password".to_owned(), "ssh-key".to_owned()],
                Correlated
            )
        );
    }

    #[test]
    fn a_record_that_is_not_understood_may_be_the_one() {
        let key = says(AuditLog, Correlated, &[SshKey]);
        let odd = says(AuditLog, Correlated, &[]);
        assert_eq!(words(&[key.clone(), odd.clone()]).0, Vec::<String>::new());
        // It tells nothing apart either; what holds for all still does.
        let http = says(HookEnvironment, Direct, &[Token, Password]);
        let log = says(AuditLog, Correlated, &[ClassicToken]);
        assert_eq!(words(&[http, log, odd.clone()]).0, ["password", "token"]);
        let settings = says(PlatformGuarantee, Platform, &[SshKey]);
        assert_eq!(
            words(&[key, odd, settings]),
            (vec!["ssh-key".to_owned()], Platform)
        );
    }

    #[test]
    fn two_direct_words_that_differ_are_both_kept() {
        let all = [
            says(Sshd, Direct, &[SshKey]),
            says(Source::WebServer, Direct, &[Anonymous]),
        ];
        assert_eq!(words(&all).0.len(), 2);
    }

    #[test]
    fn a_signed_push_comes_on_top() {
        let signed = says(Source::PushCertificate, Direct, &[PushCertificate]);
        let (alone, strength) = words(std::slice::from_ref(&signed));
        assert_eq!(
            (alone, strength),
            (vec!["push-certificate".to_owned()], Direct)
        );
        let both = words(&[signed, says(Sshd, Direct, &[Password])]).0;
        assert_eq!(both, ["password and push-certificate"]);
    }
}
