//! Starts the real server for a test, and speaks to it.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails here fails")]
#![allow(dead_code, unused_imports, unreachable_pub, reason = "each test program uses its own part of this")]

mod client;
mod database;
mod server;

pub use client::{Answer, Client, Request, registration};
pub use database::TestDatabase;
pub use server::{Running, Setup};

/// A password that nobody has.
pub const PASSWORD: &str = "correct horse battery staple";

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
