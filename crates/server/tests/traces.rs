//! What a collector gets of requests: a stand-in on this machine takes it and reads it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails here fails")]

mod support;

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use autorisen_testkit::model_server::{ModelServer, Play, responses_saying};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use support::{PASSWORD, Running, Setup, Talker, TestDatabase};

on_both_databases! { what_is_done_for_a_request_is_in_its_trace }

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// Takes what is sent.
struct Collector {
    url: String,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    heads: Vec<String>,
    bytes: Vec<u8>,
    requests: Vec<ExportTraceServiceRequest>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let seen = Arc::clone(&shared);
                std::thread::spawn(move || while take(&connection, &seen).is_some() {});
            }
        });
        Self { url, seen }
    }

    /// Waits until a span of this name has come, and gives all of its trace.
    #[track_caller]
    fn trace_with(&self, name: &str) -> Vec<Span> {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let spans = self.spans();
            if let Some(found) = spans.iter().find(|span| span.name == name) {
                let trace = found.trace_id.clone();
                return spans.into_iter().filter(|span| span.trace_id == trace).collect();
            }
            let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
            assert!(Instant::now() < deadline, "{name} never comes: {names:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn spans(&self) -> Vec<Span> {
        let seen = self.seen.lock().unwrap();
        let resources = seen.requests.iter().flat_map(|request| &request.resource_spans);
        resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| scope.spans.clone()).collect()
    }
}

/// Takes one request; `None` when the other side has hung up.
fn take(mut connection: &TcpStream, seen: &Mutex<Seen>) -> Option<()> {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    {
        let mut seen = seen.lock().unwrap();
        seen.requests.push(ExportTraceServiceRequest::decode(&body[..]).unwrap());
        seen.heads.push(head);
        seen.bytes.extend(body);
    }
    let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
    connection.write_all(answer).ok()
}

fn traced(database: &TestDatabase, url: &str) -> Setup {
    Setup::on(database).set("OTEL_EXPORTER_OTLP_ENDPOINT", url).set("OTEL_BSP_SCHEDULE_DELAY", "50")
}

fn text<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    match &attributes.iter().find(|pair| pair.key == name)?.value.as_ref()?.value {
        Some(Any::StringValue(text)) => Some(text),
        _ => None,
    }
}

fn number(span: &Span, name: &str) -> Option<i64> {
    match span.attributes.iter().find(|pair| pair.key == name)?.value.as_ref()?.value {
        Some(Any::IntValue(number)) => Some(number),
        _ => None,
    }
}

#[track_caller]
fn named<'a>(trace: &'a [Span], name: &str) -> &'a Span {
    let names: Vec<_> = trace.iter().map(|span| span.name.as_str()).collect();
    trace.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name} is not in {names:?}"))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn what_is_done_for_a_request_is_in_its_trace(database: &TestDatabase) {
    let collector = Collector::start();
    let mut said = responses_saying(&["Good ", "day."]);
    said.pop();
    said.push(
        r#"{"type":"response.completed","response":{"usage":{"input_tokens":30,"output_tokens":4}}}"#
            .to_owned(),
    );
    let model = ModelServer::start([Play::Events { data: said, pause: Duration::ZERO }]);
    let server = traced(database, &collector.url)
        .set("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=marked%20key")
        .set("OTEL_SERVICE_NAME", "accounts")
        .set("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=trial")
        .set("OPENAI_API_KEY", "a marked key")
        .set("OPENAI_BASE_URL", &model.base_url())
        .set("AUTORISEN__CHAT__MODEL", "a-model")
        .start();
    let client = server.client();
    let registered = client.register("ada@example.org");
    let login = client
        .post("/api/auth/login")
        .header("traceparent", &format!("00-{TRACE}-{CALLER}-01"))
        .json(&serde_json::json!({"email": "ada@example.org", "password": PASSWORD}))
        .send();
    assert_eq!(login.status, 200);

    let trace = collector.trace_with("POST /api/auth/login");
    let request = named(&trace, "POST /api/auth/login");
    assert_eq!((hex(&request.trace_id), hex(&request.parent_span_id)), (TRACE.to_owned(), CALLER.to_owned()));
    assert_eq!(text(&request.attributes, "http.route"), Some("/api/auth/login"));
    assert_eq!(text(&request.attributes, "request_id"), login.header("x-request-id"));
    assert_eq!(number(request, "http.response.status_code"), Some(200));
    let hashing = named(&trace, "verify a password");
    let system = if database.url().starts_with("postgres") { "postgresql" } else { "sqlite" };
    let job = trace.iter().find(|span| text(&span.attributes, "db.system.name") == Some(system)).unwrap();
    for part in [hashing, job] {
        assert_eq!(part.parent_span_id, request.span_id, "{part:?}");
        assert!(part.start_time_unix_nano <= part.end_time_unix_nano, "{part:?}");
        assert!(part.end_time_unix_nano <= request.end_time_unix_nano, "{part:?}");
    }

    let talker = Talker::register(&client, "eve@example.org");
    talker.begin("A marked question");
    let trace = collector.trace_with("ask the model");
    let (asked, request) = (named(&trace, "ask the model"), named(&trace, "POST /api/chatkit"));
    assert_eq!(asked.parent_span_id, request.span_id);
    assert_eq!(text(&asked.attributes, "gen_ai.request.model"), Some("a-model"));
    assert_eq!(number(asked, "gen_ai.usage.input_tokens"), Some(30));
    let told = format!("traceparent: 00-{}-{}-01", hex(&asked.trace_id), hex(&asked.span_id));
    let head = model.asked().remove(0).head.to_ascii_lowercase();
    assert!(head.contains(&told), "{told}: {head}");

    server.terminate();
    assert!(server.wait().0.success());
    let seen = collector.seen.lock().unwrap();
    assert!(seen.heads.iter().all(|head| head.starts_with("post /v1/traces ")), "{:?}", seen.heads);
    assert!(seen.heads.iter().all(|head| head.contains("x-api-key: marked key")), "{:?}", seen.heads);
    let resource = seen.requests[0].resource_spans[0].resource.as_ref().unwrap();
    for (name, value) in [
        ("service.name", "accounts"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("deployment.environment.name", "trial"),
    ] {
        assert_eq!(text(&resource.attributes, name), Some(value));
    }
    let sent = String::from_utf8_lossy(&seen.bytes);
    let token = registered["access_token"].as_str().unwrap();
    for secret in ["@example.org", "Ada", PASSWORD, token, "marked", "Good day", "127.0.0.1"] {
        assert!(!sent.contains(secret), "{secret} was sent");
    }
}

