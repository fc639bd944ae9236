//! Answers that come well, in both dialects, and what the server is asked.

mod support;

use std::time::Duration;

use autorisen_chatkit::{AssistantContent, Event, ItemKind, ToolCallStatus, Update};
use autorisen_openai::Api;
use autorisen_testkit::model_server::{ModelServer, Play, completions_saying, responses_saying};
use serde_json::{Map, json};

use support::{KEY, answer, item, responder, said, turn};

const APIS: [Api; 2] = [Api::Responses, Api::Completions];

fn saying(api: Api, bits: &[&str]) -> Play {
    let data = match api {
        Api::Responses => responses_saying(bits),
        Api::Completions => completions_saying(bits),
    };
    Play::Events { data, pause: Duration::ZERO }
}

#[tokio::test]
async fn text_streams_as_it_comes_and_the_first_words_are_the_title() {
    for api in APIS {
        let server = ModelServer::start([saying(api, &["Hel", "lo \u{1f600}", "!"])]);
        let (kept, result) = answer(&responder(&server, api), &turn("  What is\nnew? ")).await;
        result.unwrap();
        assert_eq!(kept.texts(), ["Hello \u{1f600}!"]);
        assert_eq!(kept.title.as_deref(), Some("What is new?"));
        let deltas = kept
            .events
            .iter()
            .filter(|event| matches!(event, Event::ItemUpdated { update: Update::TextDelta { .. }, .. }));
        assert_eq!(deltas.count(), 3, "{api:?}");
    }
}

#[tokio::test]
async fn the_server_is_asked_with_key_model_instructions_and_what_was_said() {
    for (api, path) in [(Api::Responses, "/v1/responses"), (Api::Completions, "/v1/chat/completions")] {
        let server = ModelServer::start([saying(api, &["ok"])]);
        let mut turn = turn("hi");
        turn.history = vec![
            said("hi"),
            item(ItemKind::AssistantMessage {
                content: vec![AssistantContent { text: "hello".into(), ..AssistantContent::default() }],
            }),
            item(ItemKind::ClientToolCall {
                status: ToolCallStatus::Completed,
                call_id: "call_1".into(),
                name: "pick".into(),
                arguments: Map::new(),
                output: Some(json!({"picked": 1})),
            }),
            item(ItemKind::SdkHiddenContext { content: "stopped".into() }),
            said("go on"),
        ];
        answer(&responder(&server, api), &turn).await.1.unwrap();
        let asked = server.asked().remove(0);
        assert_eq!(asked.path, path);
        let head = asked.head.to_ascii_lowercase();
        assert!(head.contains(&format!("authorization: bearer {KEY}")), "{head}");
        assert_eq!((&asked.body["model"], &asked.body["stream"]), (&json!("plain"), &json!(true)));
        let body = asked.body.to_string();
        assert!(!body.contains(KEY));
        for part in
            ["Be kind.", "\"hi\"", "\"hello\"", "call_1", "picked", "stopped", "go on", "support-ticket"]
        {
            assert!(body.contains(part), "{api:?} lacks {part}: {body}");
        }
    }
}

#[tokio::test]
async fn a_model_that_was_chosen_is_asked_when_it_may_be_chosen() {
    for (chosen, asked) in [("better", "better"), ("expensive", "plain")] {
        let server = ModelServer::start([saying(Api::Responses, &["ok"])]);
        let mut turn = turn("hi");
        let ItemKind::UserMessage { inference_options, .. } = &mut turn.history[0].kind else { panic!() };
        inference_options.model = Some(chosen.to_owned());
        answer(&responder(&server, Api::Responses), &turn).await.1.unwrap();
        assert_eq!(server.asked()[0].body["model"], asked);
    }
}

#[tokio::test]
async fn a_tool_is_called_and_its_output_is_told_to_the_model() {
    let call = json!({"type": "response.output_item.done", "item": {
        "type": "function_call", "call_id": "c1", "name": "support-ticket", "arguments": "{\"a\":1}"}});
    let done = json!({"type": "response.completed"});
    let responses = vec![call.to_string(), done.to_string()];
    let piece = |arguments: &str| {
        json!({"choices": [{"delta": {"tool_calls": [
            {"index": 0, "id": "c1", "function": {"name": "support-ticket", "arguments": arguments}}]}}]})
        .to_string()
    };
    let completions = vec![piece("{\"a\""), piece(":1}"), "[DONE]".to_owned()];
    for (api, data) in [(Api::Responses, responses), (Api::Completions, completions)] {
        let first = Play::Events { data, pause: Duration::ZERO };
        let server = ModelServer::start([first, saying(api, &["done"])]);
        let (kept, result) = answer(&responder(&server, api), &turn("open a ticket")).await;
        result.unwrap();
        assert_eq!(kept.called, [("support.ticket".to_owned(), Map::from_iter([("a".into(), json!(1))]))]);
        assert_eq!(kept.texts(), ["done"]);
        let second = server.asked()[1].body.to_string();
        assert!(second.contains("\\\"ticket\\\":7") && second.contains("c1"), "{api:?}: {second}");
    }
}

#[tokio::test]
async fn a_source_becomes_an_annotation() {
    let citation = json!({"type": "response.output_text.annotation.added", "annotation": {
        "type": "url_citation", "url": "https://example.org/", "title": "Example"}});
    let mut data = responses_saying(&["see"]);
    data.insert(2, citation.to_string());
    let server = ModelServer::start([Play::Events { data, pause: Duration::ZERO }]);
    let (kept, result) = answer(&responder(&server, Api::Responses), &turn("hi")).await;
    result.unwrap();
    let Some(Event::ItemDone { item }) = kept.events.last() else { panic!("{:?}", kept.events) };
    let item = serde_json::to_value(item).unwrap();
    assert_eq!(item["content"][0]["annotations"][0]["source"]["url"], "https://example.org/");
}
