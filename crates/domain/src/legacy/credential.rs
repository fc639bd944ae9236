//! Credentials and roles: what the account has anyway is there, and the rest is told.

use crate::auth::Role;

use super::finding::{Fate, Finding, Kind, Outcome};
use super::row::{Reading, SourceRow};

/// What a row comes to that adds nothing of its own.
pub type Verdict = (Outcome, Vec<Finding>);

/// A row of `credentials`. A password is kept with the account, so the same hash again is there already;
/// nobody signs in by anything else here. The source says in `same` whether it is the same hash, and in
/// `owner` whether there is an account.
#[must_use]
pub fn credential(row: &SourceRow) -> Verdict {
    let provider = row.shown("provider").trim().to_ascii_lowercase();
    let is_password = ["password", "local", "email"].contains(&provider.as_str());
    let is = |name| row.shown(name) == "1";
    if !is("owner") {
        return left_out("credentials", "id", row, "user_id", Kind::Orphan);
    }
    if !is_password {
        return left_out("credentials", "id", row, "provider", Kind::OtherProvider);
    }
    if is("same") {
        return (Outcome::There, Vec::new());
    }
    left_out("credentials", "id", row, "secret_hash", Kind::OtherSecret)
}

/// A row of `roles`: the two roles are there, and there are no others.
#[must_use]
pub fn role(row: &SourceRow) -> Verdict {
    match Role::parse(&row.shown("name")) {
        Ok(_) => (Outcome::There, Vec::new()),
        Err(_) => left_out("roles", "id", row, "name", Kind::UnknownRole),
    }
}

/// A row of `user_roles`. The role that counts is the one in `users`; the same again is there already.
/// The source gives the name of the role and, in `own`, that of the account.
#[must_use]
pub fn user_role(row: &SourceRow) -> Verdict {
    if row.get("own").is_none() {
        return left_out("user_roles", "user_id", row, "user_id", Kind::Orphan);
    }
    match (Role::parse(&row.shown("name")), Role::parse(&row.shown("own"))) {
        (Ok(named), Ok(own)) if named == own => (Outcome::There, Vec::new()),
        (Ok(_), _) => left_out("user_roles", "user_id", row, "role_id", Kind::OtherRole),
        (Err(_), _) => left_out("user_roles", "user_id", row, "role_id", Kind::UnknownRole),
    }
}

fn left_out(table: &'static str, key: &str, row: &SourceRow, field: &'static str, kind: Kind) -> Verdict {
    let mut reading = Reading::new(table, key, row);
    reading.note(Some(field), kind, Fate::LeftOut);
    (Outcome::LeftOut, reading.into_findings())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[(&'static str, &str)]) -> SourceRow {
        let own = |(name, value): &(&'static str, &str)| (*name, Some(value.as_bytes().to_vec()));
        SourceRow { values: values.iter().map(own).collect() }
    }

    fn kind((outcome, found): Verdict) -> Option<Kind> {
        assert_eq!(outcome == Outcome::There, found.is_empty());
        found.first().map(|found| found.kind)
    }

    #[test]
    fn the_same_password_again_is_there_and_all_else_is_told() {
        let of = |provider, owner, same| {
            kind(credential(&row(&[("provider", provider), ("owner", owner), ("same", same)])))
        };
        assert_eq!(of("Password", "1", "1"), None);
        assert_eq!(of("password", "1", "0"), Some(Kind::OtherSecret));
        assert_eq!(of("google", "1", "0"), Some(Kind::OtherProvider));
        assert_eq!(of("password", "0", "0"), Some(Kind::Orphan));
    }

    #[test]
    fn no_role_is_given_by_the_tables_of_roles() {
        assert_eq!(kind(role(&row(&[("name", "developer")]))), None);
        assert_eq!(kind(role(&row(&[("name", "admin")]))), Some(Kind::UnknownRole));
        let of = |name, own| kind(user_role(&row(&[("name", name), ("own", own)])));
        assert_eq!(of("Developer", "developer"), None);
        assert_eq!(of("Developer", "Customer"), Some(Kind::OtherRole));
        assert_eq!(of("admin", "Customer"), Some(Kind::UnknownRole));
        assert_eq!(kind(user_role(&row(&[("name", "Customer")]))), Some(Kind::Orphan));
    }
}
