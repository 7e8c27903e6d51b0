//! The servers in front of the hook: whether they tell it how somebody
//! authenticated, and whether a client can make them tell something else. Read
//! from their configurations; nothing of Forgewarden's own is needed.

mod apache;
mod nginx;
mod place;
mod sshd;

use std::path::PathBuf;

use clap::Args;

use crate::cli::Failure;
use crate::cli::input::STANDARD_INPUT;
use crate::forge::{Diagnosis, Level};

/// Most bytes of a web server's configuration.
const MAX_CONFIGURATION: u64 = 8 << 20;

/// What to look at.
#[derive(Debug, Args)]
pub(super) struct ServerArgs {
    /// The output of `sshd -T`; `-` is standard input. Without a value, this
    /// machine's sshd is asked. This and the next two need no configuration
    /// file.
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    sshd: Option<Option<PathBuf>>,
    /// The account of the repositories, for which sshd is asked.
    #[arg(long, value_name = "NAME", default_value = "git", requires = "sshd")]
    sshd_user: String,
    /// The output of `nginx -T`, or a configuration file without includes; `-`
    /// is standard input.
    #[arg(long, value_name = "FILE")]
    nginx: Option<PathBuf>,
    /// A configuration file of Apache, whose includes are not followed; `-` is
    /// standard input.
    #[arg(long, value_name = "FILE")]
    apache: Option<PathBuf>,
}

impl ServerArgs {
    /// Whether no server is to be looked at.
    pub(super) fn is_empty(&self) -> bool {
        self.sshd.is_none() && self.nginx.is_none() && self.apache.is_none()
    }

    /// How many of the files are standard input.
    fn standard_inputs(&self) -> usize {
        let files = [
            self.sshd.as_ref().and_then(Option::as_ref),
            self.nginx.as_ref(),
            self.apache.as_ref(),
        ];
        let files = files.into_iter().flatten();
        files
            .filter(|file| file.as_os_str() == STANDARD_INPUT)
            .count()
    }
}

/// Every line about the servers that were given, the good ones too.
pub(super) fn lines(arguments: &ServerArgs) -> Result<Vec<Diagnosis>, Failure> {
    if arguments.standard_inputs() > 1 {
        return Err("standard input (`-`) can be given once".into());
    }
    let mut lines = Vec::new();
    match &arguments.sshd {
        Some(Some(file)) => lines.extend(sshd::of_file(file)),
        Some(None) => lines.extend(sshd::of_this_machine(&arguments.sshd_user)),
        None => {}
    }
    if let Some(file) = &arguments.nginx {
        lines.extend(nginx::of_file(file));
    }
    if let Some(file) = &arguments.apache {
        lines.extend(apache::of_file(file));
    }
    Ok(lines)
}

/// What seems right where something is hidden is not known to be right.
fn unless_hidden(line: &mut Diagnosis, remedy: &str) {
    if line.level == Level::Ok {
        line.level = Level::Unknown;
        let as_far = ", as far as can be seen without what is included";
        line.message.push_str(as_far);
        line.remedy = remedy.to_owned();
    }
}

/// A line as it should be.
fn ok(id: &'static str, place: &str, message: impl Into<String>) -> Diagnosis {
    found((id, Level::Ok), place, message, "")
}

/// A line about what is not understood.
fn unknown_at(id: &'static str, place: &str, message: impl Into<String>) -> Diagnosis {
    let remedy = "push once each way, and see what the hook says of it";
    found((id, Level::Unknown), place, message, remedy)
}

/// Any line.
fn found(
    (id, level): (&'static str, Level),
    place: &str,
    message: impl Into<String>,
    remedy: impl Into<String>,
) -> Diagnosis {
    Diagnosis {
        id,
        level,
        place: place.to_owned(),
        message: message.into(),
        remedy: remedy.into(),
    }
}
