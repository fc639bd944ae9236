//! What a look finds, and how it is told.

use std::io::{self, Write};

use serde_json::{Value, json};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It is as it should be.
    Sound,
    /// It works, and may not be what was wanted.
    Warning,
    /// The server does not start, or does not work as it should.
    Fault,
    /// It could not be looked at, because of something else.
    Skipped,
}

/// One thing that was looked at. It never repeats a secret.
#[derive(Debug)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) check: String,
    /// How bad it is.
    pub(super) state: State,
    /// What was found.
    pub(super) says: String,
    /// What to do; empty where there is nothing to do.
    pub(super) remedy: String,
}

/// Everything that was looked at, in that order.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Sound => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
            Self::Skipped => "skipped",
        }
    }
}

impl Findings {
    /// It is as it should be.
    pub(super) fn sound(&mut self, check: &str, says: impl Into<String>) {
        self.add(check, State::Sound, says, "");
    }

    /// It works, and may not be what was wanted.
    pub(super) fn warn(&mut self, check: &str, says: impl Into<String>, remedy: impl Into<String>) {
        self.add(check, State::Warning, says, remedy);
    }

    /// It does not work.
    pub(super) fn fault(&mut self, check: &str, says: impl Into<String>, remedy: impl Into<String>) {
        self.add(check, State::Fault, says, remedy);
    }

    /// It could not be looked at.
    pub(super) fn skip(&mut self, check: &str, why: impl Into<String>) {
        self.add(check, State::Skipped, why, "");
    }

    fn add(&mut self, check: &str, state: State, says: impl Into<String>, remedy: impl Into<String>) {
        let (check, says, remedy) = (check.to_owned(), says.into(), remedy.into());
        self.0.push(Finding { check, state, says, remedy });
    }

    /// Whether nothing is at fault. Warnings are none.
    pub(super) fn is_sound(&self) -> bool {
        self.count(State::Fault) == 0
    }

    /// How much there is to do so far.
    pub(super) fn troubles(&self) -> usize {
        self.count(State::Fault) + self.count(State::Warning)
    }

    fn count(&self, state: State) -> usize {
        self.0.iter().filter(|finding| finding.state == state).count()
    }

    /// For people: a line each, what to do below it, and a sum.
    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let width = self.0.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
        for Finding { check, state, says, remedy } in &self.0 {
            writeln!(out, "{:<8} {check:<width$}  {says}", state.as_str())?;
            if !remedy.is_empty() {
                writeln!(out, "{:8} {:width$}  -> {remedy}", "", "")?;
            }
        }
        let (faults, warnings) = (self.count(State::Fault), self.count(State::Warning));
        writeln!(out, "\n{faults} at fault, {warnings} to think about, {} looked at.", self.0.len())
    }

    /// For programs.
    pub(super) fn print_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let findings: Vec<Value> = self
            .0
            .iter()
            .map(|finding| {
                json!({
                    "check": finding.check,
                    "state": finding.state.as_str(),
                    "says": finding.says,
                    "remedy": finding.remedy,
                })
            })
            .collect();
        writeln!(out, "{:#}", json!({ "ok": self.is_sound(), "findings": findings }))
    }
}
