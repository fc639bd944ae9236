//! A person registers, signs in, looks around, renews and signs out: the main job, on the real
//! server and each database.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use serde_json::json;

use support::{PASSWORD, Setup, TestDatabase};

on_both_databases! {
    the_walk_of_the_readme,
    the_two_steps_of_the_existing_client,
    a_session_lives_in_cookies_alone,
    logout_ends_this_session_and_no_other,
    logout_of_all_devices_ends_every_session,
    a_spent_refresh_token_is_forgiven_for_a_moment_and_then_ends_the_session,
    sessions_outlive_a_restart,
    an_account_disabled_by_the_operator_is_out_at_once,
}

fn the_walk_of_the_readme(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let registered = client.register("Ada@Example.org");
    assert_eq!(registered["user"]["email"], "ada@example.org");
    assert_eq!(registered["user"]["role"], "Developer");

    let login = client.login("ada@example.org", PASSWORD);
    assert_eq!(login.status, 200, "{login:?}");
    assert_eq!(login.header("cache-control"), Some("no-store"));
    let tokens = login.json();
    assert_eq!(tokens["token_type"], "bearer");
    assert!(tokens["expires_at"].as_str().unwrap().ends_with('Z'));
    assert!(tokens["expires_in"].as_u64().unwrap() > 800);
    assert_eq!(tokens["refresh_token"].as_str().unwrap().len(), 64);

    let me = client.me(&tokens["access_token"]);
    assert_eq!(me.status, 200, "{me:?}");
    assert_eq!(me.json()["email"], "ada@example.org");
    assert_eq!(me.json()["id"], registered["user"]["id"]);

    let chat = client
        .post("/api/chatkit/token")
        .bearer(&tokens["access_token"])
        .json(&json!({"placement": "support"}))
        .send();
    assert_eq!(chat.status, 200, "{chat:?}");
    assert_eq!(chat.json()["client_secret"], chat.json()["token"]);
    assert_eq!(chat.json()["allowed_tools"], json!(["support.ticket"]));

    let renewed =
        client.post("/api/auth/refresh").json(&json!({"refresh_token": tokens["refresh_token"]})).send();
    assert_eq!(renewed.status, 200, "{renewed:?}");
    let renewed = renewed.json();
    assert_ne!(renewed["refresh_token"], tokens["refresh_token"]);

    let logout = client.post("/api/auth/logout").bearer(&renewed["access_token"]).send();
    assert_eq!((logout.status, logout.json()), (200, json!({"message": "Logged out"})));
    for token in [&tokens["access_token"], &renewed["access_token"]] {
        assert_eq!(client.me(token).problem(401), "token_revoked");
    }
    let late =
        client.post("/api/auth/refresh").json(&json!({"refresh_token": renewed["refresh_token"]})).send();
    assert_eq!(late.problem(401), "invalid_refresh_token");
}

fn the_two_steps_of_the_existing_client(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let csrf = client.get("/api/auth/csrf").send();
    let token = csrf.json()["csrf_token"].as_str().unwrap().to_owned();
    let cookie = csrf.cookie("autorisen_csrf");

    let step1 = client
        .post("/api/auth/register/step1")
        .header("x-csrf-token", &token)
        .cookie(&cookie)
        .json(&json!({
            "email": "grace@example.org", "first_name": "Grace", "last_name": "Example",
            "password": PASSWORD, "confirm_password": PASSWORD, "role": "Customer",
            "recaptcha_token": "dev-bypass-token",
        }))
        .send();
    assert_eq!(step1.status, 201, "{step1:?}");
    let temp_token = step1.json()["temp_token"].clone();

    let step2 = || {
        client
            .post("/api/auth/register/step2")
            .header("x-csrf-token", &token)
            .cookie(&cookie)
            .bearer(&temp_token)
            .json(&json!({"company_name": "  Example Ltd ", "profile": {"industry": "energy", "use_cases": ["a"]}}))
            .send()
    };
    let done = step2();
    assert_eq!(done.status, 200, "{done:?}");
    let user = &done.json()["user"];
    assert_eq!(user["role"], "Customer");
    assert_eq!(user["company_name"], "Example Ltd");
    assert_eq!(user["profile"], json!({"industry": "energy", "use_cases": ["a"]}));
    assert!(done.json()["expires_at"].is_string());
    assert_eq!(step2().problem(400), "invalid_registration_token", "the token is good once");

    let again = client.post("/api/auth/register/step1").json(&json!({
        "email": "GRACE@example.org", "first_name": "G", "last_name": "E", "password": PASSWORD,
        "confirm_password": PASSWORD, "role": "Customer",
    }));
    let again = again.send();
    assert_eq!(again.problem(409), "email_taken");
    assert_eq!(again.json()["detail"], "Email already registered.");
}

