//! `docs/USAGE_TEMPLATES.md` names every event that the server itself writes, with its fields, and its
//! commands find what they say. What the domain tells is compared where the domain is tested.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use support::{PASSWORD, Setup, TestDatabase};

const DOCUMENT: &str = include_str!("../../../docs/USAGE_TEMPLATES.md");

/// How the names begin of what the domain tells.
const DOMAIN: [&str; 5] = ["account.", "analytics.track.", "auth.", "chatkit.", "keys."];

type Events = BTreeMap<String, BTreeSet<String>>;

#[test]
fn every_event_that_the_server_writes_is_there_with_its_fields() {
    let written = written();
    assert!(written.len() > 15, "{written:?}");
    let documented = documented();
    for (name, fields) in &written {
        assert_eq!(documented.get(name), Some(fields), "{name}");
    }
    // What is told by the domain has its own test; nothing else may be promised.
    let told_by_the_domain = |name: &String| DOMAIN.iter().any(|part| name.starts_with(part));
    let invented: Vec<_> =
        documented.keys().filter(|name| !written.contains_key(*name) && !told_by_the_domain(name)).collect();
    assert!(invented.is_empty(), "{invented:?}");
}

#[test]
fn the_commands_to_paste_find_what_they_say() {
    let database = TestDatabase::sqlite();
    let server = Setup::on(&database).start();
    let client = server.client();
    client.register("ada@example.org");
    let login = |email: &str| {
        let body = json!({"email": email, "password": PASSWORD});
        client.post("/api/auth/login").header("X-Request-ID", "follow-me-1").json(&body).send()
    };
    assert_eq!((login("ada@example.org").status, login("nobody@example.org").status), (200, 401));
    drop(client); // A connection that is kept would be waited for.
    server.terminate();
    let (_, mut log) = server.wait();
    // A fault takes a broken database; its line stands for it.
    log.push_str("{\"level\":\"error\",\"event\":\"http.request.fault\",\"error\":\"cannot find user\"}\n");
    std::fs::write(database.folder().join("autorisen.log"), log).unwrap();

    let mut found = 0;
    for command in commands() {
        // The requests were made above.
        let script = format!("set -eu\ncurl() {{ :; }}\n{command}");
        let ended = Command::new("sh").args(["-c", &script]).current_dir(database.folder()).output().unwrap();
        let said = String::from_utf8(ended.stdout).unwrap();
        assert!(ended.status.success(), "{command}\n{}", String::from_utf8_lossy(&ended.stderr));
        // Each line that looks for something found it.
        if command.contains("grep") {
            assert!(!said.trim().is_empty(), "{command}");
            found += 1;
        }
    }
    assert!(found >= 6, "{found}");
}

/// The events of the server's sources, with the fields that stand beside them.
fn written() -> Events {
    let mut events = Events::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let source = std::fs::read_to_string(path).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap();
        for after in source.split("#EVENT, \"").skip(1) {
            let (name, rest) = within_call(after).split_once('"').unwrap();
            if name == "{}" {
                continue; // What the domain tells.
            }
            let quoted = rest.split('"').skip(1).step_by(2).zip(rest.split('"').skip(2).step_by(2));
            let fields =
                quoted.filter(|(_, after)| after.starts_with(" =>")).map(|(name, _)| name.to_owned());
            events.entry(name.to_owned()).or_default().extend(fields);
        }
    }
    events.insert("log.records.lost".to_owned(), BTreeSet::from(["count".to_owned()]));
    events
}

/// What stands before the parenthesis that closes a call which is open already.
fn within_call(text: &str) -> &str {
    let mut open = 1;
    let closes = |c| {
        open += i32::from(c == '(') - i32::from(c == ')');
        open == 0
    };
    &text[..text.find(closes).unwrap()]
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    folders.iter().flat_map(|folder| sources(folder)).chain(files).collect()
}

/// The events of the document, with their fields.
fn documented() -> Events {
    let mut events = Events::new();
    let (_, tables) = DOCUMENT.split_once("## Every event").unwrap();
    for row in tables.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').collect();
        let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        for name in words(cells[1]) {
            let other = events.insert(name, words(cells[2]).into_iter().collect());
            assert_eq!(other, None, "{row}");
        }
    }
    events
}

/// The blocks of commands.
fn commands() -> Vec<&'static str> {
    DOCUMENT.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap()).collect()
}
