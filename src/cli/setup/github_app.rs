//! `forgewarden setup github-app`: a page on this machine, from which somebody
//! makes the GitHub App with the permissions that are needed and no others.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;
use clap::Args;
use minijinja::{Environment, context};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use subtle::ConstantTimeEq as _;
use tokio::sync::mpsc;

use crate::cli::{Failure, complain, print};
use crate::forge::github::manifest::{self, NewApp};

/// GitHub's own bound on the whole way.
const PATIENCE: Duration = Duration::from_hours(1);
/// How long the last page may take to reach the browser.
const LAST_PAGE: Duration = Duration::from_millis(500);
const KEY_FILE: &str = "github-app.pem";
const SECRET_FILE: &str = "github-webhook.secret";
const PAGE: &str = include_str!("../../../templates/github_app.html");

/// Makes a GitHub App: open the page that is named, press the button, confirm
/// on GitHub. The key and the secret are written to files.
#[derive(Debug, Args)]
pub(super) struct GithubAppArgs {
    /// The URL under which GitHub will reach the service.
    #[arg(long, value_name = "URL")]
    public_url: String,
    /// GitHub's web address: `https://github.com`, `https://SLUG.ghe.com` or
    /// that of a GitHub Enterprise Server.
    #[arg(long, default_value = "https://github.com", value_name = "URL")]
    github: String,
    /// The API's address, if it is not where GitHub usually has it.
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,
    /// The organisation that will own the App; without it: you.
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    /// The App's name, unique on that GitHub.
    #[arg(long, default_value = "forgewarden", value_name = "NAME")]
    name: String,
    /// The key of the instance in the configuration.
    #[arg(long, default_value = "github", value_name = "KEY")]
    key: String,
    /// Where the page is: on this machine, for nobody else.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The folder of the key and the secret.
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    out: PathBuf,
}

pub(super) fn run(arguments: &GithubAppArgs) -> ExitCode {
    match make(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&*error),
    }
}

