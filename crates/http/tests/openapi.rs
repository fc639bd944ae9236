//! The document of the interface: it is complete, and it is true.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use autorisen_http::document;
use autorisen_testkit::documented::Documented;
use serde_json::{Value, json};

use support::Surface;

/// Who may call without showing anything. A route that comes here is a decision.
const OPEN: [&str; 23] = [
    "get /",
    "get /.well-known/jwks.json",
    "get /api/auth/csrf",
    "get /api/auth/health",
    "get /api/auth/session",
    "get /api/chatkit/options",
    "get /api/health",
    "get /api/health/alive",
    "get /api/health/ping",
    "get /api/health/ready",
    "get /api/openapi.json",
    "get /app",
    "get /autorisen.js",
    "get /docs",
    "get /favicon.ico",
    "get /healthz",
    "get /readyz",
    "get /robots.txt",
    "post /api/auth/analytics/track",
    "post /api/auth/login",
    "post /api/auth/logout",
    "post /api/auth/register",
    "post /api/auth/register/step1",
];

/// One operation of the document.
struct Told {
    path: String,
    method: String,
    operation: Value,
}

impl Told {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// A request to it, with something in place of each parameter.
    fn request(&self) -> TestRequest {
        let path = ["{id}", "{name}", "{session}"]
            .iter()
            .fold(self.path.clone(), |path, part| path.replace(part, "x"));
        TestRequest::default().method(self.method.to_uppercase().parse().unwrap_or(Method::GET)).uri(&path)
    }

    /// The schema of its JSON body.
    fn form(&self) -> Option<&Value> {
        let schema = self.operation.pointer("/requestBody/content/application~1json/schema")?;
        schema["properties"].is_object().then_some(schema)
    }
}

fn told() -> Vec<Told> {
    let document = document();
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    let each = paths.into_iter().flat_map(|(path, operations)| {
        let operations = operations.as_object().cloned().unwrap_or_default();
        operations.into_iter().map(move |(method, operation)| Told { path: path.clone(), method, operation })
    });
    each.collect()
}

#[test]
fn the_document_that_is_kept_is_the_one_that_is_made() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let kept: Value = serde_json::from_slice(&std::fs::read(kept).unwrap_or_default()).unwrap_or_default();
    assert!(kept == document(), "it is not up to date: autorisen openapi > docs/openapi.json");
}

#[test]
fn every_operation_is_told_whole() {
    let mut ids = BTreeSet::new();
    for told in told() {
        let (name, operation) = (told.name(), &told.operation);
        assert!(operation["operationId"].as_str().is_some_and(|id| ids.insert(id.to_owned())), "{name}");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        assert!(operation["security"].is_array(), "{name}");
        let responses = operation["responses"].as_object().cloned().unwrap_or_default();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name} is never answered well");
        for (status, response) in responses {
            for (kind, content) in response["content"].as_object().into_iter().flatten() {
                let is_shown = content.get("example").or(content.get("examples")).is_some();
                assert!(
                    is_shown || !kind.ends_with("json") || told.path == "/api/openapi.json",
                    "{name} {status}"
                );
            }
        }
        let in_path = told.path.matches('{').count();
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        assert_eq!(parameters.iter().filter(|one| one["in"] == "path").count(), in_path, "{name}");
    }
    assert!(ids.len() > 30, "{ids:?}");
}

#[test]
fn every_example_fits_its_schema() {
    assert!(Documented::new(document()).check_examples().unwrap() > 200);
}

#[actix_web::test]
async fn whoever_shows_nothing_gets_in_only_where_that_is_meant() {
    let mut open = BTreeSet::new();
    for told in told() {
        let surface = Surface::new().await;
        let answer = surface.send(told.request().set_json(json!({}))).await;
        if ![401, 404].contains(&answer.status) {
            open.insert(told.name());
        }
        let security = told.operation["security"].as_array().cloned().unwrap_or_default();
        let is_open = security.is_empty() || security.contains(&json!({}));
        assert!(
            is_open || answer.status == 401 || answer.problem(404) == "attachment_not_found",
            "{}",
            told.name()
        );
    }
    assert_eq!(open.iter().map(String::as_str).collect::<Vec<_>>(), OPEN);
}

