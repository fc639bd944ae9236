//! The limits on authentication, shared by all processes on one database.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use support::{PASSWORD, Setup, TestDatabase};

on_both_databases! {
    the_sixth_wrong_password_is_refused_on_every_replica,
    an_account_that_does_not_exist_is_limited_alike,
    one_address_has_a_limit_over_all_auth_routes,
    a_burst_over_two_replicas_admits_no_more_than_the_limit,
}

fn the_sixth_wrong_password_is_refused_on_every_replica(database: &TestDatabase) {
    let servers = [Setup::on(database).start(), Setup::on(database).start()];
    servers[0].client().register("ada@example.org");
    for number in 0..5 {
        let client = servers[number % 2].client();
        assert_eq!(client.login("ada@example.org", "wrong").problem(401), "invalid_credentials");
    }
    for server in &servers {
        let refused = server.client().login("ADA@example.org", PASSWORD);
        assert_eq!(refused.problem(429), "rate_limited", "also with the right password");
        assert_eq!(refused.json()["detail"], "Too many login attempts");
        let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=300).contains(&wait), "{wait}");
    }
    servers[1].wait_for_output("auth.login.rate_limited");
    servers[0].client().register("grace@example.org");
    assert_eq!(
        servers[0].client().login("grace@example.org", PASSWORD).status,
        200,
        "others are not concerned"
    );
}

fn an_account_that_does_not_exist_is_limited_alike(database: &TestDatabase) {
    let server = Setup::on(database).set("AUTH_LOGIN_MAX_ATTEMPTS", "2").start();
    let client = server.client();
    client.register("ada@example.org");
    for email in ["ada@example.org", "nobody@example.org"] {
        let statuses: Vec<u16> = (0..4).map(|_| client.login(email, "wrong").status).collect();
        assert_eq!(statuses, [401, 401, 429, 429], "{email}");
    }
}

fn one_address_has_a_limit_over_all_auth_routes(database: &TestDatabase) {
    let setup =
        Setup::on(database).set("RATE_LIMIT_PER_MIN", "10").set("AUTORISEN__SERVER__TRUSTED_PROXY_HOPS", "1");
    let server = setup.start();
    let client = server.client();
    let token = {
        let register = client.post("/api/auth/register").header("x-forwarded-for", "203.0.113.9");
        register.json(&support::registration("ada@example.org")).send().json()["access_token"].clone()
    };
    let from = |address: &str, path: &str| client.post(path).header("x-forwarded-for", address).send().status;
    let paths = [
        "/api/auth/login",
        "/api/auth/refresh",
        "/api/auth/logout",
        "/api/auth/register",
        "/api/auth/nothing",
    ];
    let statuses: Vec<u16> = paths.iter().chain(&paths).map(|path| from("2001:db8::1", path)).collect();
    assert!(!statuses.contains(&429), "{statuses:?}");
    // Without a session a change of the password is charged as a refused session, too.
    for path in paths.iter().copied().chain(["/api/auth/password/change"]) {
        assert_eq!(from("2001:db8::ffff", path), 429, "the whole /64 is one: {path}");
    }
    for alias in ["/api/auth/%6cogin", "/%61pi/auth/login", "/api/%61uth/login", "/api/auth/LOGIN"] {
        assert!(
            [404, 429].contains(&from("2001:db8::1", alias)),
            "another spelling is no way around: {alias}"
        );
    }
    assert_ne!(from("2001:db8:0:1::1", paths[0]), 429, "another network is another");
    for _ in 0..20 {
        let me = client.get("/api/auth/me").header("x-forwarded-for", "2001:db8::1").bearer(&token).send();
        assert_eq!(me.status, 200, "who is signed in may ask as often as they like");
    }
}

fn a_burst_over_two_replicas_admits_no_more_than_the_limit(database: &TestDatabase) {
    let setup = Setup::on(database).set("AUTH_LOGIN_MAX_ATTEMPTS", "7");
    let servers = [setup.start(), setup.start()];
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..60)
            .map(|number| {
                let client = servers[number % 2].client();
                scope.spawn(move || client.login("nobody@example.org", "wrong").status)
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|&&status| status == 401).count(), 7, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|&&status| status == 429).count(), 53, "{statuses:?}");
}
