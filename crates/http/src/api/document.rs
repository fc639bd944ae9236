//! The OpenAPI document, made of the routes.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::{Method, StatusCode};
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::api::access::{Access, SCHEMES, Shown};
use crate::api::endpoint::Endpoint;
use crate::api::operation::{Answer, Operation};
use crate::problem::{self, Failure};

const ABOUT: &str = "\
Accounts and sessions, and the ChatKit server behind them.

Errors are application/problem+json (RFC 9457): `code` is for programs, `detail` is fit to be shown. \
Unknown paths are 404 with `not_found`, other methods of a known path 405 with `method_not_allowed`. \
GET is answered to HEAD, too, without its body. \
A request that changes something is refused with `cross_origin` when a browser sends it from a page of a \
foreign origin.";

/// What may go wrong on every route.
const ALWAYS: &[Failure] = &[(StatusCode::INTERNAL_SERVER_ERROR, "internal")];
/// What may go wrong wherever something may change.
const UNSAFE: &[Failure] = &[(StatusCode::FORBIDDEN, "cross_origin")];

/// The document (OpenAPI 3.1) of everything that is served.
#[must_use]
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
        settings.transforms.push(Box::new(schemars::transform::RecursiveTransform(tidy)));
    });
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<problem::Body<'_>>();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for endpoint in crate::endpoints(false) {
        if !endpoint.operation.is_hidden {
            let method = endpoint.method.as_str().to_ascii_lowercase();
            let told = operation(&endpoint, &problem.as_value().clone(), &mut generator);
            paths.entry(endpoint.path).or_default().insert(method, told);
        }
    }
    json!({
        "openapi": "3.1.1",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "autorisen",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": TAGS.map(|(name, _, text)| json!({"name": name, "description": text})),
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": schemes(),
            "headers": headers(),
        },
    })
}

/// What a comment says to readers of the code alone is taken out: examples in Rust, and links.
pub(crate) fn tidy(schema: &mut Schema) {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        let told = text.split("\n\n```").next().unwrap_or_default();
        *text = told.replace("[`", "`").replace("`]", "`").replace('\n', " ");
    }
}

/// What belongs together, by the beginning of the path; the first that fits counts.
const TAGS: [(&str, &str, &str); 7] = [
    ("Sessions", "/api/auth/sessions", "Where somebody is signed in."),
    ("Accounts", "/api/auth", "Registration, login, renewal, passwords."),
    ("Chat", "/api/chatkit", "The ChatKit protocol, its tokens, tools and files."),
    ("Administration", "/api/admin", "What administrators see and do; each of it is in the audit."),
    ("Health", "/api/health", "Whether the service can do its work; also at /healthz and /readyz."),
    ("Modules", "/api/", "Everything else under /api."),
    ("Pages", "/", "What browsers, crawlers and verifiers of tokens look for."),
];

fn tag(path: &str) -> &'static str {
    let fits = |begin: &str| path.starts_with(begin) || (begin == "/api/health" && path.ends_with('z'));
    TAGS.iter().find(|(_, begin, _)| fits(begin)).map_or("", |(name, ..)| name)
}

fn operation(endpoint: &Endpoint, problem: &Value, generator: &mut SchemaGenerator) -> Value {
    let Operation { id, summary, description, .. } = endpoint.operation;
    let mut told = json!({
        "operationId": id,
        "summary": summary,
        "tags": [tag(endpoint.path)],
        "security": security(endpoint.rules.access),
        "responses": responses(endpoint, problem, generator),
    });
    if !description.is_empty() {
        told["description"] = json!(description);
    }
    let parameters = parameters(endpoint);
    if !parameters.is_empty() {
        told["parameters"] = json!(parameters);
    }
    if let Some(body) = &endpoint.operation.body {
        told["requestBody"] = json!({
            "required": body.is_required,
            "content": {body.media_type: content((body.schema)(), None)},
        });
    }
    told
}

fn security(access: Access) -> Vec<Value> {
    let scheme = |name: &str| if name.is_empty() { json!({}) } else { json!({name: []}) };
    access.schemes().iter().map(|name| scheme(name)).collect()
}

fn parameters(endpoint: &Endpoint) -> Vec<Value> {
    let own = endpoint.operation.parameters.iter().map(|parameter| {
        json!({
            "name": parameter.name, "in": parameter.place, "required": parameter.place == "path",
            "description": parameter.description, "schema": parameter.schema,
        })
    });
    let csrf = endpoint.rules.csrf.then(|| {
        json!({
            "name": "X-CSRF-Token", "in": "header", "required": false, "schema": {"type": "string"},
            "description": "The CSRF token, by clients that hold its cookie; both or neither.",
        })
    });
    own.chain(csrf).collect()
}

/// A schema with its examples as those of the body; what is only referred to has them where it stands.
fn content(mut schema: Value, definitions: Option<&Map<String, Value>>) -> Value {
    let referred = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    let at_home = referred.zip(definitions).and_then(|(name, definitions)| definitions.get(name));
    let examples = match at_home {
        Some(definition) => definition["examples"].clone(),
        None => schema.as_object_mut().and_then(|schema| schema.remove("examples")).unwrap_or(Value::Null),
    };
    match examples.as_array().map(Vec::as_slice) {
        None | Some([]) => json!({"schema": schema}),
        Some([example]) => json!({"schema": schema, "example": example}),
        Some(examples) => {
            let named: Map<String, Value> = examples
                .iter()
                .enumerate()
                .map(|(place, example)| ((place + 1).to_string(), json!({"value": example})))
                .collect();
            json!({"schema": schema, "examples": named})
        }
    }
}

