//! What came of the trials, as a table. A row is known by its fault and its database: one that was not
//! tried this time stays as it was.

use super::trials::{ALL, Came, Trial};
use crate::rig::{Machine, table};

const HEADER: [&str; 15] = [
    "fault",
    "database",
    "done",
    "requests",
    "writes told done",
    "lost",
    "used twice",
    "back from the dead",
    "signed out",
    "503",
    "longest request, s",
    "well after, s",
    "connections/s",
    "passed",
    "measured",
];

/// The row of a trial.
pub(super) fn row(trial: &Trial, came: &Came, machine: &Machine) -> Vec<String> {
    let mut cells = vec![trial.fault.to_owned(), trial.database.to_owned()];
    match came {
        Came::NotHere(reason) => {
            cells.push(format!("not tried: {reason}"));
            cells.resize(HEADER.len() - 2, String::new());
            cells.push("no".to_owned());
        }
        Came::Tried { how, verdict } => {
            let counts = [
                verdict.requests,
                verdict.writes + verdict.ends,
                verdict.lost,
                verdict.used_twice,
                verdict.resurrected,
                verdict.signed_out,
                verdict.busy,
            ];
            cells.push(how.clone());
            cells.extend(counts.map(|count| count.to_string()));
            cells.push(format!("{:.1}", verdict.slowest.as_secs_f64()));
            let well_after = verdict.well_after.map(|after| format!("{:.1}", after.as_secs_f64()));
            cells.push(well_after.unwrap_or_else(|| "-".to_owned()));
            cells.push(verdict.connections.map_or_else(|| "-".to_owned(), |count| count.to_string()));
            cells.push(if verdict.is_good() { "yes" } else { "no" }.to_owned());
        }
    }
    cells.push(machine.brief());
    cells
}

/// The section of the document: these rows, and those of `before` that are not among them.
pub(super) fn section(before: Option<&str>, rows: &[Vec<String>], machine: &Machine) -> String {
    let old = before.map(rows_of).unwrap_or_default();
    let rows = ALL.iter().filter_map(|trial| {
        let is_its = |row: &&Vec<String>| {
            row.first().is_some_and(|fault| fault == trial.fault)
                && row.get(1).is_some_and(|database| database == trial.database)
        };
        rows.iter().find(is_its).or_else(|| old.iter().find(is_its)).cloned()
    });
    format!("Written by `cargo xtask faults --long`; the last run: {machine}\n\n{}", table(&HEADER, rows))
}

/// The rows of a table, without its head.
fn rows_of(section: &str) -> Vec<Vec<String>> {
    let lines = section.lines().filter(|line| line.starts_with("| "));
    let cells = |line: &str| {
        let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
        inner.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    lines.skip(1).map(cells).collect()
}

#[cfg(test)]
mod tests {
    use super::super::verdict::Verdict;
    use super::*;

    #[test]
    fn a_run_of_some_leaves_the_rows_of_the_others() {
        let machine = Machine::this();
        let came = |requests| Came::Tried {
            how: "so".to_owned(),
            verdict: Verdict { requests, ..Verdict::default() },
        };
        let all: Vec<_> = ALL.iter().map(|trial| row(trial, &came(7), &machine)).collect();
        let first = section(None, &all, &machine);
        let second = section(Some(&first), &[row(&ALL[3], &came(123), &machine)], &machine);
        let changed: Vec<_> = first.lines().zip(second.lines()).filter(|(old, new)| old != new).collect();
        assert_eq!(changed.len(), 1, "{second}");
        assert!(changed[0].1.contains(ALL[3].fault) && changed[0].1.contains("| 123"), "{second}");
        assert_eq!(rows_of(&second).len(), ALL.len());
    }

    #[test]
    fn what_cannot_be_tried_did_not_pass() {
        let row = row(&ALL[4], &Came::NotHere("why".to_owned()), &Machine::this());
        assert_eq!((row.len(), row[2].as_str(), row[13].as_str()), (HEADER.len(), "not tried: why", "no"));
    }
}
