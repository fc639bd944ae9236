//! `cargo xtask load`: many answers that stream at the same time, from a model that speaks at a steady pace.

mod model;
mod reader;
mod report;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use self::model::Model;
use self::reader::Read;
use self::report::{Figures, Setting};
use crate::cargo;
use crate::failure::Failure;
use crate::rig::process::{self, Memory};
use crate::rig::{self, Keeper, Options, Running, own_postgres, say, today, visitor};

/// Where the results go, in the workspace.
const DOCUMENT: &str = "docs/load.md";

/// How much is streamed.
#[derive(Debug, Clone, Copy)]
struct Plan {
    streams: usize,
    /// Events of text in each stream, and the time between two of them.
    events: usize,
    pause: Duration,
    /// The streams begin within this time, and not all at once.
    ramp: Duration,
}

const FULL: Plan =
    Plan { streams: 500, events: 400, pause: Duration::from_millis(50), ramp: Duration::from_secs(4) };
const QUICK: Plan =
    Plan { streams: 50, events: 100, pause: Duration::from_millis(50), ramp: Duration::from_secs(1) };

/// How much longer than its pace an answer may take before it is given up.
const PATIENCE: Duration = Duration::from_mins(1);
/// After the start, until what it began is done.
const REST: Duration = Duration::from_millis(500);
/// What this process has open beside a connection to each of two sides of a stream.
const OTHER_FILES: usize = 64;

impl Plan {
    /// How long one answer takes at its pace.
    fn length(&self) -> Duration {
        self.pause * u32::try_from(self.events).unwrap_or(u32::MAX)
    }
}

/// Streams, prints, and, when it was all of it on a binary that was built here, writes it down.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    // With a binary that is given nothing is written down, and it may as well be told right now.
    if cfg!(debug_assertions) && options.binary.is_none() {
        return Err(rig::start_over_optimized("load", &options.arguments()?));
    }
    let plan = if options.quick { QUICK } else { FULL };
    check_files(2 * plan.streams + OTHER_FILES)?;
    let binary = rig::binary(options.binary.as_deref())?;

    let postgres = own_postgres()?;
    let mut figures = vec![measure("SQLite", &binary, "sqlite://load.db", plan)?];
    if let Some(postgres) = &postgres {
        figures.push(measure("PostgreSQL", &binary, postgres.url(), plan)?);
    }
    let setting = Setting {
        date: today(),
        cores: rig::cores(),
        processor: process::processor(),
        streams: plan.streams,
        per_second: 1.0 / plan.pause.as_secs_f64(),
        seconds: plan.length().as_secs_f64(),
    };
    say(&format!("\n{}", report::table(&figures)));
    if *options == Options::default() && postgres.is_some() {
        fs::write(cargo::workspace().join(DOCUMENT), report::document(&setting, &figures))
            .map_err(|error| Failure::new(format!("{DOCUMENT}: {error}")))?;
        say(&format!("Written to {DOCUMENT}."));
    }
    let broken: usize = figures.iter().map(|figures| figures.streams - figures.whole).sum();
    if broken > 0 { Err(Failure::new(format!("{broken} streams were not whole"))) } else { Ok(()) }
}

/// Each stream is a connection to the server and one from it.
fn check_files(wanted: usize) -> Result<(), Failure> {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let limit: Option<usize> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    match limit {
        Some(limit) if limit < wanted => Err(Failure::new(format!(
            "a process may open {limit} files here, and {wanted} are needed: run `ulimit -n {wanted}` first"
        ))),
        _ => Ok(()),
    }
}

fn measure(database: &'static str, binary: &Path, url: &str, plan: Plan) -> Result<Figures, Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("the model cannot be played: {error}"));
    let model = Model::start(plan.events, plan.pause).map_err(failed)?;
    let base = model.base_url();
    let settings = [
        ("AUTORISEN__CHAT__RESPONDER", "model"),
        ("OPENAI_BASE_URL", base.as_str()),
        ("AUTORISEN__CHAT__MESSAGES_PER_USER_DAY", "0"),
    ];
    let mut keeper = Keeper::open(binary, url)?;
    let running = keeper.start(&settings)?;
    thread::sleep(REST);
    let idle = memory(running)?;
    let token = visitor::chat_token(keeper.address())?;
    say(&format!("{database}: {} streams of {} s", plan.streams, plan.length().as_secs_f64()));
    let streamed = stream(keeper.address(), &token, running, plan)?;
    let peak = memory(running)?.peak;
    keeper.stop()?;
    Ok(Figures::of(database, plan.streams, streamed, idle, peak))
}

/// What came of all streams.
struct Streamed {
    reads: Vec<Result<Read, String>>,
    /// While all of them were open.
    cpu_cores: f64,
    resident: f64,
}

/// Opens the streams one after the other, looks at the server while all are open, and waits for their ends.
fn stream(address: SocketAddr, token: &str, running: Running, plan: Plan) -> Result<Streamed, Failure> {
    let opened = Arc::new(AtomicUsize::new(0));
    let (sender, ended) = mpsc::channel();
    let between = plan.ramp / u32::try_from(plan.streams).unwrap_or(1).max(1);
    let begun = Instant::now();
    for number in 0..plan.streams {
        let (opened, sender, token) = (Arc::clone(&opened), sender.clone(), token.to_owned());
        let spawned = thread::Builder::new().stack_size(256 * 1024).spawn(move || {
            let read = reader::read(address, &token, plan.events, PATIENCE, || {
                opened.fetch_add(1, Ordering::AcqRel);
            });
            let _ = sender.send(read.map_err(|error| error.to_string()));
        });
        spawned.map_err(|error| Failure::new(format!("no thread for a reader: {error}")))?;
        let due = begun + between * u32::try_from(number + 1).unwrap_or(u32::MAX);
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    drop(sender);

    // A slow machine may not have opened the last when the first ends; then this is what there is.
    let first_ends = begun + plan.length();
    while opened.load(Ordering::Acquire) < plan.streams && Instant::now() < first_ends {
        thread::sleep(Duration::from_millis(10));
    }
    let (since, before) = (Instant::now(), cpu_seconds(running)?);
    let left = first_ends.saturating_duration_since(since).mul_f64(0.9).max(Duration::from_millis(500));
    thread::sleep(left);
    let cpu_cores = (cpu_seconds(running)? - before) / since.elapsed().as_secs_f64();
    let resident = memory(running)?.resident;
    Ok(Streamed { reads: ended.iter().collect(), cpu_cores, resident })
}

fn memory(running: Running) -> Result<Memory, Failure> {
    process::memory(running.pid).ok_or_else(|| Failure::new("the server is gone"))
}

fn cpu_seconds(running: Running) -> Result<f64, Failure> {
    process::cpu_seconds(running.pid).ok_or_else(|| Failure::new("the server is gone"))
}
