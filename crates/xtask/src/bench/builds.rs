//! How long building takes: everything anew, and a test after one changed line.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{BEGINNING, DOCUMENT};
use crate::cargo;
use crate::failure::Failure;
use crate::rig::{Machine, document, say, table};

/// Where everything is built anew.
const FOLDER: &str = "target/bench-build";
/// What gets another line.
const CHANGED: &str = "crates/domain/src/clock.rs";
const CHANGES: usize = 5;
const COLD_MIN: f64 = 8.0;
const CHANGED_S: f64 = 10.0;

/// Measures, prints, and writes it down.
pub(super) fn run() -> Result<(), Failure> {
    let folder = cargo::workspace().join(FOLDER);
    let target = folder.to_string_lossy().into_owned();
    let variables = [("CARGO_TARGET_DIR", target.as_str())];
    remove(&folder)?;
    // What is fetched is not what is measured.
    cargo::run(&["fetch", "--locked"], &[])?;
    let cold = timed(|| cargo::run(&["build", "--locked"], &variables))?;
    say(&format!("cold build: {:.0} s", cold.as_secs_f64()));
    let test = || cargo::run(&["test", "--package", "autorisen-domain"], &variables);
    test()?;
    let changed = cargo::workspace().join(CHANGED);
    let changed = Line::in_file(&changed)?;
    let mut after = Vec::new();
    for number in 0..CHANGES {
        changed.change(number)?;
        after.push(timed(test)?);
    }
    drop(changed);
    remove(&folder)?;
    after.sort();
    let median = after.get(CHANGES / 2).copied().unwrap_or_default();
    let section = section(&Machine::this(), cold, median);
    say(&section);
    document::write_to(DOCUMENT, BEGINNING, "builds", &section)?;
    say(&format!("Written to {DOCUMENT}."));
    Ok(())
}

fn section(machine: &Machine, cold: Duration, changed: Duration) -> String {
    let verdict = |holds: bool| if holds { "yes" } else { "no" }.to_owned();
    let (cold, changed) = (cold.as_secs_f64() / 60.0, changed.as_secs_f64());
    let rows = [
        vec![
            "`cargo build`, everything anew".to_owned(),
            format!("{cold:.1} min"),
            format!("at most {COLD_MIN:.0} min"),
            verdict(cold <= COLD_MIN),
        ],
        vec![
            "`cargo test -p autorisen-domain` after one changed line".to_owned(),
            format!("{changed:.1} s"),
            format!("at most {CHANGED_S:.0} s"),
            verdict(changed <= CHANGED_S),
        ],
    ];
    format!(
        "Written by `cargo xtask bench --builds`. {machine}\n\n{}",
        table(&["what", "took", "bar", "holds"], rows)
    )
}

fn timed(work: impl FnOnce() -> Result<(), Failure>) -> Result<Duration, Failure> {
    let begun = Instant::now();
    work().map(|()| begun.elapsed())
}

fn remove(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(format!("{}: {error}", folder.display())))
        }
        _ => Ok(()),
    }
}

/// A file that gets another line, and is as it was when this is dropped.
struct Line<'a> {
    path: &'a Path,
    before: String,
}

impl<'a> Line<'a> {
    fn in_file(path: &'a Path) -> Result<Self, Failure> {
        let before = fs::read_to_string(path).map_err(|error| Failure::new(error.to_string()))?;
        Ok(Self { path, before })
    }

    fn change(&self, number: usize) -> Result<(), Failure> {
        let text = format!("{}\n/// Measured.\npub const MEASURED: usize = {number};\n", self.before);
        fs::write(self.path, text).map_err(|error| Failure::new(error.to_string()))
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        // There is nobody to tell: git shows what was left.
        let _ = fs::write(self.path, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_holds_up_to_its_figure() {
        let seconds = Duration::from_secs_f64;
        let text = section(&Machine::this(), seconds(480.0), seconds(10.1));
        assert!(text.contains("| 8.0 min | at most 8 min | yes"), "{text}");
        assert!(text.contains("| 10.1 s  | at most 10 s  | no"), "{text}");
    }

    #[test]
    fn a_changed_file_is_as_it_was_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.rs");
        fs::write(&path, "one\n").unwrap();
        let line = Line::in_file(&path).unwrap();
        line.change(3).unwrap();
        assert_ne!(fs::read_to_string(&path).unwrap(), "one\n");
        drop(line);
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\n");
    }
}
