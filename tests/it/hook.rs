//! The pre-receive hook by real pushes: real git, real keys, the real binary,
//! each story over a local path and over ssh.

mod authentication;
mod bitbucket;
mod bounds;
mod build_environment;
mod environment;
mod ghes;
mod gitaly;
mod gitolite;
mod harness;
mod hostile;
mod policy;
mod quarantine;
mod refs;
mod scene;
mod setup;
mod shim;
mod signing;
mod tags;
mod trust;

/// Makes a test of each story for both ways to push. A story that is not
/// listed is dead code, which the build refuses.
macro_rules! both_ways {
    ($($story:ident),+ $(,)?) => {
        mod by_local_path {
            $(#[test] fn $story() { super::$story(crate::support::Way::LocalPath) })+
        }
        mod by_ssh {
            $(#[test] fn $story() { super::$story(crate::support::Way::Ssh) })+
        }
    };
}
use both_ways;
