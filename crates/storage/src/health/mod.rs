//! Whether the database answers and has the tables of this version.

mod database;
mod migrations;

pub use database::DatabaseCheck;
pub use migrations::MigrationsCheck;
