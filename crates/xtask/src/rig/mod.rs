//! What the commands that measure a running server have in common: the server itself, a client, what
//! the kernel says of a process, and how figures are summed up and shown.

mod build;
pub(crate) mod document;
pub(crate) mod filling;
pub(crate) mod http;
mod keeper;
mod machine;
mod options;
pub(crate) mod process;
pub(crate) mod progress;
pub(crate) mod statistics;
mod table;
pub(crate) mod visitor;

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::thread;

pub(crate) use self::build::{binary, own_postgres, release, start_over_optimized};
pub(crate) use self::keeper::{Keeper, Running, Settings};
pub(crate) use self::machine::Machine;
pub(crate) use self::options::Options;
pub(crate) use self::table::{table, today, unix_seconds};

/// The processors of this machine.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Tells how it goes. A reader who has seen enough does not end it.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
