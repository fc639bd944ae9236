//! What is dictated, as a model is asked to write it down.

mod support;

use std::time::Duration;

use autorisen_domain::chat::{Audio, Responder as _};
use autorisen_openai::Api;
use autorisen_testkit::model_server::{ModelServer, Play};

use support::{KEY, responder, told};

const NOT_AVAILABLE: &str = "The assistant is not available right now. Please try again.";

fn audio(mime_type: &str) -> Audio {
    Audio { bytes: b"\x00\xff sound \r\n--form".to_vec(), mime_type: mime_type.to_owned() }
}

fn json(text: &str) -> Play {
    Play::Json(text.to_owned())
}

#[tokio::test]
async fn a_recording_is_sent_as_a_form_and_its_text_comes_back() {
    for api in [Api::Responses, Api::Completions] {
        let server = ModelServer::start([json("{\"text\":\" Good day. \",\"usage\":{}}")]);
        let text = responder(&server, api).transcribe(&audio("audio/webm;codecs=opus")).await.unwrap();
        assert_eq!(text, "Good day.");
        let asked = server.asked().remove(0);
        assert_eq!(asked.path, "/v1/audio/transcriptions");
        assert!(asked.head.to_ascii_lowercase().contains(&format!("authorization: bearer {KEY}")));
        let boundary = asked
            .head
            .lines()
            .find_map(|line| line.split_once("multipart/form-data; boundary=").map(|(_, boundary)| boundary))
            .unwrap();
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nears\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"response_format\"\r\n\r\njson\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"speech.webm\"\r\n\
             Content-Type: audio/webm\r\n\r\n"
        );
        let end = format!("\r\n--{boundary}--\r\n");
        let form = [expected.as_bytes(), &audio("").bytes, end.as_bytes()].concat();
        assert_eq!(asked.bytes, form, "byte for byte");
    }
}

#[tokio::test]
async fn the_kind_of_sound_is_told_and_one_that_no_model_takes_is_refused() {
    for (mime_type, ending) in [
        ("audio/mp4", "speech.m4a"),
        ("AUDIO/OGG; codecs=opus", "speech.ogg"),
        ("audio/mpeg", "speech.mp3"),
        ("audio/x-wav", "speech.wav"),
        ("audio/flac", "speech.flac"),
    ] {
        let server = ModelServer::start([json("{\"text\":\"x\"}")]);
        responder(&server, Api::Responses).transcribe(&audio(mime_type)).await.unwrap();
        let form = String::from_utf8_lossy(&server.asked()[0].bytes).into_owned();
        assert!(form.contains(ending), "{mime_type}: {form}");
    }
    for mime_type in ["audio/midi", "audio/webm\r\nX: y", "audio/", ""] {
        let server = ModelServer::start([json("{\"text\":\"x\"}")]);
        let refused = responder(&server, Api::Responses).transcribe(&audio(mime_type)).await;
        let expected = "This kind of recording is not understood here.".to_owned();
        assert_eq!(told(refused), (expected, false), "{mime_type:?}");
        assert!(server.asked().is_empty());
    }
}

#[tokio::test]
async fn each_fault_is_told_in_the_words_of_answers() {
    let status = |status| Play::Status(status, Vec::new());
    let not_set_up = "The assistant is not set up correctly. Please tell whoever runs this site.";
    let too_long = "The assistant took too long. Please try again.";
    for (name, play, message, allow_retry) in [
        ("401", status(401), not_set_up, false),
        ("400", status(400), "The assistant cannot answer this.", false),
        ("500", status(500), NOT_AVAILABLE, true),
        ("broken JSON", json("{\"text\":"), NOT_AVAILABLE, true),
        ("no text", json("{\"text\":null}"), NOT_AVAILABLE, true),
        ("too much", json(&"x".repeat(2_000_000)), "The answer became too long and was ended.", false),
        ("silence", Play::SilentAfter(Vec::new()), too_long, true),
        ("a cut", Play::CutAfter(Vec::new()), NOT_AVAILABLE, true),
    ] {
        let server = ModelServer::start([play]);
        let refused = responder(&server, Api::Responses).transcribe(&audio("audio/webm")).await;
        assert_eq!(told(refused), (message.to_owned(), allow_retry), "{name}");
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_is_dropped_ends_the_request() {
    let busy = Play::Status(429, vec![("Retry-After", "1".to_owned())]);
    let server = ModelServer::start([busy, json("{\"text\":\"at last\"}")]);
    let text = responder(&server, Api::Responses).transcribe(&audio("audio/webm")).await.unwrap();
    assert_eq!((text.as_str(), server.asked().len()), ("at last", 2));
    assert_eq!(server.asked()[0].bytes.len(), server.asked()[1].bytes.len());

    let server = ModelServer::start([Play::SilentAfter(Vec::new())]);
    let responder = responder(&server, Api::Responses);
    let sound = audio("audio/webm");
    let dropped = tokio::time::timeout(Duration::from_millis(300), responder.transcribe(&sound)).await;
    assert!(dropped.is_err());
    for _ in 0..400 {
        if server.hung_up() == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the server was not hung up on");
}
