//! What an attacker tries on accounts and browsers beside sessions: planted cookies, look-alike
//! addresses, members that nobody asked for, redirects, many at once.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::sync::Barrier;

use serde_json::{Value, json};

use support::{Answer, PASSWORD, Running, Setup, TestDatabase, registration};

const ADA: &str = "ada@example.org";

on_both_databases! {
    addresses_that_look_alike_are_refused_or_somebody_elses,
    members_that_nobody_asked_for_change_nothing,
    of_a_hundred_that_finish_one_registration_at_once_exactly_one_does,
    of_a_hundred_that_register_one_address_at_once_exactly_one_does,
}

fn https() -> (TestDatabase, Running) {
    let database = TestDatabase::sqlite();
    let setup = Setup::on(&database)
        .set("FRONTEND_ORIGIN", "https://app.example.org")
        .set("AUTORISEN__SERVER__PUBLIC_URL", "https://api.example.org");
    let server = setup.start();
    (database, server)
}

#[test]
fn a_cookie_that_a_neighbouring_domain_set_counts_for_nothing() {
    let (_database, server) = https();
    let client = server.client();
    client.register(ADA);
    client.register("mallory@example.org");
    let value = |email| client.login(email, PASSWORD).cookie("__Host-autorisen_session");
    let (ada, mallory) = (value(ADA), value("mallory@example.org"));
    let planted = mallory.split_once('=').unwrap().1;
    let me = |cookies: &str| client.get("/api/auth/me").cookie(cookies).send();
    assert_eq!(me(&ada).json()["email"], ADA);

    // A browser lets no other domain set the name itself; these it does.
    for name in [
        "__Host%2Dautorisen_session",
        "%5F%5FHost-autorisen_session",
        "__host-autorisen_session",
        "autorisen_session",
        "__Secure-autorisen_session",
        "",
        "__Host-autorisen_session ;x",
    ] {
        let tossed = format!("{name}={planted}");
        assert_eq!(me(&tossed).problem(401), "not_authenticated", "{name}");
        for cookies in [format!("{tossed}; {ada}"), format!("{ada}; {tossed}")] {
            assert_eq!(me(&cookies).json()["email"], ADA, "{name}: Ada stays Ada");
        }
    }
    for cookies in [format!("{mallory}; {ada}"), format!("{ada}; {mallory}")] {
        assert_eq!(me(&cookies).problem(401), "not_authenticated", "the first does not win by luck");
    }
    // The refresh token's name has no prefix where the body has tokens: two of them are none.
    let refresh = |email| client.login(email, PASSWORD).cookie("refresh_token");
    let both = format!("{}; {}", refresh("mallory@example.org"), refresh(ADA));
    let renewed = client.post("/api/auth/refresh").cookie(&both).body("{}").send();
    assert_eq!(renewed.problem(401), "invalid_refresh_token");
    let login = client.post("/api/auth/login").cookie(&format!("a=b; \u{ff}; =; {ada}"));
    assert_eq!(login.json(&json!({"email": ADA, "password": PASSWORD})).send().status, 200);
}

#[test]
fn every_cookie_has_all_its_flags() {
    for (is_https, (_database, server)) in [(true, https()), (false, plain())] {
        let client = server.client();
        client.register(ADA);
        let credentials = |mode: Value| json!({"email": ADA, "password": PASSWORD, "session": mode});
        let logins = [json!(null), json!("cookie")]
            .map(|mode| client.post("/api/auth/login").json(&credentials(mode)).send());
        let jar = logins[0].cookie("refresh_token");
        let renewal = client.post("/api/auth/refresh").cookie(&jar).body("{}").send();
        let logout = client.post("/api/auth/logout").cookie(&jar).send();
        let [login, in_cookies] = logins;
        let mut names = std::collections::BTreeSet::new();
        for answer in [login, in_cookies, renewal, logout, client.get("/api/auth/csrf").send()] {
            for line in answer.headers.get_all("set-cookie") {
                let line = line.to_str().unwrap();
                let name = line.split('=').next().unwrap().to_owned();
                let is_read_by_scripts = name == "autorisen_csrf";
                let is_of_auth_alone = name.contains("refresh");
                assert_eq!(line.contains("; HttpOnly"), !is_read_by_scripts, "{line}");
                assert_eq!(line.contains("; Secure"), is_https, "{line}");
                assert_eq!(line.contains("; SameSite=Strict"), is_read_by_scripts, "{line}");
                assert_eq!(line.contains("; SameSite=Lax"), !is_read_by_scripts, "{line}");
                assert!(
                    line.contains(if is_of_auth_alone { "; Path=/api/auth" } else { "; Path=/;" }),
                    "{line}"
                );
                assert!(!line.to_lowercase().contains("domain") && line.len() < 4_096, "{line}");
                names.insert(name);
            }
        }
        let expected: &[&str] = if is_https {
            &[
                "__Host-autorisen_device",
                "__Host-autorisen_session",
                "__Secure-autorisen_refresh",
                "autorisen_csrf",
                "refresh_token",
            ]
        } else {
            &["autorisen_csrf", "autorisen_device", "autorisen_refresh", "autorisen_session", "refresh_token"]
        };
        assert!(names.iter().eq(expected), "a cookie more is a decision: {names:?}");
    }
}

