//! Starts the real server for a test, and speaks to it.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails here fails")]
#![allow(dead_code, unused_imports, unreachable_pub, reason = "each test program uses its own part of this")]

mod browser;
mod chat;
mod client;
mod database;
mod server;

pub use browser::Browser;
pub use chat::{Stream, Talker, message, next_frame};
pub use client::{Answer, Client, Request, registration};
pub use database::TestDatabase;
pub use server::{Running, Setup};

/// A password that nobody has.
pub const PASSWORD: &str = "correct horse battery staple";

/// Whether the long forms of slow suites are asked for.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests are told by the environment, as their PostgreSQL is"
)]
pub fn is_long() -> bool {
    std::env::var_os("AUTORISEN_TEST_LONG").is_some_and(|value| value == "1")
}

/// Whether this is a machine on which nothing may be left out.
#[expect(clippy::disallowed_methods, reason = "the tests are told by the environment")]
pub fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

/// Runs a test on each database.
#[macro_export]
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&$crate::support::TestDatabase::sqlite()); })+
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(&$crate::support::TestDatabase::postgres()); })+
        }
    };
}
