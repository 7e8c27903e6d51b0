//! The details page of a verdict: one file without script, without anything
//! fetched from elsewhere, readable in light and dark, on a phone and by a
//! screen reader.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::templates::{DETAILS, ReportError, Templates};
use super::view::{Limits, View};

/// What the page shows at most; the rest is counted and stands in the JSON.
const LIMITS: Limits = Limits {
    gaps: 100,
    findings: 500,
    capabilities: 500,
    commits: 500,
};

/// What the page says beside the verdict.
#[derive(Debug, Clone)]
pub struct PageContext {
    /// Where the product is described, `https://…`.
    pub product_url: String,
    /// The pull request or commit on its forge. Shown as a link only if it
    /// begins with `https://` or `http://`.
    pub forge_url: Option<String>,
    /// When the verdict was reached.
    pub judged_at: Timestamp,
}

#[derive(Serialize)]
struct Page {
    #[serde(flatten)]
    view: View,
    product_url: Option<String>,
    forge_url: Option<String>,
    judged_at: String,
}

/// The page of a stored verdict: its versioned JSON.
///
/// # Errors
///
/// If the JSON is not a verdict that we read, or the template fails.
pub fn details_page(
    verdict: &Value,
    context: &PageContext,
    templates: &Templates,
) -> Result<String, ReportError> {
    let page = Page {
        view: View::read(verdict, LIMITS)?,
        product_url: web(&context.product_url),
        forge_url: context.forge_url.as_deref().and_then(web),
        judged_at: context
            .judged_at
            .strftime("%Y-%m-%d %H:%M:%S UTC")
            .to_string(),
    };
    templates.render(DETAILS, page)
}

/// A link that leads to the web and runs nothing.
fn web(url: &str) -> Option<String> {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    is_web.then(|| url.to_owned())
}
