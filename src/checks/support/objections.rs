//! What one check has to say: objections, and what it could not judge.

use crate::model::finding::{Objection, Place};

/// Collects what one check objects to.
#[derive(Debug, Default)]
pub struct Objections {
    /// The objections, in the order they were made.
    pub list: Vec<Objection>,
    /// What the check could not judge.
    pub unjudged: Vec<Unjudged>,
}

/// Something that a check could not judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unjudged {
    /// Where.
    pub place: Place,
    /// What is not known, and why, as one sentence.
    pub why: String,
}

impl Objections {
    /// Objects to something at a place. `message` says what is wrong in one
    /// sentence, `remedy` what mends it.
    pub fn object(&mut self, place: Place, message: impl Into<String>, remedy: impl Into<String>) {
        self.list.push(Objection {
            place,
            severity: None,
            fingerprint: None,
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    /// States that the check could not judge. If the check is enforced, the
    /// verdict cannot be a pass.
    pub fn cannot_judge(&mut self, place: Place, why: impl Into<String>) {
        self.unjudged.push(Unjudged {
            place,
            why: why.into(),
        });
    }
}