fn make(arguments: &GithubAppArgs) -> Result<(), Failure> {
    if !arguments.listen.ip().is_loopback() {
        return Err("the page must be on loopback: whoever opens it makes the App".into());
    }
    for file in [KEY_FILE, SECRET_FILE] {
        let file = arguments.out.join(file);
        if file.exists() {
            return Err(
                format!("{} is there already and is not overwritten", file.display()).into(),
            );
        }
    }
    let organization = arguments.organization.as_deref();
    let lawful = |name: &str| {
        name.bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    if organization.is_some_and(|name| name.is_empty() || !lawful(name)) {
        return Err("--organization is not the name of an organisation".into());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(wait(arguments))
}

/// What the page works with.
struct Desk {
    web_url: String,
    api_url: String,
    action: String,
    manifest: Value,
    state: String,
    folder: PathBuf,
    made: mpsc::Sender<NewApp>,
}

async fn wait(arguments: &GithubAppArgs) -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::bind(arguments.listen).await?;
    let address = listener.local_addr()?;
    let (made, mut app) = mpsc::channel(1);
    let desk = Arc::new(Desk::new(arguments, address, made));
    let router = Router::new()
        .route("/", get(begin))
        .route("/made", get(end))
        .with_state(desk);
    print(&format!(
        "Open http://{address}/ in a browser on this machine.\n"
    ));
    let served = tokio::spawn(async move { axum::serve(listener, router).await });
    let app = tokio::time::timeout(PATIENCE, app.recv()).await;
    let app = app.map_err(|_| "nobody made the App within an hour")?;
    tokio::time::sleep(LAST_PAGE).await;
    served.abort();
    let app = app.ok_or("the page ended before the App was made")?;
    print(&block(arguments, &app));
    Ok(())
}

impl Desk {
    fn new(arguments: &GithubAppArgs, address: SocketAddr, made: mpsc::Sender<NewApp>) -> Self {
        let web_url = arguments.github.trim_end_matches('/').to_owned();
        let state = uuid::Uuid::new_v4().simple().to_string();
        let mut manifest =
            manifest::manifest(&arguments.public_url, &arguments.key, &arguments.name);
        manifest["redirect_url"] = format!("http://{address}/made").into();
        let owner = match &arguments.organization {
            Some(name) => format!("/organizations/{name}"),
            None => String::new(),
        };
        Self {
            api_url: arguments
                .api_url
                .clone()
                .unwrap_or_else(|| api_of(&web_url)),
            action: format!("{web_url}{owner}/settings/apps/new?state={state}"),
            web_url,
            manifest,
            state,
            folder: arguments.out.clone(),
            made,
        }
    }

    fn page(&self, app: Option<&NewApp>, problem: &str) -> Html<String> {
        let mut environment = Environment::new();
        let known = environment.add_template("github_app.html", PAGE);
        let app = app.map(|app| context! { html_url => app.html_url.clone() });
        let page = known.and_then(|()| {
            environment.get_template("github_app.html")?.render(context! {
                app, problem, web_url => self.web_url.clone(), action => self.action.clone(),
                manifest => format!("{:#}", self.manifest), folder => self.folder.display().to_string(),
            })
        });
        Html(page.unwrap_or_else(|error| error.to_string()))
    }
}

async fn begin(State(desk): State<Arc<Desk>>) -> Html<String> {
    desk.page(None, "")
}

/// GitHub sends the browser here with a code and our own state.
async fn end(
    State(desk): State<Arc<Desk>>,
    Query(query): Query<HashMap<String, String>>,
) -> (StatusCode, Html<String>) {
    let given = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let ours: bool = given("state")
        .as_bytes()
        .ct_eq(desk.state.as_bytes())
        .into();
    if !ours {
        let problem = "This answer does not belong to a request from this page.";
        return (StatusCode::BAD_REQUEST, desk.page(None, problem));
    }
    let app = match manifest::convert(&desk.api_url, given("code")).await {
        Ok(app) => app,
        Err(error) => return (StatusCode::BAD_GATEWAY, desk.page(None, &error.to_string())),
    };
    let files = [
        (KEY_FILE, app.pem.expose_secret()),
        (SECRET_FILE, app.webhook_secret.expose_secret()),
    ];
    for (name, text) in files {
        if let Err(error) = keep(&desk.folder.join(name), text) {
            let problem =
                format!("{name} cannot be written: {error}. Delete the App and make it again.");
            return (StatusCode::INTERNAL_SERVER_ERROR, desk.page(None, &problem));
        }
    }
    let page = desk.page(Some(&app), "");
    // Whoever waits for it is gone only after another answer came.
    let _ = desk.made.try_send(app);
    (StatusCode::OK, page)
}

/// A new file that its owner alone reads.
fn keep(file: &Path, text: &str) -> std::io::Result<()> {
    let mut open = std::fs::OpenOptions::new();
    let mut file = open.write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Where the API of a GitHub is.
fn api_of(web_url: &str) -> String {
    match web_url.strip_prefix("https://") {
        Some("github.com") => "https://api.github.com".to_owned(),
        Some(host) if host.ends_with(".ghe.com") => format!("https://api.{host}"),
        _ => format!("{web_url}/api/v3"),
    }
}

/// The lines for the configuration.
fn block(arguments: &GithubAppArgs, app: &NewApp) -> String {
    let out = arguments.out.display();
    let web_url = arguments.github.trim_end_matches('/');
    let api_url = arguments.api_url.clone().unwrap_or_else(|| api_of(web_url));
    format!(
        "\nAdd this to forgewarden.toml:\n\n[[github]]\nkey = \"{}\"\napp_id = {}\n\
         private_key_file = \"{out}/{KEY_FILE}\"\nwebhook_secret_files = [\"{out}/{SECRET_FILE}\"]\n\
         api_url = \"{api_url}\"\nweb_url = \"{web_url}\"\n\n\
         Then install the App: {}/installations/new\n",
        arguments.key, app.id, app.html_url
    )
}

#[cfg(test)]
mod tests {
    use super::api_of;

    #[test]
    fn the_api_is_where_each_github_has_it() {
        assert_eq!(api_of("https://github.com"), "https://api.github.com");
        assert_eq!(api_of("https://acme.ghe.com"), "https://api.acme.ghe.com");
        assert_eq!(
            api_of("https://git.example.com"),
            "https://git.example.com/api/v3"
        );
    }
}
