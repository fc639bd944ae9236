//! The servers that a fault is done to: one on SQLite, or three on one PostgreSQL, each with a way of its
//! own to it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Instant;

use autorisen_pgtest::{LastingServer, Proxy};

use super::verdict::Verdict;
use crate::failure::Failure;
use crate::rig::{Keeper, Settings};

/// Cheap hashes, no limit by address, and as long a grace as may be: what is measured is not how fast
/// people are turned away.
pub(super) const SETTINGS: Settings<'_> = &[
    ("RATE_LIMIT_PER_MIN", "0"),
    ("AUTORISEN__AUTH__BCRYPT_COST", "4"),
    ("AUTORISEN__AUTH__PBKDF2_HASHES", "false"),
    ("AUTORISEN__AUTH__REFRESH_GRACE_SEC", "60"),
    ("AUTORISEN__CHAT__MESSAGES_PER_USER_DAY", "0"),
];
/// Replicas on one PostgreSQL.
const REPLICAS: usize = 3;

/// A PostgreSQL and the servers on it.
pub(super) struct Replicas {
    // Dropped in this order: servers before their database.
    pub(super) keepers: Vec<Keeper>,
    pub(super) proxies: Vec<Proxy>,
    pub(super) postgres: LastingServer,
}

impl Replicas {
    /// Starts all of them, with further settings for each by its place.
    pub(super) fn start(
        binaries: [&Path; REPLICAS],
        further: impl Fn(usize) -> Vec<(&'static str, String)>,
    ) -> Result<Self, Failure> {
        let postgres = LastingServer::start().map_err(|error| Failure::new(error.to_string()))?;
        Self::on(postgres, binaries, further)
    }

    /// The same on a given PostgreSQL.
    pub(super) fn on(
        postgres: LastingServer,
        binaries: [&Path; REPLICAS],
        further: impl Fn(usize) -> Vec<(&'static str, String)>,
    ) -> Result<Self, Failure> {
        let mut replicas = Self { keepers: Vec::new(), proxies: Vec::new(), postgres };
        for (place, binary) in binaries.into_iter().enumerate() {
            let proxy = Proxy::start(replicas.postgres.address());
            let proxy = proxy.map_err(|error| Failure::new(format!("no proxy: {error}")))?;
            let mut keeper = Keeper::open(binary, &LastingServer::url_at(proxy.address()))?;
            let further = further(place);
            let further = further.iter().map(|(name, value)| (*name, value.as_str()));
            keeper.start(&SETTINGS.iter().copied().chain(further).collect::<Vec<_>>())?;
            replicas.keepers.push(keeper);
            replicas.proxies.push(proxy);
        }
        Ok(replicas)
    }

    /// Three of one kind.
    pub(super) fn alike(binary: &Path) -> Result<Self, Failure> {
        Self::start([binary; REPLICAS], |_| Vec::new())
    }

    /// Where they listen.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.keepers.iter().map(Keeper::address).collect()
    }

    /// Adds to a verdict what is known when all is over: how often each asked for connections, and whether
    /// the data is whole.
    pub(super) fn conclude(&self, verdict: &mut Verdict) {
        for proxy in &self.proxies {
            verdict.connections_of(&proxy.accepted());
        }
        if let Some(keeper) = self.keepers.first() {
            check_data(keeper, verdict);
        }
    }

    /// Runs a statement in a session of its own, in a transaction that stays open until it is dropped.
    pub(super) fn hold(&self, statement: &str) -> Result<Held, Failure> {
        let url = LastingServer::url_at(self.postgres.address());
        Held::begin(&self.postgres.binaries().join("psql"), &url, statement)
    }
}

/// Has the program follow the chain of the audit, and look for what must always hold.
pub(super) fn check_data(keeper: &Keeper, verdict: &mut Verdict) {
    for arguments in [["audit", "verify"], ["db", "check"]] {
        let what = arguments.join(" ");
        match keeper.command(SETTINGS).args(arguments).output() {
            Ok(output) if output.status.success() => {}
            Ok(output) => {
                let said = [output.stdout, output.stderr].concat();
                verdict.fault(format!("{what}: {}", String::from_utf8_lossy(&said).trim()));
            }
            Err(error) => verdict.fault(format!("{what} cannot be run: {error}")),
        }
    }
}

/// A transaction of somebody else.
pub(super) struct Held {
    psql: Child,
    /// `None` only while this is dropped.
    statements: Option<ChildStdin>,
}

impl Held {
    fn begin(psql: &Path, url: &str, statement: &str) -> Result<Self, Failure> {
        use std::io::{BufRead as _, BufReader, Write as _};
        let fail = |error: std::io::Error| Failure::new(format!("psql: {error}"));
        let mut psql = Command::new(psql)
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(fail)?;
        let (statements, said) = (psql.stdin.take(), psql.stdout.take());
        let mut held = Self { psql, statements };
        if let Some(statements) = &mut held.statements {
            write!(statements, "BEGIN; {statement};\n\\echo held\n").map_err(fail)?;
        }
        let said = said.ok_or_else(|| Failure::new("psql has no output"))?;
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line).map_err(fail)?;
        if line.trim() == "held" { Ok(held) } else { Err(Failure::new("psql did not do what it was told")) }
    }

    /// Ends it, and says when.
    pub(super) fn release(self) -> Instant {
        drop(self);
        Instant::now()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // At the end of its input psql ends, and what it had begun is undone.
        drop(self.statements.take());
        let _ = self.psql.wait();
    }
}
