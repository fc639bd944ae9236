//! TLS towards PostgreSQL, as platforms have it: demanded without a certificate that anybody vouches for,
//! and verified where one is given.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

use autorisen_domain::error::PortError;
use autorisen_pgtest::Server;
use autorisen_storage::{DatabaseUrl, Db, DbSettings};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// A server with a certificate of an authority that nobody knows, in the name of `localhost`.
fn with_certificate() -> (Server, tempfile::TempDir) {
    let authority = authority();
    let key = KeyPair::generate().unwrap();
    let names = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = names.signed_by(&key, &authority).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("root.crt"), authority.pem()).unwrap();

    let server = Server::start().unwrap();
    for (name, pem) in [("server.key", key.serialize_pem()), ("server.crt", certificate.pem())] {
        // Written by the server itself, since the key must be its own. Its programs run in its data.
        let lines: Vec<String> = pem.trim().lines().map(|line| format!("('{line}')")).collect();
        let write = format!("COPY (VALUES {}) TO PROGRAM 'umask 077; cat >{name}'", lines.join(", "));
        execute(&server, &write);
    }
    execute(&server, "ALTER SYSTEM SET ssl = on");
    execute(&server, "SELECT pg_reload_conf()");
    (server, folder)
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "an authority for tests");
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn execute(server: &Server, statement: &str) {
    PgConnection::establish(server.url()).unwrap().batch_execute(statement).unwrap();
}

/// Whether a connection has TLS; an error where there is none.
async fn is_encrypted(server: &Server, host: &str, parameters: &str) -> Result<bool, PortError> {
    let url = server.url().replace("127.0.0.1", host);
    let url = DatabaseUrl::parse(&format!("{url}?{parameters}")).unwrap();
    let db = Db::open(DbSettings::new(url)).unwrap();
    let found = db
        .read("ask", |conn| {
            let ssl = "(SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())";
            Ok(diesel::select(sql::<Bool>(ssl)).get_result(conn)?)
        })
        .await;
    tokio::task::spawn_blocking(move || db.shutdown()).await.unwrap();
    found
}

#[tokio::test]
async fn tls_is_demanded_and_verified_as_the_url_says() {
    let (server, folder) = with_certificate();
    let root = folder.path().join("root.crt");
    let verify = format!("sslmode=verify-full&sslrootcert={}", root.display());
    for _ in 0..50 {
        // The server reads its settings again when it comes to it.
        if is_encrypted(&server, "localhost", "sslmode=require").await.is_ok() {
            break;
        }
    }
    assert!(is_encrypted(&server, "localhost", "sslmode=require").await.unwrap(), "nobody vouches for it");
    assert!(is_encrypted(&server, "localhost", &verify).await.unwrap(), "its authority is known");
    assert!(!is_encrypted(&server, "localhost", "sslmode=disable").await.unwrap());

    let another_name = is_encrypted(&server, "127.0.0.1", &verify).await;
    assert!(another_name.is_err(), "a name that the certificate does not have");
    std::fs::write(&root, authority().pem()).unwrap();
    assert!(is_encrypted(&server, "localhost", &verify).await.is_err(), "another authority");
}

#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_where_it_is_demanded() {
    let server = Server::start().unwrap();
    assert!(is_encrypted(&server, "localhost", "sslmode=require").await.is_err());
}
