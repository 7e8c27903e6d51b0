//! Our App: where its deliveries go, and what it was granted.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use super::super::GitHub;
use super::answers::{App, HookConfig, Installed};
use super::settings::Settings;
use super::{EVENTS, PERMISSIONS, SOURCE_PERMISSION};
use crate::forge::support::lines::Lines;
use crate::forge::support::steps::request;
use crate::forge::{Action, ForgeError, SECRET, Step};
use crate::model::text::excerpt;

const SETUP: &str = "`forgewarden setup github --apply`";

/// Whether `held` is enough where `needed` is asked for.
pub(super) fn holds(held: &BTreeMap<String, String>, needed: (&str, &str)) -> bool {
    let rank = |level: &str| ["read", "write", "admin"].iter().position(|it| *it == level);
    let held = held.get(needed.0).and_then(|level| rank(level));
    held.is_some_and(|held| rank(needed.1).is_some_and(|needed| held >= needed))
}

/// The App's own page, where its owner changes what it asks for.
pub(super) fn settings_page(github: &GitHub, app: &App) -> String {
    let base = github.web_url.to_string();
    let base = base.trim_end_matches('/');
    let slug = excerpt(app.slug.as_deref().unwrap_or("APP"), 100);
    let owner = app.owner.as_ref();
    let organisation = owner.filter(|it| it.kind.as_deref() == Some("Organization"));
    match organisation.and_then(|it| it.login.as_deref()) {
        Some(login) => {
            let login = excerpt(login, 60);
            format!("{base}/organizations/{login}/settings/apps/{slug}/permissions")
        }
        None => format!("{base}/settings/apps/{slug}/permissions"),
    }
}

/// Everything about the App; what was granted is handed on.
pub(super) async fn lines(
    (github, settings): (&GitHub, &Settings<'_>),
    webhook_url: &str,
    lines: &mut Lines,
) -> Option<Installed> {
    match settings.hook().await {
        Ok(Some(hook)) => hook_lines(&hook, webhook_url, lines),
        Ok(None) => lines.problem("webhook", "the App has no webhook", SETUP),
        Err(error) => lines.unknown("webhook", &error, ""),
    }
    let app = match settings.app().await {
        Ok(app) => app,
        Err(error @ ForgeError::Refused { .. }) => {
            let remedy = "compare `app_id` and the private key with the App's settings page";
            lines.problem("account", error.to_string(), remedy);
            return None;
        }
        Err(error) => {
            lines.unknown("account", &error, "");
            return None;
        }
    };
    let name = excerpt(app.slug.as_deref().unwrap_or(""), 60);
    lines.ok("account", format!("we are the App {name} ({})", github.api.app_id()));
    let installed = match settings.installed().await {
        Ok(Some(installed)) => installed,
        Ok(None) => {
            let message = "the App is not installed here, or the repository does not exist";
            lines.problem("installation", message, format!("install it: {}", install_page(github, &app)));
            return None;
        }
        Err(error) => {
            lines.unknown("installation", &error, "");
            return None;
        }
    };
    match &installed.suspended_at {
        Some(at) => lines.problem(
            "installation",
            format!("the installation is suspended since {}", excerpt(at, 40)),
            format!("let its owner unsuspend it: {}", page_of(&installed)),
        ),
        None => lines.ok("installation", "the App is installed"),
    }
    granted(github, &app, &installed, lines);
    Some(installed)
}

fn hook_lines(hook: &HookConfig, url: &str, lines: &mut Lines) {
    let stands = hook.url.as_deref().unwrap_or("");
    match stands == url {
        true => lines.ok("webhook", format!("the App's webhook delivers to {url}")),
        false if stands.is_empty() => lines.problem("webhook", "the App has no webhook", SETUP),
        false => {
            let message = format!("the App's webhook delivers to {}, not to {url}", excerpt(stands, 200));
            lines.problem("webhook", message, SETUP);
        }
    }
    if hook.content_type.as_deref() != Some("json") {
        let message = "the webhook sends forms instead of JSON, so its deliveries cannot be read";
        lines.problem("webhook-content-type", message, SETUP);
    }
    if !has_secret(hook) {
        let message = "the webhook has no secret, so its deliveries are refused";
        lines.problem("webhook-secret", message, SETUP);
    }
    if !hook.checks_tls() {
        let message = "GitHub does not check our certificate when it delivers";
        lines.problem("webhook-tls", message, SETUP);
    }
}

fn granted(github: &GitHub, app: &App, installed: &Installed, lines: &mut Lines) {
    let missing = lacking(&installed.permissions, &PERMISSIONS);
    match missing.is_empty() {
        true => lines.ok("permissions", "the App was granted what it needs"),
        false => {
            let message = format!("the App was not granted {}", missing.join(", "));
            let wanted = lacking(&app.permissions, &PERMISSIONS);
            let remedy = match wanted.is_empty() {
                true => format!("accept the App's new permissions: {}", page_of(installed)),
                false => format!("add them: {}", settings_page(github, app)),
            };
            lines.problem("permissions", message, remedy);
        }
    }
    if !holds(&installed.permissions, SOURCE_PERMISSION) {
        lines.warning(
            "permission-of-sources",
            "the App lacks \"Commit statuses: write\", without which a ruleset does not take it as the source of a check",
            format!("add it: {}", settings_page(github, app)),
        );
    }
    let missing = lacking_events(&installed.events, &EVENTS);
    if !missing.is_empty() {
        let message = format!("the App is not subscribed to {}", missing.join(", "));
        let remedy = format!("subscribe to them: {}", settings_page(github, app));
        lines.problem("webhook-events", message, remedy);
    }
}

fn lacking_events<'a>(held: &[String], needed: &[&'a str]) -> Vec<&'a str> {
    let missing = needed.iter().filter(|event| !held.iter().any(|it| it == *event));
    missing.copied().collect()
}

