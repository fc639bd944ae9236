//! Where the database is, and which one it is.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

/// Which database a URL names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DatabaseKind {
    /// A PostgreSQL server.
    Postgres,
    /// A SQLite file.
    Sqlite,
}

impl DatabaseKind {
    /// Its name, as it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        }
    }
}

/// The address of a database. It prints without user, password and parameters.
#[derive(Clone)]
pub struct DatabaseUrl(Place);

#[derive(Clone)]
enum Place {
    Postgres { url: SecretString, shown: String, is_pooled: bool, is_local: bool },
    Sqlite(PathBuf),
}

/// The text names no database. It does not say the text, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseUrl {
    /// Neither a known scheme nor a path.
    #[error("must begin with postgres://, postgresql:// or sqlite://, or be the path of a file")]
    UnknownScheme,
    /// A SQLite database without a file.
    #[error("must name a file: several connections share the database, and one in memory would be lost")]
    InMemory,
    /// A SQLite URL with parameters or without a path.
    #[error("must be sqlite:// and the path of a file, without parameters")]
    SqlitePath,
    /// Not of the form of a PostgreSQL URL.
    #[error("must have the form postgres://user:password@host:port/database?parameters, percent-encoded")]
    PostgresForm,
}

impl DatabaseUrl {
    /// Reads a URL, or the path of a SQLite file: one that contains a `/` or ends in `.db`,
    /// `.sqlite` or `.sqlite3`.
    ///
    /// A PostgreSQL server that is not on this machine is spoken to with TLS, unless the URL says
    /// otherwise with `sslmode`. The parameter `pgbouncer=true`, which is ours and not the server's, says
    /// that a pooler is asked that gives a connection to somebody else after each transaction.
    pub fn parse(input: &str) -> Result<Self, InvalidDatabaseUrl> {
        let input = input.trim();
        if let Some(rest) = input.strip_prefix("postgres://").or_else(|| input.strip_prefix("postgresql://"))
        {
            return postgres(rest).map(Self);
        }
        if let Some(rest) = input.strip_prefix("sqlite:") {
            return sqlite(rest.strip_prefix("//").unwrap_or(rest)).map(Self);
        }
        if input.contains("://") || input.starts_with("file:") {
            return Err(InvalidDatabaseUrl::UnknownScheme);
        }
        let has_ending = Path::new(input).extension().is_some_and(|ending| {
            ["db", "sqlite", "sqlite3"].iter().any(|known| ending.eq_ignore_ascii_case(known))
        });
        if input == ":memory:" || input.contains('/') || has_ending {
            return sqlite(input).map(Self);
        }
        Err(InvalidDatabaseUrl::UnknownScheme)
    }

    /// Which database this is.
    #[must_use]
    pub const fn kind(&self) -> DatabaseKind {
        match self.0 {
            Place::Postgres { .. } => DatabaseKind::Postgres,
            Place::Sqlite(_) => DatabaseKind::Sqlite,
        }
    }

    /// Whether a pooler stands between, so that nothing holds longer than a transaction.
    #[must_use]
    pub const fn is_pooled(&self) -> bool {
        matches!(self.0, Place::Postgres { is_pooled: true, .. })
    }

    /// The file, if it is SQLite.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.0 {
            Place::Postgres { .. } => None,
            Place::Sqlite(path) => Some(path),
        }
    }

    /// Whether the data never crosses a network: a file, or a server on this machine.
    #[must_use]
    pub fn is_on_this_machine(&self) -> bool {
        match &self.0 {
            Place::Postgres { is_local, .. } => *is_local,
            Place::Sqlite(_) => true,
        }
    }

    /// The whole URL with its password, if it is PostgreSQL.
    pub(crate) fn expose_postgres(&self) -> Option<&str> {
        match &self.0 {
            Place::Postgres { url, .. } => Some(url.expose_secret()),
            Place::Sqlite(_) => None,
        }
    }
}

/// One and the same text, not only one and the same database.
impl PartialEq for DatabaseUrl {
    fn eq(&self, other: &Self) -> bool {
        (self.file(), self.expose_postgres()) == (other.file(), other.expose_postgres())
    }
}

impl Eq for DatabaseUrl {}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Postgres { shown, .. } => f.write_str(shown),
            Place::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

fn sqlite(path: &str) -> Result<Place, InvalidDatabaseUrl> {
    // The existing backend's library writes a relative path with a slash more: `sqlite:///./dev.db`.
    let path = path.strip_prefix('/').filter(|rest| rest.starts_with("./")).unwrap_or(path);
    if path.contains(":memory:") || path.contains("mode=memory") {
        return Err(InvalidDatabaseUrl::InMemory);
    }
    // SQLite would take `file:` for the scheme of a URI.
    let is_file = !path.is_empty() && !path.ends_with('/') && !path.contains(['?', '\0']);
    if is_file && !path.starts_with("file:") {
        Ok(Place::Sqlite(PathBuf::from(path)))
    } else {
        Err(InvalidDatabaseUrl::SqlitePath)
    }
}

