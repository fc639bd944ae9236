//! Databases as the system that was here before left them, made of SQL: its tables, any number of ordinary
//! users with all that is theirs, and every oddity that an import has to cope with.

mod oddities;
mod ordinary;
mod tables;
mod value;

pub use oddities::Expected;
pub use ordinary::{PASSWORD, address, thread_of, user_id};
pub use tables::Generation;
pub use value::Dialect;

/// A database that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct LegacyDatabase {
    /// In which words.
    pub dialect: Dialect,
    /// With which columns.
    pub generation: Generation,
    /// How many ordinary users.
    pub users: usize,
    /// Whether it has every oddity, for which its tables have no rules.
    pub has_oddities: bool,
}

impl LegacyDatabase {
    /// One with this many users and every oddity.
    pub const fn odd(dialect: Dialect, users: usize) -> Self {
        Self { dialect, generation: Generation::Late, users, has_oddities: true }
    }

    /// The statements that make it.
    pub fn statements(self) -> impl Iterator<Item = String> {
        let oddities = if self.has_oddities { oddities::rows(self.dialect).0 } else { Vec::new() };
        tables::statements(self)
            .into_iter()
            .chain(ordinary::rows(self))
            .chain(oddities)
            .map(move |statement| tables::of_generation(&statement, self.generation))
            .filter(|statement| !statement.is_empty())
    }

    /// What an import must report of it, but for where a row of the same kind counts.
    pub fn expected(self) -> Vec<Expected> {
        if self.has_oddities { oddities::rows(self.dialect).1 } else { Vec::new() }
    }
}
