//! Starting and stopping.

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use support::{Setup, TestDatabase};

#[test]
fn what_is_under_way_is_finished_and_the_log_is_whole() {
    let database = TestDatabase::sqlite();
    let server = Setup::on(&database).start();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let body = r#"{"email":"ada@example.org","password":"wrong, but well formed"}"#;
    let head = format!("POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body.as_bytes()[..10]).unwrap();
    // The server has read the head once it waits for the rest; another request shows that it runs.
    assert_eq!(server.client().get("/api/health").send().status, 200);
    std::thread::sleep(Duration::from_millis(200));

    server.terminate();
    std::thread::sleep(Duration::from_millis(300));
    stream.write_all(&body.as_bytes()[10..]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");

    let (status, output) = server.wait();
    assert_eq!(status.code(), Some(0), "{output}");
    assert!(output.contains("auth.login.failure") && output.contains("server.stop"), "{output}");
}

#[test]
fn an_idle_connection_holds_nothing_up() {
    let database = TestDatabase::sqlite();
    let server = Setup::on(&database).set("AUTORISEN__SERVER__SHUTDOWN_TIMEOUT_SEC", "300").start();
    let client = server.client();
    assert_eq!(client.get("/api/health").send().status, 200);
    server.terminate();
    // It would wait for five minutes, and the test does not.
    assert_eq!(server.wait().0.code(), Some(0));
    drop(client);
}

#[test]
fn a_body_that_does_not_come_is_given_up() {
    let database = TestDatabase::sqlite();
    let server = Setup::on(&database).set("AUTORISEN__SERVER__REQUEST_TIMEOUT_SEC", "1").start();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{").unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}

#[test]
fn all_faults_of_the_settings_are_named_at_once() {
    let database = TestDatabase::sqlite();
    let output = Setup::on(&database)
        .set("APP_ENV", "production")
        .set("DISABLE_RECAPTCHA", "true")
        .unset("SECRET_KEY")
        .set("RATE_LIMIT_PER_MIN", "0")
        .set("AUTORISEN__AUTH__BCRYPT_COST", "4")
        .set("AUTORISEN__AUTH__BCRIPT_COST", "12")
        .set("PORT", "http")
        .output();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    for name in ["SECRET_KEY", "RATE_LIMIT_PER_MIN", "BCRYPT_COST", "BCRIPT_COST", "PORT"] {
        assert!(said.contains(name), "{name} is not named:\n{said}");
    }
    assert!(!database.folder().join("test.db").exists(), "nothing was opened");
}

#[test]
fn a_port_that_is_taken_is_said() {
    let database = TestDatabase::sqlite();
    let server = Setup::on(&database).start();
    let port = server.address().port().to_string();
    let output = Setup::on(&database).set("PORT", &port).output();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("cannot listen on 127.0.0.1:"), "{said}");
}

#[test]
fn without_a_key_a_developer_gets_one_that_lasts() {
    let database = TestDatabase::sqlite();
    let setup = Setup::on(&database).unset("SECRET_KEY");
    let server = setup.start();
    let tokens = server.client().register("ada@example.org");
    drop(server);
    let server = setup.start();
    assert_eq!(server.client().me(&tokens["access_token"]).status, 200);
}
