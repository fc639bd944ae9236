//! `autorisen analytics`: saying how chats and front ends are used.

mod csv;
mod json;
mod table;

use std::io::{BufWriter, Write};

use autorisen_domain::analytics::AnalyticsService;

use super::Failure;
use crate::cli::{AnalyticsCommand, ExitCode, ReportFormat};

/// Does what was asked; answers go to `out`.
pub(super) async fn run(
    command: &AnalyticsCommand,
    analytics: &AnalyticsService,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let AnalyticsCommand::Report { days, format } = command;
    let report = analytics.report(*days).await?;
    let mut out = BufWriter::new(out);
    match format {
        ReportFormat::Table => table::print(&report, &mut out)?,
        ReportFormat::Json => writeln!(out, "{:#}", json::of(&report))?,
        ReportFormat::Csv => csv::print(&report, &mut out)?,
    }
    out.flush()?;
    Ok(ExitCode::Success)
}

/// A text of a front end, fit to be printed: it was made by anybody.
fn shown(text: &str) -> String {
    let is_plain = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|c| if is_plain(c) { c } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use autorisen_domain::analytics::{ChatStage, Day, Days, Report, ServerCount, ServerEvent, TrackedCount};
    use autorisen_domain::chat::PlacementName;
    use autorisen_domain::clock::Timestamp;
    use autorisen_domain::events::Action;
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_767_225_600); // 2026-01-01

    fn report() -> Report {
        let days = Days::until(NOW, 2).unwrap();
        let [yesterday, today] = [days.first, days.last];
        let chat = |day: Day, stage, count| {
            let placement = PlacementName::parse("support").unwrap();
            ServerCount { day, event: ServerEvent::Chat { stage, placement }, count }
        };
        let counted = vec![
            chat(yesterday, ChatStage::Token, 4),
            chat(today, ChatStage::Token, 1200),
            chat(today, ChatStage::Opened, 900),
            chat(today, ChatStage::Failed, 1),
            ServerCount { day: today, event: ServerEvent::LimitHit { action: Action::Login }, count: 3 },
        ];
        let tracked = |event_type: &str, step: Option<&str>, count| TrackedCount {
            event_type: event_type.to_owned(),
            step: step.map(str::to_owned),
            count,
        };
        let tracked =
            vec![tracked("step_view", Some("step1"), 20), tracked("=HYPERLINK(\"a\")\u{1b}[2J,", None, 1)];
        Report::new(days, counted, tracked)
    }

    fn printed(print: impl FnOnce(&Report, &mut Vec<u8>) -> std::io::Result<()>) -> String {
        let mut out = Vec::new();
        print(&report(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_table_shows_each_part() {
        let expected = "\
Chats, 2025-12-31 to 2026-01-01 (2 days of UTC)

placement  tokens  opened  first answers  finished  stopped  failed
support      1204     900              0         0        0       1

Chats by day

day         placement  tokens  opened  first answers  finished  stopped  failed
2025-12-31  support         4       0              0         0        0       0
2026-01-01  support      1200     900              0         0        0       1

What front ends tracked

event                 step   count
step_view             step1     20
=HYPERLINK(\"a\")\u{fffd}[2J,             1

Requests that limits turned away

day         wanted  count
2026-01-01  login       3
all         login       3
";
        assert_eq!(printed(|report, out| table::print(report, out)), expected);
    }

    #[test]
    fn a_table_says_that_nothing_happened() {
        let report = Report::new(Days::until(NOW, 1).unwrap(), Vec::new(), Vec::new());
        let mut out = Vec::new();
        table::print(&report, &mut out).unwrap();
        let told = String::from_utf8(out).unwrap();
        assert_eq!(told.matches("none\n").count(), 3, "{told}");
    }

    #[test]
    fn csv_has_a_line_for_each_count_and_no_formula() {
        let expected = "\
kind,day,placement,event,step,count
chat,2025-12-31,support,token_issued,,4
chat,2026-01-01,support,token_issued,,1200
chat,2026-01-01,support,chat_opened,,900
chat,2026-01-01,support,answer_failed,,1
front_end,,,step_view,step1,20
front_end,,,\"'=HYPERLINK(\"\"a\"\")\u{fffd}[2J,\",,1
limit,2026-01-01,,limit_hit,login,3
";
        assert_eq!(printed(|report, out| csv::print(report, out)), expected);
    }

    #[test]
    fn json_has_all_of_it_by_day() {
        let told = json::of(&report());
        assert_eq!(told["days"], json!(["2025-12-31", "2026-01-01"]));
        let chat = &told["chats"][0];
        assert_eq!((&chat["placement"], &chat["total"]["token_issued"]), (&json!("support"), &json!(1204)));
        assert_eq!(chat["daily"][1]["chat_opened"], json!(900));
        assert_eq!(told["front_end"][0], json!({"event_type": "step_view", "step": "step1", "count": 20}));
        assert_eq!(told["front_end_is_cut"], json!(false));
        assert_eq!(told["limits"], json!([{"action": "login", "total": 3, "daily": [0, 3]}]));
    }
}
