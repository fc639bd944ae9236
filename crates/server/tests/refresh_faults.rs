//! Renewing a session while servers are killed and connections of the database break: who is honest
//! is never signed out.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use support::{Client, Setup, TestDatabase, is_long};

on_both_databases! { a_server_that_is_killed_at_any_moment_of_a_renewal_signs_nobody_out }

/// Each round kills the server while eight clients renew, a little later each time: before anything is
/// written, between commit and answer, and after. Then each client shows the same token again.
fn a_server_that_is_killed_at_any_moment_of_a_renewal_signs_nobody_out(database: &TestDatabase) {
    let setup = Setup::on(database);
    let mut server = Some(setup.start());
    let client = server.as_ref().unwrap().client();
    let mut tokens: Vec<Value> = (0..8)
        .map(|number| client.register(&format!("user{number}@example.org"))["refresh_token"].clone())
        .collect();
    let (mut answered, mut lost) = (0, 0);
    let rounds = if is_long() { 100 } else { 6 };
    for round in 0..rounds {
        let address = server.as_ref().unwrap().address();
        let start = Barrier::new(tokens.len() + 1);
        let seen: Vec<Option<Value>> = std::thread::scope(|scope| {
            let calls: Vec<_> = tokens
                .iter()
                .map(|token| {
                    let start = &start;
                    scope.spawn(move || {
                        start.wait();
                        renew_if_possible(address, token)
                    })
                })
                .collect();
            start.wait();
            std::thread::sleep(Duration::from_millis(round % 8 * 5));
            // Dropping it kills it as `kill -9` does.
            drop(server.take());
            calls.into_iter().map(|call| call.join().unwrap()).collect()
        });
        server = Some(setup.start());
        let client = server.as_ref().unwrap().client();
        for (token, seen) in tokens.iter_mut().zip(seen) {
            let again = client.post("/api/auth/refresh").json(&json!({ "refresh_token": token }));
            let again = again.send();
            assert_eq!(again.status, 200, "round {round}: {again:?}");
            let successor = again.json()["refresh_token"].clone();
            match seen {
                Some(seen) => {
                    assert_eq!(seen, successor, "round {round}: an answer that came is a promise");
                    answered += 1;
                }
                None => lost += 1,
            }
            assert_eq!(client.me(&again.json()["access_token"]).status, 200);
            *token = successor;
        }
        assert!(server.as_ref().unwrap().events("auth.refresh.reuse").is_empty(), "round {round}");
    }
    eprintln!("{answered} answers came, {lost} were lost, and nobody was signed out");
}

/// Renews, and gives the new refresh token if a whole answer comes.
fn renew_if_possible(address: SocketAddr, token: &Value) -> Option<Value> {
    let body = json!({ "refresh_token": token }).to_string();
    let mut stream = TcpStream::connect(address).ok()?;
    let head = "POST /api/auth/refresh HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ";
    stream.write_all(format!("{head}{}\r\n\r\n{body}", body.len()).as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    if !head.starts_with("HTTP/1.1 200") {
        return None;
    }
    let answer: Value = serde_json::from_str(body).ok()?;
    Some(answer["refresh_token"].clone())
}

#[test]
fn connections_that_the_database_breaks_in_between_sign_nobody_out() {
    let database = TestDatabase::postgres();
    // So that those of this server alone are broken, as when the database restarts.
    let name = format!("refresh_faults_{}", std::process::id());
    let url = format!("{}&application_name={name}", database.url());
    let server = Setup::on(&database).set("DATABASE_URL", &url).start();
    let breaks = if is_long() { 100 } else { 10 };
    let is_over = AtomicBool::new(false);
    let done: Vec<(usize, usize)> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|number| {
                let (client, is_over) = (server.client(), &is_over);
                scope.spawn(move || renew_until(&client, number, is_over))
            })
            .collect();
        for _ in 0..breaks {
            let backends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name";
            database.execute(&format!("{backends} = '{name}'"));
            std::thread::sleep(Duration::from_millis(150));
        }
        is_over.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    assert!(server.events("auth.refresh.reuse").is_empty());
    eprintln!("renewals of each client, and how often it asked again: {done:?}");
}

/// Renews until it is over, and says how often, and how often it had to ask again.
fn renew_until(client: &Client, number: usize, is_over: &AtomicBool) -> (usize, usize) {
    let (mut renewed, mut retried) = (0, 0);
    let mut patiently = |path: &str, body: &Value, good: u16| {
        for _ in 0..300 {
            let answer = client.post(path).json(body).send();
            if answer.status == good {
                return answer.json();
            }
            assert_eq!(answer.status, 503, "{answer:?}");
            retried += 1;
            std::thread::sleep(Duration::from_millis(20));
        }
        Value::Null
    };
    let email = format!("user{number}@example.org");
    let mut token = Value::Null;
    while token.is_null() {
        // Whether an account was made before the connection broke is not told.
        let made = client.post("/api/auth/register").json(&support::registration(&email)).send();
        token = match made.status {
            201 => made.json()["refresh_token"].clone(),
            409 => {
                let login = json!({"email": email, "password": support::PASSWORD});
                patiently("/api/auth/login", &login, 200)["refresh_token"].clone()
            }
            _ => Value::Null,
        };
    }
    while !is_over.load(Ordering::Relaxed) {
        let answer = patiently("/api/auth/refresh", &json!({ "refresh_token": token }), 200);
        assert!(answer["refresh_token"].is_string(), "after {renewed} renewals");
        token = answer["refresh_token"].clone();
        renewed += 1;
    }
    assert!(renewed > 0, "none was renewed");
    (renewed, retried)
}
