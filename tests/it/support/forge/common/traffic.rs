//! What goes over the wire, and what goes wrong with it.

use axum::http::Method;
use serde_json::{Value, json};

/// A request that was made to the API, and how it was answered.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Path and query, below the API's base.
    pub path: String,
    /// The header names and values, without credentials.
    pub headers: Vec<(String, String)>,
    /// The JSON body; null if there was none.
    pub body: Value,
    /// Whether it carried any credential.
    pub authorized: bool,
    /// The status of the answer.
    pub answered: u16,
    /// The body of the answer; null if it is not JSON.
    pub answer: Value,
}

/// A way in which the next fitting request fails.
#[derive(Debug, Clone)]
pub struct Fault {
    pub method: &'static str,
    /// The request's path contains this.
    pub path: &'static str,
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// Whether the request takes effect all the same: the answer is lost.
    pub done: bool,
}

impl Fault {
    /// The request fails with this status and changes nothing.
    pub fn new(method: &'static str, path: &'static str, status: u16) -> Self {
        Self {
            method,
            path,
            status,
            headers: Vec::new(),
            body: json!({ "message": "a fault of the stand-in" }).to_string(),
            done: false,
        }
    }

    /// The answer has this header.
    pub fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// The answer has this body.
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    /// The request takes effect, and its answer is lost.
    pub fn after_taking_effect(mut self) -> Self {
        self.done = true;
        self
    }

    /// Whether it is for this request.
    pub fn fits(&self, method: &Method, path: &str) -> bool {
        self.method == method.as_str() && path.contains(self.path)
    }
}

/// A delivery that was sent, or would have been: without a target it is kept.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The forge's id; a redelivery has the same.
    pub guid: String,
    pub event: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The receiver's answer; `None` if there was no target or no answer.
    pub answered: Option<u16>,
}

impl Sent {
    /// The payload.
    pub fn payload(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the payload is JSON")
    }

    /// The header has this value, whatever it had.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.headers.retain(|(it, _)| it != name);
        self.headers.push((name.to_owned(), value.into()));
    }

    /// Sends it, if there is where to, and notes the answer.
    pub async fn post(&mut self, http: &reqwest::Client, url: Option<&str>) {
        let Some(url) = url else { return };
        let mut request = http.post(url).body(self.body.clone());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await;
        self.answered = answer.ok().map(|it| it.status().as_u16());
    }
}
