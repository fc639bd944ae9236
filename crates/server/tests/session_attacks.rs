//! What an attacker tries on sessions, and how users look after theirs, on the real server and each
//! database.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use serde_json::{Value, json};

use support::{Answer, Client, PASSWORD, Setup, TestDatabase};

const ADA: &str = "ada@example.org";
const MALLORY: &str = "mallory@example.org";

on_both_databases! {
    a_session_lives_in_cookie_mode_from_login_to_logout,
    a_user_sees_their_sessions_and_ends_them,
    the_others_end_and_who_asks_stays,
    nobody_reaches_a_session_of_somebody_else,
    a_cookie_that_was_planted_before_the_login_is_not_adopted,
    a_get_signs_nobody_out,
    the_session_before_a_new_login_is_dead,
}

fn a_session_lives_in_cookie_mode_from_login_to_logout(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    client.register(ADA);
    let login = browser_login(&client, ADA, "");
    let jar = jar(&login);
    for name in ["autorisen_session", "autorisen_refresh"] {
        assert!(login.cookie_line(name).contains("HttpOnly"), "{login:?}");
    }
    assert_eq!(client.get("/api/auth/me").cookie(&jar).send().status, 200);
    assert_eq!(client.post("/api/chatkit/token").cookie(&jar).body("{}").send().status, 200);

    let renewed = client.post("/api/auth/refresh").cookie(&jar).json(&json!({"session": "cookie"})).send();
    assert_eq!(renewed.status, 200, "{renewed:?}");
    for answer in [&login, &renewed] {
        assert_eq!(answer.json()["session"], "cookie");
        assert!(!answer.body.contains("token"), "{answer:?}");
    }
    let stolen = client.post("/api/auth/refresh").cookie(&jar).body("{}").send();
    assert_eq!(stolen.problem(401), "invalid_refresh_token", "a script gets no token out of the cookies");

    let logout = client.post("/api/auth/logout").cookie(&jar).send();
    assert_eq!(logout.status, 200);
    assert_eq!(logout.header("clear-site-data"), Some("\"storage\""));
    assert_eq!(client.get("/api/auth/me").cookie(&jar).send().problem(401), "token_revoked");
    let late = client.post("/api/auth/refresh").cookie(&jar).json(&json!({"session": "cookie"})).send();
    assert_eq!(late.problem(401), "invalid_refresh_token");
}

fn a_user_sees_their_sessions_and_ends_them(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    client.register(ADA);
    let phone = client.post("/api/auth/login").header("user-agent", "Phone/1.0");
    let phone = phone.json(&json!({"email": ADA, "password": PASSWORD})).send().json();
    let laptop = client.login(ADA, PASSWORD).json();

    let sessions = sessions(&client, &laptop["access_token"]);
    assert_eq!(sessions.len(), 3, "with the one of the registration: {sessions:?}");
    let current: Vec<bool> = sessions.iter().map(|session| session["current"].as_bool().unwrap()).collect();
    assert_eq!(current, [true, false, false], "the newest use comes first: {sessions:?}");
    assert_eq!(sessions[1]["device"], "Phone/1.0");
    assert_eq!(sessions[1]["address"], "127.0.0.1");

    let path = format!("/api/auth/sessions/{}", sessions[1]["id"].as_str().unwrap());
    let ended = client.request("DELETE", &path).bearer(&laptop["access_token"]).send();
    assert_eq!((ended.status, ended.body.as_str()), (204, ""));
    assert_eq!(client.me(&phone["access_token"]).problem(401), "token_revoked");
    let late = client.post("/api/auth/refresh").json(&json!({"refresh_token": phone["refresh_token"]}));
    assert_eq!(late.send().status, 401);
    assert_eq!(client.me(&laptop["access_token"]).status, 200);
    let again = client.request("DELETE", &path).bearer(&laptop["access_token"]).send();
    assert_eq!(again.problem(404), "session_not_found");
    server.wait_for_output("auth.end_session.success");
}

fn the_others_end_and_who_asks_stays(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    client.register(ADA);
    let (one, two) = (client.login(ADA, PASSWORD).json(), client.login(ADA, PASSWORD).json());
    let ended = client.request("DELETE", "/api/auth/sessions").bearer(&one["access_token"]).send();
    assert_eq!(ended.status, 204, "{ended:?}");
    assert_eq!(client.me(&two["access_token"]).problem(401), "token_revoked");
    assert_eq!(client.me(&one["access_token"]).status, 200);
    let renewed = client.post("/api/auth/refresh").json(&json!({"refresh_token": one["refresh_token"]}));
    let renewed = renewed.send();
    assert_eq!(renewed.status, 200, "{renewed:?}");
    assert_eq!(sessions(&client, &renewed.json()["access_token"]).len(), 1);
    assert_eq!(client.login(ADA, PASSWORD).status, 200);
}

