//! The check against a stand-in for the service.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::error::Error as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use autorisen_botcheck::{RecaptchaCheck, RecaptchaSettings};
use autorisen_domain::auth::{BotCheck as _, BotVerdict};
use autorisen_testkit::contracts::BotCheckSubject;
use autorisen_testkit::fakes::StubSiteverify;
use autorisen_testkit::fixtures::{context, context_from};

mod contract {
    autorisen_testkit::bot_check_contract!(super::subject);
}

const SHORT: Duration = Duration::from_millis(400);

async fn subject() -> BotCheckSubject {
    let stub = StubSiteverify::start();
    BotCheckSubject {
        check: Box::new(check(stub.url(), StubSiteverify::SECRET, Duration::from_secs(30))),
        good,
        bad: "a program".to_owned(),
        unreachable: Box::new(check(stub.url_of("silent"), StubSiteverify::SECRET, SHORT)),
    }
}

fn good() -> String {
    static PROOFS: AtomicU64 = AtomicU64::new(0);
    format!("{} {}", StubSiteverify::GOOD, PROOFS.fetch_add(1, Ordering::Relaxed))
}

fn check(url: String, secret: &str, timeout: Duration) -> RecaptchaCheck {
    RecaptchaCheck::new(RecaptchaSettings { url, secret: secret.into(), timeout }).unwrap()
}

#[tokio::test]
async fn the_form_has_the_secret_the_proof_and_the_address() {
    let stub = StubSiteverify::start();
    let check = check(stub.url(), StubSiteverify::SECRET, Duration::from_secs(30));
    check.judge("a person & more", context_from("2001:db8::1").client).await.unwrap();
    let secret = StubSiteverify::SECRET;
    let form = format!("secret={secret}&response=a+person+%26+more&remoteip=2001%3Adb8%3A%3A1");
    assert_eq!(stub.seen(), [form]);
}

#[tokio::test]
async fn a_score_of_a_program_is_refused() {
    let stub = StubSiteverify::start();
    for (score, verdict) in
        [("0.9", BotVerdict::Person), ("0.5", BotVerdict::Person), ("0.4", BotVerdict::Refused)]
    {
        let check =
            check(stub.url_of(&format!("score/{score}")), StubSiteverify::SECRET, Duration::from_secs(30));
        assert_eq!(check.judge(&good(), context().client).await.unwrap(), verdict, "{score}");
    }
}

#[tokio::test]
async fn no_answer_that_is_not_plainly_yes_lets_anybody_pass() {
    let stub = StubSiteverify::start();
    for way in ["silent", "drip", "long", "broken", "error", "redirect"] {
        // The slow ones are cut off; the others would answer at once.
        let timeout = if matches!(way, "silent" | "drip") { SHORT } else { Duration::from_secs(30) };
        let begun = Instant::now();
        let judged =
            check(stub.url_of(way), StubSiteverify::SECRET, timeout).judge(&good(), context().client).await;
        assert!(judged.is_err(), "{way}: {judged:?}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{way}");
    }
    let nobody = check("http://127.0.0.1:1/siteverify".to_owned(), StubSiteverify::SECRET, SHORT);
    assert!(nobody.judge(&good(), context().client).await.is_err());
    let plain_behind_tls = check(stub.url().replace("http:", "https:"), StubSiteverify::SECRET, SHORT);
    assert!(plain_behind_tls.judge(&good(), context().client).await.is_err());
}

#[tokio::test]
async fn a_wrong_secret_is_the_operators_fault_and_is_not_repeated() {
    let stub = StubSiteverify::start();
    for url in [stub.url(), stub.url_of("error"), "http://127.0.0.1:1/?token=marked".to_owned()] {
        let error = check(url, "marked-secret", SHORT)
            .judge("a person with a marked proof", context().client)
            .await
            .unwrap_err();
        let mut told = format!("{error} {error:?}");
        let mut cause = error.source();
        while let Some(deeper) = cause {
            told = format!("{told} {deeper}");
            cause = deeper.source();
        }
        assert!(!told.contains("marked"), "{told}");
    }
}
