//! An import, table by table and page by page.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;

use autorisen_domain::audit::AuditEntry;
use autorisen_domain::clock::Timestamp;
use autorisen_domain::legacy::{AdoptHash, Finding};
use autorisen_domain::progress::Progress;
use diesel::connection::SimpleConnection as _;

use super::found::{Counts, Found, ImportSummary, TableSummary};
use super::layout::NOT_BROUGHT;
use super::plan::LOOK_OVER;
use super::source::{Page, Source, SourceError};
use super::state::{self, StepState};
use super::steps::{STEPS, Step, World};
use super::target::{NotWritten, Target};
use super::url::LegacyUrl;
use crate::audit::append;
use crate::db::{Abort, DatabaseUrl};

/// How many rows are read and written together.
const PAGE: usize = 1_000;
/// How many findings are reported together.
const FINDINGS: i64 = 5_000;

/// An import that is to be done.
pub struct LegacyImport {
    /// The old database.
    pub from: LegacyUrl,
    /// Ours, with all its tables, unless this is a dry run.
    pub to: DatabaseUrl,
    /// Which hashes of passwords are known.
    pub adopt: AdoptHash,
    /// The current time, for what has none.
    pub now: Timestamp,
    /// What the audit says of it, once, if anything is written.
    pub entry: AuditEntry,
}

