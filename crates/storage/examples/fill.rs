//! Fills a database for a measurement: `fill WHAT URL EMAIL NAME=COUNT…`.
//!
//! `accounts` fills it with accounts whose password is that of the account with this address, and what
//! belongs to them; `over` with rows that are over; `now` is the time in microseconds, the same for both. Each line of output is a table, how many of its rows
//! are there, and of how many.

use std::error::Error;

use autorisen_storage::testing::{Filling, Over, password_hash};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, url, email, counts @ ..] = arguments.as_slice() else {
        return Err("fill WHAT URL EMAIL NAME=COUNT…".into());
    };
    let count = |name: &str| counts_of(counts, name);
    let accounts = Filling {
        first: count("first")?,
        accounts: count("accounts")?,
        sessions: count("sessions")?,
        talkers: count("talkers")?,
        threads: count("threads")?,
        items: count("items")?,
        files: count("files")?,
        limits: count("limits")?,
        now: i64::try_from(count("now")?)?,
        password_hash: password_hash(url, email)?,
    };
    let tell = |table: &str, done: u64, total: u64| println!("{table} {done} {total}");
    match what.as_str() {
        "accounts" => accounts.fill(url, tell),
        "over" => {
            let over = Over {
                sessions: count("over")?,
                registrations: count("over")? / 10,
                limits: count("over")? / 10,
                usage: count("over")? / 10,
                hosted: count("over")? / 10,
                audit: 0,
                events: count("over")? / 10,
                logins: count("over")? / 10,
                files: count("over")? / 1_000,
                parts: 16,
                threads: 0,
                items: 0,
            };
            over.fill(url, &accounts, tell)
        }
        _ => Err(format!("{what} is not known").into()),
    }
}

/// The count of this name; none is zero.
fn counts_of(counts: &[String], name: &str) -> Outcome<u64> {
    let found = counts.iter().find_map(|count| count.strip_prefix(name)?.strip_prefix('='));
    Ok(found.map_or(Ok(0), str::parse)?)
}
