//! Choosing and changing passwords, and hashes of the existing data, on the real server and each
//! database.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use serde_json::{Value, json};

use support::{Answer, Client, PASSWORD, Setup, TestDatabase, registration};

on_both_databases! {
    a_change_ends_every_other_session_and_answers_a_new_one,
    guessing_the_current_password_is_limited_with_the_logins,
    of_many_changes_at_once_on_two_replicas_exactly_one_wins,
    a_weak_password_is_refused_wherever_one_is_chosen,
    an_operator_sets_a_password_and_everybody_is_out,
    hashes_of_the_existing_data_sign_in_and_are_upgraded,
}

const ADA: &str = "ada@example.org";
const NEW: &str = "a wholly different phrase";

fn change(client: &Client, token: &Value, current: &str, new: &str) -> Answer {
    let body = json!({"current_password": current, "new_password": new});
    client.post("/api/auth/password/change").bearer(token).json(&body).send()
}

fn a_change_ends_every_other_session_and_answers_a_new_one(database: &TestDatabase) {
    let (one, two) = (Setup::on(database).start(), Setup::on(database).start());
    let (client, replica) = (one.client(), two.client());
    client.register(ADA);
    let phone = replica.login(ADA, PASSWORD).json();
    let login = client.login(ADA, PASSWORD);
    let desk = login.json();
    assert_eq!(
        change(&client, &desk["access_token"], "the wrong password", NEW).problem(403),
        "wrong_password"
    );

    let changed = change(&client, &desk["access_token"], PASSWORD, NEW);
    assert_eq!(changed.status, 200, "{changed:?}");
    for old in [&phone, &desk] {
        assert_eq!(replica.me(&old["access_token"]).problem(401), "token_revoked");
        let renewal = replica.post("/api/auth/refresh").json(&json!({"refresh_token": old["refresh_token"]}));
        assert_eq!(renewal.send().problem(401), "invalid_refresh_token");
    }
    let cookie = replica.get("/api/auth/me").cookie(&login.cookie("autorisen_session")).send();
    assert_eq!(cookie.problem(401), "token_revoked", "the cookie that was there is dead");
    assert_eq!(replica.me(&changed.json()["access_token"]).status, 200);
    let cookie = changed.cookie("autorisen_session");
    assert_eq!(replica.get("/api/auth/me").cookie(&cookie).send().status, 200);
    let renewal = json!({"refresh_token": changed.json()["refresh_token"]});
    assert_eq!(replica.post("/api/auth/refresh").json(&renewal).send().status, 200);

    assert_eq!(replica.login(ADA, PASSWORD).problem(401), "invalid_credentials");
    assert_eq!(replica.login(ADA, NEW).status, 200);
    for event in ["attempt", "success", "failure"] {
        assert!(!one.events(&format!("auth.password_change.{event}")).is_empty(), "{event}");
    }
    let written = one.output() + &two.output();
    assert!(!written.contains(NEW) && !written.contains(PASSWORD));
}

fn guessing_the_current_password_is_limited_with_the_logins(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let token = client.register(ADA)["access_token"].clone();
    for _ in 0..5 {
        assert_eq!(change(&client, &token, "the wrong password", NEW).status, 403);
    }
    let limited = change(&client, &token, PASSWORD, NEW);
    assert_eq!(limited.problem(429), "rate_limited");
    assert!(limited.header("retry-after").unwrap().parse::<u64>().unwrap() > 200);
    assert_eq!(client.login(ADA, PASSWORD).problem(429), "rate_limited");
    server.wait_for_output("auth.password_change.rate_limited");
}

fn of_many_changes_at_once_on_two_replicas_exactly_one_wins(database: &TestDatabase) {
    let servers = [Setup::on(database).start(), Setup::on(database).start()];
    let clients = servers.each_ref().map(support::Running::client);
    let token = clients[0].register(ADA)["access_token"].clone();
    let answers: Vec<(String, Answer)> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..4)
            .map(|caller| {
                let (client, token) = (&clients[caller % 2], &token);
                scope.spawn(move || {
                    let new = format!("wholly different phrase no {caller}");
                    let answer = change(client, token, PASSWORD, &new);
                    (new, answer)
                })
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, answer)| answer.status == 200);
    assert_eq!(won.len(), 1, "{won:?} {lost:?}");
    assert_eq!(clients[0].me(&won[0].1.json()["access_token"]).status, 200);
    assert_eq!(clients[0].login(ADA, &won[0].0).status, 200);
    for (_, answer) in lost {
        // Who came later found the new password, or was signed out.
        assert!([401, 403].contains(&answer.status), "{answer:?}");
    }
}

