//! `forgewarden evidence forward`: sends what hooks kept in their spool to the
//! service, signed, until it is taken.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use hmac::{Hmac, Mac as _};
use reqwest::StatusCode;
use sha2::Sha256;

use super::super::{Failure, complain, print};
use crate::config::MIN_SECRET;
use crate::model::testimony::MAX_TESTIMONY_BYTES;
use crate::model::text::excerpt;

/// Longest time for one request.
const TIMEOUT: Duration = Duration::from_secs(20);
/// From one look at the spool to the next.
const LOOK: Duration = Duration::from_secs(1);
/// Longest wait for a service that does not answer.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// Where files go that the service refuses for good.
const REFUSED: &str = "refused";

/// Send what hooks saw of pushes to the service
///
/// Runs beside the repositories as the account that owns them, for example as
/// a service of systemd. A file is removed when the service has taken it; it is
/// tried again as long as that does not answer, and moved to the folder
/// `refused` if it is refused for good.
#[derive(Debug, Args)]
pub(super) struct ForwardArgs {
    /// The folder that `forgewarden.spool` names in the repositories' configuration
    #[arg(long, value_name = "FOLDER")]
    spool: PathBuf,
    /// `https://HOST/evidence/KEY/hook` of the service
    #[arg(long, value_name = "URL")]
    to: String,
    /// A file with one of the service's `authentication.hook_secrets`
    #[arg(long, value_name = "FILE")]
    secret_file: PathBuf,
    /// Certificates, PEM, that the service's is checked against beside the system's
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Send what is there, and end
    #[arg(long)]
    once: bool,
}

/// Exit status with `--once`: 0 if nothing is left, 1 if something is. 2 if it
/// cannot work at all.
pub(super) fn run(arguments: &ForwardArgs) -> ExitCode {
    match forward(arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => complain(&*error),
    }
}

fn forward(arguments: &ForwardArgs) -> Result<bool, Failure> {
    let sender = Sender::new(arguments)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut wait = LOOK;
        loop {
            let left = sender.round().await?;
            if arguments.once {
                return Ok(left == 0);
            }
            wait = match left {
                0 => LOOK,
                _ => (wait * 2).min(MAX_WAIT),
            };
            tokio::time::sleep(wait).await;
        }
    })
}

/// What became of a file.
enum Fate {
    Taken,
    /// It will never be taken.
    Refused(StatusCode),
    /// It may be taken later; why not now.
    Later(String),
}

struct Sender<'a> {
    client: reqwest::Client,
    spool: &'a Path,
    url: &'a str,
    key: Vec<u8>,
}

impl<'a> Sender<'a> {
    fn new(arguments: &'a ForwardArgs) -> Result<Self, Failure> {
        let named = |file: &Path, error: std::io::Error| format!("{}: {error}", file.display());
        let secret = &arguments.secret_file;
        let key = std::fs::read(secret).map_err(|error| named(secret, error))?;
        let key = key.trim_ascii_end().to_vec();
        if key.len() < MIN_SECRET {
            return Err(format!(
                "{}: fewer than {MIN_SECRET} bytes are no secret; make one with `openssl rand -hex 32`",
                secret.display()
            )
            .into());
        }
        let mut client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        if let Some(file) = &arguments.ca_file {
            let pem = std::fs::read(file).map_err(|error| named(file, error))?;
            for certificate in reqwest::Certificate::from_pem_bundle(&pem)? {
                client = client.add_root_certificate(certificate);
            }
        }
        Ok(Self {
            client: client.build()?,
            spool: &arguments.spool,
            url: &arguments.to,
            key,
        })
    }

    /// Sends every file once, oldest first; how many are left. It stops at the
    /// first that has to wait, for then all have to.
    async fn round(&self) -> Result<usize, Failure> {
        let files = waiting(self.spool)?;
        for (at, file) in files.iter().enumerate() {
            match self.send(file).await? {
                Fate::Taken => std::fs::remove_file(file)?,
                Fate::Refused(status) => self.put_aside(file, status)?,
                Fate::Later(why) => {
                    print(&format!("forgewarden: not sent yet: {why}\n"));
                    return Ok(files.len() - at);
                }
            }
        }
        Ok(0)
    }

    async fn send(&self, file: &Path) -> Result<Fate, Failure> {
        let body = bounded(file)?;
        let mac = Hmac::<Sha256>::new_from_slice(&self.key)?;
        let signature = hex::encode(mac.chain_update(&body).finalize().into_bytes());
        let request = self
            .client
            .post(self.url)
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .header("x-forgewarden-signature-256", format!("sha256={signature}"))
            .body(body);
        let status = match request.send().await {
            Ok(answer) => answer.status(),
            Err(error) => return Ok(Fate::Later(excerpt(error.to_string(), 300))),
        };
        Ok(match status {
            status if status.is_success() => Fate::Taken,
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => Fate::Refused(status),
            StatusCode::UNAUTHORIZED => {
                return Err(
                    "the service does not know this secret (authentication.hook_secrets)".into(),
                );
            }
            StatusCode::NOT_FOUND => {
                return Err(
                    "the service has no such instance: --to is https://HOST/evidence/KEY/hook"
                        .into(),
                );
            }
            status => Fate::Later(format!("the service answers {status}")),
        })
    }

    fn put_aside(&self, file: &Path, status: StatusCode) -> Result<(), Failure> {
        let folder = self.spool.join(REFUSED);
        std::fs::create_dir_all(&folder)?;
        let name = file.file_name().unwrap_or_default();
        std::fs::rename(file, folder.join(name))?;
        print(&format!(
            "forgewarden: the service answers {status}; kept in {}\n",
            folder.join(name).display()
        ));
        Ok(())
    }
}

/// The files that wait, oldest first.
fn waiting(spool: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(spool)
        .map_err(|error| format!("the spool {}: {error}", spool.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        // Not of a link: the type is of the entry itself.
        let whole = path.extension().is_some_and(|it| it == "json") && entry.file_type()?.is_file();
        if whole {
            files.push((entry.metadata()?.modified()?, path));
        }
    }
    files.sort();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

/// The file, up to one byte over what the service takes.
fn bounded(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    let bound = MAX_TESTIMONY_BYTES as u64 + 1;
    std::fs::File::open(file)?
        .take(bound)
        .read_to_end(&mut body)?;
    Ok(body)
}
