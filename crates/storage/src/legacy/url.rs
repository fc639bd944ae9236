//! Where the old database is, as the old deployment writes it.

use std::fmt;

use crate::db::{DatabaseUrl, InvalidDatabaseUrl};

/// The address of the old database. It prints without user, password and parameters.
#[derive(Debug, Clone)]
pub struct LegacyUrl(DatabaseUrl);

impl LegacyUrl {
    /// Reads a URL as [`DatabaseUrl::parse`] does, also one that names a driver of Python behind the scheme,
    /// such as `postgresql+psycopg://` or `sqlite+aiosqlite://`.
    pub fn parse(input: &str) -> Result<Self, InvalidDatabaseUrl> {
        let input = input.trim();
        let plain = match input.split_once("://") {
            Some((scheme, rest)) => {
                let (database, _) = scheme.split_once('+').unwrap_or((scheme, ""));
                format!("{database}://{rest}")
            }
            None => input.to_owned(),
        };
        DatabaseUrl::parse(&plain).map(Self)
    }

    pub(super) const fn database(&self) -> &DatabaseUrl {
        &self.0
    }
}

impl fmt::Display for LegacyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::DatabaseKind;

    #[test]
    fn a_driver_of_python_is_read_over() {
        for url in [
            "postgres://u:p@localhost/d",
            "postgresql://u:p@localhost/d",
            "postgresql+psycopg://u:p@localhost/d",
            "postgresql+psycopg2://u:p@localhost/d",
            "postgresql+asyncpg://u:p+q@localhost/d",
        ] {
            let url = LegacyUrl::parse(url).unwrap();
            assert_eq!(url.database().kind(), DatabaseKind::Postgres);
            assert_eq!(url.to_string(), "postgres://localhost/d");
        }
        for url in ["sqlite:///./dev.db", "sqlite+pysqlite:///./dev.db", "./dev.db"] {
            assert_eq!(LegacyUrl::parse(url).unwrap().to_string(), "sqlite://./dev.db");
        }
        assert_eq!(
            LegacyUrl::parse("sqlite:////srv/a.db").unwrap().database().file().unwrap(),
            std::path::Path::new("//srv/a.db")
        );
        assert!(LegacyUrl::parse("mysql+pymysql://u:p@h/d").is_err());
    }
}
