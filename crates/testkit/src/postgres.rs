//! A PostgreSQL schema for each test, so that tests on one server do not see each other.
//!
//! This names schemas and composes URLs; the caller runs the two statements, with the client that
//! it has anyway.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

/// A schema of its own on the PostgreSQL that the tests share. It exists once
/// [`Schema::create_statement`] was run at [`Schema::server_url`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    server_url: String,
    name: String,
}

impl Schema {
    /// A schema that no other test has, on the PostgreSQL of this process.
    ///
    /// # Panics
    ///
    /// There is no PostgreSQL: a test that needs one fails, it is not skipped.
    pub fn unique() -> Self {
        match autorisen_pgtest::shared_url() {
            Ok(url) => Self::unique_at(url),
            Err(unavailable) => panic!("{unavailable}"),
        }
    }

    /// A schema that no other test has, on the server with this URL.
    pub fn unique_at(server_url: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // Other processes use the same server, today's and those that died yesterday.
        let chance = RandomState::new().build_hasher().finish();
        Self { server_url: server_url.to_owned(), name: format!("test_{chance:016x}_{number}") }
    }

    /// Its name, which needs no quotes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where to create and drop it.
    pub fn server_url(&self) -> &str {
        &self.server_url
    }

    /// A URL whose connections see the tables of this schema and no others.
    pub fn url(&self) -> String {
        let separator = if self.server_url.contains('?') { '&' } else { '?' };
        format!("{}{separator}options=-csearch_path%3D{}", self.server_url, self.name)
    }

    /// The statement that makes it.
    pub fn create_statement(&self) -> String {
        format!("CREATE SCHEMA {}", self.name)
    }

    /// The statement that removes it with all that is in it.
    pub fn drop_statement(&self) -> String {
        format!("DROP SCHEMA IF EXISTS {} CASCADE", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_of_a_schema_sets_the_search_path() {
        let schema = Schema::unique_at("postgres://tester@localhost/db");
        let expected = format!("postgres://tester@localhost/db?options=-csearch_path%3D{}", schema.name());
        assert_eq!(schema.url(), expected);
    }

    #[test]
    fn a_url_with_parameters_keeps_them() {
        let schema = Schema::unique_at("postgres:///db?host=%2Ftmp&sslmode=disable");
        assert!(schema.url().starts_with("postgres:///db?host=%2Ftmp&sslmode=disable&options=-c"));
        assert_eq!(schema.server_url(), "postgres:///db?host=%2Ftmp&sslmode=disable");
    }

    #[test]
    fn no_two_schemas_have_one_name_and_none_needs_quotes() {
        let (one, other) = (Schema::unique_at("x"), Schema::unique_at("x"));
        assert_ne!(one.name(), other.name());
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(one.name().chars().all(plain) && one.name().len() < 64, "{}", one.name());
        assert!(one.create_statement().ends_with(one.name()));
        assert!(one.drop_statement().contains(one.name()));
    }
}
