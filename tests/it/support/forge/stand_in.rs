//! What every stand-in lets people and stories do, so that one story runs on
//! every forge.

use std::future::Future;
use std::path::Path;

use super::common::people::{Mark, Merge, Proposal};
use super::common::traffic::{Request, Sent};

/// A stand-in forge. Clones are the same forge.
pub trait StandIn: Clone + Send + Sync + 'static {
    /// The word of the configuration, and the key of the instance.
    const NAME: &'static str;
    /// The header without which a delivery is not authentic.
    const AUTHENTICITY: &'static str;
    /// Whether it holds a merge back for a required status that nobody has posted
    /// yet. GitLab without a licence looks at those that there are.
    const WAITS_FOR_EVERY_STATUS: bool = true;

    /// Starts on a free port of loopback; new repositories stand in `folder`.
    fn start(folder: &Path) -> impl Future<Output = Self> + Send;
    /// The block of the service's configuration; secrets are written as files.
    fn configuration(&self, folder: &Path) -> String;

    /// The repository's name as the forge's API has it.
    fn named(name: &str) -> String {
        name.to_owned()
    }

    /// A bare repository that exists already becomes one of the forge's.
    fn adopts_repository(&self, name: &str, path: &Path);
    /// Nothing is merged into the branch unless our status of this context is green.
    fn require_check(&self, name: &str, branch: &str, context: &str);
    /// Notices what was pushed since the last time, and tells it.
    fn notices(&self, name: &str, by: &str) -> impl Future<Output = Vec<Sent>> + Send;
    fn open_pull_request(&self, name: &str, proposal: Proposal)
    -> impl Future<Output = u64> + Send;
    fn retarget(&self, name: &str, number: u64, into: &str) -> impl Future<Output = ()> + Send;
    fn close(&self, name: &str, number: u64) -> impl Future<Output = ()> + Send;
    fn approve(&self, name: &str, number: u64, by: &str) -> impl Future<Output = ()> + Send;
    /// The approval of this account is taken back.
    fn dismiss(&self, name: &str, number: u64, of: &str) -> impl Future<Output = ()> + Send;
    /// Presses the merge button.
    fn merge(&self, name: &str, number: u64) -> impl Future<Output = Merge> + Send;
    /// What people do to have a pull request judged again.
    fn asks_again(&self, name: &str, number: u64) -> impl Future<Output = ()> + Send;

    /// Our marks on a head: of each context the one that counts.
    fn marks(&self, name: &str, head: &str) -> Vec<Mark>;
    /// Our mark of one context.
    fn mark(&self, name: &str, head: &str, context: &str) -> Option<Mark> {
        let mut marks = self.marks(name, head).into_iter();
        marks.find(|mark| mark.context == context)
    }

    /// Deliveries go to this URL from now on.
    fn delivers_to(&self, url: &str);
    /// Sends a delivery, once more or changed; the forge has nothing to do with it.
    fn sends(&self, sent: Sent) -> impl Future<Output = Sent> + Send;
    /// The delivery as somebody with this secret would sign it.
    fn signed_with(&self, sent: &Sent, secret: &str) -> Sent;
    /// The delivery of a push of one branch, signed lawfully under a new id, which
    /// says another old value and invented commits.
    fn lying_push(&self, sent: &Sent, old: &str) -> Sent;

    /// Every API request so far, oldest first.
    fn requests(&self) -> Vec<Request>;
    /// Whether this request puts a mark on a revision.
    fn publishes(request: &Request) -> bool;
    /// The next publications fail: the forge is ill.
    fn loses_publications(&self, times: usize);
    /// The next requests of every kind fail: the forge is down.
    fn is_down_for(&self, requests: usize);
    /// The next publication is to be tried again in so many seconds.
    fn limits_publications(&self, seconds: u32);
}
