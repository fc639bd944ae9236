//! Whether answers are as the document of the interface says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};

/// What a path that is not in the document, or another method of one that is, may be answered with.
const ELSEWHERE: [&str; 5] =
    ["not_found", "method_not_allowed", "cross_origin", "rate_limited", "unavailable"];
/// Below these are parts of our own pages, which the document does not name.
const PARTS_OF_PAGES: [&str; 2] = ["/app/", "/docs/"];

/// A request and its answer.
#[derive(Clone, Copy)]
pub struct Exchange<'a> {
    /// The method.
    pub method: &'a str,
    /// The path; a query after it does not matter.
    pub path: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// The value of a header of the answer.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The body of the answer, to its end.
    pub body: &'a [u8],
}

/// A document that answers are held to.
pub struct Documented {
    document: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Documented {
    /// With this document of OpenAPI 3.1.
    #[must_use]
    pub fn new(document: Value) -> Self {
        Self { document, validators: Mutex::default() }
    }

    /// Says what is not as the document says, if anything.
    ///
    /// # Errors
    ///
    /// When it is not, in a sentence.
    pub fn check(&self, exchange: &Exchange<'_>) -> Result<(), String> {
        let path = exchange.path.split(['?', '#']).next().unwrap_or_default();
        if exchange.method == "OPTIONS" {
            // Asked by browsers of CORS, and answered by it.
            return Ok(());
        }
        let method = if exchange.method == "HEAD" { "get" } else { &exchange.method.to_ascii_lowercase() };
        let found = self
            .template(path)
            .and_then(|template| Some((template, self.document["paths"][template].get(method)?)));
        let Some((template, operation)) = found else {
            return elsewhere(exchange, path);
        };
        let name = format!("{method} {template} {}", exchange.status);
        let response = &operation["responses"][exchange.status.to_string()];
        if response.is_null() {
            return Err(format!("{name} is not in the document"));
        }
        headers(exchange, response).map_err(|fault| format!("{name}: {fault}"))?;
        if exchange.method == "HEAD" {
            return Ok(());
        }
        self.body(&name, exchange, &response["content"]).map_err(|fault| format!("{name}: {fault}"))
    }

    /// The path of the document that a path is one of; one without parameters goes first.
    fn template(&self, path: &str) -> Option<&str> {
        let paths = self.document["paths"].as_object()?;
        let exact = paths.get_key_value(path).map(|(template, _)| template.as_str());
        let fits = |template: &str| {
            let (wanted, given) = (template.split('/'), path.split('/'));
            template.split('/').count() == path.split('/').count()
                && wanted
                    .zip(given)
                    .all(|(wanted, given)| wanted == given || (wanted.starts_with('{') && !given.is_empty()))
        };
        exact.or_else(|| paths.keys().map(String::as_str).find(|template| fits(template)))
    }

    fn body(&self, name: &str, exchange: &Exchange<'_>, contents: &Value) -> Result<(), String> {
        let Some(contents) = contents.as_object() else {
            return match exchange.body {
                [] => Ok(()),
                _ => Err("it has a body".to_owned()),
            };
        };
        let given = (exchange.header)("content-type").ok_or("it has no media type")?;
        let content = contents.get(&given).or_else(|| contents.get("*/*"));
        let schema = &content.ok_or_else(|| format!("it is {given}"))?["schema"];
        if given.ends_with("json") {
            let body = parse(exchange.body)?;
            return self.judge(&format!("{name} {given}"), schema, &body);
        }
        if given == "text/event-stream" {
            let text = String::from_utf8_lossy(exchange.body);
            for frame in text.split_terminator("\n\n") {
                let frame = frame.strip_prefix("data: ").ok_or_else(|| format!("a frame is {frame:?}"))?;
                self.judge(name, &schema_of_events(&self.document)?, &parse(frame.as_bytes())?)?;
            }
        }
        Ok(())
    }

    /// Says what of a value does not fit a schema. A member that the schema does not name does not fit.
    fn judge(&self, name: &str, schema: &Value, value: &Value) -> Result<(), String> {
        let validator = self.validator(name, schema)?;
        let faults: Vec<String> =
            validator.iter_errors(value).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        if faults.is_empty() { Ok(()) } else { Err(format!("{}: {value}", faults.join("; "))) }
    }

    fn validator(&self, name: &str, schema: &Value) -> Result<Arc<Validator>, String> {
        let mut validators = self.validators.lock().map_err(|_| "another test broke off")?;
        if let Some(validator) = validators.get(name) {
            return Ok(Arc::clone(validator));
        }
        let whole = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": self.document["components"],
            "allOf": [schema],
            "unevaluatedProperties": false,
        });
        let built = jsonschema::options().should_validate_formats(true).build(&whole);
        let validator = Arc::new(built.map_err(|fault| format!("the schema is none: {fault}"))?);
        validators.insert(name.to_owned(), Arc::clone(&validator));
        Ok(validator)
    }

    /// Judges every example of the document by the schema that it stands beside, and says how many there are.
    ///
    /// # Errors
    ///
    /// When one does not fit.
    pub fn check_examples(&self) -> Result<usize, String> {
        let mut count = 0;
        for (path, operations) in self.document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in operations.as_object().into_iter().flatten() {
                let responses = operation["responses"].as_object().into_iter().flatten();
                let contents = responses.map(|(status, response)| (status.as_str(), &response["content"]));
                for (place, contents) in contents.chain([("body", &operation["requestBody"]["content"])]) {
                    for (kind, content) in contents.as_object().into_iter().flatten() {
                        let name = format!("{method} {path} {place} {kind}");
                        let several = content["examples"].as_object().into_iter().flatten();
                        let examples =
                            content.get("example").into_iter().chain(several.map(|(_, one)| &one["value"]));
                        for example in examples {
                            self.judge(&name, &content["schema"], example)
                                .map_err(|fault| format!("{name}: {fault}"))?;
                            count += 1;
                        }
                    }
                }
            }
        }
        Ok(count)
    }
}

fn schema_of_events(document: &Value) -> Result<Value, String> {
    let data = &document["components"]["schemas"]["StreamFrame"]["properties"]["data"];
    data.get("contentSchema").cloned().ok_or_else(|| "the document knows no events".to_owned())
}

fn parse(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("it is no JSON: {error}"))
}

fn headers(exchange: &Exchange<'_>, response: &Value) -> Result<(), String> {
    let always = ["X-Request-ID", "WWW-Authenticate", "Retry-After"];
    let wanted = always
        .iter()
        .find(|name| response["headers"].get(**name).is_some() && (exchange.header)(name).is_none());
    wanted.map_or(Ok(()), |name| Err(format!("it has no {name}")))
}

fn elsewhere(exchange: &Exchange<'_>, path: &str) -> Result<(), String> {
    let Exchange { method, status, .. } = exchange;
    if PARTS_OF_PAGES.iter().any(|begin| path.starts_with(begin)) && [200, 304, 308].contains(status) {
        return Ok(());
    }
    if *method == "HEAD" && (400..500).contains(status) {
        return Ok(());
    }
    let code = parse(exchange.body).ok().and_then(|body| Some(body["code"].as_str()?.to_owned()));
    if code.as_deref().is_some_and(|code| ELSEWHERE.contains(&code)) {
        return Ok(());
    }
    Err(format!("{method} {path} is not in the document and answers {status} {code:?}"))
}
