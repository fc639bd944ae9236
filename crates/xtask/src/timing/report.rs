//! What was found, as Markdown.

use std::fmt::Write;

use super::comparison::{Comparison, Estimate};
use super::finding::{ClassFinding, Finding};
use super::measure::CONNECTIONS;
use super::question::{HASH_QUEUE, Question};
use super::verdict::Bar;
use crate::rig::{Machine, table};

/// All that was found of a question on a database.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) database: &'static str,
    pub(super) question: Question,
    pub(super) findings: Vec<Finding>,
}

/// The whole section.
pub(super) fn section(machine: &Machine, seed: u64, parts: &[Part]) -> String {
    let Bar { auc, median } = Bar::PROMISED;
    let (auc_bar, median_bar) = (format!("{auc:.2}"), percent(median));
    let mut text = format!(
        "\
Written by `cargo xtask timing`. {machine} Seed of the order: {seed}.

Each row compares a class with the class named first, the reference. AUC is the probability that an answer of the
class takes longer than one of the reference, ties counting half: 0.5 tells nothing; its 95 % interval is DeLong's.
Differences are parts of the reference's figure at the median, at 10 % and at 90 % of the times; t is Welch's. The
times are the client's, and where it says so the server's own from its log. The bar: AUC 0.5 ± {auc_bar} and medians
within {median_bar}, by both clocks, and all answers the same to the byte, but for date, request id and the seconds of
`Retry-After`. A figure outside the bar is *unclear* while its interval, doubled to 99.99 % since so many figures are
judged at once, reaches into it, and *missed* where it does not.

The requests of all classes take turns at random on {CONNECTIONS} connections, after a warm-up; each class has as many
addresses. \"50 %\" is half of the requests for `GET /api/auth/me` that server and load can do together. \"hash queue
full\" is as many other logins as the lane and its queue ({HASH_QUEUE} here) can hold, so that some are refused: how many
must not differ either. The control compares what does differ: it has to be missed. All run on this machine.
Registration is measured closed; open, it tells a taken address by its status, as `docs/operations.md` says.
"
    );
    for part in parts {
        // Writing to a string does not fail.
        let _ = write!(text, "\n{}", of_part(part));
    }
    text
}

/// The table of one question.
pub(super) fn of_part(part: &Part) -> String {
    let Question { name, cost, status, .. } = &part.question;
    let header = [
        "load",
        "class",
        "n",
        "AUC (95 %)",
        "AUC, server",
        "median",
        "median, server",
        "10 %",
        "90 %",
        "t",
        "refused",
        "bar",
    ];
    let rows =
        part.findings.iter().flat_map(|finding| finding.classes.iter().map(move |class| row(finding, class)));
    let references: Vec<String> = part
        .findings
        .iter()
        .map(|finding| format!("{} {:.2} ms", finding.load.name(), finding.reference_ms))
        .collect();
    let compared: u64 = part.findings.iter().map(|finding| finding.compared).sum();
    let different: u64 = part.findings.iter().map(|finding| finding.different).sum();
    let reference = part.findings.first().map_or("", |finding| finding.reference);
    format!(
        "### {name} ({status}), bcrypt cost {cost}, {}\n\n{}\nReference: {reference}; its median: {}. Answers compared: \
         {compared}; different: {different}.\n",
        part.database,
        table(&header, rows),
        references.join(", "),
    )
}

fn row(finding: &Finding, class: &ClassFinding) -> Vec<String> {
    let Comparison { auc, median, tenth, ninetieth, welch, .. } = &class.client;
    let server = |show: &dyn Fn(&Comparison) -> String| class.server.as_ref().map_or("–".to_owned(), show);
    vec![
        finding.load.name().to_owned(),
        class.class.to_owned(),
        class.count.to_string(),
        show_auc(*auc),
        server(&|server| show_auc(server.auc)),
        percent(median.value),
        server(&|server| percent(server.median.value)),
        percent(*tenth),
        percent(*ninetieth),
        format!("{welch:.1}"),
        class.refused.map_or("–".to_owned(), |refused| percent(refused.value)),
        class.verdict.word().to_owned(),
    ]
}

fn show_auc(auc: Estimate) -> String {
    format!("{:.3} ({:.3} to {:.3})", auc.value, auc.low, auc.high)
}

fn percent(part: f64) -> String {
    let percent = format!("{:.1} %", part * 100.0);
    if percent == "-0.0 %" { "0.0 %".to_owned() } else { percent }
}

#[cfg(test)]
mod tests {
    use super::super::measure::{Measured, Times};
    use super::super::question::{Extent, Load};
    use super::*;

    #[test]
    fn every_class_has_its_row_and_differences_are_counted() {
        let extent = Extent { cost: 4, idle: 3, loaded: 3, pbkdf2: 3, real: 0 };
        let question = Question::all(extent).remove(0);
        let times = Times { client: vec![1_000.0, 2_000.0, 3_000.0], server: Vec::new(), refused: 0 };
        let mut measured = Measured {
            times: vec![times; question.classes.len()],
            answers: super::super::answers::Answers::default(),
        };
        measured.answers.compare("one", 401, b"a");
        measured.answers.compare("two", 401, b"b");
        let finding = Finding::of(&question, Load::Idle, measured, Bar::PROMISED).unwrap();
        let classes = question.classes.clone();
        let text = of_part(&Part { database: "SQLite", question, findings: vec![finding] });
        for class in &classes[1..] {
            assert!(text.contains(&format!("| idle | {:<30} | 3 | 0.500 (", class.name())), "{text}");
        }
        assert!(text.contains("its median: idle 2.00 ms. Answers compared: 2; different: 1."), "{text}");
    }

    #[test]
    fn nothing_is_not_shown_as_less_than_nothing() {
        assert_eq!([percent(-0.0001), percent(-0.02), percent(0.005)], ["0.0 %", "-2.0 %", "0.5 %"]);
    }
}
