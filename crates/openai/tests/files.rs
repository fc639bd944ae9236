//! The files of messages, as a model is given them, in both dialects.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails here fails")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use autorisen_chatkit::{Attachment, AttachmentKind, Item, ItemKind};
use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{
    AttachmentBytes as _, AttachmentId, AttachmentRepository as _, ResponderError, StoredAttachment, Turn,
};
use autorisen_openai::{Api, FileLimits};
use autorisen_testkit::fakes::InMemoryStore;
use autorisen_testkit::fixtures::{NOW, fresh_bytes};
use autorisen_testkit::model_server::{ModelServer, Play, completions_saying, responses_saying};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use support::{answer, responder_with, said, turn};

const APIS: [Api; 2] = [Api::Responses, Api::Completions];
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

fn saying(api: Api) -> Play {
    let data = match api {
        Api::Responses => responses_saying(&["ok"]),
        Api::Completions => completions_saying(&["ok"]),
    };
    Play::Events { data, pause: Duration::ZERO }
}

/// A thread whose messages bring files.
struct Files {
    store: Arc<InMemoryStore>,
    turn: Turn,
}

impl Files {
    fn new() -> Self {
        Self { store: Arc::default(), turn: Turn { history: Vec::new(), ..turn("") } }
    }

    /// Adds a message with a file of the thread.
    async fn add(&mut self, name: &str, mime_type: &str, bytes: &[u8]) {
        let (user, thread) = (self.turn.user, self.turn.thread.id);
        self.add_of(user, Some(thread), name, mime_type, bytes).await;
    }

    async fn add_of(
        &mut self,
        user: UserId,
        thread: Option<autorisen_domain::chat::ThreadId>,
        name: &str,
        mime_type: &str,
        bytes: &[u8],
    ) {
        let file = StoredAttachment {
            id: AttachmentId::from_bytes(fresh_bytes()),
            user,
            name: name.to_owned(),
            mime_type: mime_type.to_owned(),
            size: bytes.len() as u64,
            is_uploaded: true,
            thread,
            created_at: NOW,
        };
        self.store.insert(&file, u64::MAX).await.unwrap();
        // Parts of a length that is no multiple of three, as those of the server are.
        for (part, bytes) in (0..).zip(bytes.chunks(1_000)) {
            self.store.put(file.id, part, bytes.to_vec()).await.unwrap();
        }
        let mut item: Item = said(&format!("look at {name}"));
        let ItemKind::UserMessage { attachments, .. } = &mut item.kind else { panic!("a user said it") };
        let kind = if file.is_image() {
            AttachmentKind::Image { preview_url: String::new() }
        } else {
            AttachmentKind::File
        };
        attachments.push(Attachment {
            id: file.id.to_string(),
            name: file.name.clone(),
            mime_type: file.mime_type.clone(),
            upload_descriptor: None,
            thread_id: None,
            kind,
        });
        self.turn.history.push(item);
    }

    /// What the model is asked.
    async fn asked(&self, api: Api, limits: FileLimits) -> Value {
        let server = ModelServer::start([saying(api)]);
        answer(&responder_with(&server, api, &self.store, limits), &self.turn).await.1.unwrap();
        server.asked().remove(0).body
    }
}

/// The bytes of the images in a question, and its texts, in their order.
fn parts(api: Api, body: &Value) -> (Vec<(String, Vec<u8>)>, Vec<String>) {
    let said = match api {
        Api::Responses => &body["input"],
        Api::Completions => &body["messages"],
    };
    let (mut images, mut texts) = (Vec::new(), Vec::new());
    for content in said.as_array().unwrap().iter().map(|said| &said["content"]) {
        let Some(parts) = content.as_array() else {
            texts.push(content.as_str().unwrap().to_owned());
            continue;
        };
        for part in parts {
            let url = match (api, part["type"].as_str().unwrap()) {
                (Api::Responses, "input_image") => &part["image_url"],
                (Api::Completions, "image_url") => &part["image_url"]["url"],
                (_, "input_text" | "text") => {
                    texts.push(part["text"].as_str().unwrap().to_owned());
                    continue;
                }
                (_, other) => panic!("{other}"),
            };
            let (head, data) = url.as_str().unwrap().split_once(";base64,").unwrap();
            images.push((head.to_owned(), STANDARD.decode(data).unwrap()));
        }
    }
    (images, texts)
}

fn image(length: usize) -> Vec<u8> {
    PNG.iter().copied().chain((0..=255).cycle()).take(length).collect()
}

