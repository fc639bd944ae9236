//! Signing keys on several real servers: no good token is refused while they change, and none of a key
//! that was revoked, or of another environment, is accepted.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use support::{Client, PASSWORD, Running, Setup, TestDatabase, is_long};

const ADA: &str = "ada@example.org";

on_both_databases! {
    a_key_that_is_revoked_opens_nothing_on_any_replica,
    a_token_of_another_environment_is_refused,
}

#[test]
fn no_token_is_refused_on_three_replicas_while_keys_rotate() {
    let database = TestDatabase::postgres();
    let servers: Vec<Running> = (0..3).map(|_| Setup::on(&database).start()).collect();
    let clients: Vec<Client> = servers.iter().map(Running::client).collect();
    clients[0].register(ADA);
    let rotations = if is_long() { 12 } else { 3 };
    let (is_over, asked) = (AtomicBool::new(false), AtomicUsize::new(0));

    std::thread::scope(|scope| {
        for number in 0..4 {
            let (clients, is_over, asked) = (&clients, &is_over, &asked);
            scope.spawn(move || {
                let mut token = Value::Null;
                for round in 0.. {
                    // A token of one replica, new and not so new, is shown to each.
                    if round % 50 == 0 {
                        token = access_token(&clients[(number + round / 50) % 3]);
                    }
                    let answer = clients[round % 3].me(&token);
                    assert!([200, 503].contains(&answer.status), "request {round}: {answer:?}");
                    asked.fetch_add(usize::from(answer.status == 200), Ordering::Relaxed);
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                }
            });
        }
        for _ in 0..rotations {
            wait_until_all_publish_the_next_key(&clients, &database);
            // As if it had been announced for as long as it has to be.
            database.execute("UPDATE signing_keys SET changed_at = changed_at - 60000000");
            let before = asked.load(Ordering::Relaxed);
            let rotated = Setup::on(&database).args(&["keys", "rotate"]).output();
            assert!(rotated.status.success(), "{rotated:?}");
            while asked.load(Ordering::Relaxed) < before + 300 {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let kids = kids(&database);
    assert!(kids.len() >= 3 + rotations.min(1), "{kids:?}");
    eprintln!("{} requests during {rotations} rotations, none refused", asked.into_inner());
}

/// Each replica must know the key that will sign: that is what it is announced for.
fn wait_until_all_publish_the_next_key(clients: &[Client], database: &TestDatabase) {
    let next = kids(database).into_iter().find(|(_, state)| state == "next").unwrap().0;
    for client in clients {
        while !client.get("/.well-known/jwks.json").send().body.contains(&next) {
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn a_key_that_is_revoked_opens_nothing_on_any_replica(database: &TestDatabase) {
    let servers = [Setup::on(database).start(), Setup::on(database).start()];
    let clients = servers.each_ref().map(Running::client);
    clients[0].register(ADA);
    let login = clients[0].login(ADA, PASSWORD);
    let tokens = login.json();
    let token = &tokens["access_token"];
    for client in &clients {
        assert_eq!(client.me(token).status, 200);
    }
    let current = kids(database).into_iter().find(|(_, state)| state == "current").unwrap().0;
    let revoked = Setup::on(database).args(&["keys", "revoke", &current]).output();
    assert!(revoked.status.success(), "{revoked:?}");
    assert!(!String::from_utf8_lossy(&revoked.stdout).contains(&current));

    for client in &clients {
        assert_eq!(client.me(token).problem(401), "invalid_token");
        assert!(!client.get("/.well-known/jwks.json").send().body.contains(&current));
        let cookie = client.get("/api/auth/me").cookie(&login.cookie("autorisen_session")).send();
        assert_eq!(cookie.status, 200, "the session goes on");
        let fresh = client.login(ADA, PASSWORD).json();
        assert!(clients.iter().all(|client| client.me(&fresh["access_token"]).status == 200));
    }
    let renewed =
        clients[1].post("/api/auth/refresh").json(&json!({"refresh_token": tokens["refresh_token"]})).send();
    assert_eq!(clients[0].me(&renewed.json()["access_token"]).status, 200);
    for (unknown, status) in [(current.as_str(), 4), ("no name", 2)] {
        let again = Setup::on(database).args(&["keys", "revoke", unknown]).output();
        assert_eq!(again.status.code(), Some(status), "{again:?}");
    }
}

fn a_token_of_another_environment_is_refused(database: &TestDatabase) {
    let at = |url: &str| Setup::on(database).set("AUTORISEN__SERVER__PUBLIC_URL", url);
    // The same secret and even the same keys, as after a copy of a database.
    let (production, staging) =
        (at("https://api.example.org").start(), at("https://staging.example.org").start());
    let token = staging.client().register(ADA)["access_token"].clone();
    assert_eq!(staging.client().me(&token).status, 200);
    assert_eq!(production.client().me(&token).problem(401), "invalid_token");

    // Keys of another secret are not used at all.
    let other = at("https://api.example.org").set("SECRET_KEY", "another secret key, also only for tests");
    let other = other.start();
    assert_eq!(other.client().get("/readyz").send().status, 503);
    assert_eq!(other.client().me(&token).problem(401), "invalid_token");
    other.wait_for_output("keys.load.failure");
}

fn access_token(client: &Client) -> Value {
    loop {
        let login = client.login(ADA, PASSWORD);
        match login.status {
            200 => return login.json()["access_token"].clone(),
            // Too much to do, on a busy machine.
            503 => std::thread::sleep(Duration::from_millis(100)),
            status => assert_eq!(status, 200, "{login:?}"),
        }
    }
}

/// The stored keys and what they are for.
fn kids(database: &TestDatabase) -> Vec<(String, String)> {
    let listed = Setup::on(database).args(&["keys", "list", "--json"]).output();
    assert!(listed.status.success(), "{listed:?}");
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    listed["keys"].as_array().unwrap().iter().map(|key| (text(&key["kid"]), text(&key["state"]))).collect()
}