/// `checks: write` and so on, of those that are not held.
fn lacking(held: &BTreeMap<String, String>, needed: &[(&str, &str)]) -> Vec<String> {
    let missing = needed.iter().filter(|it| !holds(held, **it));
    missing.map(|(name, level)| format!("{name}: {level}")).collect()
}

fn install_page(github: &GitHub, app: &App) -> String {
    let page = settings_page(github, app);
    page.replace("/permissions", "/installations")
}

fn page_of(installed: &Installed) -> String {
    excerpt(installed.html_url.as_deref().unwrap_or("the page of the installation"), 200)
}

fn has_secret(hook: &HookConfig) -> bool {
    hook.secret.as_deref().is_some_and(|it| !it.is_empty())
}

/// The App's webhook as it should stand. Its secret cannot be compared.
pub(super) async fn webhook_step(
    settings: &Settings<'_>,
    url: &str,
) -> Result<Option<Step>, ForgeError> {
    let stands = settings.hook().await?;
    let good = stands.as_ref().is_some_and(|hook| {
        let whole = hook.content_type.as_deref() == Some("json") && has_secret(hook);
        hook.url.as_deref() == Some(url) && whole && hook.checks_tls()
    });
    if good {
        return Ok(None);
    }
    let after = json!({ "url": url, "content_type": "json", "insecure_ssl": "0", "secret": SECRET });
    let shown = |hook: HookConfig| {
        let secret = has_secret(&hook).then_some(SECRET);
        json!({ "url": hook.url, "content_type": hook.content_type,
            "insecure_ssl": hook.insecure_ssl, "secret": secret })
    };
    Ok(Some(Step {
        title: format!("deliver events to {url}"),
        before: stands.map_or(Value::Null, shown),
        after: after.clone(),
        action: request(Method::PATCH, "/app/hook/config", after),
    }))
}

/// What has to be done before anything of the repository can be read.
pub(super) async fn installation_step(
    github: &GitHub,
    settings: &Settings<'_>,
) -> Result<Option<Step>, ForgeError> {
    let Some(installed) = settings.installed().await? else {
        let app = settings.app().await?;
        let how = format!("install the App: {}", install_page(github, &app));
        let after = json!({ "installed": true });
        return Ok(Some(step("install the App on the repository", Value::Null, after, how)));
    };
    Ok(installed.suspended_at.is_some().then(|| {
        let how = format!("unsuspend the App: {}", page_of(&installed));
        let (before, after) = (json!({ "suspended": true }), json!({ "suspended": false }));
        step("unsuspend the App", before, after, how)
    }))
}

/// What only the App's owner, or the one of the installation, can change.
pub(super) async fn grant_step(
    github: &GitHub,
    settings: &Settings<'_>,
    more: (&[(&str, &str)], &[&str]),
) -> Result<Option<Step>, ForgeError> {
    let app = settings.app().await?;
    let Some(installed) = settings.installed().await? else {
        return Ok(None);
    };
    let needed = [&PERMISSIONS, &[SOURCE_PERMISSION][..], more.0].concat();
    let missing = lacking(&installed.permissions, &needed);
    let events = [&EVENTS, more.1].concat();
    let unheard = lacking_events(&installed.events, &events);
    if missing.is_empty() && unheard.is_empty() {
        return Ok(None);
    }
    let asked = lacking(&app.permissions, &needed).is_empty()
        && lacking_events(&app.events, &events).is_empty();
    let how = match asked {
        true => format!("accept the App's new permissions: {}", page_of(&installed)),
        false => format!(
            "add them on the App's page, and let every installation accept them: {}",
            settings_page(github, &app)
        ),
    };
    let before = json!({ "permissions": installed.permissions, "events": installed.events });
    let after = json!({ "more permissions": missing, "more events": unheard });
    Ok(Some(step("grant the App what it needs", before, after, how)))
}

fn step(title: &str, before: Value, after: Value, how: String) -> Step {
    Step {
        title: title.to_owned(),
        before,
        after,
        action: Action::ByHand(how),
    }
}
