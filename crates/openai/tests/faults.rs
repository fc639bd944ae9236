//! Everything that can be wrong with a model's server: one mapped message each, and no hanging.

mod support;

use std::time::Duration;

use autorisen_openai::Api;
use autorisen_testkit::model_server::{ModelServer, Play, completions_saying, responses_saying};
use serde_json::json;

use support::{answer, responder, told, turn};

const NOT_AVAILABLE: &str = "The assistant is not available right now. Please try again.";
const NOT_SET_UP: &str = "The assistant is not set up correctly. Please tell whoever runs this site.";

fn well() -> Play {
    Play::Events { data: responses_saying(&["well"]), pause: Duration::ZERO }
}

fn status(status: u16) -> Play {
    Play::Status(status, Vec::new())
}

fn broken(data: &str) -> Play {
    Play::Events { data: vec![data.to_owned()], pause: Duration::ZERO }
}

#[tokio::test]
async fn each_fault_is_told_in_its_words() {
    let begun = responses_saying(&["begun"])[..2].to_vec();
    let cases = [
        ("401", status(401), NOT_SET_UP, false),
        ("403", status(403), NOT_SET_UP, false),
        (
            "404",
            status(404),
            "The assistant's model does not exist. Please tell whoever runs this site.",
            false,
        ),
        ("400", status(400), "The assistant cannot answer this.", false),
        ("429", status(429), "The assistant has too much to do right now. Please try again later.", true),
        ("500", status(500), NOT_AVAILABLE, true),
        ("a redirect", status(302), NOT_AVAILABLE, true),
        ("no stream", Play::NoStream, NOT_AVAILABLE, true),
        ("broken JSON", broken("{\"type\":"), NOT_AVAILABLE, true),
        ("a failure inside", broken(&json!({"type": "error"}).to_string()), NOT_AVAILABLE, true),
        ("an early end", broken(&begun[1]), NOT_AVAILABLE, true),
        ("a cut", Play::CutAfter(begun.clone()), NOT_AVAILABLE, true),
        ("silence", Play::SilentAfter(begun), "The assistant took too long. Please try again.", true),
    ];
    for (name, play, message, allow_retry) in cases {
        let server = ModelServer::start([play]);
        let (_, result) = answer(&responder(&server, Api::Responses), &turn("hi")).await;
        assert_eq!(told(result), (message.to_owned(), allow_retry), "{name}");
    }
}

#[tokio::test]
async fn chat_completions_that_break_are_told_in_the_same_words() {
    let begun = completions_saying(&["begun"])[..1].to_vec();
    let too_long = "The assistant took too long. Please try again.";
    let cases = [
        ("401", status(401), NOT_SET_UP, false),
        ("broken JSON", broken("{\"choices\":["), NOT_AVAILABLE, true),
        ("a failure inside", broken("{\"error\":{\"message\":\"marked\"}}"), NOT_AVAILABLE, true),
        ("an early end", Play::Events { data: begun.clone(), pause: Duration::ZERO }, NOT_AVAILABLE, true),
        ("a cut", Play::CutAfter(begun.clone()), NOT_AVAILABLE, true),
        ("silence", Play::SilentAfter(begun), too_long, true),
    ];
    for (name, play, message, allow_retry) in cases {
        let server = ModelServer::start([play]);
        let (_, result) = answer(&responder(&server, Api::Completions), &turn("hi")).await;
        assert_eq!(told(result), (message.to_owned(), allow_retry), "{name}");
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_before_the_answer_begins() {
    for code in [408, 409, 429, 500, 503] {
        let server = ModelServer::start([status(code), status(code), well()]);
        let (kept, result) = answer(&responder(&server, Api::Responses), &turn("hi")).await;
        result.unwrap();
        assert_eq!((kept.texts(), server.asked().len()), (vec!["well".to_owned()], 3), "{code}");
    }
    for code in [400, 401, 403, 404, 422] {
        let server = ModelServer::start([status(code), well()]);
        let (_, result) = answer(&responder(&server, Api::Responses), &turn("hi")).await;
        assert!(result.is_err() && server.asked().len() == 1, "{code} is asked once");
    }
}

#[tokio::test]
async fn an_answer_that_has_begun_is_not_begun_again() {
    let begun = responses_saying(&["begun"])[..2].to_vec();
    let server = ModelServer::start([Play::CutAfter(begun), well()]);
    let (kept, result) = answer(&responder(&server, Api::Responses), &turn("hi")).await;
    assert!(result.is_err() && server.asked().len() == 1);
    assert_eq!(kept.fold.open_items().len(), 1, "what was said is there to be kept");
}

#[tokio::test]
async fn a_wait_that_nobody_sits_through_is_told_at_once() {
    let far = ("Retry-After", "Fri, 31 Dec 2100 23:59:59 GMT".to_owned());
    for header in [("Retry-After", "3600".to_owned()), far] {
        let server = ModelServer::start([Play::Status(429, vec![header]), well()]);
        let (_, result) = answer(&responder(&server, Api::Responses), &turn("hi")).await;
        assert!(told(result).1 && server.asked().len() == 1);
    }
    let soon = Play::Status(429, vec![("Retry-After", "1".to_owned())]);
    let server = ModelServer::start([soon, well()]);
    answer(&responder(&server, Api::Responses), &turn("hi")).await.1.unwrap();
}

#[tokio::test]
async fn a_server_that_fails_again_and_again_is_left_alone() {
    let server = ModelServer::start([status(500)]);
    let responder = responder(&server, Api::Responses);
    for _ in 0..4 {
        assert!(answer(&responder, &turn("hi")).await.1.is_err());
    }
    assert_eq!(server.asked().len(), 5, "after five failures it is not asked again");
}

#[tokio::test]
async fn an_answer_is_bounded_in_length_and_in_rounds() {
    let long = "x".repeat(600);
    let data = responses_saying(&[&long, &long]);
    let server = ModelServer::start([Play::Events { data, pause: Duration::ZERO }]);
    let (_, result) = answer(&responder(&server, Api::Responses), &turn("hi")).await;
    assert_eq!(told(result).0, "The answer became too long and was ended.");

    let call = json!({"type": "response.output_item.done", "item": {
        "type": "function_call", "call_id": "c", "name": "support-ticket", "arguments": "{}"}});
    let data = vec![call.to_string(), json!({"type": "response.completed"}).to_string()];
    let server = ModelServer::start([Play::Events { data, pause: Duration::ZERO }]);
    let (kept, result) = answer(&responder(&server, Api::Responses), &turn("hi")).await;
    assert_eq!((told(result).0.as_str(), kept.called.len()), ("The assistant could not finish this.", 3));
}

#[tokio::test]
async fn an_answer_that_is_dropped_ends_the_request() {
    let begun = responses_saying(&["begun"])[..2].to_vec();
    let server = ModelServer::start([Play::SilentAfter(begun)]);
    let responder = responder(&server, Api::Responses);
    let turn = turn("hi");
    let dropped = tokio::time::timeout(Duration::from_millis(200), answer(&responder, &turn)).await;
    assert!(dropped.is_err());
    for _ in 0..200 {
        if server.hung_up() == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the server was not hung up on");
}