fn responses(endpoint: &Endpoint, problem: &Value, generator: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    for answer in &endpoint.operation.answers {
        responses.insert(answer.status.as_str().to_owned(), response(answer, generator));
    }
    for (status, codes) in failures(endpoint) {
        responses.insert(status.as_str().to_owned(), refusal(status, &codes, problem));
    }
    Value::Object(responses)
}

fn response(answer: &Answer, generator: &mut SchemaGenerator) -> Value {
    let mut told = json!({"description": answer.description});
    let mut headers: Map<String, Value> = answer
        .headers
        .iter()
        .map(|(name, text)| ((*name).to_owned(), json!({"description": text, "schema": {"type": "string"}})))
        .collect();
    headers.insert("X-Request-ID".to_owned(), header("X-Request-ID"));
    told["headers"] = Value::Object(headers);
    let contents: Map<String, Value> = answer
        .contents
        .iter()
        .map(|(media_type, schema)| {
            let schema = schema(generator).to_value();
            let mut told = content(schema, Some(generator.definitions()));
            if let Some(example) = &answer.example {
                told["example"] = example.clone();
            }
            ((*media_type).to_owned(), told)
        })
        .collect();
    if !contents.is_empty() {
        told["content"] = Value::Object(contents);
    }
    told
}

/// The problems of a route, by their status.
fn failures(endpoint: &Endpoint) -> BTreeMap<StatusCode, BTreeSet<&'static str>> {
    let rules = &endpoint.rules;
    let limit = rules.limit.map(|_| &[problem::RATE_LIMITED, problem::UNAVAILABLE][..]);
    let csrf = rules.csrf.then_some(&[crate::extract::CSRF_REFUSED][..]);
    let of_body = endpoint.operation.body.iter().flat_map(|body| body.failures.iter().copied());
    let all = [ALWAYS]
        .into_iter()
        .chain((endpoint.method != Method::GET).then_some(UNSAFE))
        .chain(limit)
        .chain(csrf)
        .chain(rules.access.failures().iter().copied())
        .chain(of_body)
        .chain(endpoint.operation.failures.iter().copied());
    let mut failures: BTreeMap<StatusCode, BTreeSet<&str>> = BTreeMap::new();
    for (status, code) in all.flatten() {
        failures.entry(*status).or_default().insert(code);
    }
    failures
}

fn refusal(status: StatusCode, codes: &BTreeSet<&str>, problem: &Value) -> Value {
    let title = status.canonical_reason().unwrap_or("Error");
    let mut headers = json!({"X-Request-ID": header("X-Request-ID")});
    match status {
        StatusCode::UNAUTHORIZED => headers["WWW-Authenticate"] = header("WWW-Authenticate"),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            headers["Retry-After"] = header("Retry-After");
        }
        _ => {}
    }
    json!({
        "description": codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", "),
        "headers": headers,
        "content": {problem::MEDIA_TYPE: {
            "schema": {"allOf": [
                problem,
                {"properties": {"status": {"const": status.as_u16()}, "code": {"enum": codes}}},
            ]},
            "example": {
                "type": "about:blank", "title": title, "status": status.as_u16(), "detail": title,
                "code": codes.first(), "request_id": "0198c5a1-6c34-7000-8000-00000000000f",
            },
        }},
    })
}

fn header(name: &str) -> Value {
    json!({"$ref": format!("#/components/headers/{name}")})
}

fn headers() -> Value {
    let text = json!({"type": "string"});
    json!({
        "X-Request-ID": {"description": "The id of the request, as it is in the log.", "schema": text},
        "WWW-Authenticate": {"description": "As RFC 6750, section 3, has it.", "schema": text},
        "Retry-After": {
            "description": "In how many seconds it is worth asking again.",
            "schema": {"type": "integer", "minimum": 1},
        },
    })
}

fn schemes() -> Value {
    let told = SCHEMES.iter().map(|(name, text, shown)| {
        let mut scheme = match shown {
            Shown::Bearer(format) => json!({"type": "http", "scheme": "bearer", "bearerFormat": format}),
            Shown::Cookie(name) => json!({"type": "apiKey", "in": "cookie", "name": name}),
            Shown::Query(name) => json!({"type": "apiKey", "in": "query", "name": name}),
        };
        scheme["description"] = json!(text);
        ((*name).to_owned(), scheme)
    });
    Value::Object(told.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_told_is_a_part_of_a_page() {
        for endpoint in crate::endpoints(false).iter().filter(|endpoint| endpoint.operation.is_hidden) {
            let is_part = ["/app/", "/docs/"].iter().any(|begin| endpoint.path.starts_with(begin));
            assert!(is_part && endpoint.rules.access == Access::Public, "{}", endpoint.path);
        }
    }

    #[test]
    fn no_route_is_stated_twice_and_both_modes_have_the_same() {
        let all = |is_hosted| {
            let endpoints = crate::endpoints(is_hosted);
            let names = endpoints.iter().map(|endpoint| (endpoint.path, endpoint.method.to_string()));
            let count = endpoints.len();
            let names: BTreeSet<_> = names.collect();
            assert_eq!(names.len(), count);
            names
        };
        assert_eq!(all(false), all(true));
    }
}