/// An import was not finished. What it has written stays, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The old database cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// There is no connection to ours.
    #[error("cannot connect to {0}")]
    Connect(DatabaseUrl, #[source] Box<dyn Error + Send + Sync>),
    /// Ours lacks tables.
    #[error("the database lacks migrations: {}; run `autorisen migrate up` first", .0.join(", "))]
    Tables(Vec<String>),
    /// Ours cannot be read or written.
    #[error("cannot write what was read")]
    Write(#[source] diesel::result::Error),
    /// A value cannot be written as JSON, or the audit cannot be read.
    #[error("cannot write what was read: {0}")]
    Value(String),
    /// Another import is at work.
    #[error("another import to this database is at work")]
    Concurrent,
    /// Others changed the same rows again and again.
    #[error("others keep changing the same rows; try again later")]
    Raced,
    /// The counts do not add up, which is a fault of this program.
    #[error("the counts of table {0} do not add up")]
    Miscounted(&'static str),
    /// The report cannot be written.
    #[error("cannot write the report")]
    Report(#[from] io::Error),
}

impl LegacyImport {
    /// Brings everything over that is not there yet, and reports what could not be kept as it was, in the
    /// order of the tables.
    pub fn run(
        &self,
        progress: &mut dyn Progress,
        report: &mut dyn FnMut(&Found) -> io::Result<()>,
    ) -> Result<ImportSummary, ImportError> {
        let mut source = Source::open(&self.from)?;
        let mut target = Target::open(&self.to)?;
        let name = self.from.to_string();
        let tables: Vec<_> = STEPS.iter().map(|step| step.layout.table).collect();
        let unfinished = target.transact(|conn| {
            let unfinished = state::unfinished(conn, &name)?;
            if unfinished.is_none() {
                state::begin(conn, &name, &tables)?;
            }
            Ok(unfinished)
        })?;
        let was_resumed = unfinished.is_some();
        let states = unfinished.unwrap_or_default();

        let world = World::new(self.now, self.adopt, &source.colliding_users()?, false);
        let mut run = Run { import: self, name, target, is_audited: false };
        let mut done = Vec::new();
        for step in &STEPS {
            let state = states.get(step.layout.table).cloned().unwrap_or_default();
            done.push(run.table(step, state, &mut source, &world, progress)?);
        }
        if done.iter().any(|table| table.counts.brought > 0) {
            run.target.0.batch_execute(LOOK_OVER).map_err(ImportError::Write)?;
        }
        let findings = run.report(report)?;
        Ok(summary(false, was_resumed, done, findings, &mut source))
    }

    /// Does the same and writes nothing: what it would bring, and what it would report.
    pub fn dry_run(
        &self,
        progress: &mut dyn Progress,
        report: &mut dyn FnMut(&Found) -> io::Result<()>,
    ) -> Result<ImportSummary, ImportError> {
        let mut source = Source::open(&self.from)?;
        let mut target = Target::open_dry(&self.to)?;
        let colliding = source.colliding_users()?;
        let mut world = World::new(self.now, self.adopt, &colliding, true);
        let (mut done, mut findings) = (Vec::new(), BTreeMap::new());
        for step in &STEPS {
            let mut counts = Counts::default();
            walk(step, &mut source, None, progress, |page| {
                let plan = step.plan(&world, &mut target.0, &page.rows)?;
                counts = counts.and(plan.counts);
                tell(&plan.findings, &mut findings, report)?;
                world.imagine(&plan);
                Ok(counts.read)
            })?;
            done.push(settled(step, &source, counts)?);
        }
        Ok(summary(true, false, done, findings, &mut source))
    }
}

/// A run that writes.
struct Run<'a> {
    import: &'a LegacyImport,
    name: String,
    target: Target,
    is_audited: bool,
}

impl Run<'_> {
    fn table(
        &mut self,
        step: &Step,
        mut state: StepState,
        source: &mut Source,
        world: &World,
        progress: &mut dyn Progress,
    ) -> Result<TableSummary, ImportError> {
        let table = step.layout.table;
        if !state.is_done {
            let after = state.last_key.clone();
            walk(step, source, after, progress, |page| {
                state = self.page(step, &state, &page, world)?;
                Ok(state.counts.read)
            })?;
            let done = StepState { is_done: true, ..state.clone() };
            let name = &self.name;
            self.target.transact(|conn| {
                let advanced = state::advance(conn, name, table, &state, &done)?;
                if advanced { Ok(()) } else { Err(NotWritten::Concurrent) }
            })?;
        }
        settled(step, source, state.counts)
    }

    /// Writes a page, and how far the table has come by it, all or nothing.
    fn page(
        &mut self,
        step: &Step,
        state: &StepState,
        page: &Page,
        world: &World,
    ) -> Result<StepState, ImportError> {
        let (name, import, table) = (&self.name, self.import, step.layout.table);
        let is_audited = self.is_audited;
        let (next, is_audited) = self.target.transact(|conn| {
            let plan = step.plan(world, conn, &page.rows).map_err(NotWritten::Other)?;
            let next = StepState {
                last_key: Some(page.last_key.clone()),
                is_done: false,
                counts: state.counts.and(plan.counts),
                findings: state.findings + i64::try_from(plan.findings.len()).unwrap_or(i64::MAX),
            };
            if !state::advance(conn, name, table, state, &next)? {
                return Err(NotWritten::Concurrent);
            }
            if !plan.write(conn)? {
                return Err(NotWritten::Raced);
            }
            state::keep(conn, name, table, state.findings, &plan.findings)?;
            let tells = plan.changes_something() && !is_audited;
            if tells {
                append::<NotWritten>(conn, &import.entry)?;
            }
            Ok((next, is_audited || tells))
        })?;
        self.is_audited = is_audited;
        Ok(next)
    }

    /// Reports what was found, by this run and by the one that it went on with.
    fn report(
        &mut self,
        report: &mut dyn FnMut(&Found) -> io::Result<()>,
    ) -> Result<BTreeMap<(String, String), u64>, ImportError> {
        let mut counts = BTreeMap::new();
        for step in &STEPS {
            let mut after = -1;
            loop {
                let conn = &mut self.target.0;
                let page = state::kept(conn, &self.name, step.layout.table, after, FINDINGS);
                let page = page.map_err(ImportError::Write)?;
                let Some((last, _)) = page.last() else { break };
                after = *last;
                for (_, found) in &page {
                    *counts.entry((found.kind.clone(), found.fate.clone())).or_default() += 1;
                    report(found)?;
                }
            }
        }
        Ok(counts)
    }
}

/// Reads the pages of a table after a key, and says how far it has come. `deal` gives how many rows were
/// dealt with in all.
fn walk(
    step: &Step,
    source: &mut Source,
    mut after: Option<Vec<u8>>,
    progress: &mut dyn Progress,
    mut deal: impl FnMut(Page) -> Result<u64, ImportError>,
) -> Result<(), ImportError> {
    let table = step.layout.table;
    if !source.has(table) {
        return Ok(());
    }
    let total = source.count(table).map_err(|error| SourceError::Read(table, error))?;
    while let Some(page) = source.page(step.layout, after.as_deref(), PAGE)? {
        after = Some(page.last_key.clone());
        progress.at(table, deal(page)?, total);
    }
    Ok(())
}

fn tell(
    found: &[Finding],
    counts: &mut BTreeMap<(String, String), u64>,
    report: &mut dyn FnMut(&Found) -> io::Result<()>,
) -> Result<(), ImportError> {
    for finding in found {
        let found = Found::from(finding);
        *counts.entry((found.kind.clone(), found.fate.clone())).or_default() += 1;
        report(&found)?;
    }
    Ok(())
}

fn settled(step: &Step, source: &Source, counts: Counts) -> Result<TableSummary, ImportError> {
    let table = step.layout.table;
    if counts.add_up() {
        Ok(TableSummary { table, exists: source.has(table), counts })
    } else {
        Err(ImportError::Miscounted(table))
    }
}

fn summary(
    is_dry: bool,
    was_resumed: bool,
    tables: Vec<TableSummary>,
    findings: BTreeMap<(String, String), u64>,
    source: &mut Source,
) -> ImportSummary {
    let is_brought = |name: &str| STEPS.iter().any(|step| step.layout.table == name);
    let others: Vec<String> =
        source.table_names().filter(|name| !is_brought(name)).map(str::to_owned).collect();
    let mut not_brought = Vec::new();
    for name in others {
        let why = NOT_BROUGHT.iter().find(|(known, _)| *known == name);
        // A table of somebody else's may be one that we may not read.
        let rows = source.count(&name).ok();
        not_brought.push((name, rows, why.map(|(_, why)| *why)));
    }
    ImportSummary { is_dry, was_resumed, tables, findings, not_brought }
}

impl From<Abort<Self>> for NotWritten {
    fn from(abort: Abort<Self>) -> Self {
        match abort {
            Abort::Statement(error) => error.into(),
            Abort::Row(error) => Self::Other(ImportError::Value(error.to_string())),
            Abort::Refused(reason) => reason,
        }
    }
}
