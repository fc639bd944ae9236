//! What a model's server is given beside text, on the real server: images, files and speech.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::time::Duration;

use autorisen_testkit::model_server::{ModelServer, Play, responses_saying};
use serde_json::{Value, json};

use support::{Setup, Talker, TestDatabase, message};

on_both_databases! {
    a_model_sees_the_image_that_was_uploaded,
    what_is_dictated_is_written_down_and_counts_as_a_message,
    a_fault_of_the_transcriber_is_a_problem_and_in_the_log,
    without_a_transcriber_dictation_is_refused,
}

const KEY: &str = "marked-key-of-the-model";

fn with_model(database: &TestDatabase, model: &ModelServer) -> Setup {
    Setup::on(database).set("OPENAI_API_KEY", KEY).set("OPENAI_BASE_URL", &model.base_url())
}

fn speech(bytes: &str) -> Value {
    json!({"audio_base64": bytes, "mime_type": "audio/webm;codecs=opus"})
}

fn a_model_sees_the_image_that_was_uploaded(database: &TestDatabase) {
    let model =
        ModelServer::start([Play::Events { data: responses_saying(&["A cat."]), pause: Duration::ZERO }]);
    let server = with_model(database, &model).start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    // More than one part as files are stored, and no multiple of three.
    let image: Vec<u8> =
        b"\x89PNG\r\n\x1a\n".iter().copied().chain((0..=255).cycle()).take(700_001).collect();
    let announced = ada.ask(
        "attachments.create",
        &json!({"name": "cat.png", "size": image.len(), "mime_type": "image/png"}),
    );
    let url = announced["upload_descriptor"]["url"].as_str().unwrap();
    assert_eq!(server.client().request("PUT", url).body(image.clone()).send().status, 200);
    let mut input = message("What is this?");
    input["attachments"] = json!([announced["id"]]);
    ada.stream("threads.create", &json!({"input": input}));
    let asked = model.asked().remove(0).body;
    let content = &asked["input"][0]["content"];
    assert_eq!((&content[0]["type"], &content[1]["type"]), (&json!("input_text"), &json!("input_image")));
    let url = content[1]["image_url"].as_str().unwrap().strip_prefix("data:image/png;base64,").unwrap();
    assert!(url.len() == image.len().div_ceil(3) * 4 && url.starts_with("iVBORw0KGgo"), "{}", url.len());
}

fn what_is_dictated_is_written_down_and_counts_as_a_message(database: &TestDatabase) {
    let model = ModelServer::start([Play::Json("{\"text\":\"Good day\"}".to_owned())]);
    let server = with_model(database, &model)
        .set("AUTORISEN__CHAT__TRANSCRIBE_MODEL", "ears")
        .set("AUTORISEN__CHAT__MESSAGES_PER_USER_DAY", "2")
        .start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    assert_eq!(ada.ask("input.transcribe", &speech("aGVsbG8=")), json!({"text": "Good day"}));
    let asked = model.asked().remove(0);
    let form = String::from_utf8_lossy(&asked.bytes).into_owned();
    assert_eq!(asked.path, "/v1/audio/transcriptions");
    assert!(form.contains("\r\n\r\nears\r\n") && form.contains("\r\n\r\nhello\r\n"), "{form}");
    // What does not fit is refused before anybody is asked, and costs nothing.
    for (params, code) in [
        (speech("!!"), "invalid_fields"),
        (speech("aGVsbG8"), "invalid_fields"),
        (speech("aGVs bG8="), "invalid_fields"),
        (speech(""), "invalid_fields"),
        (json!({"audio_base64": "aGVsbG8=", "mime_type": "video/webm"}), "invalid_fields"),
        (json!({"audio_base64": 7, "mime_type": "audio/webm"}), "invalid_params"),
    ] {
        assert_eq!(ada.send("input.transcribe", &params).problem(422), code, "{params}");
    }
    let large = speech(&"A".repeat(9_000_000));
    assert_eq!(ada.send("input.transcribe", &large).problem(413), "body_too_large");
    assert_eq!(model.asked().len(), 1);
    ada.ask("input.transcribe", &speech("aGVsbG8="));
    assert_eq!(ada.send("input.transcribe", &speech("aGVsbG8=")).problem(429), "rate_limited");
}

fn a_fault_of_the_transcriber_is_a_problem_and_in_the_log(database: &TestDatabase) {
    let model = ModelServer::start([Play::Status(401, Vec::new()), Play::Json("{\"text\":".to_owned())]);
    let server = with_model(database, &model).start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    assert_eq!(ada.send("input.transcribe", &speech("aGVsbG8=")).problem(422), "refused");
    server.wait_for_output("the server answers 401");
    let broken = ada.send("input.transcribe", &speech("aGVsbG8="));
    assert_eq!(broken.problem(503), "assistant_unavailable");
    assert!(broken.header("retry-after").is_some(), "{broken:?}");
    server.wait_for_output("the answer is not understood");
    assert!(!server.output().contains(KEY), "the key is in no log");
}

fn without_a_transcriber_dictation_is_refused(database: &TestDatabase) {
    let model = ModelServer::start([Play::Json("{\"text\":\"x\"}".to_owned())]);
    let server = with_model(database, &model).set("AUTORISEN__CHAT__TRANSCRIBE_MODEL", "off").start();
    let ada = Talker::register(&server.client(), "ada@example.org");
    let refused = ada.send("input.transcribe", &speech("aGVsbG8="));
    assert_eq!(refused.problem(422), "refused");
    assert_eq!(refused.json()["detail"], "Dictation is not set up here.");
    assert!(model.asked().is_empty());
}
