//! Tries to get around the rate limits. `limit_ways.rs` lists them.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::json;
use support::{Answer, Client, PASSWORD, Running, Setup, TestDatabase, registration};

on_both_databases! {
    a_forged_forwarded_for_is_no_other_client,
    no_other_header_names_a_client,
    a_wrong_number_of_hops_believes_no_client,
    hosts_of_one_network_are_one_and_networks_meet_at_the_account,
    spellings_that_sign_in_as_one_account_count_as_one,
    an_account_is_named_by_its_address_alone,
    an_account_that_does_not_exist_is_limited_alike,
    spraying_and_stuffing_meet_the_limit_by_address,
    a_success_does_not_reset_its_address,
    a_restart_clears_nothing,
    requests_sent_at_once_on_one_connection_count_each,
    a_batch_is_no_login,
    other_spellings_of_a_path_are_charged_to_the_same_address,
    a_form_is_charged_like_json,
    a_change_of_the_password_counts_with_logins,
    without_its_store_the_limiter_admits_nobody,
    an_attack_shuts_out_strangers_and_not_the_owner,
}

const ADA: &str = "ada@example.org";

/// A server behind `hops` proxies that admits four requests a minute and address.
fn strict(database: &TestDatabase, hops: u8) -> Running {
    behind(database, hops).set("RATE_LIMIT_PER_MIN", "4").start()
}

fn behind(database: &TestDatabase, hops: u8) -> Setup {
    Setup::on(database).set("AUTORISEN__SERVER__TRUSTED_PROXY_HOPS", &hops.to_string())
}

fn login_with(client: &Client, email: &str, password: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = client.post("/api/auth/login");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.json(&json!({"email": email, "password": password})).send()
}

/// The statuses of one try with each of these headers, each for an account of its own.
fn statuses(server: &Running, headers: &[Vec<(&str, &str)>]) -> Vec<u16> {
    let client = server.client();
    let each = headers.iter().enumerate();
    each.map(|(n, headers)| login_with(&client, &format!("user{n}@example.org"), "x", headers).status)
        .collect()
}

#[track_caller]
fn count_as_one(server: &Running, headers: &[Vec<(&str, &str)>]) {
    let statuses = statuses(server, headers);
    assert_eq!(statuses[..4], [401; 4], "{headers:?}");
    assert!(statuses[4..].iter().all(|&status| status == 429), "{statuses:?}");
}

fn a_forged_forwarded_for_is_no_other_client(database: &TestDatabase) {
    const NAME: &str = "x-forwarded-for";
    let long = format!("{}203.0.113.1", "6.6.6.6, ".repeat(1_100));
    let real = [
        vec![(NAME, "203.0.113.1")],
        vec![(NAME, "6.6.6.1, 203.0.113.1")],
        vec![(NAME, "6.6.6.2"), (NAME, "203.0.113.1")],
        vec![(NAME, "203.0.113.1:4711")],
        vec![(NAME, "::ffff:203.0.113.1")],
        vec![(NAME, "[::ffff:203.0.113.1]:80")],
        vec![(NAME, "garbage, ,,203.0.113.1")],
        vec![(NAME, &long)],
    ];
    count_as_one(&strict(database, 1), &real);
}

fn no_other_header_names_a_client(database: &TestDatabase) {
    let mut headers = Vec::new();
    let names =
        ["forwarded", "x-real-ip", "cf-connecting-ip", "true-client-ip", "x-client-ip", "x-forwarded-for"];
    for name in names {
        headers.push(vec![(name, if name == "forwarded" { "for=203.0.113.8" } else { "203.0.113.9" })]);
    }
    count_as_one(&strict(database, 0), &headers);
}