/// Parameters that a connection gets unless its URL sets them.
///
/// A server that vanished without a word is noticed within half a minute by TCP; [`Db`](crate::Db) gives
/// its connections up long before. A connection that is asked for is given up after two seconds, which
/// no caller would wait longer for, so that the next try comes soon after the server is back.
const DEFAULTS: [(&str, &str); 6] = [
    ("connect_timeout", "2"),
    ("application_name", "autorisen"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "20000"),
];

/// Our own parameter, by the name that others gave it.
const POOLED: &str = "pgbouncer";

/// Takes `user:password@host:port,…/database?parameters` apart as far as libpq does, since its
/// own complaints about a malformed URL repeat parts of it.
fn postgres(rest: &str) -> Result<Place, InvalidDatabaseUrl> {
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let (authority, database) = place.split_once('/').unwrap_or((place, ""));
    let (credentials, hosts) =
        authority.rsplit_once('@').map_or((None, authority), |(user, hosts)| (Some(user), hosts));

    let parameters: Vec<(&str, &str)> = match query {
        None | Some("") => Vec::new(),
        Some(query) => query
            .split('&')
            .map(|pair| pair.split_once('=').filter(|(name, _)| !name.is_empty()))
            .collect::<Option<_>>()
            .ok_or(InvalidDatabaseUrl::PostgresForm)?,
    };
    let well_formed = rest.bytes().all(|b| b.is_ascii_graphic())
        && is_percent_encoded(rest)
        && !credentials.is_some_and(|text| text.contains(['@', '/']))
        && !database.contains('/')
        && hosts.split(',').all(has_valid_port)
        && parameters.iter().all(|(_, value)| !value.contains('='));
    if !well_formed {
        return Err(InvalidDatabaseUrl::PostgresForm);
    }

    let (ours, theirs): (Vec<_>, Vec<_>) = parameters.into_iter().partition(|(name, _)| *name == POOLED);
    let is_pooled = match ours[..] {
        [] | [(_, "false")] => false,
        [(_, "true")] => true,
        _ => return Err(InvalidDatabaseUrl::PostgresForm),
    };
    let is_set = |name: &str| theirs.iter().any(|(set, _)| *set == name);
    let stated: Vec<String> = theirs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut url = format!("postgresql://{place}?{}", stated.join("&"));
    let mut add = |name: &str, value: &str| {
        let separator = match url.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        url.push_str(separator);
        url.push_str(name);
        url.push('=');
        url.push_str(value);
    };
    for (name, value) in DEFAULTS.into_iter().filter(|(name, _)| !is_set(name)) {
        add(name, value);
    }
    let named_elsewhere = theirs.iter().filter(|(name, _)| ["host", "hostaddr"].contains(name));
    let mut all_hosts = hosts.split(',').map(without_port).chain(named_elsewhere.map(|(_, value)| *value));
    let is_local = all_hosts.all(is_on_this_machine);
    if !is_set("sslmode") && !is_local {
        add("sslmode", "require");
    }
    let shown = format!("postgres://{hosts}/{database}");
    Ok(Place::Postgres { url: url.into(), shown, is_pooled, is_local })
}

fn is_percent_encoded(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        after.get(..2).is_some_and(|digits| digits != "00" && digits.bytes().all(|b| b.is_ascii_hexdigit()))
    })
}

fn has_valid_port(host: &str) -> bool {
    match host[without_port(host).len()..].strip_prefix(':') {
        None | Some("") => true,
        Some(port) => port.parse::<u16>().is_ok_and(|port| port > 0),
    }
}

fn without_port(host: &str) -> &str {
    if host.starts_with('[') {
        return host.split_once(']').map_or(host, |(address, _)| &host[..=address.len()]);
    }
    host.split_once(':').map_or(host, |(name, _)| name)
}