#[test]
fn what_strangers_make_of_traceparent_does_no_harm() {
    let (collector, database) = (Collector::start(), TestDatabase::sqlite());
    let server = traced(&database, &collector.url).start();
    let long = format!("00-{TRACE}-{CALLER}-01{}", "x".repeat(4_000));
    let zero = "00-00000000000000000000000000000000-0000000000000000-01";
    for header in ["", "nonsense", zero, &long, "ff-0-0-0"] {
        let answer = server.client().get("/api/auth/me").header("traceparent", header).send();
        assert_eq!(answer.status, 401, "{header}");
    }
    let refused = format!("00-{TRACE}-{CALLER}-00");
    server.client().get("/api/health").header("traceparent", &refused).send();
    server.client().get("/nowhere").send();
    let spans = collector.trace_with("GET unmatched");
    assert!(spans[0].parent_span_id.is_empty());
    let all = collector.spans();
    let of_me = all.iter().filter(|span| span.name == "GET /api/auth/me");
    assert!(of_me.clone().count() == 5 && of_me.clone().all(|span| span.parent_span_id.is_empty()));
    assert!(all.iter().all(|span| span.name != "GET /api/health"), "its caller follows nothing");
}

#[test]
fn the_standard_switches_turn_it_off() {
    let database = TestDatabase::sqlite();
    for (name, value) in [
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_TRACES_SAMPLER", "always_off"),
    ] {
        let collector = Collector::start();
        let server = traced(&database, &collector.url).set(name, value).start();
        server.client().get("/api/health").header("traceparent", &format!("00-{TRACE}-{CALLER}-01")).send();
        server.terminate();
        assert!(server.wait().0.success());
        assert!(collector.spans().is_empty(), "{name}={value}");
    }
    let faulty = traced(&database, "http://127.0.0.1:1")
        .set("OTEL_TRACES_SAMPLER", "sometimes")
        .set("OTEL_TRACES_SAMPLER_ARG", "2")
        .set("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
        .args(&["config", "check"])
        .output();
    let told = String::from_utf8(faulty.stderr).unwrap();
    assert_eq!(faulty.status.code(), Some(3), "{told}");
    for name in ["OTEL_TRACES_SAMPLER is", "OTEL_TRACES_SAMPLER_ARG is", "OTEL_EXPORTER_OTLP_PROTOCOL is"] {
        assert!(told.contains(name), "{told}");
    }
}

#[test]
fn a_collector_that_is_away_costs_one_line_of_the_log() {
    let database = TestDatabase::sqlite();
    let server: Running =
        traced(&database, "http://127.0.0.1:1").set("OTEL_BSP_MAX_QUEUE_SIZE", "64").start();
    let client = server.client();
    for round in 0..20 {
        for _ in 0..50 {
            assert_eq!(client.get("/api/health").send().status, 200);
        }
        if round == 0 {
            server.wait_for_output("traces.export.failure");
        }
    }
    assert_eq!(server.events("traces.export.failure").len(), 1);
    server.terminate();
    let (status, output) = server.wait();
    assert!(status.success() && output.contains("server.stop"), "{output}");
}
