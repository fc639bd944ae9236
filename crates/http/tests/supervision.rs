//! The routes of administrators, over fakes.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::time::Duration;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use autorisen_domain::auth::{AccountChange, SignedIn};
use autorisen_domain::chat::ThreadId;
use autorisen_domain::events::{Action, Event};
use autorisen_testkit::fixtures::{context, email, text_of};
use serde_json::{Value, json};

use support::{Answer, Surface};

const ROOT: &str = "root@example.org";
const ADA: &str = "ada@example.org";

/// Every route below `/api/admin` of the table, with something in place of each parameter.
fn routes() -> Vec<(Method, String)> {
    let document = autorisen_http::document();
    let paths = document["paths"].as_object().unwrap().iter();
    let routes: Vec<(Method, String)> = paths
        .filter(|(path, _)| path.starts_with("/api/admin/"))
        .flat_map(|(path, methods)| {
            let id = "0198c5a1-6c34-7000-8000-000000000001";
            let path = path.replace("{id}", id).replace("{session}", id);
            let methods = methods.as_object().unwrap().keys();
            methods.map(move |method| (method.to_uppercase().parse().unwrap(), path.clone()))
        })
        .collect();
    assert!(routes.len() >= 8, "{routes:?}");
    routes
}

fn request(method: &Method, path: &str, signed_in: &SignedIn) -> TestRequest {
    let bearer = format!("Bearer {}", text_of(&signed_in.access));
    TestRequest::default().method(method.clone()).uri(path).insert_header(("authorization", bearer))
}

async fn call(surface: &Surface, method: Method, path: &str, signed_in: &SignedIn) -> Answer {
    surface.send(request(&method, path, signed_in)).await
}

async fn search(surface: &Surface, body: &Value, signed_in: &SignedIn) -> Answer {
    surface.send(request(&Method::POST, "/api/admin/users/search", signed_in).set_json(body)).await
}

#[actix_web::test]
async fn no_route_lets_in_anybody_else() {
    let surface = Surface::new().await;
    let ada = surface.world.register(ADA).await;
    let rows = surface.world.store.audit_rows().len();
    for (method, path) in routes() {
        let nobody = surface.send(TestRequest::default().method(method.clone()).uri(&path)).await;
        assert_eq!(nobody.problem(401), "not_authenticated", "{method} {path}");
        let other = call(&surface, method.clone(), &path, &ada).await;
        assert_eq!(other.problem(403), "not_administrator", "{method} {path}");
        let cookie = format!("__Host-autorisen_session={}", text_of(&ada.cookie));
        let by_cookie = TestRequest::default().method(method.clone()).uri(&path);
        let by_cookie = surface.send(by_cookie.insert_header(("cookie", cookie))).await;
        assert_eq!(by_cookie.problem(403), "not_administrator", "{method} {path}");
    }
    assert_eq!(surface.world.store.audit_rows().len(), rows, "nothing was looked at");
}

#[actix_web::test]
async fn who_was_an_administrator_is_let_in_no_longer() {
    let surface = Surface::new().await;
    let root = surface.world.administrator(ROOT).await;
    assert_eq!(call(&surface, Method::GET, "/api/admin/audit", &root).await.status, 200);
    let change = AccountChange::SetAdministrator(false);
    surface.world.administration.change(&context(), &email(ROOT), change).await.unwrap();
    let again = surface.world.login(ROOT).await.unwrap();
    for (method, path) in routes() {
        assert_eq!(call(&surface, method.clone(), &path, &root).await.problem(401), "token_revoked");
        assert_eq!(call(&surface, method, &path, &again).await.problem(403), "not_administrator");
    }
}

#[actix_web::test]
async fn whether_somebody_may_cannot_be_known_while_the_store_is_down() {
    let surface = Surface::new().await;
    let root = surface.world.administrator(ROOT).await;
    surface.world.store.go_down();
    for (method, path) in routes() {
        assert_eq!(call(&surface, method, &path, &root).await.problem(503), "unavailable", "{path}");
    }
}

#[actix_web::test]
async fn half_a_csrf_pair_and_a_foreign_page_do_nothing() {
    let surface = Surface::new().await;
    let root = surface.world.administrator(ROOT).await;
    for (method, path) in routes().into_iter().filter(|(method, _)| *method != Method::GET) {
        let half = request(&method, &path, &root).insert_header(("x-csrf-token", "x"));
        assert_eq!(surface.send(half).await.problem(403), "csrf", "{path}");
        let foreign = request(&method, &path, &root).insert_header(("origin", "https://evil.example"));
        assert_eq!(surface.send(foreign).await.problem(403), "cross_origin", "{path}");
    }
}