fn a_session_lives_in_cookies_alone(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    client.register("ada@example.org");
    let login = client.login("ada@example.org", PASSWORD);
    let session = login.cookie("autorisen_session");
    let refresh = login.cookie("refresh_token");
    let line = login.cookie_line("autorisen_session");
    assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax") && line.contains("Path=/"), "{line}");

    let me = client.get("/api/auth/me").cookie(&session).send();
    assert_eq!(me.status, 200, "{me:?}");
    let chat = client.post("/api/chatkit/token").cookie(&session).body("{}").send();
    assert_eq!(chat.status, 200, "{chat:?}");

    // The existing client labels its JSON as text, or sends none.
    for body in ["{}", ""] {
        let renewed = client
            .post("/api/auth/refresh")
            .header("content-type", "text/plain;charset=UTF-8")
            .cookie(&refresh)
            .body(body)
            .send();
        assert_eq!(renewed.status, 200, "{renewed:?}");
    }

    let cookies = format!("{session}; {refresh}");
    let logout =
        client.post("/api/auth/logout").header("content-type", "application/json").cookie(&cookies).send();
    assert_eq!(logout.status, 200, "{logout:?}");
    assert!(logout.cookie_line("autorisen_session").contains("Max-Age=0"));
    assert!(logout.cookie_line("refresh_token").contains("Max-Age=0"));
    assert_eq!(client.get("/api/auth/me").cookie(&session).send().problem(401), "token_revoked");
    let again = client.post("/api/auth/logout").cookie(&cookies).send();
    assert_eq!(again.status, 200, "signing out twice is no failure: {again:?}");
}

fn logout_ends_this_session_and_no_other(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    client.register("ada@example.org");
    let one = client.login("ada@example.org", PASSWORD).json();
    let two = client.login("ada@example.org", PASSWORD).json();
    assert_eq!(client.post("/api/auth/logout").bearer(&one["access_token"]).send().status, 200);
    assert_eq!(client.me(&one["access_token"]).status, 401);
    assert_eq!(client.me(&two["access_token"]).status, 200);
}

fn logout_of_all_devices_ends_every_session(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    client.register("ada@example.org");
    let one = client.login("ada@example.org", PASSWORD).json();
    let two = client.login("ada@example.org", PASSWORD).json();
    let logout =
        client.post("/api/auth/logout").bearer(&one["access_token"]).json(&json!({"all_devices": true}));
    assert_eq!(logout.send().status, 200);
    for session in [&one, &two] {
        assert_eq!(client.me(&session["access_token"]).status, 401);
        let renewed =
            client.post("/api/auth/refresh").json(&json!({"refresh_token": session["refresh_token"]}));
        assert_eq!(renewed.send().status, 401, "no other device refreshes and is back in");
    }
    assert_eq!(client.login("ada@example.org", PASSWORD).status, 200);
}

fn a_spent_refresh_token_is_forgiven_for_a_moment_and_then_ends_the_session(database: &TestDatabase) {
    let server = Setup::on(database).set("AUTH_REFRESH_GRACE_SEC", "0").start();
    let forgiving = Setup::on(database).start();
    let client = server.client();
    client.register("ada@example.org");
    let tokens = client.login("ada@example.org", PASSWORD).json();
    let renew = |client: &support::Client| {
        client.post("/api/auth/refresh").json(&json!({"refresh_token": tokens["refresh_token"]})).send()
    };
    let first = renew(&forgiving.client());
    let second = renew(&forgiving.client());
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(first.json()["refresh_token"], second.json()["refresh_token"]);

    assert_eq!(renew(&client).status, 401);
    assert_eq!(client.me(&first.json()["access_token"]).status, 401, "the family is dead");
    server.wait_for_output("auth.refresh.reuse");
}

fn sessions_outlive_a_restart(database: &TestDatabase) {
    let server = Setup::on(database).start();
    server.client().register("ada@example.org");
    let tokens = server.client().login("ada@example.org", PASSWORD).json();
    server.terminate();
    assert_eq!(server.wait().0.code(), Some(0));

    let server = Setup::on(database).start();
    assert_eq!(server.client().me(&tokens["access_token"]).status, 200);
}

fn an_account_disabled_by_the_operator_is_out_at_once(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    client.register("ada@example.org");
    let tokens = client.login("ada@example.org", PASSWORD).json();
    let disabled = Setup::on(database).args(&["user", "disable", "ada@example.org"]).output();
    assert!(disabled.status.success(), "{disabled:?}");

    assert_eq!(client.me(&tokens["access_token"]).status, 401);
    let login = client.login("ada@example.org", PASSWORD);
    assert_eq!(login.problem(401), "invalid_credentials");
    assert_eq!(login.json()["detail"], "Invalid credentials");
    let wrong = client.login("nobody@example.org", PASSWORD);
    assert_eq!(wrong.json()["detail"], login.json()["detail"]);
}
