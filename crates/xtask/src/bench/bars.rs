//! What must be reached: ratios to the floor, and sizes.

use super::Database::{self, Postgres, Sqlite};
use super::figures::{self, Figures};
use super::load::Load;
use crate::rig::statistics::Spread;

/// The least that a load must reach in relation to another.
pub(super) struct Bar {
    /// What is measured, and beside what.
    of: (Database, Load),
    to: (Database, Load),
    at_least: f64,
}

/// All of them.
pub(super) const BARS: &[Bar] = &[
    Bar { of: (Sqlite, Load::Me), to: (Sqlite, Load::Bare), at_least: 0.45 },
    Bar { of: (Postgres, Load::Me), to: (Postgres, Load::Read), at_least: 0.9 },
    Bar { of: (Sqlite, Load::ChatToken), to: (Sqlite, Load::Bare), at_least: 0.30 },
    Bar { of: (Postgres, Load::ChatToken), to: (Sqlite, Load::Bare), at_least: 0.10 },
    Bar { of: (Sqlite, Load::Refresh), to: (Sqlite, Load::WriteGrouped), at_least: 0.25 },
    Bar { of: (Postgres, Load::Refresh), to: (Postgres, Load::Write), at_least: 0.8 },
];

/// What a server may take, in milliseconds and megabytes.
pub(super) struct Most {
    pub(super) start_ms: f64,
    pub(super) idle_mb: f64,
    pub(super) loaded_mb: f64,
}

impl Most {
    /// On this database.
    pub(super) const fn on(database: Database) -> Self {
        let start_ms = match database {
            Sqlite => 100.0,
            Postgres => 300.0,
        };
        Self { start_ms, idle_mb: 20.0, loaded_mb: 80.0 }
    }

    /// The release binary, stripped.
    pub(super) const BINARY_MB: f64 = 20.0;
}

/// How a bar was reached.
pub(super) struct Reached {
    pub(super) what: String,
    pub(super) ratio: Spread,
    pub(super) at_least: f64,
}

impl Reached {
    pub(super) fn holds(&self) -> bool {
        self.ratio.median >= self.at_least
    }
}

/// How all of them were.
pub(super) fn reached(all: &[Figures]) -> Option<Vec<Reached>> {
    BARS.iter()
        .map(|Bar { of, to, at_least }| {
            let of_what = figures::of(all, of.0, of.1)?;
            let ratio = figures::ratio(of_what, figures::of(all, to.0, to.1)?)?;
            let on = if of.0 == to.0 { String::new() } else { format!(" on {}", to.0) };
            let what = format!("`{}` on {}, to `{}`{on}", of.1.name(), of.0, to.1.name());
            Some(Reached { what, ratio, at_least: *at_least })
        })
        .collect()
}
