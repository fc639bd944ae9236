//! What the crates depend on in fact, from `cargo metadata`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Dependency, Kind, Workspace};
use crate::cargo;
use crate::failure::Failure;

/// Asks cargo.
pub(super) fn read() -> Result<Workspace, Failure> {
    let text = cargo::output(&["metadata", "--format-version", "1", "--no-deps"])?;
    parse(&text).ok_or_else(|| Failure::new("`cargo metadata` answered in a form that is not known here"))
}

fn parse(text: &str) -> Option<Workspace> {
    let metadata: Value = serde_json::from_str(text).ok()?;
    metadata["packages"].as_array()?.iter().map(package).collect()
}

fn package(package: &Value) -> Option<(String, BTreeSet<Dependency>)> {
    let name = package["name"].as_str()?.to_owned();
    let dependencies = package["dependencies"].as_array()?.iter().map(dependency);
    Some((name, dependencies.collect::<Option<_>>()?))
}

fn dependency(dependency: &Value) -> Option<Dependency> {
    let kind = match &dependency["kind"] {
        Value::Null => Kind::Normal,
        Value::String(kind) if kind == "build" => Kind::Build,
        Value::String(kind) if kind == "dev" => Kind::Dev,
        _ => return None,
    };
    Some(Dependency { kind, name: dependency["name"].as_str()?.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boundaries::workspace_of;

    #[test]
    fn the_kinds_of_dependencies_are_told_apart() {
        let text = r#"{"packages": [
            {"name": "web", "dependencies": [
                {"name": "http", "kind": null, "target": "cfg(unix)"},
                {"name": "http", "kind": "dev"},
                {"name": "cc", "kind": "build", "rename": "compiler"}
            ]},
            {"name": "core", "dependencies": []}
        ]}"#;
        let workspace = workspace_of(&["core:", "web: http, dev http, build cc"]);
        assert_eq!(parse(text), Some(workspace));
    }

    #[test]
    fn a_form_that_is_not_known_is_not_taken_for_an_empty_workspace() {
        for text in [
            "",
            "{}",
            r#"{"packages": [{"name": "web"}]}"#,
            r#"{"packages": [{"name": "web", "dependencies": [{"name": "x", "kind": "other"}]}]}"#,
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
