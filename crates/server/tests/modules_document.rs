//! `docs/modules.md` walks through a module of the tree: what it shows is what stands there.

use std::path::{Path, PathBuf};

const DOCUMENT: &str = include_str!("../../../docs/modules.md");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_piece_of_code_stands_in_the_file_that_is_named_before_it() {
    let mut parts = DOCUMENT.split("\n```");
    let mut before = parts.next().unwrap_or_default();
    let mut count = 0;
    while let (Some(code), Some(after)) = (parts.next(), parts.next()) {
        let (_language, code) = code.split_once('\n').unwrap_or_default();
        let file = before.trim_end().lines().last().unwrap_or_default().trim_matches('`');
        let source = std::fs::read_to_string(root().join(file));
        let source = source.unwrap_or_else(|error| panic!("{file:?} is named: {error}"));
        assert!(!code.trim().is_empty() && source.contains(code), "{file} has no\n{code}");
        (before, count) = (after, count + 1);
    }
    assert!(count > 9, "{count}");
}

#[test]
fn every_file_that_is_named_exists() {
    let named = DOCUMENT.split('`').filter(|text| text.contains('/') && !text.contains([' ', '\n', ':']));
    let is_path =
        |text: &&str| ["crates/", "docs/", "migrations/"].iter().any(|start| text.starts_with(start));
    let files: Vec<&str> = named.filter(is_path).collect();
    assert!(files.len() > 15, "{files:?}");
    for file in files {
        assert!(root().join(file).exists(), "{file}");
    }
}

/// What the walk promises of its size.
#[test]
fn the_handlers_are_small() {
    let source = include_str!("../../http/src/onboarding/handlers.rs");
    let (_, handlers) = source.split_once("/// `GET").unwrap_or_default();
    let lines = handlers.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("///")).count();
    assert!((10..30).contains(&lines), "{lines}");
}
