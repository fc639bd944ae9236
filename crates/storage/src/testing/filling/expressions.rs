//! Rows by the million are made by the database itself: the expressions that make them, in both
//! dialects.

use crate::DatabaseKind;

/// Expressions of one dialect. `n` stands for the number of a row, or an expression of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expressions(pub(super) DatabaseKind);

impl Expressions {
    /// Inserts into `target`, such as `users (id, …)`, a row of `values` for each `n` from `first` to
    /// `last`.
    pub(super) fn insert(self, target: &str, values: &str, first: u64, last: u64) -> String {
        match self.0 {
            DatabaseKind::Postgres => format!(
                "INSERT INTO {target} SELECT {values} FROM generate_series({first}::bigint, {last}::bigint) AS n"
            ),
            DatabaseKind::Sqlite => format!(
                "INSERT INTO {target} WITH RECURSIVE numbers (n) AS \
                 (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}) \
                 SELECT {values} FROM numbers"
            ),
        }
    }

    /// The text of a UUID of version 7 that was made at `micros`; no other of the same `kind` and
    /// number is the same.
    pub(super) fn uuid(self, kind: u8, micros: &str, n: &str) -> String {
        let time = self.hex(&format!("({micros}) / 1000"), 12);
        format!(
            "(substr({time}, 1, 8) || '-' || substr({time}, 9, 4) || '-7' || {chance} || '-8' || {kind} || '-' || {n})",
            chance = self.hex(&format!("(({n}) * 2654435761) % 4096"), 3),
            kind = self.hex(&kind.to_string(), 3),
            n = self.hex(n, 12),
        )
    }

    /// The same behind a prefix, without hyphens, as ids of the chat protocol are.
    pub(super) fn prefixed_id(self, prefix: &str, kind: u8, micros: &str, n: &str) -> String {
        format!("('{prefix}_' || replace({}, '-', ''))", self.uuid(kind, micros, n))
    }

    /// As many bytes as a digest has, other ones for each row.
    pub(super) fn digest(self, kind: u8, n: &str) -> String {
        match self.0 {
            DatabaseKind::Postgres => format!("sha256(int8send({n}) || int4send({kind}))"),
            DatabaseKind::Sqlite => "randomblob(32)".to_owned(),
        }
    }

    /// As many bytes of nothing.
    pub(super) fn bytes(self, length: u32) -> String {
        match self.0 {
            DatabaseKind::Postgres => format!("decode(repeat('00', {length}), 'hex')"),
            DatabaseKind::Sqlite => format!("zeroblob({length})"),
        }
    }

    /// The smaller of two numbers.
    pub(super) fn least(self, one: &str, other: &str) -> String {
        match self.0 {
            DatabaseKind::Postgres => format!("least({one}, {other})"),
            DatabaseKind::Sqlite => format!("min({one}, {other})"),
        }
    }

    fn hex(self, number: &str, width: u8) -> String {
        match self.0 {
            DatabaseKind::Postgres => format!("lpad(to_hex(({number})::bigint), {width}, '0')"),
            DatabaseKind::Sqlite => format!("printf('%0{width}x', {number})"),
        }
    }
}

/// A text as SQL writes it.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
