//! A report as comma-separated values (RFC 4180): one line for each count that is not zero.

use std::io::{self, Write};

use autorisen_domain::analytics::{ChatStage, Report};

use super::shown;

/// Prints the report.
pub(super) fn print(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "kind,day,placement,event,step,count")?;
    for chat in &report.chats {
        for (day, counts) in report.days.iter().zip(&chat.daily) {
            for (stage, count) in ChatStage::ALL.map(|stage| (stage, counts.of(stage))) {
                if count > 0 {
                    writeln!(out, "chat,{day},{},{},,{count}", chat.placement.as_str(), stage.as_str())?;
                }
            }
        }
    }
    for told in &report.tracked {
        let step = told.step.as_deref().unwrap_or_default();
        writeln!(out, "front_end,,,{},{},{}", cell(&told.event_type), cell(step), told.count)?;
    }
    for limit in &report.limits {
        for (day, count) in report.days.iter().zip(&limit.daily).filter(|(_, count)| **count > 0) {
            writeln!(out, "limit,{day},,limit_hit,{},{count}", limit.action.as_str())?;
        }
    }
    Ok(())
}

/// A text that anybody made. What a spreadsheet would take for a formula it takes for a text.
fn cell(text: &str) -> String {
    let text = shown(text);
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text };
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
