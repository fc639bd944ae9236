//! The whole product behind a PgBouncer in transaction mode.

mod support;

use autorisen_pgtest::{Pooler, Server, trusting_server};
use serde_json::json;

use support::{PASSWORD, Running, Setup, Talker, TestDatabase};

#[test]
fn two_replicas_share_what_a_pooler_gives_them() {
    let postgres = Server::start().unwrap();
    let address = trusting_server(postgres.url()).unwrap();
    let pooler = match Pooler::in_front_of(address) {
        Ok(pooler) => pooler,
        Err(reason) => {
            assert!(!support::is_ci(), "{reason}");
            eprintln!("{reason}; without it there is nothing to try");
            return;
        }
    };
    let database = TestDatabase::at(&pooler.url("postgres"));

    let refused = Setup::on(&database).args(&["migrate", "up"]).output();
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("without pgbouncer=true"), "{said}");
    let migrated = Setup::on(&TestDatabase::at(postgres.url())).args(&["migrate", "up"]).output();
    assert!(migrated.status.success(), "{migrated:?}");

    let setup = Setup::on(&database).args(&["serve"]);
    let servers: Vec<Running> = (0..2).map(|_| setup.start()).collect();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let clients = [servers[number % 2].client(), servers[(number + 1) % 2].client()];
            scope.spawn(move || {
                let email = format!("user{number}@example.org");
                let ada = Talker::register(&clients[0], &email);
                let (thread, _) = ada.begin("first");
                for _ in 0..5 {
                    ada.say(&thread, "and then?");
                }
                assert!(ada.items(&thread, 5).len() >= 12);
                let mut tokens = clients[1].login(&email, PASSWORD).json();
                for round in 0..10 {
                    let body = json!({"refresh_token": tokens["refresh_token"]});
                    let renewed = clients[round % 2].post("/api/auth/refresh").json(&body).send();
                    assert_eq!(renewed.status, 200, "{renewed:?}");
                    tokens = renewed.json();
                }
                assert_eq!(clients[0].me(&tokens["access_token"]).status, 200);
                let access = &tokens["access_token"];
                let ended = clients[0].post("/api/auth/logout").bearer(access).json(&json!({})).send();
                assert_eq!(ended.status, 200, "{ended:?}");
                assert_eq!(clients[1].me(access).status, 401);
            });
        }
    });
    for server in &servers {
        assert_eq!(server.client().get("/readyz").send().status, 200);
        for fault in ["http.request.fault", "keys.load.failure", "sweep.run.failure"] {
            assert!(server.events(fault).is_empty(), "{:?}", server.events(fault));
        }
    }
}
