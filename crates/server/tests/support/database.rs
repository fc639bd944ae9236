//! A database for one test, gone when the test is over.

use std::path::Path;
use std::process::Command;

use autorisen_storage::testing::{execute, number};
use autorisen_testkit::postgres::Schema;

/// Names a program that is run as `PROGRAM migrate up`, with `DATABASE_URL`, on the database of each test before
/// the test gets it. Unset, a test gets an empty database.
///
/// So the tests of a release can be run on the tables of a later version: `cargo xtask previous` of that version
/// builds them from their tag and sets this to its own binary. Its name and its meaning are therefore for good.
const MIGRATOR_VARIABLE: &str = "AUTORISEN_TEST_MIGRATOR";

/// A database, empty unless another version migrates it first, and a folder for whatever else a server writes.
pub struct TestDatabase {
    url: String,
    folder: tempfile::TempDir,
    schema: Option<Schema>,
}

impl TestDatabase {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        Self { url, folder, schema: None }.migrated_by_another_version()
    }

    pub fn postgres() -> Self {
        let schema = Schema::unique();
        execute(schema.server_url(), &schema.create_statement()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self { url: schema.url(), folder, schema: Some(schema) }.migrated_by_another_version()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the tests are told by the environment, as their PostgreSQL is"
    )]
    fn migrated_by_another_version(self) -> Self {
        match std::env::var_os(MIGRATOR_VARIABLE) {
            Some(program) => self.migrated_by(Path::new(&program)),
            None => self,
        }
    }

    /// The database with the tables that this program makes.
    pub fn migrated_by(self, program: &Path) -> Self {
        let output = Command::new(program)
            .args(["migrate", "up"])
            .env_clear()
            .env("DATABASE_URL", &self.url)
            .current_dir(self.folder())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}: {output:?}", program.display());
        self
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

    /// The number that a query answers, as in `SELECT count(*) AS number FROM users`.
    pub fn number(&self, question: &str) -> i64 {
        number(&self.url, question).unwrap()
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
