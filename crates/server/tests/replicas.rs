//! Several replicas on one database: nobody honest is signed out, nobody whose session has ended
//! gets in. `AUTORISEN_TEST_LONG=1` runs the long forms.

mod support;

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use support::{Answer, Client, PASSWORD, Running, Setup, TestDatabase, is_long, registration};

/// On SQLite one process serves alone; on PostgreSQL three do.
fn replicas(database: &TestDatabase, count: usize) -> Vec<Running> {
    // A client that is slow to ask again must not find its connection closed at that moment.
    let setup = Setup::on(database).set("AUTORISEN__SERVER__KEEP_ALIVE_SEC", "300");
    (0..count).map(|_| setup.start()).collect()
}

fn renew(client: &Client, token: &Value) -> Answer {
    patiently(|| client.post("/api/auth/refresh").json(&json!({ "refresh_token": token })).send())
}

/// Asks again as long as the server has too much to do, as an honest client does. How much that is
/// depends on the machine that runs the test.
fn patiently(ask: impl Fn() -> Answer) -> Answer {
    for _ in 0..300 {
        let answer = ask();
        if answer.status != 503 {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    ask()
}

#[test]
fn many_tabs_on_three_replicas_of_postgres_sign_nobody_out() {
    many_tabs_sign_nobody_out(&TestDatabase::postgres(), 3);
}

#[test]
fn many_tabs_on_sqlite_sign_nobody_out() {
    many_tabs_sign_nobody_out(&TestDatabase::sqlite(), 1);
}

/// Each of 50 users renews 200 times, from two tabs at the same moment on two replicas. Then a token
/// that was replaced twice is shown: it ends its session.
fn many_tabs_sign_nobody_out(database: &TestDatabase, count: usize) {
    let rounds = if is_long() { 1_000 } else { 200 };
    let servers = replicas(database, count);
    let failures = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for number in 0..50 {
            let clients: Vec<Client> =
                (0..3).map(|place| servers[(number + place) % servers.len()].client()).collect();
            let failures = &failures;
            scope.spawn(move || {
                let mut token =
                    register(&clients[0], &format!("user{number}@example.org"))["refresh_token"].clone();
                let mut before = Value::Null;
                for round in 0..rounds {
                    let (one, two) = at_once(|| renew(&clients[0], &token), || renew(&clients[1], &token));
                    assert_eq!(
                        (one.status, two.status),
                        (200, 200),
                        "user {number}, round {round}: {one:?} {two:?}"
                    );
                    let (one, two) = (one.json(), two.json());
                    assert_eq!(
                        one["refresh_token"], two["refresh_token"],
                        "both tabs hold the same successor"
                    );
                    if round % 10 == 0 && patiently(|| clients[2].me(&one["access_token"])).status != 200 {
                        failures.fetch_add(1, Ordering::Relaxed);
                    }
                    before = std::mem::replace(&mut token, one["refresh_token"].clone());
                }
                let late = renew(&clients[2], &token).json();
                assert_eq!(
                    renew(&clients[0], &before).status,
                    401,
                    "a token that was replaced twice is caught"
                );
                for client in &clients {
                    assert_eq!(
                        patiently(|| client.me(&late["access_token"])).status,
                        401,
                        "its session is over everywhere"
                    );
                    assert_eq!(renew(client, &late["refresh_token"]).status, 401);
                }
            });
        }
    });
    assert_eq!(failures.into_inner(), 0);
    let caught: usize = servers.iter().map(|server| server.events("auth.refresh.reuse").len()).sum();
    assert_eq!(caught, 50, "each is told in the log once");
}

fn register(client: &Client, email: &str) -> Value {
    let answer = patiently(|| client.post("/api/auth/register").json(&registration(email)).send());
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

/// Runs two calls so that they begin together.
fn at_once<A: Send, B: Send>(one: impl FnOnce() -> A + Send, two: impl FnOnce() -> B + Send) -> (A, B) {
    let start = Barrier::new(2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            start.wait();
            one()
        });
        start.wait();
        let two = two();
        match other.join() {
            Ok(one) => (one, two),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

#[test]
fn what_has_ended_opens_nothing_on_any_replica() {
    let database = TestDatabase::postgres();
    let servers = replicas(&database, 3);
    let clients: Vec<Client> = servers.iter().map(Running::client).collect();
    let wanted = if is_long() { 100_000 } else { 6_000 };
    let accepted = AtomicUsize::new(0);
    let asked = AtomicUsize::new(0);

    std::thread::scope(|scope| {
        for number in 0..6 {
            let (clients, asked, accepted, database) = (&clients, &asked, &accepted, &database);
            scope.spawn(move || {
                let email = format!("user{number}@example.org");
                register(&clients[number % 3], &email);
                for round in 0.. {
                    if asked.load(Ordering::Relaxed) >= wanted {
                        return;
                    }
                    let login = patiently(|| clients[round % 3].login(&email, PASSWORD));
                    assert_eq!(login.status, 200, "{login:?}");
                    let session = login.cookie("autorisen_session");
                    let tokens = login.json();
                    end(&clients[(round + 1) % 3], database, &email, &tokens, number + round);
                    for _ in 0..20 {
                        for client in clients {
                            let answers = [
                                patiently(|| client.me(&tokens["access_token"])),
                                patiently(|| client.get("/api/auth/me").cookie(&session).send()),
                                patiently(|| {
                                    client.post("/api/chatkit/token").bearer(&tokens["access_token"]).send()
                                }),
                                renew(client, &tokens["refresh_token"]),
                            ];
                            asked.fetch_add(answers.len(), Ordering::Relaxed);
                            let passed = answers.iter().filter(|answer| answer.status != 401).count();
                            accepted.fetch_add(passed, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    assert_eq!(accepted.into_inner(), 0, "of {}", asked.into_inner());
}

/// Ends the session in one of the ways there are.
fn end(client: &Client, database: &TestDatabase, email: &str, tokens: &Value, way: usize) {
    let command = |args: &[&str]| {
        let done = Setup::on(database).args(args).output();
        assert!(done.status.success(), "{done:?}");
    };
    match way % 5 {
        0 | 1 => {
            let all = json!({ "all_devices": way % 5 == 1 });
            let logout = || client.post("/api/auth/logout").bearer(&tokens["access_token"]).json(&all).send();
            assert_eq!(patiently(logout).status, 200);
        }
        2 => command(&["user", "revoke-sessions", email]),
        3 => command(&["user", "set-role", email, "Customer"]),
        _ => {
            command(&["user", "disable", email]);
            command(&["user", "enable", email]);
        }
    }
}
