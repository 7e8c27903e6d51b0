//! The cases over HTTP: the real server and the real store.

use std::sync::Arc;

use forgewarden::clock::SystemClock;
use forgewarden::report::Templates;
use forgewarden::server::{self, Parts, Running};

use super::sender::{Raw, SECRET, Send, a_push_now, instance};
use crate::support::gate::Gate;

/// The server with the instance `main` of one forge, and nothing behind it.
struct Scene {
    gate: Gate,
    running: Running,
}

impl Scene {
    async fn of<S: Send>() -> Self {
        let gate = Gate::closed();
        let parts = Parts {
            instances: vec![instance::<S>(&[SECRET]).expect("lawful")],
            judge: gate.judge.clone(),
            templates: Templates::embedded().expect("the built-in templates"),
            clock: Arc::new(SystemClock),
        };
        let running = server::start(&gate.config(), parts).await;
        Self {
            running: running.expect("the service starts"),
            gate,
        }
    }

    /// The answer; none if the connection ended first, as it may for whoever
    /// still sends a body that is refused.
    async fn answers(&self, path: &str, raw: &Raw) -> Option<u16> {
        let url = format!("http://{}{path}", self.running.address);
        let mut request = reqwest::Client::new().post(url).body(raw.body.clone());
        for (name, value) in &raw.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await;
        answer.ok().map(|it| it.status().as_u16())
    }

    async fn posts(&self, path: &str, raw: &Raw) -> u16 {
        self.answers(path, raw).await.expect("an answer")
    }

    /// Whether the delivery with this id is on disk.
    async fn stored(self, id: &str) -> bool {
        let store = self.gate.store().await;
        let state = store.delivery_state("main", id).await.expect("asked");
        store.close().await;
        self.running.stop().await;
        state.is_some()
    }
}

/// The id under which an authentic delivery is kept.
fn id_of<S: Send>(raw: &Raw) -> String {
    let instance = instance::<S>(&[SECRET]).expect("lawful");
    let mut delivery = raw.delivery();
    delivery.received_at = jiff::Timestamp::now();
    let verified = instance.intake.authenticate(delivery);
    verified.expect("authentic").id().to_owned()
}

pub(super) async fn a_lawful_delivery_is_stored<S: Send>() {
    let scene = Scene::of::<S>().await;
    let raw = a_push_now::<S>();
    for _ in 0..3 {
        assert_eq!(scene.posts("/webhooks/main", &raw).await, 202);
    }
    assert!(scene.stored(&id_of::<S>(&raw)).await);
}

pub(super) async fn a_forged_delivery_is_not_stored<S: Send>() {
    let scene = Scene::of::<S>().await;
    for name in S::AUTHENTICITY {
        let mut raw = a_push_now::<S>();
        raw.headers.retain(|(it, _)| it != name);
        assert_eq!(scene.posts("/webhooks/main", &raw).await, 401, "{name}");
    }
    assert!(!scene.stored(&id_of::<S>(&a_push_now::<S>())).await);
}

pub(super) async fn an_oversized_delivery_is_not_stored<S: Send>() {
    let scene = Scene::of::<S>().await;
    let mut raw = a_push_now::<S>();
    raw.body = vec![b' '; server::MAX_BODY + 1];
    let answer = scene.answers("/webhooks/main", &raw).await;
    assert!(matches!(answer, None | Some(413)), "{answer:?}");
    assert!(!scene.stored(&id_of::<S>(&a_push_now::<S>())).await);
}

pub(super) async fn a_delivery_to_another_instance_is_not_stored<S: Send>() {
    let scene = Scene::of::<S>().await;
    assert_eq!(
        scene.posts("/webhooks/other", &a_push_now::<S>()).await,
        404
    );
    assert!(!scene.stored(&id_of::<S>(&a_push_now::<S>())).await);
}
