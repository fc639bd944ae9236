//! The limits on authentication, shared by all processes on one database.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use serde_json::json;
use support::{PASSWORD, Running, Setup, TestDatabase, is_long};

on_both_databases! {
    the_sixth_wrong_password_is_refused_on_every_replica,
    who_is_signed_in_may_ask_as_often_as_they_like,
    each_kind_of_request_has_a_limit_of_its_own,
    an_account_gets_no_more_chat_tokens_than_its_limit,
    a_burst_over_all_replicas_admits_no_more_than_the_limit,
}

fn the_sixth_wrong_password_is_refused_on_every_replica(database: &TestDatabase) {
    let servers = [Setup::on(database).start(), Setup::on(database).start()];
    servers[0].client().register("ada@example.org");
    for number in 0..5 {
        let client = servers[number % 2].client();
        assert_eq!(client.login("ada@example.org", "wrong").problem(401), "invalid_credentials");
    }
    for server in &servers {
        let refused = server.client().login("ADA@example.org", PASSWORD);
        assert_eq!(refused.problem(429), "rate_limited", "also with the right password");
        assert_eq!(refused.json()["detail"], "Too many login attempts");
        let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        // The clocks of two replicas may differ by parts of a second, and the wait is rounded up.
        assert!((1..=301).contains(&wait), "{wait}");
    }
    servers[1].wait_for_output("auth.login.rate_limited");
    servers[0].client().register("grace@example.org");
    assert_eq!(
        servers[0].client().login("grace@example.org", PASSWORD).status,
        200,
        "others are not concerned"
    );
}

fn who_is_signed_in_may_ask_as_often_as_they_like(database: &TestDatabase) {
    let server = Setup::on(database).set("RATE_LIMIT_PER_MIN", "3").start();
    let client = server.client();
    let token = client.register("ada@example.org")["access_token"].clone();
    for _ in 0..20 {
        assert_eq!(client.me(&token).status, 200);
        let session = client.get("/api/auth/session").bearer(&token).send();
        assert_eq!(session.json()["user"]["email"], "ada@example.org");
    }
    let refused: Vec<u16> = (0..4).map(|_| client.me(&json!("nonsense")).status).collect();
    assert_eq!(refused, [401, 401, 429, 429], "who guesses may not");
}

fn each_kind_of_request_has_a_limit_of_its_own(database: &TestDatabase) {
    let kinds = [
        ("AUTORISEN__AUTH__LOGIN_PER_MIN", "/api/auth/login"),
        ("AUTORISEN__AUTH__REGISTER_PER_MIN", "/api/auth/register/step1"),
        ("AUTORISEN__AUTH__PASSWORD_PER_MIN", "/api/auth/password/change"),
        ("AUTORISEN__AUTH__SESSION_PER_MIN", "/api/auth/refresh"),
    ];
    let mut setup = Setup::on(database).set("RATE_LIMIT_PER_MIN", "1000");
    for (n, (name, _)) in kinds.iter().enumerate() {
        // A change of the password without a session is charged as a refused session, too.
        setup = setup.set(name, ["2", "3", "4", "9"][n]);
    }
    let server = setup.start();
    let client = server.client();
    let admitted = |path: &str| {
        let statuses = (0..12).map(|_| client.post(path).json(&json!({})).send().status);
        statuses.filter(|&status| status != 429).count()
    };
    let counted = kinds.map(|(_, path)| admitted(path));
    assert_eq!(counted, [2, 3, 4, 5], "nine refused sessions, four of them in changes of the password");
}

fn an_account_gets_no_more_chat_tokens_than_its_limit(database: &TestDatabase) {
    let setup = Setup::on(database).set("AUTORISEN__CHAT__TOKENS_PER_MIN", "3");
    let servers = [setup.start(), setup.start()];
    let ada = servers[0].client().register("ada@example.org")["access_token"].clone();
    let grace = servers[0].client().register("grace@example.org")["access_token"].clone();
    let ask = |n: usize, token| {
        servers[n % 2].client().post("/api/chatkit/token").bearer(token).json(&json!({})).send().status
    };
    let statuses: Vec<u16> = (0..5).map(|n| ask(n, &ada)).collect();
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    assert_eq!(ask(0, &grace), 200, "others are not concerned");
}

/// On PostgreSQL over four replicas; on SQLite one process has the file.
fn a_burst_over_all_replicas_admits_no_more_than_the_limit(database: &TestDatabase) {
    let replicas = if database.url().starts_with("sqlite") { 1 } else { 4 };
    let tries = if is_long() { 1_000 } else { 200 };
    let setup = Setup::on(database).set("AUTH_LOGIN_MAX_ATTEMPTS", "7");
    let servers: Vec<Running> = (0..replicas).map(|_| setup.start()).collect();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..tries)
            .map(|number| {
                let client = servers[number % replicas].client();
                scope.spawn(move || client.login("nobody@example.org", "wrong").status)
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let count = |wanted| statuses.iter().filter(|&&status| status == wanted).count();
    // 503 is for too much to do at once: nobody is admitted by it.
    assert_eq!(count(401) + count(429) + count(503), tries, "{statuses:?}");
    assert!((1..=7).contains(&count(401)), "{} of {tries}", count(401));
    assert!(count(429) > 0);
}
