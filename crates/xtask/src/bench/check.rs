//! The short form, for the checks: the ratios of what they have built, beside those that were stored. It
//! finds gross loss alone, for the machine does other things and nothing is optimized.

use std::path::{Path, PathBuf};

use super::bars::{self, Reached};
use super::subject::Binaries;
use super::{BEGINNING, DOCUMENT, QUICK, measure};
use crate::cargo;
use crate::failure::Failure;
use crate::rig::{Machine, document, say, table};

const SECTION: &str = "stored";
/// Of a stored ratio this part must be left.
const KEPT: f64 = 0.5;
/// A machine that was disturbed is given another chance.
const TRIES: usize = 2;

/// Measures, and fails where more than half is lost; or stores what was measured.
pub(super) fn run(store: bool) -> Result<(), Failure> {
    let built = cargo::workspace().join("target/debug");
    let binaries =
        Binaries { product: found(&built, "autorisen")?, floor: found(&built, "autorisen-floor")? };
    let stored = document::section(DOCUMENT, SECTION)?.unwrap_or_default();
    let mut lost = Vec::new();
    for _ in 0..TRIES {
        let all = measure(&binaries, &QUICK)?;
        let reached = bars::reached(&all).ok_or_else(super::figures::nothing)?;
        if store {
            document::write_to(DOCUMENT, BEGINNING, SECTION, &section(&Machine::this(), &reached))?;
            say(&format!("Written to {DOCUMENT}."));
            return Ok(());
        }
        lost = losses(&stored, &reached);
        if lost.is_empty() {
            return Ok(());
        }
        say(&lost.join("\n"));
    }
    Err(Failure::new(lost.join("\n")))
}

fn found(folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    let path = folder.join(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(Failure::new(format!("{} is not there: `cargo test --workspace --no-run` builds it", path.display())))
}

fn section(machine: &Machine, reached: &[Reached]) -> String {
    let rows = reached.iter().map(|one| vec![one.what.clone(), format!("{:.3}", one.ratio.median)]);
    format!(
        "Written by `cargo xtask bench --check --write`. {machine}\n\n{}",
        table(&["what, not optimized", "ratio"], rows)
    )
}

/// What lost more than it may, a sentence for each. A bar that was never stored is a loss.
fn losses(stored: &str, reached: &[Reached]) -> Vec<String> {
    let loss = |one: &Reached| {
        let now = one.ratio.median;
        match stored_ratio(stored, &one.what) {
            Some(before) if now >= before * KEPT => {
                say(&format!("  {}: {now:.3}, stored {before:.3}", one.what));
                None
            }
            Some(before) => Some(format!("{}: {now:.3} is less than half of {before:.3}", one.what)),
            None => Some(format!("{}: not in {DOCUMENT}; `cargo xtask bench --check --write`", one.what)),
        }
    };
    reached.iter().filter_map(loss).collect()
}

fn stored_ratio(stored: &str, what: &str) -> Option<f64> {
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let row = stored.lines().map(cells).find(|cells| cells.get(1).is_some_and(|cell| cell == what))?;
    row.get(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::statistics::Spread;

    fn reached(what: &str, ratio: f64) -> Reached {
        let ratio = Spread { median: ratio, min: ratio, max: ratio };
        Reached { what: what.to_owned(), ratio, at_least: 9.0 }
    }

    #[test]
    fn gross_loss_is_found_and_less_is_not() {
        let stored = section(&Machine::this(), &[reached("`a` on SQLite", 0.5), reached("`b`", 0.2)]);
        let now = [reached("`a` on SQLite", 0.26), reached("`b`", 0.09), reached("`c`", 1.0)];
        let lost = losses(&stored, &now);
        assert_eq!(lost.len(), 2, "{lost:?}");
        assert_eq!(lost[0], "`b`: 0.090 is less than half of 0.200");
        assert!(lost[1].starts_with("`c`: not in docs/benchmarks.md"), "{lost:?}");
    }
}
