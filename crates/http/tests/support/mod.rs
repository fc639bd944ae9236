//! The whole HTTP surface over fakes.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its own part of this")]
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, init_service};
use autorisen_http::{AccessLine, HttpSettings, Origin, RequestLog, RunningAnswers, Services, app};
use autorisen_testkit::documented::{Documented, Exchange};
use autorisen_testkit::fixtures::World;
use serde_json::Value;

/// What every answer is held to.
static DOCUMENT: LazyLock<Documented> = LazyLock::new(|| Documented::new(autorisen_http::document()));

/// What the log was told.
#[derive(Default)]
pub struct RecordingLog {
    pub access: Mutex<Vec<String>>,
    pub faults: Mutex<Vec<String>>,
}

impl RequestLog for RecordingLog {
    fn access(&self, line: &AccessLine<'_>) {
        self.access.lock().unwrap().push(format!("{} {} {}", line.method, line.path, line.status));
    }

    fn fault(&self, request_id: &str, cause: &(dyn Error + 'static)) {
        self.faults.lock().unwrap().push(format!("{request_id}: {cause}"));
    }
}

/// The surface, and what is behind it.
pub struct Surface {
    pub world: World,
    pub settings: HttpSettings,
    pub log: Arc<RecordingLog>,
    pub answers: RunningAnswers,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Surface {
    pub async fn new() -> Self {
        Self::over(World::new().await)
    }

    pub fn over(world: World) -> Self {
        let settings = HttpSettings {
            version: "v1".to_owned(),
            commit: None,
            environment: "test".to_owned(),
            public_origin: Origin::parse("https://api.example.org"),
            allowed_origins: vec![Origin::parse("https://app.example.org").unwrap()],
            secure: true,
            trusted_proxy_hops: 0,
            body_timeout: Duration::from_secs(5),
            csrf_ttl: Duration::from_hours(24),
            hosted_chat: false,
            domain_key: "localhost".to_owned(),
        };
        Self { world, settings, log: Arc::default(), answers: RunningAnswers::default() }
    }

    /// Sends one request. The answer must be as the document says.
    pub async fn send(&self, request: TestRequest) -> Answer {
        let World {
            registration,
            login,
            passwords,
            sessions,
            overview,
            devices,
            limits,
            chat,
            onboarding,
            analytics,
            supervision,
            keys,
            health,
            ids,
            ..
        } = &self.world;
        let talks = self.world.talks();
        let services = Services {
            tracer: None,
            registration: Arc::clone(registration),
            login: Arc::clone(login),
            passwords: Arc::clone(passwords),
            sessions: Arc::clone(sessions),
            overview: Arc::clone(overview),
            devices: Arc::clone(devices),
            limits: Arc::clone(limits),
            csrf: self.world.security.ports().csrf,
            chat: Arc::clone(chat),
            chat_access: talks.access,
            conversations: talks.conversations,
            files: talks.files,
            file_links: talks.links,
            answers: self.answers.clone(),
            onboarding: Arc::clone(onboarding),
            analytics: Arc::clone(analytics),
            supervision: Arc::clone(supervision),
            keys: Arc::clone(keys),
            health: Arc::clone(health),
            ids: ids.clone(),
            events: self.world.events.clone(),
            log: self.log.clone(),
        };
        let service = init_service(app(&services, &self.settings)).await;
        let peer: SocketAddr = "198.51.100.7:1000".parse().unwrap();
        let request = request.peer_addr(peer).to_request();
        let (method, path) = (request.method().to_string(), request.uri().to_string());
        let response = actix_web::test::call_service(&service, request).await;
        let answer = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: to_bytes(response.into_body()).await.map_err(|_| "the body breaks off").unwrap().to_vec(),
        };
        let exchange = Exchange {
            method: &method,
            path: &path,
            status: answer.status,
            header: &|name| answer.header(name).map(str::to_owned),
            body: &answer.body,
        };
        DOCUMENT.check(&exchange).unwrap();
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(TestRequest::get().uri(path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(TestRequest::post().uri(path).set_json(body)).await
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Checks that this is a problem of this status, and gives its code.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        let body = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{body}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{body}");
        let body = self.json();
        assert_eq!(body["request_id"].as_str(), self.header("x-request-id"), "{body}");
        body["code"].as_str().unwrap().to_owned()
    }
}

/// The names of an object's members, in the order of the alphabet.
pub fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
