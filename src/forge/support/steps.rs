//! The steps of a plan, and what does them.

use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::answer::refused;
use super::client::Call;
use crate::forge::{Action, ForgeError, SECRET, Step};
use crate::model::repo::ForgeKind;

/// A step that a request does, which sends how it should stand.
pub(in crate::forge) fn request(method: Method, path: impl Into<String>, body: Value) -> Action {
    Action::Request {
        method,
        path: path.into(),
        body,
    }
}

/// A step by hand was to be done by a program.
pub(in crate::forge) fn by_hand(forge: ForgeKind, step: &Step, how: &str) -> ForgeError {
    refused(
        forge,
        format!("{}: this is done by hand: {how}", step.title),
    )
}

/// The request that does a step, with the webhook's secret in it.
///
/// # Errors
/// The step is done by hand.
pub(in crate::forge) fn call(
    forge: ForgeKind,
    step: &Step,
    secret: Option<&SecretString>,
) -> Result<Call, ForgeError> {
    match &step.action {
        Action::Request { method, path, body } => Call::write(
            forge,
            method.clone(),
            path.as_str(),
            &with_secret(body, secret),
        ),
        Action::ByHand(how) => Err(by_hand(forge, step, how)),
    }
}

/// The body with the webhook's secret where the plan shows [`SECRET`].
pub(in crate::forge) fn with_secret(body: &Value, secret: Option<&SecretString>) -> Value {
    let own = |value: &Value| with_secret(value, secret);
    match (body, secret) {
        (Value::String(text), Some(secret)) if text == SECRET => secret.expose_secret().into(),
        (Value::Object(fields), _) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (name.clone(), own(value)));
            Value::Object(fields.collect())
        }
        (Value::Array(entries), _) => Value::Array(entries.iter().map(own).collect()),
        _ => body.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::with_secret;
    use crate::forge::SECRET;
    use serde_json::json;

    #[test]
    fn the_secret_stands_only_where_the_plan_shows_its_place() {
        let plan = json!({ "url": "https://h", "a": { "secret": SECRET }, "b": [SECRET, 1] });
        let secret = "0123456789abcdef".to_owned().into();
        let sent = with_secret(&plan, Some(&secret));
        let wanted = json!({ "url": "https://h", "a": { "secret": "0123456789abcdef" },
            "b": ["0123456789abcdef", 1] });
        assert_eq!(sent, wanted);
    }
}