fn a_wrong_number_of_hops_believes_no_client(database: &TestDatabase) {
    const NAME: &str = "x-forwarded-for";
    // More hops than there are: what a client can make up never counts for less than one address.
    let values = ["1.1.1.1", "2.2.2.2, 3.3.3.3", "", "x", "4.4.4.4, ", "5.5.5.5"];
    let headers: Vec<_> = values.iter().map(|&value| vec![(NAME, value)]).collect();
    count_as_one(&strict(database, 3), &headers);
}

fn hosts_of_one_network_are_one_and_networks_meet_at_the_account(database: &TestDatabase) {
    let server = strict(database, 1);
    let hosts: Vec<String> = (1..7).map(|n| format!("2001:db8:1:2:{n}::{n}")).collect();
    let headers: Vec<_> = hosts.iter().map(|host| vec![("x-forwarded-for", host.as_str())]).collect();
    count_as_one(&server, &headers);

    let statuses: Vec<u16> = (0..30)
        .map(|n| {
            let from = format!("2001:db8:2:{n:x}::1");
            login_with(&server.client(), ADA, "wrong", &[("x-forwarded-for", &from)]).status
        })
        .collect();
    assert_eq!(statuses[..20], [401; 20]);
    assert_eq!(statuses[20..], [429; 10], "a /48 of networks has no more than the account has");
}

fn spellings_that_sign_in_as_one_account_count_as_one(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    client.register(ADA);
    for spelling in ["ADA@example.org", " ada@example.org", "Ada@EXAMPLE.ORG ", "ada@example.org\n", ADA] {
        assert_eq!(client.login(spelling, "wrong").status, 401, "{spelling:?}");
    }
    assert_eq!(client.login("aDa@example.org", PASSWORD).problem(429), "rate_limited");
    for other in ["a.da@example.org", "ada+1@example.org", "\u{430}da@example.org", "ada@example\u{ff0e}org"]
    {
        let status = client.login(other, PASSWORD).status;
        assert!([401, 422].contains(&status), "{other:?} is no name of this account: {status}");
    }
}

fn an_account_is_named_by_its_address_alone(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    let id = client.register(ADA)["user"]["id"].as_str().unwrap().to_owned();
    for name in [id.as_str(), "ada", "Ada Example"] {
        assert_eq!(client.login(name, PASSWORD).problem(422), "invalid_fields");
        let by_other = json!({"username": name, "user_id": name, "password": PASSWORD});
        assert_eq!(client.post("/api/auth/login").json(&by_other).send().problem(422), "invalid_fields");
    }
}

fn an_account_that_does_not_exist_is_limited_alike(database: &TestDatabase) {
    let server = Setup::on(database).set("AUTH_LOGIN_MAX_ATTEMPTS", "2").start();
    let client = server.client();
    client.register(ADA);
    for email in [ADA, "nobody@example.org"] {
        let statuses: Vec<u16> = (0..4).map(|_| client.login(email, "wrong").status).collect();
        assert_eq!(statuses, [401, 401, 429, 429], "{email}");
    }
}

fn spraying_and_stuffing_meet_the_limit_by_address(database: &TestDatabase) {
    let setup =
        behind(database, 1).set("RATE_LIMIT_PER_MIN", "60").set("AUTORISEN__AUTH__LOGIN_PER_MIN", "8");
    let server = setup.start();
    let client = server.client();
    let admitted = |from: &str, password: &dyn Fn(usize) -> String| {
        let tries = (0..20).map(|n| {
            let email = format!("user{n}@example.org");
            login_with(&client, &email, &password(n), &[("x-forwarded-for", from)]).status
        });
        tries.filter(|&status| status == 401).count()
    };
    assert_eq!(admitted("203.0.113.1", &|_| "Password1!".to_owned()), 8, "one password, many accounts");
    assert_eq!(admitted("203.0.113.2", &|n| format!("password {n}")), 8, "pairs, one try each");
    // From many addresses each account still has its own limit.
    let many = (0..30).map(|n| {
        let from = format!("203.0.113.{}", 10 + n);
        login_with(&client, "sprayed@example.org", "Password1!", &[("x-forwarded-for", &from)]).status
    });
    assert_eq!(many.filter(|&status| status == 401).count(), 20);
}

