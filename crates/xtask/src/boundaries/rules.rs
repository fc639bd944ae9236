//! Who may know whom, whatever the list says.

use super::{Dependency, Kind, Workspace};

/// What the packages of this workspace have in front of the names of their folders.
const PREFIX: &str = "autorisen-";

/// The crates, and which others each may know. What is not named may not be known.
const KNOWS: &[(&str, &[&str])] = &[
    ("botcheck", &["domain"]),
    ("tools", &["domain"]),
    ("chatkit", &[]),
    ("domain", &["chatkit"]),
    ("files", &["domain"]),
    ("floor", &[]),
    ("hosted-stub", &[]),
    ("http", &["chatkit", "domain"]),
    ("openai", &["chatkit", "domain"]),
    ("fuzz", &["chatkit", "domain", "http", "security"]),
    ("pgtest", &[]),
    ("security", &["domain"]),
    (
        "server",
        &[
            "botcheck",
            "chatkit",
            "domain",
            "files",
            "hosted-stub",
            "http",
            "openai",
            "security",
            "storage",
            "tools",
        ],
    ),
    ("storage", &["chatkit", "domain"]),
    ("testkit", &["chatkit", "domain", "hosted-stub", "pgtest"]),
    ("xtask", &["pgtest"]),
];

/// The crates that any other may know in its tests.
const FOR_TESTS: &[&str] = &["pgtest", "testkit"];

/// Packages that belong to a layer, by the beginnings of their names, and the crates of it.
const LAYERS: &[(&str, &[&str])] = &[
    ("actix-", &["http", "server"]),
    ("diesel", &["storage"]),
    ("bcrypt", &["security"]),
    ("biscuit", &["security"]),
    ("config", &["server"]),
    // The server itself sends its traces.
    ("reqwest", &["botcheck", "openai", "server"]),
];

/// It is made of the same crates in no layers, to be measured beside them.
const OUTSIDE: &str = "floor";

/// What breaks a rule, a sentence for each.
pub(super) fn violations(workspace: &Workspace) -> Vec<String> {
    workspace
        .iter()
        .flat_map(|(package, dependencies)| {
            dependencies.iter().filter_map(|dependency| violation(package, dependency))
        })
        .chain(unknown_crates(workspace))
        .collect()
}

fn violation(package: &str, dependency: &Dependency) -> Option<String> {
    let knower = package.strip_prefix(PREFIX).unwrap_or(package);
    if let Some(known) = dependency.name.strip_prefix(PREFIX) {
        return (!may_know(knower, known, dependency.kind))
            .then(|| format!("{package} may not know {}{}", dependency.name, in_tests(dependency.kind)));
    }
    let (_, crates) = LAYERS.iter().find(|(start, _)| dependency.name.starts_with(start))?;
    (knower != OUTSIDE && !crates.contains(&knower))
        .then(|| format!("{package} may not use {}: only {} may", dependency.name, crates.join(" and ")))
}

fn may_know(knower: &str, known: &str, kind: Kind) -> bool {
    let in_general = KNOWS.iter().any(|(name, others)| *name == knower && others.contains(&known));
    // Itself as well, for a feature that tests need.
    in_general || (kind == Kind::Dev && (FOR_TESTS.contains(&known) || knower == known))
}

fn in_tests(kind: Kind) -> &'static str {
    if kind == Kind::Dev { ", not even in its tests" } else { "" }
}

fn unknown_crates(workspace: &Workspace) -> impl Iterator<Item = String> {
    workspace
        .keys()
        .filter(|package| {
            !package.strip_prefix(PREFIX).is_some_and(|name| KNOWS.iter().any(|(known, _)| *known == name))
        })
        .map(|package| {
            format!("no rule says whom {package} may know: name it in xtask's boundaries/rules.rs")
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boundaries::workspace_of;

    #[test]
    fn what_the_house_rules_allow_passes() {
        let workspace = workspace_of(&[
            "autorisen-domain: thiserror, dev autorisen-testkit, dev proptest",
            "autorisen-http: actix-web, actix-cors, autorisen-domain, autorisen-chatkit, dev autorisen-testkit",
            "autorisen-pgtest: dev tempfile",
            "autorisen-security: autorisen-domain, bcrypt, biscuit, dev autorisen-testkit",
            "autorisen-server: actix-web, autorisen-http, autorisen-storage, autorisen-security, config",
            "autorisen-storage: autorisen-domain, diesel, diesel_migrations, dev autorisen-pgtest",
            "autorisen-testkit: autorisen-domain, autorisen-pgtest",
            "autorisen-xtask: autorisen-pgtest, serde_json",
        ]);
        assert_eq!(violations(&workspace), [""; 0]);
    }

    #[test]
    fn each_rule_refuses_what_it_is_there_for() {
        for (line, fault) in [
            (
                "autorisen-storage: actix-web",
                "autorisen-storage may not use actix-web: only http and server may",
            ),
            ("autorisen-server: diesel", "autorisen-server may not use diesel: only storage may"),
            (
                "autorisen-http: dev diesel_migrations",
                "autorisen-http may not use diesel_migrations: only storage may",
            ),
            ("autorisen-server: bcrypt", "autorisen-server may not use bcrypt: only security may"),
            ("autorisen-http: biscuit", "autorisen-http may not use biscuit: only security may"),
            ("autorisen-storage: config", "autorisen-storage may not use config: only server may"),
            ("autorisen-server: autorisen-testkit", "autorisen-server may not know autorisen-testkit"),
            ("autorisen-storage: build autorisen-pgtest", "autorisen-storage may not know autorisen-pgtest"),
            ("autorisen-domain: autorisen-storage", "autorisen-domain may not know autorisen-storage"),
            ("autorisen-http: autorisen-storage", "autorisen-http may not know autorisen-storage"),
            (
                "autorisen-security: dev autorisen-storage",
                "autorisen-security may not know autorisen-storage, not even in its tests",
            ),
        ] {
            assert_eq!(violations(&workspace_of(&[line])), [fault], "{line}");
        }
    }

    #[test]
    fn a_new_crate_needs_a_rule() {
        for name in ["autorisen-quota", "quota", "domain"] {
            let found = violations(&workspace_of(&[&format!("{name}:")]));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(&format!("whom {name} may know")), "{found:?}");
        }
    }
}
