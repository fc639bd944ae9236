//! The stand-in for hosted sessions, as the command line serves it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// A process that ends with the test.
struct Stub(Child);

impl Drop for Stub {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_command_line_serves_the_stand_in_and_says_what_to_set() {
    let mut stub = Command::new(env!("CARGO_BIN_EXE_autorisen"))
        .args(["dev", "hosted-stub", "--port", "0"])
        .env_clear()
        // It needs no settings, and so cares for none that are wrong.
        .env("CHATKIT_MODE", "both")
        .stdout(Stdio::piped())
        .spawn()
        .map(Stub)
        .unwrap();
    let mut told = String::new();
    let mut lines = BufReader::new(stub.0.stdout.take().unwrap());
    while !told.contains("/stub/faults -d") {
        assert!(lines.read_line(&mut told).unwrap() > 0, "it ends: {told}");
    }
    let named = |name: &str| {
        let (_, rest) = told.split_once(&format!("{name}=")).expect("it is named");
        rest.split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(named("CHATKIT_MODE"), "hosted");

    let (base, key) = (named("CHATKIT_API_BASE"), named("OPENAI_API_KEY"));
    let body = json!({"user": "u", "workflow": {"id": named("CHATKIT_WORKFLOW_ID")}});
    let created: Value = ureq::post(format!("{base}/v1/chatkit/sessions"))
        .header("authorization", format!("Bearer {key}"))
        .header("openai-beta", "chatkit_beta=v1")
        .send_json(&body)
        .unwrap()
        .body_mut()
        .read_json()
        .unwrap();
    let seen: Value =
        ureq::get(format!("{base}/stub/sessions")).call().unwrap().body_mut().read_json().unwrap();
    assert_eq!(seen["sessions"][0]["id"], created["id"], "{seen}");
    assert_eq!(seen["sessions"][0].get("client_secret"), None);
}