fn a_success_does_not_reset_its_address(database: &TestDatabase) {
    let server = strict(database, 1);
    let client = server.client();
    let register = client.post("/api/auth/register").header("x-forwarded-for", "203.0.113.9");
    assert_eq!(register.json(&registration(ADA)).send().status, 201);
    let statuses: Vec<u16> = (0..6)
        .map(|_| login_with(&client, ADA, PASSWORD, &[("x-forwarded-for", "203.0.113.1")]).status)
        .collect();
    assert_eq!(statuses, [200, 200, 200, 200, 429, 429]);
}

fn a_restart_clears_nothing(database: &TestDatabase) {
    let setup = Setup::on(database).set("AUTH_LOGIN_MAX_ATTEMPTS", "2");
    let server = setup.start();
    server.client().register(ADA);
    let statuses: Vec<u16> = (0..3).map(|_| server.client().login(ADA, "wrong").status).collect();
    assert_eq!(statuses, [401, 401, 429]);
    drop(server);
    assert_eq!(setup.start().client().login(ADA, PASSWORD).problem(429), "rate_limited");
}

fn requests_sent_at_once_on_one_connection_count_each(database: &TestDatabase) {
    let server = Setup::on(database).set("AUTH_LOGIN_MAX_ATTEMPTS", "3").start();
    let body = json!({"email": "nobody@example.org", "password": "wrong"}).to_string();
    let one = |connection: &str| {
        let length = body.len();
        let head = format!("host: x\r\nconnection: {connection}\r\ncontent-length: {length}\r\n");
        format!("POST /api/auth/login HTTP/1.1\r\n{head}\r\n{body}")
    };
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all((one("keep-alive").repeat(9) + &one("close")).as_bytes()).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    let count = |status: &str| answers.matches(&format!("HTTP/1.1 {status} ")).count();
    assert_eq!(count("401"), 3, "{answers}");
    assert_eq!(count("429"), 7, "{answers}");

    let mut http2 = TcpStream::connect(server.address()).unwrap();
    http2.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = http2.read_to_end(&mut answer);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "HTTP/2 is not spoken: {answer:?}");
}

fn a_batch_is_no_login(database: &TestDatabase) {
    let server = strict(database, 0);
    let client = server.client();
    let one = json!({"email": ADA, "password": "wrong"});
    let batch = client.post("/api/auth/login").json(&json!([one, one, one])).send();
    assert_eq!(batch.problem(422), "not_an_object");
    let nested = json!({"email": [ADA, ADA], "password": ["a", "b"]});
    assert_eq!(client.post("/api/auth/login").json(&nested).send().problem(422), "invalid_fields");
    for path in ["/graphql", "/api/batch", "/api/graphql"] {
        assert_eq!(client.post(path).json(&json!([one])).send().problem(404), "not_found");
    }
}

fn other_spellings_of_a_path_are_charged_to_the_same_address(database: &TestDatabase) {
    let spellings = [
        ("HEAD", "/api/auth/login"),
        ("GET", "/api/auth/login"),
        ("OPTIONS", "/api/auth/login"),
        ("POST", "/api/auth/login/"),
        ("POST", "/api/auth//login"),
        ("POST", "/api/auth/LOGIN"),
        ("POST", "/api/auth/%6cogin"),
        ("POST", "/%61pi/auth/login"),
        ("POST", "/api/auth/x/../login"),
        ("POST", "/api/auth%2flogin"),
        ("POST", "//api/auth/login"),
        ("POST", "/API/auth/login"),
    ];
    let server = Setup::on(database).set("RATE_LIMIT_PER_MIN", "3").start();
    let client = server.client();
    let login = json!({"email": "nobody@example.org", "password": "wrong"});
    for _ in 0..3 {
        assert_eq!(client.post("/api/auth/login").json(&login).send().status, 401);
    }
    for (method, path) in spellings {
        let status = client.request(method, path).json(&login).send().status;
        assert!([404, 429].contains(&status), "{method} {path} is a way around: {status}");
    }
    for path in ["/api/auth/refresh", "/api/auth/logout", "/api/auth/register", "/api/auth/nothing"] {
        assert_eq!(client.post(path).json(&login).send().problem(429), "rate_limited", "{path}");
    }
}

