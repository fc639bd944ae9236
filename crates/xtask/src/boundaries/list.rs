//! The checked-in list: read, written, compared.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{Dependency, Kind, Workspace};

const HEADER: &str = "\
# What each crate of this workspace depends on directly: a paragraph for each crate, a line for
# each dependency; `build` is needed by a build script alone, `dev` by tests alone.
#
# A new line is a decision: review it like one. `cargo xtask boundaries` compares this list with
# the workspace, `cargo xtask boundaries --write` rewrites it.
";

const INDENT: &str = "  ";

/// The list as text.
pub(super) fn render(workspace: &Workspace) -> String {
    let mut text = HEADER.to_owned();
    for (name, dependencies) in workspace {
        // Writing to a string does not fail.
        let _ = writeln!(text, "\n{name}");
        for dependency in dependencies {
            let _ = writeln!(text, "{INDENT}{dependency}");
        }
    }
    text
}

/// The list from text, or which line is at fault and why.
pub(super) fn parse(text: &str) -> Result<Workspace, String> {
    let mut workspace = Workspace::new();
    let mut current: Option<&mut BTreeSet<Dependency>> = None;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        match (line.strip_prefix(INDENT), &mut current) {
            (None, _) => {
                let name = line.trim_end().to_owned();
                if workspace.contains_key(&name) {
                    return Err(format!("line {number}: a second paragraph for {name}"));
                }
                current = Some(workspace.entry(name).or_default());
            }
            (Some(_), None) => return Err(format!("line {number}: no crate is named above it")),
            (Some(line), Some(dependencies)) => {
                let dependency = parse_dependency(line)
                    .ok_or(format!("line {number}: not `NAME`, `build NAME` or `dev NAME`"))?;
                if !dependencies.insert(dependency) {
                    return Err(format!("line {number}: this is said twice"));
                }
            }
        }
    }
    Ok(workspace)
}

/// What the workspace has and the list does not, and the other way round, a sentence for each.
pub(super) fn differences(agreed: &Workspace, found: &Workspace) -> Vec<String> {
    let none = BTreeSet::new();
    let names: BTreeSet<&String> = agreed.keys().chain(found.keys()).collect();
    let mut differences = Vec::new();
    for name in names {
        match (agreed.contains_key(name), found.contains_key(name)) {
            (false, true) => differences.push(format!("new crate: {name}")),
            (true, false) => differences.push(format!("gone crate: {name}")),
            _ => {}
        }
        let agreed = agreed.get(name).unwrap_or(&none);
        let found = found.get(name).unwrap_or(&none);
        let new = found.difference(agreed).map(|line| format!("new in {name}: {line}"));
        let gone = agreed.difference(found).map(|line| format!("gone from {name}: {line}"));
        differences.extend(new.chain(gone));
    }
    differences
}

fn parse_dependency(line: &str) -> Option<Dependency> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (kind, name) = match words[..] {
        [name] => (Kind::Normal, name),
        ["build", name] => (Kind::Build, name),
        ["dev", name] => (Kind::Dev, name),
        _ => return None,
    };
    Some(Dependency { kind, name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boundaries::workspace_of;

    #[test]
    fn the_list_is_sorted_and_reads_back_as_it_was_written() {
        let workspace = workspace_of(&["web: zlib, dev tools, alpha, build cc", "core:"]);
        let text = render(&workspace);
        let body = text.strip_prefix(HEADER).unwrap();
        assert_eq!(body, "\ncore\n\nweb\n  alpha\n  zlib\n  build cc\n  dev tools\n");
        assert_eq!(parse(&text), Ok(workspace));
    }

    #[test]
    fn the_same_list_has_no_differences_whatever_its_order() {
        let agreed = parse("b\n  z\n  dev y\n  x\n\n# a remark\na\n").unwrap();
        let found = workspace_of(&["a:", "b: x, dev y, z"]);
        assert_eq!(differences(&agreed, &found), [""; 0]);
    }

    #[test]
    fn every_line_that_is_new_or_gone_is_named() {
        let agreed = workspace_of(&["core: time", "web: http, dev tools", "old: time"]);
        let found = workspace_of(&["core: time, dev time", "web: dev http, dev tools", "new: time"]);
        assert_eq!(
            differences(&agreed, &found),
            [
                "new in core: dev time",
                "new crate: new",
                "new in new: time",
                "gone crate: old",
                "gone from old: time",
                "new in web: dev http",
                "gone from web: http",
            ]
        );
    }

    #[test]
    fn a_faulty_line_is_named_by_its_number() {
        for (text, fault) in [
            ("# remark\n  serde\n", "line 2: no crate is named above it"),
            ("core\n  test serde\n", "line 2: not `NAME`, `build NAME` or `dev NAME`"),
            ("core\n  serde\n  serde\n", "line 3: this is said twice"),
            ("core\n\ncore\n", "line 3: a second paragraph for core"),
        ] {
            assert_eq!(parse(text), Err(fault.to_owned()), "{text:?}");
        }
    }
}