fn plain() -> (TestDatabase, Running) {
    let database = TestDatabase::sqlite();
    let server = Setup::on(&database).start();
    (database, server)
}

#[test]
fn no_origin_but_the_listed_one_may_read() {
    let (_database, server) = https();
    let cookie = {
        server.client().register(ADA);
        server.client().login(ADA, PASSWORD).cookie("__Host-autorisen_session")
    };
    let origins = [
        "https://evil.example",
        "null",
        "https://evilapp.example.org",
        "https://app.example.org.evil.example",
        "https://evil-example.com",
        "http://app.example.org",
        "https://app.example.org:8443",
        "https://sub.app.example.org",
        "https://example.org",
        "https://app.example.org.",
        "https://app.example.org/",
        "https://user@app.example.org",
        "*",
        "file://",
        "https://app_example.org",
        "https://app.example.org https://evil.example",
        "chrome-extension://abcdef",
    ];
    for origin in origins {
        let read = server.client().get("/api/auth/me").header("origin", origin).cookie(&cookie).send();
        assert_eq!(read.header("access-control-allow-origin"), None, "{origin}");
        let preflight = server
            .client()
            .request("OPTIONS", "/api/auth/me")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .send();
        assert_eq!(preflight.header("access-control-allow-origin"), None, "{origin}");
        let write = server.client().post("/api/auth/logout").header("origin", origin).cookie(&cookie).send();
        assert_eq!(write.problem(403), "cross_origin", "{origin}");
    }
    let ours =
        server.client().get("/api/auth/me").header("origin", "https://app.example.org").cookie(&cookie);
    let ours = ours.send();
    assert_eq!(ours.header("access-control-allow-origin"), Some("https://app.example.org"), "never a star");
    assert_eq!(ours.header("access-control-allow-credentials"), Some("true"));
    assert!(ours.header("vary").is_some_and(|vary| vary.to_lowercase().contains("origin")), "{ours:?}");
    let database = TestDatabase::sqlite();
    let star = Setup::on(&database).set("FRONTEND_ORIGIN", "*").args(&["config", "check"]).output();
    assert_eq!(star.status.code(), Some(3), "any origin, with credentials, is refused at the start");
}

#[test]
fn no_answer_sends_anybody_elsewhere() {
    let (_database, server) = https();
    let client = server.client();
    client.register(ADA);
    let cookie = client.login(ADA, PASSWORD).cookie("__Host-autorisen_session");
    let targets = [
        "//evil.example",
        "/\\evil.example",
        "/%5cevil.example",
        "/%2f%2fevil.example",
        "/@evil.example",
        "/https://evil.example",
        "/https:evil.example",
        "/javascript:alert(1)",
        "/.evil.example",
        "//user:password@evil.example/..",
    ];
    let queries = ["next", "redirect", "redirect_uri", "return_to", "url", "continue"];
    let named = queries.map(|name| format!("/api/auth/login?{name}=https://evil.example"));
    let paths = targets.iter().map(|&path| path.to_owned()).chain(named);
    let paths = paths.chain(["/", "/docs", "/api/auth/login", "/api/auth/logout"].map(str::to_owned));
    for path in paths {
        for method in ["GET", "HEAD", "POST"] {
            let answer = client.request(method, &path).cookie(&cookie).header("host", "evil.example").send();
            assert!(!(300..400).contains(&answer.status), "{method} {path}: {answer:?}");
            for name in ["location", "refresh", "content-location", "link"] {
                assert_eq!(answer.header(name), None, "{method} {path}");
            }
            assert!(!answer.body.contains("evil.example"), "{method} {path}: {answer:?}");
        }
    }
}

fn addresses_that_look_alike_are_refused_or_somebody_elses(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    client.register(ADA);
    let register = |email: &str| client.post("/api/auth/register").json(&registration(email)).send();
    for same in ["ADA@example.org", "Ada@EXAMPLE.ORG", " ada@example.org\t", "aDA@example.org"] {
        assert_eq!(register(same).problem(409), "email_taken", "{same:?} is Ada's");
        assert_eq!(client.login(same, PASSWORD).status, 200, "{same:?}");
    }
    for refused in [
        "ada\u{ff20}example.org",
        "ada\u{fe6b}example.org",
        "ada@evil.example\u{ff20}example.org",
        "ad\u{0430}@example.org",
        "ada@ex\u{0430}mple.org",
        "\u{ff41}da@example.org",
        "ada@example\u{ff0e}org",
        "ada@example\u{3002}org",
        "ad\u{131}a@example.org",
        "ada@exam\u{130}le.org",
        "ada@\u{212a}elvin.example",
        "ada@b\u{fc}cher.example",
        "ada\u{200b}@example.org",
        "ada@example.org\u{0}",
        "a\u{301}da@example.org",
        "\"ada\"@example.org",
        "\"ada b\"@example.org",
        "ada@example.org@evil.example",
        "<ada@example.org>",
        "ada@example.org,mallory@evil.example",
        "ada@[127.0.0.1]",
        "ada@localhost",
        "ada(x)@example.org",
        "ada@example..org",
        ".ada@example.org",
        "ada@-example.org",
        "mailto:ada@example.org\r\nbcc: x",
    ] {
        let answer = register(refused);
        assert_eq!(answer.problem(422), "invalid_fields", "{refused:?}");
        assert_eq!(answer.json()["errors"][0]["field"], "email", "{refused:?}");
        assert!([401, 422].contains(&client.login(refused, PASSWORD).status), "{refused:?}");
    }
    for other in ["ada+1@example.org", "a.da@example.org", "ada@xn--exmple-cua.org", "ada@example.com"] {
        let made = register(other);
        assert_eq!(made.status, 201, "{other}: {made:?}");
        assert_eq!(made.json()["user"]["email"], other, "taken as it is written");
    }
}

