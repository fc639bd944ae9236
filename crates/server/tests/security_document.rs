//! `docs/security.md` names a test for what it promises: each is there, and no line of the standard
//! is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const DOCUMENT: &str = include_str!("../../../docs/security.md");

/// The requirements of ASVS 5.0 that concern this server, by their level.
const LEVEL_1: &str = "3.3.1 3.4.1 3.4.2 3.5.1 3.5.2 3.5.3 4.1.1 6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 \
    6.2.8 6.3.1 6.3.2 6.4.1 6.4.2 7.2.1 7.2.2 7.2.3 7.2.4 7.4.1 7.4.2 8.1.1 8.2.1 8.2.2 8.3.1 9.1.1 9.1.2 9.1.3 \
    9.2.1 10.4.1 10.4.2 10.4.3 10.4.4 10.4.5 14.2.1";
const LEVEL_2: &str = "2.3.3 2.3.4 2.4.1 3.3.2 3.3.3 3.3.4 3.4.3 3.4.4 3.4.5 3.4.6 3.7.2 4.1.3 4.2.1 6.1.2 6.1.3 \
    6.2.9 6.2.10 6.2.11 6.2.12 6.3.3 6.3.4 6.4.3 6.4.4 6.5.1 6.5.2 6.5.3 6.5.4 6.5.5 6.6.2 6.6.3 6.8.1 6.8.2 6.8.4 \
    7.1.1 7.1.2 7.3.1 7.3.2 7.4.3 7.4.5 7.5.1 7.5.2 7.6.2 8.2.3 9.2.2 9.2.3 9.2.4 10.1.1 10.1.2 10.2.1 10.2.2 10.3.1 \
    10.3.3 10.4.6 10.4.8 10.4.9 10.5.1 10.5.2 10.5.3 10.5.4 11.2.1 11.4.2 11.5.1 13.3.1 13.4.2 13.4.3 13.4.4 13.4.5 \
    14.3.2 15.1.3 15.2.2 15.3.3 15.3.4 16.2.1 16.2.2 16.2.3 16.2.4 16.2.5 16.3.1 16.3.2 16.3.3 16.3.4 16.4.1 16.5.1 \
    16.5.2 16.5.3";

#[test]
fn every_test_that_the_document_names_exists() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let named: BTreeSet<(&str, &str)> = DOCUMENT
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.split_once(".rs::"))
        .filter(|(_, test)| *test != "…")
        .collect();
    assert!(named.len() > 50, "{named:?}");
    for (file, test) in named {
        let source = std::fs::read_to_string(crates.join(format!("{file}.rs")));
        let source = source.unwrap_or_else(|error| panic!("{file}.rs: {error}"));
        assert!(source.contains(&format!("fn {test}(")), "{file}.rs has no {test}");
    }
}

#[test]
fn every_requirement_has_one_line_with_its_level() {
    let mut levels: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in DOCUMENT.lines() {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let (Some(numbers), Some(level), Some(here)) = (cells.next(), cells.next(), cells.next()) else {
            continue;
        };
        if !numbers.starts_with(|first: char| first.is_ascii_digit()) {
            continue;
        }
        assert!(!here.is_empty(), "{line}");
        for number in numbers.split(", ") {
            levels.entry(number).or_default().extend(level.split(", "));
        }
    }
    for (numbers, level) in [(LEVEL_1, "1"), (LEVEL_2, "2")] {
        for number in numbers.split_whitespace() {
            let found = levels.remove(number).unwrap_or_default();
            assert!(found.contains(&level), "{number} is not there as level {level}: {found:?}");
        }
    }
    assert!(levels.is_empty(), "{levels:?}");
}