/// Whether the host is loopback or the folder of a socket; no host means such a folder.
fn is_on_this_machine(host: &str) -> bool {
    let name = host.trim_start_matches('[').trim_end_matches(']');
    name.is_empty()
        || name.starts_with('/')
        || name.to_ascii_lowercase().starts_with("%2f")
        || name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(url: &str) -> String {
        DatabaseUrl::parse(url).unwrap().expose_postgres().unwrap().to_owned()
    }

    #[test]
    fn the_scheme_picks_the_database() {
        for url in ["postgres://h/d", "postgresql://h/d", "postgres://u:p@h:5432/d?sslmode=disable"] {
            assert_eq!(DatabaseUrl::parse(url).unwrap().kind(), DatabaseKind::Postgres, "{url}");
        }
        for (url, path) in [
            ("sqlite:///var/lib/a.db", "/var/lib/a.db"),
            ("sqlite:///./dev.db", "./dev.db"),
            ("sqlite://data/a", "data/a"),
            ("sqlite:a.db", "a.db"),
            ("data/autorisen", "data/autorisen"),
            ("a.sqlite3", "a.sqlite3"),
            ("/a.SQLITE", "/a.SQLITE"),
        ] {
            let parsed = DatabaseUrl::parse(url).unwrap();
            assert_eq!(parsed.file(), Some(Path::new(path)), "{url}");
        }
    }

    #[test]
    fn what_names_no_database_is_refused() {
        use InvalidDatabaseUrl::{InMemory, PostgresForm, SqlitePath, UnknownScheme};
        for (url, reason) in [
            ("", UnknownScheme),
            ("postgres", UnknownScheme),
            ("mysql://h/d", UnknownScheme),
            ("postgres:h/d.db://", UnknownScheme),
            ("file:a.db", UnknownScheme),
            (":memory:", InMemory),
            ("sqlite::memory:", InMemory),
            ("sqlite://:memory:", InMemory),
            ("sqlite://", SqlitePath),
            ("sqlite:///data/", SqlitePath),
            ("sqlite://a.db?mode=rw", SqlitePath),
            ("sqlite:file:a.db", SqlitePath),
            ("postgres://u:p w@h/d", PostgresForm),
            ("postgres://u:p@w@h/d", PostgresForm),
            ("postgres://u:100%@h/d", PostgresForm),
            ("postgres://u:p@h:port/d", PostgresForm),
            ("postgres://u:p@h:0/d", PostgresForm),
            ("postgres://u:p/w@h/d", PostgresForm),
            ("postgres://h/d?sslmode", PostgresForm),
        ] {
            assert_eq!(DatabaseUrl::parse(url).unwrap_err(), reason, "{url}");
        }
    }

    #[test]
    fn neither_user_nor_password_nor_parameters_print() {
        let url = "postgres://hush1:hush2@db.example.org:5432/shop?password=hush3&sslmode=require";
        let url = DatabaseUrl::parse(url).unwrap();
        assert_eq!(url.to_string(), "postgres://db.example.org:5432/shop");
        assert!(!format!("{url:?} {url:#?}").contains("hush"));
    }

    #[test]
    fn a_server_elsewhere_is_spoken_to_with_tls_unless_the_url_says_otherwise() {
        for url in [
            "postgres://u:p@db.example.org/d",
            "postgres://u:p@192.0.2.1:5433/d?",
            "postgres://localhost,db.example.org/d",
            "postgres://[2001:db8::1]:5432/d",
            "postgres:///d?host=db.example.org",
        ] {
            assert!(full(url).ends_with("sslmode=require"), "{url}");
        }
        for url in [
            "postgres://u:p@localhost/d",
            "postgres://127.0.0.1:5433/d",
            "postgres://[::1]:5432/d",
            "postgres:///d",
            "postgres://%2Frun%2Fpostgresql/d",
            "postgres:///d?host=/run/postgresql",
        ] {
            assert!(!full(url).contains("sslmode"), "{url}");
        }
        let stated = full("postgres://db.example.org/d?sslmode=verify-full");
        assert!(stated.contains("sslmode=verify-full") && !stated.contains("require"));
    }

    #[test]
    fn that_a_pooler_is_asked_is_said_to_us_and_not_to_it() {
        for (query, is_pooled) in
            [("", false), ("?pgbouncer=true", true), ("?pgbouncer=false&application_name=x", false)]
        {
            let url = DatabaseUrl::parse(&format!("postgres://localhost/d{query}")).unwrap();
            assert_eq!(url.is_pooled(), is_pooled, "{query}");
            assert!(!url.expose_postgres().unwrap().contains("pgbouncer"), "{query}");
        }
        let kept = full("postgres://localhost/d?sslmode=disable&pgbouncer=true&options=-cx");
        assert!(kept.starts_with("postgresql://localhost/d?sslmode=disable&options=-cx&"), "{kept}");
        for query in ["pgbouncer=yes", "pgbouncer", "pgbouncer=true&pgbouncer=false"] {
            DatabaseUrl::parse(&format!("postgres://localhost/d?{query}")).unwrap_err();
        }
    }

    #[test]
    fn what_the_url_sets_is_kept_and_the_rest_gets_defaults() {
        let url = full("postgres://localhost/d?connect_timeout=7&options=-csearch_path%3Dx");
        assert!(url.starts_with(
            "postgresql://localhost/d?connect_timeout=7&options=-csearch_path%3Dx&application_name=autorisen&"
        ));
        assert_eq!(url.matches("connect_timeout").count(), 1);
        assert!(full("postgres://localhost/d").contains("/d?connect_timeout=2&"));
        assert!(full("postgres://localhost/d?").contains("/d?connect_timeout=2&"));
    }
}
