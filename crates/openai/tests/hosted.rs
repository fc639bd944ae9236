//! Hosted sessions: what is asked for, and everything that can be wrong with the other side.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{
    HostedApi as _, HostedFailure, HostedFault, HostedSession, HostedSessionId, HostedUser,
};
use autorisen_openai::{HostedSettings, OpenAiHosted};
use autorisen_testkit::fakes::{FakeClock, FakeDigests, QuickTimer};
use autorisen_testkit::hosted_stub::{Fault, HostedStub, StubSettings};
use secrecy::ExposeSecret as _;
use serde_json::json;

const KEY: &str = "marked-key-of-the-hosted-side";
const LIFE: Duration = Duration::from_mins(10);

fn stub() -> HostedStub {
    HostedStub::start(StubSettings { key: KEY.to_owned(), ..StubSettings::default() }).unwrap()
}

fn settings(stub: &HostedStub) -> HostedSettings {
    HostedSettings {
        base_url: stub.base_url(),
        key: KEY.to_owned().into(),
        workflow: stub.workflow().to_owned(),
        version: None,
        timeout: Duration::from_secs(2),
    }
}

fn api_by(settings: HostedSettings) -> OpenAiHosted {
    OpenAiHosted::new(Arc::new(FakeClock::default()), Arc::new(QuickTimer), settings, None).unwrap()
}

fn api(stub: &HostedStub) -> OpenAiHosted {
    api_by(settings(stub))
}

fn user() -> HostedUser {
    HostedUser::of(UserId::from_bytes([7; 16]), "test", &FakeDigests::new(1))
}

async fn open(api: &OpenAiHosted) -> Result<HostedSession, HostedFailure> {
    api.create(&user(), LIFE).await
}

fn status(status: u16) -> Fault {
    Fault::Status(status, Vec::new())
}

