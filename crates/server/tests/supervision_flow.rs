//! What administrators see and do, on the real server.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

mod support;

use serde_json::{Value, json};
use support::{Answer, Client, PASSWORD, Setup, TestDatabase};

on_both_databases! {
    an_administrator_sees_and_changes_accounts_and_the_audit_tells_it,
    who_is_no_administrator_any_more_loses_access_at_once,
    no_client_makes_itself_an_administrator,
}

const ROOT: &str = "root@example.org";
const ADA: &str = "ada@example.org";

fn command(database: &TestDatabase, args: &[&str]) -> String {
    let output = Setup::on(database).args(args).output();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// An access token of an administrator.
fn administrator(database: &TestDatabase, client: &Client) -> Value {
    client.register(ROOT);
    let said = command(database, &["user", "set-administrator", ROOT]);
    assert!(said.trim_end().ends_with("active  administrator"), "{said}");
    client.login(ROOT, PASSWORD).json()["access_token"].clone()
}

/// The actions of the audit after row `after`, each with its account and its actor.
fn audit(database: &TestDatabase, after: usize) -> Vec<(String, Value, Value)> {
    let rows = command(database, &["audit", "export", "--after", &after.to_string()]);
    let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| {
        (row["action"].as_str().unwrap().to_owned(), row["account_id"].clone(), row["actor_id"].clone())
    })
    .collect()
}

fn an_administrator_sees_and_changes_accounts_and_the_audit_tells_it(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let root = administrator(database, &client);
    let me = client.me(&root).json()["id"].clone();
    let tokens = client.register(ADA);
    let ada = client.me(&tokens["access_token"]).json()["id"].clone();
    let one = format!("/api/admin/users/{}", ada.as_str().unwrap());
    let ask = |method: &str, path: &str| client.request(method, path).bearer(&root);
    let before = audit(database, 0).len();

    let found = ask("POST", "/api/admin/users/search").json(&json!({"prefix": "ad"})).send().json();
    assert_eq!((&found["users"][0]["email"], &found["users"][0]["id"]), (&json!(ADA), &ada));
    assert_eq!(found["users"].as_array().unwrap().len(), 1);
    assert_eq!(ask("GET", &one).send().json()["last_login_at"], found["users"][0]["last_login_at"]);
    let sessions = ask("GET", &format!("{one}/sessions")).send().json();
    let session = sessions["sessions"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(ask("DELETE", &format!("{one}/sessions/{session}")).send().status, 204);
    assert_eq!(client.me(&tokens["access_token"]).problem(401), "token_revoked");
    let again = client.login(ADA, PASSWORD).json();
    assert_eq!(ask("DELETE", &format!("{one}/sessions")).send().status, 204);
    assert_eq!(client.me(&again["access_token"]).problem(401), "token_revoked");
    assert_eq!(ask("POST", &format!("{one}/disable")).send().json()["is_active"], json!(false));
    assert_eq!(client.login(ADA, PASSWORD).status, 401);
    assert_eq!(ask("POST", &format!("{one}/enable")).send().json()["is_active"], json!(true));
    assert_eq!(client.login(ADA, PASSWORD).status, 200);
    let path = format!("/api/admin/audit?account={}", ada.as_str().unwrap());
    let shown = ask("GET", &path).send().json();
    assert_eq!(shown["rows"][0]["action"], "login.succeeded");

    let by_root: Vec<(String, Value)> = audit(database, before)
        .into_iter()
        .filter(|(_, _, actor)| *actor == me)
        .map(|(action, account, _)| (action, account))
        .collect();
    let expected = [
        ("administrator.looked.accounts", Value::Null),
        ("administrator.looked.account", ada.clone()),
        ("administrator.looked.sessions", ada.clone()),
        ("session.ended.administrator", ada.clone()),
        ("account.sessions_ended", ada.clone()),
        ("account.disabled", ada.clone()),
        ("account.enabled", ada.clone()),
        ("administrator.looked.audit", ada),
    ];
    assert_eq!(by_root, expected.map(|(action, account)| (action.to_owned(), account)));
    assert!(command(database, &["audit", "verify"]).starts_with("whole"));
}

fn who_is_no_administrator_any_more_loses_access_at_once(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let root = administrator(database, &client);
    let ask = |token: &Value| -> Answer { client.get("/api/admin/audit").bearer(token).send() };
    assert_eq!(ask(&root).status, 200);
    let said = command(database, &["user", "set-administrator", ROOT, "--remove"]);
    assert!(said.trim_end().ends_with("active"), "{said}");
    assert_eq!(ask(&root).problem(401), "token_revoked");
    let again = client.login(ROOT, PASSWORD).json()["access_token"].clone();
    assert_eq!(client.me(&again).status, 200, "it is an account still");

    for (path, methods) in autorisen_http::document()["paths"].as_object().unwrap() {
        if !path.starts_with("/api/admin/") {
            continue;
        }
        let path = path.replace("{id}", "0198c5a1-6c34-7000-8000-000000000001").replace("{session}", "x");
        for method in methods.as_object().unwrap().keys() {
            let method = method.to_uppercase();
            let refused = client.request(&method, &path).bearer(&again).send();
            assert_eq!(refused.problem(403), "not_administrator", "{method} {path}");
            assert_eq!(client.request(&method, &path).send().problem(401), "not_authenticated");
        }
    }
    let actions: Vec<String> = audit(database, 0).into_iter().map(|(action, ..)| action).collect();
    for word in ["account.administrator_granted", "account.administrator_revoked"] {
        assert!(actions.iter().any(|action| action == word), "{actions:?}");
    }
}

fn no_client_makes_itself_an_administrator(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let mut wish = support::registration(ADA);
    wish["is_administrator"] = json!(true);
    wish["profile"] = json!({"is_administrator": true});
    let tokens = client.post("/api/auth/register").json(&wish).send().json();
    let token = &tokens["access_token"];
    assert_eq!(client.get("/api/admin/audit").bearer(token).send().problem(403), "not_administrator");
    wish["email"] = json!("eve@example.org");
    wish["role"] = json!("Administrator");
    assert_eq!(client.post("/api/auth/register").json(&wish).send().status, 422);
    assert_eq!(database.number("SELECT count(*) AS number FROM users WHERE is_administrator = (1 = 1)"), 0);
}
