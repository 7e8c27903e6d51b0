//! What the service answers to strangers.

use forgewarden::report::Templates;
use forgewarden::server::MAX_BODY;

use crate::support::fake_forge::SECRET;
use crate::support::gate::Gate;

#[tokio::test(flavor = "multi_thread")]
async fn strangers_learn_nothing() {
    let gate = Gate::open().await;
    let wrong = gate
        .deliver_raw("d1", "wrong-secret-wrong", b"[]".to_vec())
        .await;
    assert_eq!(wrong, 401);
    let store = gate.store().await;
    assert_eq!(store.delivery_state("fake", "d1").await.unwrap(), None);
    for (path, status) in [
        ("/", 200),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/metrics", 200),
        ("/verdicts/0123?sig=00", 404),
        ("/verdicts/0123", 404),
        ("/webhooks/fake", 405),
        ("/nothing", 404),
    ] {
        let answer = reqwest::get(gate.url(path)).await.expect("an answer");
        assert_eq!(answer.status(), status, "{path}");
        let headers = answer.headers().clone();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert!(headers.contains_key("x-request-id"));
    }
    let unknown = reqwest::Client::new().post(gate.url("/webhooks/other"));
    assert_eq!(unknown.send().await.unwrap().status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_of_the_connection_is_answered_and_never_stored() {
    let gate = Gate::open().await;
    let test = reqwest::Client::new()
        .post(gate.url("/webhooks/fake"))
        .header("x-fake-test", "1")
        .header("x-fake-secret", SECRET)
        .header("x-fake-delivery", "d1");
    assert_eq!(test.send().await.expect("an answer").status(), 200);
    let store = gate.store().await;
    assert_eq!(store.delivery_state("fake", "d1").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_may_stand_in_the_url_and_only_the_right_one_counts() {
    let gate = Gate::open().await;
    let post = |path: String| {
        let request = reqwest::Client::new().post(gate.url(&path));
        let request = request.header("x-fake-delivery", "d1").body("[]");
        async { request.send().await.expect("an answer").status().as_u16() }
    };
    assert_eq!(post("/webhooks/fake/wrong-secret".to_owned()).await, 401);
    assert_eq!(post("/webhooks/fake/".to_owned()).await, 404);
    assert_eq!(post(format!("/webhooks/other/{SECRET}")).await, 404);
    assert_eq!(post(format!("/webhooks/fake/{SECRET}")).await, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_bound_is_refused_and_one_at_it_is_read() {
    let gate = Gate::open().await;
    assert_eq!(announce(&gate, MAX_BODY + 1).await, "HTTP/1.1 413");
    let mut body = b"[]".to_vec();
    body.resize(MAX_BODY, b' ');
    assert_eq!(gate.deliver_raw("d2", SECRET, body).await, 202);
}

/// Announces a body, sends none of it, and gives the beginning of the answer: a
/// client that is still sending may lose the answer to a refused body.
async fn announce(gate: &Gate, length: usize) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let address = gate.running.as_ref().expect("running").address;
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /webhooks/fake HTTP/1.1\r\nhost: warden\r\nx-fake-secret: {SECRET}\r\n\
         x-fake-delivery: d1\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut beginning = [0; 12];
    stream.read_exact(&mut beginning).await.unwrap();
    String::from_utf8_lossy(&beginning).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_count_what_happened() {
    let gate = Gate::open().await;
    assert_eq!(gate.deliver("d1", &[]).await, 202);
    gate.expect_idle().await;
    let answer = reqwest::get(gate.url("/metrics")).await.unwrap();
    let text = answer.text().await.unwrap();
    for line in [
        "forgewarden_deliveries_total{instance=\"fake\",result=\"stored\"}",
        "forgewarden_jobs{kind=\"delivery\",state=\"dead\"}",
        "forgewarden_statuses_pending 0",
        "forgewarden_job_seconds_bucket",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_can_stand_on_an_address_of_their_own() {
    let gate = Gate::closed();
    let mut config = gate.config();
    config.metrics_listen = Some(([127, 0, 0, 1], 0).into());
    let parts = forgewarden::server::Parts {
        instances: vec![gate.forge.instance()],
        judge: gate.judge.clone(),
        templates: Templates::embedded().expect("the built-in templates"),
        clock: std::sync::Arc::new(forgewarden::clock::SystemClock),
    };
    let running = forgewarden::server::start(&config, parts).await.unwrap();
    let get = async |address, path: &str| {
        let answer = reqwest::get(format!("http://{address}{path}")).await;
        answer.unwrap().status().as_u16()
    };
    assert_eq!(get(running.address, "/metrics").await, 404);
    assert_eq!(get(running.metrics_address, "/metrics").await, 200);
    assert_eq!(get(running.metrics_address, "/").await, 404);
    running.stop().await;
}