#[tokio::test]
async fn images_come_with_their_message_byte_for_byte() {
    for api in APIS {
        // Each length leaves another rest of the base64.
        for length in [2_998, 2_999, 3_000, 300_001] {
            let mut files = Files::new();
            files.add("a.png", "image/png", &image(length)).await;
            files.add("b.jpg", "image/jpeg", b"\xff\xd8\xff\xe0 jpeg").await;
            let (images, texts) = parts(api, &files.asked(api, FileLimits::default()).await);
            assert_eq!(images[0], ("data:image/png".to_owned(), image(length)), "{api:?} {length}");
            assert_eq!(images[1], ("data:image/jpeg".to_owned(), b"\xff\xd8\xff\xe0 jpeg".to_vec()));
            assert!(
                texts.iter().any(|text| text.contains("[attached file: a.png (image/png)]")),
                "{texts:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_newest_images_come_within_the_limits_and_the_others_are_named() {
    let mut files = Files::new();
    for name in ["1.png", "2.png", "3.png"] {
        files.add(name, "image/png", &image(1_000 + usize::from(name.as_bytes()[0]))).await;
    }
    let limits = FileLimits::default();
    for (limits, expected) in [
        (FileLimits { images: 2, ..limits }, vec!['2', '3']),
        (FileLimits { image_bytes: 2_200, ..limits }, vec!['2', '3']),
        (FileLimits { image_bytes: 1_500, ..limits }, vec!['3']),
        (FileLimits { images: 0, ..limits }, vec![]),
    ] {
        for api in APIS {
            let body = files.asked(api, limits).await;
            let (images, texts) = parts(api, &body);
            let expected: Vec<Vec<u8>> = expected.iter().map(|&name| image(1_000 + name as usize)).collect();
            let given: Vec<Vec<u8>> = images.into_iter().map(|(_, bytes)| bytes).collect();
            assert_eq!(given, expected, "{limits:?}");
            for name in ["1.png", "2.png", "3.png"] {
                assert!(texts.iter().any(|text| text.contains(name)), "{name} is named: {texts:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_image_that_models_take_is_named_only() {
    for api in APIS {
        let mut files = Files::new();
        files.add("drawing.svg", "image/svg+xml", b"<svg xmlns='x'/>").await;
        files.add("not.png", "image/png", b"hello, I am no image").await;
        files.add("empty.png", "image/png", b"").await;
        files.add("plan.pdf", "application/pdf", b"%PDF-1.7").await;
        let body = files.asked(api, FileLimits::default()).await.to_string();
        assert!(!body.contains("base64") && !body.contains("%PDF-"), "{body}");
        for name in ["drawing.svg", "not.png", "empty.png", "plan.pdf"] {
            assert!(body.contains(name), "{name}: {body}");
        }
    }
}

#[tokio::test]
async fn text_files_come_as_text_within_the_limit() {
    for api in APIS {
        let mut files = Files::new();
        files.add("old.txt", "text/plain", b"from the older file").await;
        files.add("broken.txt", "text/plain", b"\xff\xfe").await;
        files.add("new.csv", "text/csv", "a,b\n1,\u{fc}\n".as_bytes()).await;
        let all = parts(api, &files.asked(api, FileLimits::default()).await).1.join("\n");
        assert!(all.contains("(text/csv)]\na,b\n1,\u{fc}\n\n[end of the attached file]"), "{all}");
        assert!(all.contains("from the older file") && all.contains("broken.txt (text/plain)]"), "{all}");
        let limits = FileLimits { text_bytes: 20, ..FileLimits::default() };
        let some = parts(api, &files.asked(api, limits).await).1.join("\n");
        assert!(some.contains("1,\u{fc}\n") && some.contains("from the \n[the rest of"), "{some}");
        assert!(!some.contains("older"), "{some}");
    }
}

#[tokio::test]
async fn files_of_other_users_and_threads_are_not_given() {
    let mut files = Files::new();
    let (user, thread) = (files.turn.user, files.turn.thread.id);
    files.add_of(UserId::from_bytes([9; 16]), Some(thread), "a.txt", "text/plain", b"of another user").await;
    files.add_of(user, None, "b.txt", "text/plain", b"of no thread").await;
    let body = files.asked(Api::Responses, FileLimits::default()).await.to_string();
    assert!(
        body.contains("a.txt") && !body.contains("of another") && !body.contains("of no thread"),
        "{body}"
    );
}

#[tokio::test]
async fn nothing_that_is_said_is_taken_for_an_image() {
    let mut files = Files::new();
    files.add("a.png", "image/png", &image(50)).await;
    let mut first = files.asked(Api::Responses, FileLimits::default()).await;
    files.turn.history.insert(0, said("data:image/png;base64,bytes-of-00000000000000000000000000000000"));
    let second = files.asked(Api::Responses, FileLimits::default()).await;
    let input = second["input"].as_array().unwrap();
    assert_eq!(input[0]["content"], "data:image/png;base64,bytes-of-00000000000000000000000000000000");
    assert_eq!(input[1], first["input"][0].take());
}

#[tokio::test]
async fn images_are_sent_again_when_the_call_is() {
    let mut files = Files::new();
    files.add("a.png", "image/png", &image(5_000)).await;
    let server = ModelServer::start([Play::Status(503, Vec::new()), saying(Api::Responses)]);
    let responder = responder_with(&server, Api::Responses, &files.store, FileLimits::default());
    answer(&responder, &files.turn).await.1.unwrap();
    let asked = server.asked();
    assert_eq!((asked.len(), &asked[0].body), (2, &asked[1].body));
    assert_eq!(parts(Api::Responses, &asked[1].body).0[0].1, image(5_000));
}

#[tokio::test]
async fn an_image_whose_bytes_are_lost_ends_the_answer() {
    let mut files = Files::new();
    files.add("a.png", "image/png", &image(5_000)).await;
    let ItemKind::UserMessage { attachments, .. } = &files.turn.history[0].kind else { panic!() };
    let id = AttachmentId::parse(&attachments[0].id).unwrap();
    files.store.remove(id).await.unwrap();
    files.store.put(id, 0, image(1_000)).await.unwrap();
    let server = ModelServer::start([saying(Api::Responses)]);
    let responder = responder_with(&server, Api::Responses, &files.store, FileLimits::default());
    let result = answer(&responder, &files.turn).await.1;
    assert!(matches!(result, Err(ResponderError::Failed(_))), "{result:?}");
    assert!(server.asked().is_empty(), "half a question is none");
}
