//! A database for one test, gone when the test is over.

use std::path::Path;

use autorisen_storage::testing::execute;
use autorisen_testkit::postgres::Schema;

/// An empty database, and a folder for whatever else a server writes.
pub struct TestDatabase {
    url: String,
    folder: tempfile::TempDir,
    schema: Option<Schema>,
}

impl TestDatabase {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        Self { url, folder, schema: None }
    }

    pub fn postgres() -> Self {
        let schema = Schema::unique();
        execute(schema.server_url(), &schema.create_statement()).unwrap();
        Self { url: schema.url(), folder: tempfile::tempdir().unwrap(), schema: Some(schema) }
    }

    /// All of this PostgreSQL, which is the test's alone.
    pub fn at(url: &str) -> Self {
        Self { url: url.to_owned(), folder: tempfile::tempdir().unwrap(), schema: None }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs statements on a connection of their own.
    pub fn execute(&self, statements: &str) {
        execute(&self.url, statements).unwrap();
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(schema) = &self.schema {
            let dropped = execute(schema.server_url(), &schema.drop_statement());
            if !std::thread::panicking() {
                dropped.unwrap();
            }
        }
    }
}