#[actix_web::test]
async fn accounts_are_found_by_the_beginning_of_their_address() {
    let surface = Surface::new().await;
    let root = surface.world.administrator(ROOT).await;
    for n in 0..52 {
        surface.world.register(&format!("user-{n:02}@example.org")).await;
    }
    let emails = |answer: &Answer| {
        let users = answer.json()["users"].as_array().unwrap().clone();
        users.iter().map(|user| user["email"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = search(&surface, &json!({"prefix": "USER-"}), &root).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.header("cache-control"), Some("no-store"));
    assert_eq!((emails(&first).len(), first.json()["next"].clone()), (50, json!("user-49@example.org")));
    let second = search(&surface, &json!({"prefix": "user-", "after": first.json()["next"]}), &root).await;
    assert_eq!(emails(&second), ["user-50@example.org", "user-51@example.org"]);
    assert_eq!(second.json()["next"], Value::Null);
    assert_eq!(emails(&search(&surface, &json!({"prefix": "root"}), &root).await), [ROOT]);
    let all = surface.send(request(&Method::POST, "/api/admin/users/search", &root)).await;
    assert_eq!(emails(&all).len(), 50, "an empty body looks for all");

    let user = &first.json()["users"][0];
    let members = [
        "company_name",
        "created_at",
        "email",
        "email_verified",
        "first_name",
        "id",
        "is_active",
        "is_administrator",
        "last_login_at",
        "last_name",
        "role",
    ];
    assert_eq!(support::names(user), members, "a member more is a decision");
    assert_eq!((&user["role"], &user["is_administrator"]), (&json!("Developer"), &json!(false)));
    for body in [json!({"prefix": "a b"}), json!({"prefix": 7}), json!({"after": "ada"})] {
        assert_eq!(search(&surface, &body, &root).await.problem(422), "invalid_fields", "{body}");
    }
}

#[actix_web::test]
async fn an_account_and_its_sessions_are_shown_and_ended() {
    let surface = Surface::new().await;
    let root = surface.world.administrator(ROOT).await;
    let (ada, other) = (surface.world.register(ADA).await, surface.world.login(ADA).await.unwrap());
    let one = format!("/api/admin/users/{}", ada.user.id);
    let shown = call(&surface, Method::GET, &one, &root).await.json();
    assert_eq!((&shown["email"], &shown["is_active"]), (&json!(ADA), &json!(true)));

    let all = format!("{one}/sessions");
    let sessions = call(&surface, Method::GET, &all, &root).await.json()["sessions"].clone();
    assert_eq!(sessions.as_array().unwrap().len(), 2);
    assert_eq!(sessions[0]["current"], json!(false));
    let text = sessions.to_string();
    for issued in [&ada.refresh, &ada.cookie, &other.refresh, &other.cookie] {
        assert!(!text.contains(text_of(issued)));
    }
    let own = format!("/api/admin/users/{}/sessions", root.user.id);
    assert_eq!(
        call(&surface, Method::GET, &own, &root).await.json()["sessions"][0]["current"],
        json!(true),
        "the one that asks is known"
    );

    let answer = call(&surface, Method::DELETE, &format!("{all}/{}", ada.session), &root).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert!(!surface.world.is_live(&ada).await && surface.world.is_live(&other).await);
    let again = call(&surface, Method::DELETE, &format!("{all}/{}", ada.session), &root).await;
    assert_eq!(again.problem(404), "session_not_found");
    assert_eq!(call(&surface, Method::DELETE, &all, &root).await.status, 204);
    assert!(!surface.world.is_live(&other).await);
}

#[actix_web::test]
async fn an_account_is_shut_out_and_let_in_but_not_ones_own() {
    let surface = Surface::new().await;
    let root = surface.world.administrator(ROOT).await;
    let ada = surface.world.register(ADA).await;
    let path = |user: &SignedIn, what: &str| format!("/api/admin/users/{}/{what}", user.user.id);
    let disabled = call(&surface, Method::POST, &path(&ada, "disable"), &root).await;
    assert_eq!((disabled.status, &disabled.json()["is_active"]), (200, &json!(false)));
    assert!(surface.world.login(ADA).await.is_err());
    let enabled = call(&surface, Method::POST, &path(&ada, "enable"), &root).await;
    assert_eq!((enabled.status, &enabled.json()["is_active"]), (200, &json!(true)));
    assert!(surface.world.login(ADA).await.is_ok());

    let own = call(&surface, Method::POST, &path(&root, "disable"), &root).await;
    assert_eq!(own.problem(409), "own_account");
    assert!(surface.world.is_live(&root).await);
}

#[actix_web::test]
async fn what_is_not_there_is_not_found_whatever_it_is() {
    let surface = Surface::new().await;
    let root = surface.world.administrator(ROOT).await;
    for id in ["0198c5a1-6c34-7000-8000-000000000001", "x", "%00", "..%2f", "'%20OR%201=1"] {
        for (method, rest) in [
            (Method::GET, ""),
            (Method::POST, "/disable"),
            (Method::POST, "/enable"),
            (Method::GET, "/sessions"),
            (Method::DELETE, "/sessions"),
        ] {
            let answer = call(&surface, method, &format!("/api/admin/users/{id}{rest}"), &root).await;
            assert_eq!(answer.problem(404), "account_not_found", "{id}{rest}");
        }
        let one = format!("/api/admin/users/{id}/sessions/{id}");
        assert_eq!(
            call(&surface, Method::DELETE, &one, &root).await.problem(404),
            "session_not_found",
            "{id}"
        );
    }
}

#[actix_web::test]
async fn the_audit_is_shown_with_who_did_it() {
    let surface = Surface::new().await;
    let root = surface.world.administrator(ROOT).await;
    let ada = surface.world.register(ADA).await;
    let disable = format!("/api/admin/users/{}/disable", ada.user.id);
    call(&surface, Method::POST, &disable, &root).await;
    let path = format!("/api/admin/audit?account={}", ada.user.id);
    let audit = call(&surface, Method::GET, &path, &root).await.json();
    let rows = audit["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &audit["next"]), (2, &Value::Null));
    let row = &rows[0];
    let members = ["account_id", "action", "actor_id", "at", "client_ip", "request_id", "seq", "session_id"];
    assert_eq!(support::names(row), members);
    assert_eq!(row["action"], "account.disabled");
    assert_eq!(row["account_id"], json!(ada.user.id.to_string()));
    assert_eq!(row["actor_id"], json!(root.user.id.to_string()));
    assert_eq!(rows[1]["actor_id"], Value::Null, "{}", rows[1]["action"]);

    let all = call(&surface, Method::GET, "/api/admin/audit?before=3&account=&more=1", &root).await.json();
    let seqs: Vec<_> = all["rows"].as_array().unwrap().iter().map(|row| row["seq"].clone()).collect();
    assert_eq!(seqs, [json!(2), json!(1)]);
    for query in ["account=x", "before=0", "before=-1", "before=x", "before=9223372036854775808"] {
        let answer = call(&surface, Method::GET, &format!("/api/admin/audit?{query}"), &root).await;
        assert_eq!(answer.problem(422), "invalid_fields", "{query}");
    }
}

#[actix_web::test]
async fn the_report_tells_each_day_and_leaves_no_row() {
    let surface = Surface::new().await;
    let root = surface.world.administrator(ROOT).await;
    let (user, session) = (root.user.id, root.session);
    let (thread, placement) = (ThreadId::from_bytes([3; 16]), "support".to_owned());
    for event in [
        Event::ChatTokenIssued { user, session, thread, placement },
        Event::RateLimited { action: Action::ChatToken, retry_after: Duration::from_secs(7) },
    ] {
        surface.world.analytics.count(&event);
    }
    surface.world.analytics.write().await;
    let rows = surface.world.store.audit_rows().len();

    let report = call(&surface, Method::GET, "/api/admin/report?days=2", &root).await;
    let report = (report.status, report.json());
    assert_eq!((report.0, report.1["days"].as_array().unwrap().len()), (200, 2));
    let report = report.1;
    let chats = &report["chats"][0];
    assert_eq!((&chats["placement"], &chats["total"]["token_issued"]), (&json!("support"), &json!(1)));
    let daily: Vec<_> = (0..2).map(|day| &chats["daily"][day]["token_issued"]).collect();
    assert_eq!(daily, [&json!(0), &json!(1)], "the newest comes last");
    assert_eq!(report["limits"], json!([{"action": "chat_token", "total": 1, "daily": [0, 1]}]));
    assert_eq!((&report["tracked"], &report["tracked_is_cut"]), (&json!([]), &json!(false)));
    let month = call(&surface, Method::GET, "/api/admin/report", &root).await.json();
    assert_eq!(month["days"].as_array().unwrap().len(), 30);
    assert_eq!(surface.world.store.audit_rows().len(), rows, "it tells of nobody");

    for days in ["0", "-1", "x", "732", "99999999999999999999"] {
        let refused = call(&surface, Method::GET, &format!("/api/admin/report?days={days}"), &root).await;
        assert_eq!(refused.problem(422), "invalid_fields", "{days}");
    }
}
