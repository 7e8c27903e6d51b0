//! What sshd tells the hook, and what it lets a client tell: sshd_config(5),
//! by the output of `sshd -T`.

use std::path::Path;

use super::{found, ok};
use crate::cli::input;
use crate::cli::setup::hook::programs::{Question, text_of};
use crate::cli::sshd::{LAWFUL, MAX_OUTPUT, Settings};
use crate::forge::{Diagnosis, Level};
use crate::model::text::excerpt;

/// Most characters of a setting that are shown.
const MAX_SHOWN: usize = 200;

/// Reads what somebody else had sshd print.
pub(super) fn of_file(file: &Path) -> Vec<Diagnosis> {
    let place = input::name(file);
    match input::text(file, MAX_OUTPUT) {
        Ok(text) => {
            let mut lines = lines(&text, &place);
            lines.push(found(
                ("sshd-match", Level::Warning),
                &place,
                "it cannot be seen whether this was made with -C; without it, no Match block is in it",
                "sshd -T -C user=git,host=localhost,addr=127.0.0.1",
            ));
            lines
        }
        Err(why) => vec![unreadable(&place, why)],
    }
}

/// Asks the sshd of this machine, as it is for an account.
pub(super) fn of_this_machine(account: &str) -> Vec<Diagnosis> {
    let place = "sshd of this machine";
    let whom = format!("user={account},host=localhost,addr=127.0.0.1");
    if !account.bytes().all(is_of_account) {
        return vec![unreadable(
            place,
            format!("{} is no account", excerpt(account, 40)),
        )];
    }
    match text_of(&Question::new("sshd", &["-T", "-C", &whom])) {
        Ok(text) => {
            let mut lines = lines(&text, place);
            let seen = format!(
                "the settings are those of {whom}; Match blocks for other addresses, hosts and ports are not in it"
            );
            lines.push(ok("sshd-match", place, seen));
            lines
        }
        Err(why) => vec![unreadable(place, why)],
    }
}

/// A comma would add a criterion of its own.
fn is_of_account(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
}

fn unreadable(place: &str, why: String) -> Diagnosis {
    let remedy =
        "sudo sshd -T -C user=git,host=localhost,addr=127.0.0.1 | forgewarden doctor --sshd -";
    found(("sshd-configuration", Level::Unknown), place, why, remedy)
}

fn lines(text: &str, place: &str) -> Vec<Diagnosis> {
    let Some(settings) = Settings::read(text) else {
        let why = "this is not the output of `sshd -T`: it lacks permituserenvironment";
        return vec![unreadable(place, why.to_owned())];
    };
    let sshd = Sshd { settings, place };
    let mut lines = vec![
        sshd.evidence(),
        sshd.accepted(),
        sshd.environment(),
        sshd.methods(),
    ];
    lines.extend(FACTS.iter().map(|fact| sshd.fact(fact)));
    lines
}

/// A way to log in that is no key.
struct Fact {
    id: &'static str,
    keyword: &'static str,
    /// As sshd_config(5) writes it.
    written: &'static str,
    /// Its name in `AuthenticationMethods`.
    method: &'static str,
    level: Level,
    what: &'static str,
}

const FACTS: [Fact; 5] = [
    Fact {
        id: "sshd-passwords",
        keyword: "passwordauthentication",
        written: "PasswordAuthentication",
        method: "password",
        level: Level::Warning,
        what: "people can log in by password",
    },
    Fact {
        id: "sshd-empty-passwords",
        keyword: "permitemptypasswords",
        written: "PermitEmptyPasswords",
        method: "password",
        level: Level::Problem,
        what: "accounts with an empty password are open to everybody",
    },
    Fact {
        id: "sshd-keyboard-interactive",
        keyword: "kbdinteractiveauthentication",
        written: "KbdInteractiveAuthentication",
        method: "keyboard-interactive",
        level: Level::Warning,
        what: "people can log in by what PAM asks for, most often a password",
    },
    Fact {
        id: "sshd-gssapi",
        keyword: "gssapiauthentication",
        written: "GSSAPIAuthentication",
        method: "gssapi-with-mic",
        level: Level::Ok,
        what: "people can log in by Kerberos, and the hook is told `kerberos`",
    },
    Fact {
        id: "sshd-host-based",
        keyword: "hostbasedauthentication",
        written: "HostbasedAuthentication",
        method: "hostbased",
        level: Level::Warning,
        what: "a client's machine can vouch for its users, whom it names as it likes",
    },
];

struct Sshd<'a> {
    settings: Settings,
    place: &'a str,
}

