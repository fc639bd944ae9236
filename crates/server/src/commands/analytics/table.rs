//! A report as tables for people.

use std::io::{self, Write};

use autorisen_domain::analytics::{ChatCounts, ChatStage, MAX_TRACKED_COUNTS, Report};

use super::shown;

/// The stages of a chat, as columns.
const STAGES: [(&str, ChatStage); 6] = [
    ("tokens", ChatStage::Token),
    ("opened", ChatStage::Opened),
    ("first answers", ChatStage::FirstAnswer),
    ("finished", ChatStage::Finished),
    ("stopped", ChatStage::Stopped),
    ("failed", ChatStage::Failed),
];

/// Prints the report.
pub(super) fn print(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if let (Some(first), Some(last)) = (report.days.first(), report.days.last()) {
        let days = report.days.len();
        let noun = if days == 1 { "day" } else { "days" };
        writeln!(out, "Chats, {first} to {last} ({days} {noun} of UTC)\n")?;
    }
    let mut table = Table::new(1, ["placement"].into_iter().chain(STAGES.map(|(name, _)| name)));
    for chat in &report.chats {
        table.add([chat.placement.as_str().to_owned()], numbers(&chat.total));
    }
    table.print(out)?;

    if !report.chats.is_empty() {
        writeln!(out, "\nChats by day\n")?;
        let names = ["day", "placement"].into_iter().chain(STAGES.map(|(name, _)| name));
        let mut table = Table::new(2, names);
        for (place, day) in report.days.iter().enumerate() {
            for chat in &report.chats {
                let counts = chat.daily.get(place).copied().unwrap_or_default();
                if counts != ChatCounts::default() {
                    table.add([day.to_string(), chat.placement.as_str().to_owned()], numbers(&counts));
                }
            }
        }
        table.print(out)?;
    }

    writeln!(out, "\nWhat front ends tracked\n")?;
    let mut table = Table::new(2, ["event", "step", "count"]);
    for told in &report.tracked {
        let step = shown(told.step.as_deref().unwrap_or_default());
        table.add([shown(&told.event_type), step], [told.count.to_string()]);
    }
    table.print(out)?;
    if report.tracked_is_cut {
        writeln!(out, "and others, less frequent than these {MAX_TRACKED_COUNTS}")?;
    }

    writeln!(out, "\nRequests that limits turned away\n")?;
    let mut table = Table::new(2, ["day", "wanted", "count"]);
    for (place, day) in report.days.iter().enumerate() {
        for limit in &report.limits {
            let count = limit.daily.get(place).copied().unwrap_or_default();
            if count > 0 {
                table.add([day.to_string(), limit.action.as_str().to_owned()], [count.to_string()]);
            }
        }
    }
    for limit in &report.limits {
        table.add(["all".to_owned(), limit.action.as_str().to_owned()], [limit.total.to_string()]);
    }
    table.print(out)
}

fn numbers(counts: &ChatCounts) -> [String; 6] {
    STAGES.map(|(_, stage)| counts.of(stage).to_string())
}

/// Rows of texts, and of numbers behind them.
struct Table {
    texts: usize,
    names: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(texts: usize, names: impl IntoIterator<Item = &'static str>) -> Self {
        Self { texts, names: names.into_iter().collect(), rows: Vec::new() }
    }

    fn add(&mut self, texts: impl IntoIterator<Item = String>, numbers: impl IntoIterator<Item = String>) {
        self.rows.push(texts.into_iter().chain(numbers).collect());
    }

    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.rows.is_empty() {
            return writeln!(out, "none");
        }
        let width = |(column, name): (usize, &&str)| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).chain([name.len()]).max().unwrap_or_default()
        };
        let widths: Vec<usize> = self.names.iter().enumerate().map(width).collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let cells = cells.zip(&widths).enumerate().map(|(column, (cell, &width))| {
                if column < self.texts { format!("{cell:width$}") } else { format!("{cell:>width$}") }
            });
            cells.collect::<Vec<_>>().join("  ")
        };
        writeln!(out, "{}", line(&mut self.names.iter().copied()))?;
        for row in &self.rows {
            writeln!(out, "{}", line(&mut row.iter().map(String::as_str)))?;
        }
        Ok(())
    }
}
