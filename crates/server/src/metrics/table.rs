//! The table of metrics in `docs/metrics.md`, made from the metrics themselves.

use std::fmt::Write as _;

use super::{Book, Metrics};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md");
const BEGIN: &str = "<!-- table: begin -->\n";
const END: &str = "<!-- table: end -->\n";

fn book() -> Book {
    let mut book = Book::default();
    Metrics::within(&mut book).unwrap();
    book
}

fn table() -> String {
    let mut table = "\n| metric | kind | labels | says |\n|---|---|---|---|\n".to_owned();
    for entry in book().entries() {
        let labels: Vec<String> = entry.labels.iter().map(|label| format!("`{label}`")).collect();
        writeln!(table, "| `{}` | {} | {} | {} |", entry.name, entry.kind, labels.join(", "), entry.help)
            .unwrap();
    }
    table.push('\n');
    table
}

/// `AUTORISEN_WRITE_DOCS=1` in the environment writes the page instead.
#[test]
#[expect(clippy::disallowed_methods, reason = "it is no setting of the program")]
fn the_document_has_every_metric() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has a table");
    let (told, after) = rest.split_once(END).expect("the table ends");
    if std::env::var_os("AUTORISEN_WRITE_DOCS").is_some() {
        std::fs::write(PAGE, format!("{before}{BEGIN}{}{END}{after}", table())).unwrap();
        return;
    }
    assert_eq!(told, table(), "AUTORISEN_WRITE_DOCS=1 with this test writes it anew");
}

#[test]
fn names_are_as_prometheus_wants_them() {
    let book = book();
    for entry in book.entries() {
        let name = entry.name;
        assert!(name.starts_with("autorisen_") || name.starts_with("process_"), "{name}");
        assert_eq!(name.ends_with("_total"), entry.kind == "counter", "{name}");
        assert!(!name.contains("_ms") && !name.contains("millis"), "base units: {name}");
        if entry.kind == "histogram" {
            assert!(name.ends_with("_seconds"), "{name}");
        }
        assert!(entry.help.ends_with('.') && entry.help.len() > 10, "{name}");
        for label in &entry.labels {
            assert!(
                !["user", "email", "address", "session", "thread", "path", "id"].contains(label),
                "{name}"
            );
        }
    }
}