fn nobody_reaches_a_session_of_somebody_else(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    client.register(ADA);
    client.register(MALLORY);
    let ada = client.login(ADA, PASSWORD).json();
    let mallory = client.login(MALLORY, PASSWORD).json();
    let of_ada = sessions(&client, &ada["access_token"]);
    let of_mallory = sessions(&client, &mallory["access_token"]);
    for session in &of_ada {
        let id = session["id"].as_str().unwrap();
        assert!(of_mallory.iter().all(|other| other["id"] != id));
        let theft = client.request("DELETE", &format!("/api/auth/sessions/{id}"));
        assert_eq!(theft.bearer(&mallory["access_token"]).send().problem(404), "session_not_found");
    }
    let all = client.request("DELETE", "/api/auth/sessions").bearer(&mallory["access_token"]).send();
    assert_eq!(all.status, 204);
    assert_eq!(sessions(&client, &ada["access_token"]).len(), of_ada.len(), "all are there");
    let query = format!("/api/auth/sessions?user_id={}", of_ada[0]["id"].as_str().unwrap());
    let listed = client.get(&query).bearer(&mallory["access_token"]).send().json();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 1, "no field names somebody else");
}

fn a_cookie_that_was_planted_before_the_login_is_not_adopted(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    client.register(ADA);
    client.register(MALLORY);
    let planted_live = jar(&browser_login(&client, MALLORY, ""));
    let ended = browser_login(&client, MALLORY, "").cookie("autorisen_session");
    client.post("/api/auth/logout").cookie(&ended).send();
    for planted in [planted_live.as_str(), &ended, "autorisen_session=planted", "autorisen_session="] {
        for mode in [json!("cookie"), Value::Null] {
            let login = client.post("/api/auth/login").cookie(planted);
            let login = login.json(&json!({"email": ADA, "password": PASSWORD, "session": mode})).send();
            let given = login.cookie("autorisen_session");
            assert!(!planted.contains(&given), "{planted} was adopted");
            let me = client.get("/api/auth/me").cookie(&given).send();
            assert_eq!(me.json()["email"], ADA);
            let thief = client.get("/api/auth/me").cookie(planted).send();
            assert!(thief.status == 401 || thief.json()["email"] == MALLORY, "{thief:?}");
        }
    }
}

fn a_get_signs_nobody_out(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    client.register(ADA);
    let jar = jar(&browser_login(&client, ADA, ""));
    for method in ["GET", "HEAD"] {
        for path in ["/api/auth/logout", "/api/auth/logout?all_devices=true", "/api/auth/logout/"] {
            let answer = client.request(method, path).cookie(&jar).send();
            assert!([404, 405].contains(&answer.status), "{method} {path}: {answer:?}");
            assert!(answer.header("set-cookie").is_none() && answer.header("clear-site-data").is_none());
        }
        let listed = client.request(method, "/api/auth/sessions").cookie(&jar).send();
        assert_eq!(listed.status, 200, "looking ends nothing");
    }
    let overridden =
        client.get("/api/auth/logout").header("x-http-method-override", "POST").cookie(&jar).send();
    assert_eq!(overridden.problem(405), "method_not_allowed");
    assert_eq!(client.get("/api/auth/me").cookie(&jar).send().status, 200);
}

fn the_session_before_a_new_login_is_dead(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    client.register(ADA);
    let first = jar(&browser_login(&client, ADA, ""));
    let second = jar(&browser_login(&client, ADA, &first));
    assert_eq!(client.get("/api/auth/me").cookie(&first).send().problem(401), "token_revoked");
    assert_eq!(client.get("/api/auth/me").cookie(&second).send().status, 200);
    server.wait_for_output("auth.session.replaced");
}

fn browser_login(client: &Client, email: &str, cookies: &str) -> Answer {
    let body = json!({"email": email, "password": PASSWORD, "session": "cookie"});
    let answer = client.post("/api/auth/login").cookie(cookies).json(&body).send();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

/// The cookies that a browser keeps of a login in cookie mode.
fn jar(login: &Answer) -> String {
    format!("{}; {}", login.cookie("autorisen_session"), login.cookie("autorisen_refresh"))
}

fn sessions(client: &Client, token: &Value) -> Vec<Value> {
    let answer = client.get("/api/auth/sessions").bearer(token).send();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["sessions"].as_array().unwrap().clone()
}