fn members_that_nobody_asked_for_change_nothing(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let grace = client.register("grace@example.org");
    let extra = json!({
        "id": grace["user"]["id"], "user_id": grace["user"]["id"], "email_verified": true, "is_active": false,
        "is_admin": true, "admin": true, "permissions": ["*"], "session_epoch": 99, "created_at": 0,
        "password_hash": "$2b$04$x", "sid": "x", "__proto__": {"role": "admin"}, "constructor": {},
    });
    let with_extra = |mut body: Value| {
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let made = client.post("/api/auth/register").json(&with_extra(registration(ADA))).send();
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    assert_ne!(made["user"]["id"], grace["user"]["id"]);
    assert_eq!(made["user"]["email_verified"], grace["user"]["email_verified"]);
    assert_eq!(made["user"]["is_active"], true);
    for role in ["admin", "Admin", "owner", "root", "Developer,Admin"] {
        let mut body = registration("mallory@example.org");
        body["role"] = json!(role);
        assert_eq!(
            client.post("/api/auth/register").json(&body).send().problem(422),
            "invalid_fields",
            "{role}"
        );
    }
    let login = with_extra(json!({"email": ADA, "password": PASSWORD, "role": "Customer"}));
    let login = client.post("/api/auth/login").json(&login).send().json();
    let renewal = with_extra(json!({"refresh_token": login["refresh_token"], "role": "Customer"}));
    let renewed = client.post("/api/auth/refresh").json(&renewal).send().json();
    let change = with_extra(json!({
        "current_password": PASSWORD, "new_password": "a wholly different phrase", "role": "Customer",
    }));
    let changed = client.post("/api/auth/password/change").bearer(&renewed["access_token"]).json(&change);
    let changed = changed.send().json();
    let me = client.me(&changed["access_token"]).json();
    assert_eq!(
        (&me["email"], &me["role"], &me["id"]),
        (&json!(ADA), &json!("Developer"), &made["user"]["id"])
    );
    assert_eq!(client.login("grace@example.org", PASSWORD).status, 200, "nobody else was touched");
}

fn of_a_hundred_that_finish_one_registration_at_once_exactly_one_does(database: &TestDatabase) {
    let servers = [Setup::on(database).start(), Setup::on(database).start()];
    let begun = servers[0].client().post("/api/auth/register/step1").json(&json!({
        "email": ADA, "first_name": "Ada", "last_name": "Example", "role": "Customer",
        "password": PASSWORD, "confirm_password": PASSWORD,
    }));
    let token = begun.send().json()["temp_token"].clone();
    let answers = a_hundred_times(|number| {
        let client = servers[number % 2].client();
        client.post("/api/auth/register/step2").bearer(&token).body("{}").send()
    });
    exactly_one(&answers, 200, 400);
    assert_eq!(servers[0].client().login(ADA, PASSWORD).status, 200);
}

fn of_a_hundred_that_register_one_address_at_once_exactly_one_does(database: &TestDatabase) {
    let servers = [Setup::on(database).start(), Setup::on(database).start()];
    let answers = a_hundred_times(|number| {
        servers[number % 2].client().post("/api/auth/register").json(&registration(ADA)).send()
    });
    exactly_one(&answers, 201, 409);
}

fn a_hundred_times(ask: impl Fn(usize) -> Answer + Sync) -> Vec<Answer> {
    let (start, ask) = (Barrier::new(100), &ask);
    std::thread::scope(|scope| {
        let start = &start;
        let calls: Vec<_> = (0..100)
            .map(|number| {
                scope.spawn(move || {
                    start.wait();
                    ask(number)
                })
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

/// One is answered so and the others so, but for those that the server had no time for.
#[track_caller]
fn exactly_one(answers: &[Answer], won: u16, lost: u16) {
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!(count(won), 1, "{answers:?}");
    assert_eq!(count(won) + count(lost) + count(503), answers.len(), "{answers:?}");
}
