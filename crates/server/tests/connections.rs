//! Whether the connections that all replicas want are there is said at start.

mod support;

use autorisen_pgtest::Server;
use autorisen_storage::testing::{execute, hold};

use support::{Setup, TestDatabase};

const EVENT: &str = "database.connections.short";

#[test]
fn a_server_says_so_when_its_replicas_want_more_connections_than_there_are() {
    // One of its own: roles are not apart for each test.
    let postgres = Server::start().unwrap();
    execute(postgres.url(), "CREATE ROLE app LOGIN CONNECTION LIMIT 20; CREATE SCHEMA app AUTHORIZATION app")
        .unwrap();
    let url = postgres.url().replace("postgres://postgres@", "postgres://app@");
    let database = TestDatabase::at(&url);
    let with = |replicas: &str| {
        Setup::on(&database)
            .set("AUTORISEN__DATABASE__POOL_SIZE", "8")
            .set("AUTORISEN__DATABASE__REPLICAS", replicas)
    };
    assert!(with("2").start().events(EVENT).is_empty(), "16 of 20");

    let server = with("3").start();
    server.wait_for_output(EVENT);
    let said = &server.events(EVENT)[0];
    assert_eq!((&said["wanted"], &said["allowed"], &said["limit"]), (&24.into(), &20.into(), &20.into()));
    assert_eq!(said["bound_by"], "role");
    assert_eq!(said["level"], "warn");
    assert!(said["detail"].as_str().unwrap().contains("AUTORISEN__DATABASE__POOL_SIZE to 6"), "{said}");
    drop(server);

    // What other programs have of it is not there for us.
    let others: Vec<_> =
        (0..5).map(|_| hold(&format!("{url}?application_name=other"), "SELECT 1").unwrap()).collect();
    let server = with("2").start();
    server.wait_for_output(EVENT);
    let said = &server.events(EVENT)[0];
    assert_eq!((&said["allowed"], &said["others"]), (&15.into(), &5.into()), "{said}");
    drop((server, others));

    execute(postgres.url(), "ALTER ROLE app CONNECTION LIMIT -1").unwrap();
    let server = with("100").start();
    server.wait_for_output(EVENT);
    let said = &server.events(EVENT)[0];
    assert_eq!(said["bound_by"], "server", "{said}");
    assert!(said["limit"].as_u64().is_some_and(|limit| limit < 200), "without what is reserved: {said}");
    assert!(said["detail"].as_str().unwrap().contains("POOL_SIZE to 1"), "{said}");
}

#[test]
fn a_file_has_no_such_limit() {
    let database = TestDatabase::sqlite();
    let server = Setup::on(&database).set("AUTORISEN__DATABASE__REPLICAS", "1000").start();
    assert!(server.events(EVENT).is_empty());
}
