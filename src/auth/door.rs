//! By which door a push came into plain git: what its variables show. A client
//! that may set variables can only add to them, and then it could be either.

use jiff::Timestamp;

use super::evidence::{heard, not_understood};
use super::variables::Variables;
use crate::model::authentication::{Authentication, Evidence, Method, Source};

/// Which program let the push in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// sshd.
    Ssh,
    /// A web server, through `git http-backend`.
    Web,
    /// The variables of both are there.
    SshAndWeb,
    /// `git daemon`.
    Daemon,
    /// None of them: a path on the server itself.
    Local,
}

/// What sshd sets for every session (ssh(1), ENVIRONMENT).
const OF_SSH: [&str; 3] = ["SSH_CONNECTION", "SSH_CLIENT", "SSH_ORIGINAL_COMMAND"];

/// What a web server sets for every program (RFC 3875, sections 4.1.4 and 4.1.12).
const OF_WEB: [&str; 2] = ["GATEWAY_INTERFACE", "REQUEST_METHOD"];

impl Door {
    /// The door that the variables show.
    pub fn seen_in(variables: Variables<'_>) -> Self {
        let any = |names: &[&str]| names.iter().any(|name| variables.is_set(name));
        match (any(&OF_SSH), any(&OF_WEB)) {
            (true, true) => Self::SshAndWeb,
            (true, false) => Self::Ssh,
            (false, true) => Self::Web,
            (false, false) if variables.is_set("REMOTE_ADDR") => Self::Daemon,
            (false, false) => Self::Local,
        }
    }

    /// What the door itself says of whoever came through it. sshd and web
    /// servers say more by other means; here they say nothing.
    pub fn evidence(self, at: Timestamp) -> Evidence {
        let source = Source::HookEnvironment;
        let by = |method, says| heard(source, [Authentication::by(method)], at, says);
        match self {
            Self::Daemon => by(Method::Anonymous, "git daemon: it asks nobody who they are"),
            Self::Local => by(Method::Local, "a path on the server itself"),
            Self::SshAndWeb => not_understood(
                source,
                at,
                "the variables of both sshd and a web server are there, so neither is believed; sshd must not \
                 accept variables from clients (AcceptEnv), and a web server must not be started from an ssh session \
                 with that session's environment",
            ),
            Self::Ssh => not_understood(source, at, "it came by ssh"),
            Self::Web => not_understood(source, at, "it came by a web server"),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::variables::Variables;
    use super::super::variables::tests::own;
    use super::Door;

    #[test]
    fn each_door_has_its_variables() {
        for (names, door, methods) in [
            (&["SSH_CONNECTION", "SSH_CLIENT"][..], Door::Ssh, ""),
            (&["SSH_ORIGINAL_COMMAND", "REMOTE_ADDR"], Door::Ssh, ""),
            (&["GATEWAY_INTERFACE", "REMOTE_ADDR"], Door::Web, ""),
            (
                &["SSH_CONNECTION", "GATEWAY_INTERFACE"],
                Door::SshAndWeb,
                "",
            ),
            (&["SSH_CONNECTION", "REQUEST_METHOD"], Door::SshAndWeb, ""),
            (&["REMOTE_ADDR", "REMOTE_PORT"], Door::Daemon, "anonymous"),
            (&["HOME"], Door::Local, "local"),
        ] {
            let pairs: Vec<_> = names.iter().map(|name| (*name, &b"x"[..])).collect();
            let pairs = own(&pairs);
            let seen = Door::seen_in(Variables::new(&pairs));
            assert_eq!(seen, door, "{names:?}");
            let said = seen.evidence(Timestamp::UNIX_EPOCH).could_be;
            let said: Vec<_> = said.iter().map(ToString::to_string).collect();
            assert_eq!(said.join(" or "), methods);
        }
        // Emptied is not gone.
        let pairs = own(&[("SSH_CONNECTION", b"")]);
        assert_eq!(Door::seen_in(Variables::new(&pairs)), Door::Ssh);
    }
}