#[actix_web::test]
async fn forms_ask_for_what_is_told_and_read_nothing_else() {
    let mut read = 0;
    for told in told() {
        let Some(schema) = told.form() else { continue };
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        let required: BTreeSet<String> = names(&schema["required"]);

        // Nothing at all: what is told as required is missed, and nothing else.
        let answer = send(&told, &json!({})).await;
        let missing = faults(&answer).into_iter().filter(|(_, code)| code == "missing").map(|(name, _)| name);
        assert_eq!(missing.collect::<BTreeSet<_>>(), required, "{}", told.name());

        // A number fits no member: each that is told is read.
        let wrong: serde_json::Map<String, Value> =
            properties.keys().map(|name| (name.clone(), json!(7))).collect();
        let answer = send(&told, &Value::Object(wrong)).await;
        let refused: BTreeSet<String> = faults(&answer).into_keys().collect();
        let mut known: BTreeSet<String> = properties.keys().cloned().collect();
        // The existing client sends it to both; nobody looks at what it is.
        known.retain(|name| name != "refresh_token" || refused.contains(name));
        // What takes any JSON takes a number, too.
        known.retain(|name| !properties[name]["type"].is_null());
        assert_eq!(refused, known, "{}", told.name());
        read += properties.len();
    }
    assert!(read > 20, "{read}");
}

#[test]
fn no_form_reads_a_member_that_is_not_told() {
    let told: BTreeSet<String> = told()
        .iter()
        .filter_map(Told::form)
        .flat_map(|schema| schema["properties"].as_object().cloned().unwrap_or_default())
        .map(|(name, _)| name)
        .collect();
    let mut read = BTreeSet::new();
    for source in sources() {
        for way in ["required", "optional", "flag", "flag_or", "object", "anything"]
            .map(|way| format!("form.{way}(\""))
        {
            for rest in source.split(&way).skip(1) {
                read.insert(rest.split('"').next().unwrap_or_default().to_owned());
            }
        }
    }
    // The names of the tests of `form.rs`.
    read.retain(|name| name.len() > 1);
    assert!(read.len() > 10 && read.is_subset(&told), "{:?}", read.difference(&told));
}

#[test]
fn every_code_that_the_sources_know_is_told() {
    let document = document().to_string();
    let general = ["uri_too_long", "not_found", "method_not_allowed", "refused", "not_ready", "bad_request"];
    let mut count = 0;
    for source in sources() {
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        // A status with a code, as `Problem::new` and `Failures` take it.
        for rest in source.split("StatusCode::").skip(1) {
            let Some(code) = rest.split_once(", \"").filter(|(status, _)| is_constant(status)) else {
                continue;
            };
            let code = code.1.split('"').next().unwrap_or_default();
            let is_told = general.contains(&code) || document.contains(&format!("\"{code}\""));
            assert!(is_told, "{code}");
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}

#[test]
fn routes_are_made_in_one_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut made = Vec::new();
    for (path, source) in files(&folder) {
        let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let makes = [".service(", "web::resource", "web::route", "web::scope", "web::get", "web::post"];
        if makes.iter().any(|way| source.contains(way)) {
            made.push(path);
        }
    }
    made.sort();
    assert_eq!(made, ["api/mount.rs"]);
}

fn is_constant(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

fn sources() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    // What the admin listener answers is not of this document.
    let told = files(&folder).into_iter().filter(|(path, _)| !path.starts_with("admin/"));
    told.map(|(_, source)| source).collect()
}

/// The sources below a folder, by their paths in it.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
                found.insert(name, std::fs::read_to_string(&path).unwrap_or_default());
            }
        }
    }
    found
}

fn names(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().filter_map(|name| Some(name.as_str()?.to_owned())).collect()
}

/// The fields at fault, with their codes.
fn faults(answer: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|fault| (text(&fault["field"]), text(&fault["code"]))).collect()
}

/// Sends a body to it as somebody who is signed in.
async fn send(told: &Told, body: &Value) -> Value {
    let surface = Surface::new().await;
    surface.world.administrator("ada@example.org").await;
    let token =
        if told.path.ends_with("step2") { "some-token".to_owned() } else { access_token(&surface).await };
    let request = told.request().set_json(body).insert_header(("authorization", format!("Bearer {token}")));
    surface.send(request).await.json()
}

async fn access_token(surface: &Surface) -> String {
    use secrecy::ExposeSecret as _;
    let signed_in = surface.world.login("ada@example.org").await.unwrap();
    signed_in.access.token.expose_secret().to_owned()
}
