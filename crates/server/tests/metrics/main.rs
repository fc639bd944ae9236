//! What the real server tells at /metrics after a walk through it, whom it refuses, and that the dashboard
//! and the alerts in `deploy/monitoring` name nothing that is not told.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails here fails")]

#[path = "../support/mod.rs"]
mod support;

mod listener;
mod promql;
mod text;
mod walk;

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use support::{Client, Running, Setup, TestDatabase};

pub(crate) use text::Told;

/// A server whose metrics are at a port of their own.
pub(crate) fn with_metrics(database: &TestDatabase) -> Setup {
    Setup::on(database).set("AUTORISEN__ADMIN__LISTENER", "on").set("AUTORISEN__ADMIN__PORT", "0")
}

/// Where its metrics are.
pub(crate) fn admin_of(server: &Running) -> Client {
    server.wait_for_output("admin.start");
    let record = server.events("admin.start").remove(0);
    let url = record["url"].as_str().unwrap();
    let address = url.strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap();
    Client::of_operator(address.parse::<SocketAddr>().unwrap())
}

/// What it tells now.
pub(crate) fn told(server: &Running) -> Told {
    let answer = admin_of(server).get("/metrics").send();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    Told::read(&answer.body)
}

/// Runs `promtool`, where Prometheus is installed, and fails when it finds something.
pub(crate) fn promtool(args: &[&str], input: &str) {
    use std::io::Write as _;
    let mut tool = Command::new("promtool");
    tool.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut tool) = tool.spawn() else {
        eprintln!("SKIPPED: promtool is not installed, so `promtool {}` was not run", args.join(" "));
        return;
    };
    tool.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let said = tool.wait_with_output().unwrap();
    let (out, faults) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "promtool {args:?}: {out}{faults}");
}
