//! Where and of what something was measured.

use std::fmt;
use std::fs;
use std::process::{Command, Stdio};

use super::{cores, process, today};
use crate::cargo;

/// This machine, today.
#[derive(Debug)]
pub(crate) struct Machine {
    date: String,
    cores: usize,
    processor: String,
    memory_gb: f64,
    /// What is measured, as git names it.
    commit: String,
}

impl Machine {
    /// This one.
    pub(crate) fn this() -> Self {
        let unknown = || "unknown".to_owned();
        Self {
            date: today(),
            cores: cores(),
            processor: process::processor().unwrap_or_else(unknown),
            memory_gb: fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text)).unwrap_or(0.0),
            commit: commit().unwrap_or_else(unknown),
        }
    }
}

impl Machine {
    /// When, and of what, in a few words.
    pub(crate) fn brief(&self) -> String {
        format!("{}, {}", self.date, self.commit)
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, cores, processor, memory_gb, commit } = self;
        write!(
            f,
            "Measured on {date}, on {cores} cores ({processor}) with {memory_gb:.0} GB of memory, at commit {commit}."
        )
    }
}

/// In GB.
fn total(meminfo: &str) -> Option<f64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(f64::from(kib) * 1_024.0 / 1e9)
}

/// The commit, and whether there is more than it has.
fn commit() -> Option<String> {
    let mut git = Command::new("git");
    git.args(["describe", "--always", "--dirty= and changes", "--abbrev=10", "--exclude=*"]);
    let output = git.current_dir(cargo::workspace()).stderr(Stdio::null()).output().ok()?;
    let commit = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !commit.trim().is_empty()).then(|| commit.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_told_in_gigabytes() {
        let total = total("MemTotal:       15625000 kB\nMemFree: 1 kB\n").unwrap();
        assert!((total - 16.0).abs() < 1e-9, "{total}");
    }

    #[test]
    fn what_is_known_is_told_in_a_sentence() {
        let text = Machine::this().to_string();
        assert!(text.starts_with("Measured on 2") && text.ends_with('.'), "{text}");
    }
}
