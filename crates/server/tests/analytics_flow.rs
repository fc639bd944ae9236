//! Analytics on the real server: what front ends track, what the server counts of chats and limits, and what
//! an operator is told of it.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Setup, Talker, TestDatabase};

on_both_databases! {
    what_happens_is_reported_a_moment_later,
    what_happened_last_is_stored_when_the_server_stops,
    a_page_does_not_notice_that_nothing_can_be_stored,
}

const TRACK: &str = "/api/auth/analytics/track";

fn report(database: &TestDatabase, format: &str) -> String {
    let args = ["analytics", "report", "--days", "7", "--format", format];
    let ended = Setup::on(database).args(&args).output();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).unwrap()
}

/// The report, as soon as it says this.
fn report_with(database: &TestDatabase, is_there: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let told: Value = serde_json::from_str(&report(database, "json")).unwrap();
        if is_there(&told) {
            return told;
        }
        assert!(Instant::now() < deadline, "{told:#}");
        sleep(Duration::from_millis(200));
    }
}

fn what_happens_is_reported_a_moment_later(database: &TestDatabase) {
    let server = Setup::on(database)
        .set("AUTORISEN__CHAT__RESPONDER", "scripted")
        .set("AUTORISEN__ANALYTICS__TRACK_PER_MIN", "3")
        .start();
    let client = server.client();
    let ada = Talker::register(&client, "ada@example.org");
    let (thread, _) = ada.begin("hi");
    ada.say(&thread, "hi");
    ada.say(&thread, "!boom");
    let event =
        json!({"event_type": "step_view", "step": "step1", "role": null, "details": {"to": "a@b.example"}});
    for _ in 0..3 {
        // As a browser sends what a script gives it as a text.
        let sent = client.post(TRACK).header("Content-Type", "text/plain").body(event.to_string()).send();
        assert_eq!((sent.status, sent.json()), (202, json!({"accepted": true})));
    }
    assert_eq!(client.post(TRACK).json(&event).send().problem(429), "rate_limited");

    let told = report_with(database, |told| {
        told["limits"][0]["total"] == 1
            && told["front_end"][0]["count"] == 3
            && told["chats"][0]["total"]["answer_failed"] == 1
    });
    let chat = &told["chats"][0];
    let expected = json!({
        "token_issued": 1, "chat_opened": 1, "first_answer": 1,
        "answer_finished": 2, "answer_stopped": 0, "answer_failed": 1,
    });
    assert_eq!((&chat["placement"], &chat["total"]), (&json!("support"), &expected));
    let days = told["days"].as_array().unwrap().len();
    assert_eq!((days, chat["daily"].as_array().unwrap().len()), (7, 7));
    assert_eq!(told["front_end"], json!([{"event_type": "step_view", "step": "step1", "count": 3}]));
    assert_eq!(told["limits"][0]["action"], "track");
    assert!(report(database, "table").contains("What front ends tracked"));
    assert!(report(database, "csv").contains(",support,chat_opened,,1\n"));

    // Who it was is in no row, and no address is.
    let named = "SELECT count(*) AS number FROM analytics_events WHERE details LIKE '%b.example%' \
                 OR (source = 'server' AND (role IS NOT NULL OR details IS NOT NULL))";
    assert_eq!(database.number(named), 0);
    let bad = Setup::on(database).args(&["analytics", "report", "--days", "0"]).output();
    assert_eq!(bad.status.code(), Some(2));
}

fn what_happened_last_is_stored_when_the_server_stops(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let grant = client.register("ada@example.org")["access_token"].clone();
    assert_eq!(client.post("/api/chatkit/token").bearer(&grant).json(&json!({})).send().status, 200);
    assert_eq!(client.post(TRACK).json(&json!({"event_type": "complete"})).send().status, 202);
    drop(client); // A connection that is kept would be waited for.
    server.terminate();
    let (status, log) = server.wait();
    assert!(status.success() && !log.contains("analytics.events.lost"), "{log}");
    let told: Value = serde_json::from_str(&report(database, "json")).unwrap();
    assert_eq!(told["chats"][0]["total"]["token_issued"], 1, "{told:#}");
    assert_eq!(told["front_end"][0], json!({"event_type": "complete", "step": null, "count": 1}));
}

fn a_page_does_not_notice_that_nothing_can_be_stored(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    database.execute("ALTER TABLE analytics_events RENAME TO elsewhere");
    let event = json!({"event_type": "error"});
    assert_eq!(client.post(TRACK).json(&event).send().status, 202);
    server.wait_for_output("analytics.write.failure");
    assert_eq!(client.post(TRACK).json(&event).send().status, 202);
    assert_eq!(client.register("ada@example.org")["user"]["email"], "ada@example.org");

    database.execute("ALTER TABLE elsewhere RENAME TO analytics_events");
    report_with(database, |told| told["front_end"][0]["count"] == 2);
    database.execute("ALTER TABLE analytics_events RENAME TO elsewhere");
    assert_eq!(client.post(TRACK).json(&event).send().status, 202);
    drop(client);
    server.terminate();
    let (status, log) = server.wait();
    assert!(status.success() && log.contains("\"analytics.events.lost\""), "{log}");
}
