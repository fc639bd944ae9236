//! Tables and dates, as text.

use std::time::{SystemTime, UNIX_EPOCH};

/// The date of today, in UTC.
pub(crate) fn today() -> String {
    date(unix_seconds())
}

/// The time now, in seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a developer's crate, which has no Clock")]
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A table whose columns are in line also where Markdown is read as text.
pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let header: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
    let rows: Vec<Vec<String>> = rows.into_iter().collect();
    let width = |column: usize| {
        let cells = rows.iter().chain([&header]).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: &[String]| {
        let pad = |(cell, &width): (&String, &usize)| format!(" {cell:<width$} ");
        let cells: Vec<String> = cells.iter().zip(&widths).map(pad).collect();
        format!("|{}|\n", cells.join("|"))
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
    let rows: String = rows.iter().map(|row| line(row)).collect();
    format!("{}|{}|\n{rows}", line(&header), rule.join("|"))
}

/// Of seconds since 1970, the date in UTC.
fn date(unix_seconds: u64) -> String {
    // Years begin in March here, so that the day that comes and goes is the last of a year; an
    // era is the 400 years after which the calendar repeats itself.
    let days = unix_seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_a_table_are_in_line() {
        let rows = [["a", "1"], ["long", "µ"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(
            table(&["x", "number"], rows),
            "\
| x    | number |\n\
|------|--------|\n\
| a    | 1      |\n\
| long | µ      |\n"
        );
    }

    #[test]
    fn dates_are_right_at_the_ends_of_months_and_years() {
        for (seconds, text) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_767_225_599, "2025-12-31"),
            (1_767_225_600, "2026-01-01"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(seconds), text, "{seconds}");
        }
    }
}
