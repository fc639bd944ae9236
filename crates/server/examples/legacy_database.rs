//! Makes a database as the Python backend left them, with every oddity, to try the import on:
//! `cargo run --example legacy_database -- sqlite://old.db 10000`. The password of `user0@example.org` and
//! all who follow is `correct horse battery`.
#![expect(clippy::print_stdout, reason = "it is a program for people")]

use std::error::Error;

use autorisen_storage::DatabaseKind;
use autorisen_storage::DatabaseUrl;
use autorisen_storage::testing::execute_all;
use autorisen_testkit::legacy::{Dialect, LegacyDatabase};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut args = std::env::args().skip(1);
    let url = args.next().ok_or("usage: legacy_database URL [USERS]")?;
    let users = args.next().map_or(Ok(10_000), |users| users.parse())?;
    let dialect = match DatabaseUrl::parse(&url)?.kind() {
        DatabaseKind::Sqlite => Dialect::Sqlite,
        DatabaseKind::Postgres => Dialect::Postgres,
    };
    let database = LegacyDatabase::odd(dialect, users);
    execute_all(&url, database.statements())?;
    println!("{users} users and {} oddities", database.expected().len());
    Ok(())
}