fn a_form_is_charged_like_json(database: &TestDatabase) {
    let server = strict(database, 0);
    let client = server.client();
    let form = |kind: &str| {
        let body = "email=nobody%40example.org&password=wrong";
        client.post("/api/auth/login").header("content-type", kind).body(body).send().status
    };
    let kinds = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "x"];
    assert_eq!(kinds.map(form), [400; 4]);
    assert_eq!(client.login("nobody@example.org", "wrong").problem(429), "rate_limited");
}

fn a_change_of_the_password_counts_with_logins(database: &TestDatabase) {
    let server = Setup::on(database).set("AUTH_LOGIN_MAX_ATTEMPTS", "3").start();
    let client = server.client();
    let token = client.register(ADA)["access_token"].clone();
    let change = || {
        let body = json!({"current_password": "wrong", "new_password": "another horse, another battery"});
        client.post("/api/auth/password/change").bearer(&token).json(&body).send()
    };
    assert_eq!(client.login(ADA, "wrong").status, 401);
    assert_eq!(change().problem(403), "wrong_password");
    assert_eq!(client.login(ADA, "wrong").status, 401);
    assert_eq!(change().problem(429), "rate_limited");
    assert_eq!(client.login(ADA, PASSWORD).problem(429), "rate_limited");
}

fn without_its_store_the_limiter_admits_nobody(database: &TestDatabase) {
    let server = Setup::on(database).start();
    let client = server.client();
    client.register(ADA);
    database.execute("ALTER TABLE rate_limits RENAME TO rate_limits_gone");
    let refused = client.login(ADA, PASSWORD);
    assert_eq!(refused.problem(503), "unavailable");
    assert!(refused.header("retry-after").is_some());
    database.execute("ALTER TABLE rate_limits_gone RENAME TO rate_limits");
    assert_eq!(client.login(ADA, PASSWORD).status, 200);
}

fn an_attack_shuts_out_strangers_and_not_the_owner(database: &TestDatabase) {
    let servers = [behind(database, 1).start(), behind(database, 1).start()];
    let client = servers[0].client();
    client.register(ADA);
    let first = login_with(&client, ADA, PASSWORD, &[("x-forwarded-for", "192.0.2.1")]);
    let line = first.cookie_line("autorisen_device");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=15552000"] {
        assert!(line.contains(part), "{line}");
    }
    let device = first.cookie("autorisen_device");
    for n in 0..30 {
        let from = format!("203.0.113.{n}");
        login_with(&servers[n % 2].client(), ADA, "wrong", &[("x-forwarded-for", &from)]);
    }
    for server in &servers {
        let client = server.client();
        let from = ("x-forwarded-for", "198.51.100.1");
        let stranger = login_with(&client, ADA, PASSWORD, &[from]);
        assert_eq!(stranger.problem(429), "rate_limited", "also with the right password");
        let mine = login_with(&client, ADA, PASSWORD, &[from, ("cookie", &device)]);
        assert_eq!(mine.status, 200, "{mine:?}");
        // Signing out does not make a stranger of it, and the next mark is as good.
        let session = mine.cookie("autorisen_session");
        let logout = client.post("/api/auth/logout").cookie(&format!("{session}; {device}")).send();
        assert_eq!((logout.status, logout.header("clear-site-data")), (200, Some("\"storage\"")));
        let renewed = mine.cookie("autorisen_device");
        assert_eq!(login_with(&client, ADA, PASSWORD, &[from, ("cookie", &renewed)]).status, 200);
    }
}