impl Sshd<'_> {
    fn evidence(&self) -> Diagnosis {
        let id = "sshd-auth-info";
        if self.settings.says("exposeauthinfo", "yes") {
            return ok(id, self.place, "the hook is told how people authenticated");
        }
        let message = "the hook is not told how people authenticated, so every push is `unknown`, and a client that may \
                       set SSH_USER_AUTH can name a file of its own";
        let remedy = "ExposeAuthInfo yes";
        found((id, Level::Problem), self.place, message, remedy)
    }

    fn accepted(&self) -> Diagnosis {
        let steering = self.settings.steering();
        let id = "sshd-accept-env";
        if steering.is_empty() {
            return ok(
                id,
                self.place,
                "no variable that steers git is taken from clients",
            );
        }
        let message = format!(
            "clients can set variables that switch the hook off or forge who they are: AcceptEnv {}",
            excerpt(steering.join(" "), MAX_SHOWN)
        );
        let remedy = format!("AcceptEnv {LAWFUL} LANG LC_*, and no other AcceptEnv: they add up");
        found((id, Level::Problem), self.place, message, remedy)
    }

    fn environment(&self) -> Diagnosis {
        let id = "sshd-user-environment";
        if self.settings.says("permituserenvironment", "no") {
            return ok(
                id,
                self.place,
                "no variables are read from ~/.ssh/environment",
            );
        }
        let message = "variables are taken from ~/.ssh/environment and authorized_keys: whoever writes there switches \
                       the hook off";
        found(
            (id, Level::Problem),
            self.place,
            message,
            "PermitUserEnvironment no",
        )
    }

    /// The lists of `AuthenticationMethods`; none if any one method is enough.
    fn lists(&self) -> Vec<&str> {
        let values = self.settings.values("authenticationmethods");
        let lists = values.flat_map(str::split_whitespace);
        lists.filter(|list| *list != "any").collect()
    }

    fn methods(&self) -> Diagnosis {
        let id = "sshd-methods";
        let remedy = "AuthenticationMethods publickey";
        if !self.settings.says("pubkeyauthentication", "yes") {
            let message = "nobody can log in by key or certificate";
            let remedy = "PubkeyAuthentication yes";
            return found((id, Level::Warning), self.place, message, remedy);
        }
        let lists = self.lists();
        if lists.is_empty() {
            let message =
                "one method is enough, whichever is switched on (AuthenticationMethods any)";
            return match FACTS
                .iter()
                .any(|fact| !self.is_off(fact) && fact.level != Level::Ok)
            {
                true => found((id, Level::Warning), self.place, message, remedy),
                false => ok(id, self.place, format!("{message}; a key is")),
            };
        }
        let shown = excerpt(lists.join(" "), MAX_SHOWN);
        let without_key = |list: &&str| !names(list, "publickey");
        match lists.iter().any(without_key) {
            true => {
                let message =
                    format!("people can log in without a key: AuthenticationMethods {shown}");
                found((id, Level::Warning), self.place, message, remedy)
            }
            false => ok(
                id,
                self.place,
                format!("nobody logs in without a key: AuthenticationMethods {shown}"),
            ),
        }
    }

    /// Switched off, or in no list that would be enough.
    fn is_off(&self, fact: &Fact) -> bool {
        let lists = self.lists();
        let in_none = !lists.is_empty() && !lists.iter().any(|list| names(list, fact.method));
        in_none || self.settings.says(fact.keyword, "no")
    }

    fn fact(&self, fact: &Fact) -> Diagnosis {
        let written = fact.written;
        if self.is_off(fact) {
            return ok(
                fact.id,
                self.place,
                format!("{written} is off, or not enough"),
            );
        }
        // Only some builds know Kerberos.
        if fact.level == Level::Ok && self.settings.values(fact.keyword).next().is_none() {
            return ok(fact.id, self.place, format!("this sshd has no {written}"));
        }
        if !self.settings.says(fact.keyword, "yes") {
            let message = format!("`sshd -T` does not say whether {written} is on");
            let remedy = format!("{written} no");
            return found((fact.id, Level::Unknown), self.place, message, remedy);
        }
        let remedy = match fact.level {
            Level::Ok => String::new(),
            _ => format!("{written} no"),
        };
        found((fact.id, fact.level), self.place, fact.what, remedy)
    }
}

/// Whether a list names a method, with or without a device.
fn names(list: &str, method: &str) -> bool {
    let mut methods = list.split(',').map(|one| one.split(':').next());
    methods.any(|one| one == Some(method))
}
