//! Is this delivery the forge's, and what does it mean?

use jiff::Timestamp;
use secrecy::SecretString;

use crate::model::delivery::VerifiedDelivery;
use crate::model::event::Event;

/// One HTTP request from a forge, raw. Nothing in it is believed.
pub struct Delivery {
    /// All headers, names in lower case.
    pub headers: http::HeaderMap,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// What stands behind the instance's key in the URL, if anything does: the
    /// secret of a forge that cannot sign. Whoever logs URLs knows it.
    pub path_secret: Option<SecretString>,
    /// When it was received.
    pub received_at: Timestamp,
}

/// Why a delivery is not accepted. The text goes to our log, never to the sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No signature, or one that no secret of ours made.
    #[error("not authentic: {0}")]
    NotAuthentic(&'static str),
    /// A header that the contract promises is missing or malformed.
    #[error("not a delivery: {0}")]
    Malformed(&'static str),
    /// The forge's test of the connection, which nobody signed. It is answered
    /// as reachable and forgotten: nothing is stored, and it is no event.
    #[error("a test of the connection, unsigned: answered and forgotten")]
    Test,
}

/// What a verified delivery means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// These events, in order.
    Events(Vec<Event>),
    /// Nothing that we act on; why, for the record.
    NotOfInterest(String),
}

/// A verified body that cannot be read. It is kept and listed, never dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the payload cannot be read: {0}")]
pub struct Unreadable(pub String);

/// Authenticates deliveries and reads them. Synchronous and without I/O.
pub trait Intake: Send + Sync {
    /// Establishes that the bytes are the forge's, over the raw body, in
    /// constant time, against each current secret; only then reads the headers.
    fn authenticate(&self, delivery: Delivery) -> Result<VerifiedDelivery, Refused>;

    /// What the delivery means.
    fn meaning(&self, delivery: &VerifiedDelivery) -> Result<Meaning, Unreadable>;
}
