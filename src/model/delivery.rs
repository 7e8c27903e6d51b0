//! Deliveries whose bytes have been authenticated.

use jiff::Timestamp;

/// One HTTP request from a forge after its authenticity was established.
///
/// Only an `Intake` makes one from a request, and only the store gives one
/// back; `tests/it/architecture.rs` holds the list of callers of
/// [`VerifiedDelivery::attest`]. An unauthenticated delivery therefore never
/// becomes an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedDelivery {
    instance: String,
    id: String,
    event: String,
    body: Vec<u8>,
    received_at: Timestamp,
}

impl VerifiedDelivery {
    /// States that the bytes are authentic.
    pub fn attest(
        instance: String,
        id: String,
        event: String,
        body: Vec<u8>,
        received_at: Timestamp,
    ) -> Self {
        Self {
            instance,
            id,
            event,
            body,
            received_at,
        }
    }

    /// The configured instance that it came from.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// The forge's id of the delivery; a redelivery carries the same.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The forge's name of the event.
    pub fn event(&self) -> &str {
        &self.event
    }

    /// The raw body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// When it was received.
    pub fn received_at(&self) -> Timestamp {
        self.received_at
    }
}