/// Everything that is said of a failure, with its causes.
fn told(failure: &HostedFailure) -> String {
    let mut text = failure.to_string();
    let mut cause = std::error::Error::source(failure);
    while let Some(error) = cause {
        text = format!("{text}: {error} {error:?}");
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn a_session_is_asked_for_with_what_it_needs_and_nothing_else() {
    let stub = stub();
    let opened = open(&api(&stub)).await.unwrap();
    let asked = &stub.asked()[0];
    assert_eq!(asked.line, "POST /v1/chatkit/sessions");
    assert_eq!(
        asked.body,
        json!({
            "user": user().as_str(), "workflow": {"id": stub.workflow()},
            "expires_after": {"anchor": "created_at", "seconds": 600},
        })
    );
    let head = asked.head.to_ascii_lowercase();
    for line in [
        "openai-beta: chatkit_beta=v1",
        "content-type: application/json",
        &format!("authorization: bearer {KEY}"),
    ] {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{line}: {head}");
    }
    let session = &stub.sessions()[0];
    assert_eq!((opened.id.as_str(), opened.secret.expose_secret()), (&*session.id, &*session.secret));
    assert!(opened.request.is_some(), "the request is known by its id");
    assert!(!format!("{opened:?}").contains(&session.secret));
}

#[tokio::test]
async fn a_version_is_sent_only_when_it_is_one() {
    let stub = stub();
    for (version, sent) in
        [(None, json!(null)), (Some(""), json!(null)), (Some("latest"), json!(null)), (Some("3"), json!("3"))]
    {
        let version = version.map(str::to_owned);
        open(&api_by(HostedSettings { version: version.clone(), ..settings(&stub) })).await.unwrap();
        let asked = stub.asked();
        let workflow = &asked.last().unwrap().body["workflow"];
        assert_eq!(workflow["version"], sent, "{version:?}");
        assert_eq!(workflow.as_object().unwrap().contains_key("version"), !sent.is_null());
    }
}

#[tokio::test]
async fn a_session_is_cancelled_and_one_that_is_gone_counts_as_cancelled() {
    let stub = stub();
    let api = api(&stub);
    let id = open(&api).await.unwrap().id;
    for cancels in 1..=2 {
        assert!(api.cancel(&id).await.unwrap().is_some());
        assert_eq!((stub.sessions()[0].status, stub.sessions()[0].cancels), ("cancelled", cancels));
    }
    let asked = stub.asked();
    let last = asked.last().unwrap();
    assert_eq!(last.line, format!("POST /v1/chatkit/sessions/{}/cancel", id.as_str()));
    assert!(last.body.is_null() && last.head.to_ascii_lowercase().contains("openai-beta: chatkit_beta=v1"));

    let gone = HostedSessionId::parse("cksess_of_nobody").unwrap();
    api.cancel(&gone).await.unwrap();
    stub.fail([Fault::Page(404)]);
    let failed = api.cancel(&id).await.unwrap_err();
    assert_eq!(failed.fault, HostedFault::Misconfigured, "a 404 of something on the way says nothing");
}

#[tokio::test]
async fn each_fault_is_one_of_the_domains() {
    let long = Fault::Slow(Duration::from_mins(1));
    let missing = |member: &str| Fault::Without(member.to_owned());
    for (name, fault, expected) in [
        ("400", status(400), HostedFault::Misconfigured),
        ("401", status(401), HostedFault::Misconfigured),
        ("403", status(403), HostedFault::Misconfigured),
        ("404", status(404), HostedFault::Misconfigured),
        ("410", status(410), HostedFault::Misconfigured),
        ("a redirect", status(302), HostedFault::Misconfigured),
        ("429", status(429), HostedFault::Busy),
        ("500", status(500), HostedFault::Failed),
        ("a page of a gateway", Fault::Page(502), HostedFault::Failed),
        ("silence", Fault::Silent, HostedFault::TimedOut),
        ("a slow answer", long, HostedFault::TimedOut),
        ("no JSON", Fault::InvalidJson, HostedFault::Failed),
        ("a page with 200", Fault::Page(200), HostedFault::Failed),
        ("no secret", missing("client_secret"), HostedFault::Failed),
        ("no id", missing("id"), HostedFault::Failed),
        ("no end", missing("expires_at"), HostedFault::Failed),
        ("an early end", Fault::CloseEarly, HostedFault::Failed),
        ("a hang-up", Fault::HangUp, HostedFault::Unreachable),
        ("a lost answer", Fault::Lost, HostedFault::Unreachable),
    ] {
        let stub = stub();
        stub.fail([fault.clone(), fault]);
        let failed = open(&api(&stub)).await.unwrap_err();
        assert_eq!(failed.fault, expected, "{name}: {}", told(&failed));
        let told = told(&failed);
        assert!(
            !told.contains(KEY) && !told.contains("asked for") && !told.contains("ek_"),
            "{name}: {told}"
        );
    }
}

#[tokio::test]
async fn a_wrong_key_workflow_and_address_are_misconfigured() {
    let stub = stub();
    for wrong in [
        HostedSettings { key: "another-key".to_owned().into(), ..settings(&stub) },
        HostedSettings { workflow: "wf_of_somebody_else".to_owned(), ..settings(&stub) },
        HostedSettings { base_url: format!("{}/elsewhere", stub.base_url()), ..settings(&stub) },
    ] {
        let failed = open(&api_by(wrong)).await.unwrap_err();
        assert_eq!(failed.fault, HostedFault::Misconfigured);
        let request = failed.request.as_ref().unwrap().to_string();
        let told = told(&failed);
        assert!(told.contains(&request), "the request is in the log: {told}");
        assert!(!told.contains("another-"), "the words of the other side are not: {told}");
    }
    assert_eq!(stub.asked().len(), 3, "what will not pass is asked once");
}

#[tokio::test]
async fn nobody_listens_or_nobody_shows_who_they_are() {
    let stub = stub();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for base_url in [format!("http://{closed}"), stub.base_url().replace("http:", "https:")] {
        let failed = open(&api_by(HostedSettings { base_url, ..settings(&stub) })).await.unwrap_err();
        assert_eq!(failed.fault, HostedFault::Unreachable, "{}", told(&failed));
    }
}

#[tokio::test]
async fn what_may_pass_is_asked_once_more() {
    for fault in [status(408), status(409), status(429), status(500), status(503), Fault::HangUp] {
        let stub = stub();
        stub.fail([fault.clone()]);
        open(&api(&stub)).await.unwrap();
        assert_eq!(stub.asked().len(), 2, "{fault:?}");
        stub.fail([fault.clone(), fault.clone()]);
        open(&api(&stub)).await.unwrap_err();
        assert_eq!(stub.asked().len(), 4, "{fault:?}: and no more");
    }
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_kept_if_it_is_short_and_told_if_it_is_long() {
    let stub = stub();
    for (name, value) in [("retry-after", "3"), ("retry-after-ms", "3000")] {
        stub.fail([Fault::Status(429, vec![(name.to_owned(), value.to_owned())])]);
        open(&api(&stub)).await.unwrap();
    }
    let before = stub.asked().len();
    stub.fail([Fault::rate_limit("4")]);
    let failed = open(&api(&stub)).await.unwrap_err();
    assert_eq!((failed.fault, failed.retry_after), (HostedFault::Busy, Some(Duration::from_secs(4))));
    assert_eq!(stub.asked().len(), before + 1);
}

#[tokio::test]
async fn a_side_that_fails_again_and_again_is_left_alone_for_both_calls() {
    let stub = stub();
    let api = api(&stub);
    let id = open(&api).await.unwrap().id;
    stub.fail((0..8).map(|_| status(500)));
    for _ in 0..3 {
        open(&api).await.unwrap_err();
    }
    let asked = stub.asked().len();
    let (opening, cancelling) = (open(&api).await.unwrap_err(), api.cancel(&id).await.unwrap_err());
    for failed in [opening, cancelling] {
        assert_eq!((failed.fault, failed.retry_after), (HostedFault::Resting, Some(Duration::from_secs(30))));
    }
    assert_eq!(stub.asked().len(), asked, "it was not asked");
}