fn a_weak_password_is_refused_wherever_one_is_chosen(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let token = client.register(ADA)["access_token"].clone();
    for weak in ["Password1234", "aaaaaaaaaaaa", "ada-example-12", "autorisen-2026"] {
        let mut stated = registration("grace@example.org");
        stated["first_name"] = json!("ada");
        stated["password"] = json!(weak);
        stated["company_name"] = json!("Example");
        let refused = client.post("/api/auth/register").json(&stated).send();
        assert_eq!(refused.problem(422), "invalid_fields", "{weak}");
        assert_eq!(refused.json()["errors"][0]["field"], "password", "{weak}");
        let refused = change(&client, &token, PASSWORD, weak);
        assert_eq!(refused.problem(422), "invalid_fields", "{weak}");
        assert_eq!(refused.json()["errors"][0]["field"], "new_password", "{weak}");
        let args = ["user", "set-password", ADA, "--password-stdin"];
        let set = Setup::on(database).args(&args).output_with_input(weak);
        assert_eq!(set.status.code(), Some(2), "{weak}: {set:?}");
    }
    assert_eq!(client.login(ADA, PASSWORD).status, 200);
}

fn an_operator_sets_a_password_and_everybody_is_out(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let token = client.register(ADA)["access_token"].clone();
    let set = |email| {
        let args = ["user", "set-password", email, "--password-stdin"];
        Setup::on(database).args(&args).output_with_input(&format!("{NEW}\n"))
    };
    let done = set("Ada@example.org");
    assert!(done.status.success(), "{done:?}");
    assert!(!String::from_utf8_lossy(&done.stdout).contains(NEW));
    assert_eq!(client.me(&token).problem(401), "token_revoked");
    assert_eq!(client.login(ADA, PASSWORD).status, 401);
    assert_eq!(client.login(ADA, NEW).status, 200);
    assert_eq!(set("nobody@example.org").status.code(), Some(4));
}

/// Each hash is of "correct horse battery"; `stored_hash.rs` of the security crate says how they were
/// made. What is stored after the login shows in that the upgrade is told once.
fn hashes_of_the_existing_data_sign_in_and_are_upgraded(database: &TestDatabase) {
    let server = Setup::on(database).set("AUTORISEN__AUTH__PBKDF2_HASHES", "true").start();
    let client = server.client();
    for (n, hash) in [
        "AAECAwQFBgcICQoLDA0OD8jRIuzblHfNSKaxdQxZhcC4sFFY0EDSBRfM20mGXeQ2",
        "$2a$04$..CA.uOD/eaGAOmJB.yMBuyxCaEeeNKZhTX9hlHfcDAI65dNcsgWW",
        "$2y$05$..CA.uOD/eaGAOmJB.yMBuSRX0VL7TDOEDkt7L26qJHy/uPLNTi7O",
        "legacy:$2b$04$..CA.uOD/eaGAOmJB.yMBuyxCaEeeNKZhTX9hlHfcDAI65dNcsgWW",
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("user-{n}@example.org");
        let token = client.register(&email)["access_token"].clone();
        database.execute(&format!("UPDATE users SET password_hash = '{hash}' WHERE email = '{email}'"));
        assert_eq!(client.login(&email, PASSWORD).status, 401, "{hash}: that is no longer its password");
        for _ in 0..2 {
            assert_eq!(client.login(&email, "correct horse battery").status, 200, "{hash}");
        }
        assert_eq!(server.events("auth.password_upgrade.success").len(), n + 1, "{hash}: once");
        assert_eq!(client.me(&token).status, 200, "{hash}: nobody is signed out by it");
    }
    assert!(server.events("auth.password_upgrade.failure").is_empty());
}
