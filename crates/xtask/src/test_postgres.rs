//! `cargo xtask test-postgres`: a PostgreSQL for as long as somebody needs it.

use std::io::{self, Write};

use autorisen_pgtest::{URL_VARIABLE, find_or_start};

use crate::failure::Failure;

/// Prints the URL of a PostgreSQL, and keeps it until standard input ends. At Ctrl-C this
/// process ends at once, and the server with it.
pub(crate) fn run() -> Result<(), Failure> {
    let server = find_or_start().map_err(|unavailable| Failure::new(unavailable.to_string()))?;
    let fail = |error: io::Error| Failure::new(error.to_string());
    writeln!(io::stdout(), "{}", server.url()).map_err(fail)?;
    eprintln!("Set {URL_VARIABLE} to this and run the tests. It ends with this command: Ctrl-C.");
    io::copy(&mut io::stdin().lock(), &mut io::sink()).map_err(fail)?;
    Ok(())
}
