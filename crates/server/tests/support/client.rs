//! A small HTTP client that shows everything and follows nothing.

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use autorisen_testkit::documented::{Documented, Exchange};
use serde_json::{Value, json};
use ureq::http;

use super::PASSWORD;

/// What every answer is held to.
static DOCUMENT: LazyLock<Documented> = LazyLock::new(|| Documented::new(autorisen_http::document()));

/// Speaks to one server. Each answer must be as the document says.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
    /// Whether what it is answered must be in the document of the interface.
    is_documented: bool,
}

/// A request that is being put together.
pub struct Request {
    client: Client,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: String,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(30)))
            .build();
        Self { agent: config.into(), base: format!("http://{address}"), is_documented: true }
    }

    /// Speaks to a listener for who runs the server, which the document of the interface does not tell of.
    pub fn of_operator(address: SocketAddr) -> Self {
        Self { is_documented: false, ..Self::new(address) }
    }

    /// Host and port of the server.
    pub fn authority(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    pub fn request(&self, method: &str, path: &str) -> Request {
        Request {
            client: self.clone(),
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// Registers an account in one call, and gives the answer's body.
    pub fn register(&self, email: &str) -> Value {
        let answer = self.post("/api/auth/register").json(&registration(email)).send();
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
    }

    pub fn login(&self, email: &str, password: &str) -> Answer {
        self.post("/api/auth/login").json(&json!({"email": email, "password": password})).send()
    }

    pub fn me(&self, token: &Value) -> Answer {
        self.get("/api/auth/me").bearer(token).send()
    }
}

/// What a person states to register in one call.
pub fn registration(email: &str) -> Value {
    json!({
        "email": email, "password": PASSWORD, "first_name": "Ada", "last_name": "Example",
        "role": "Developer",
    })
}

impl Request {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn bearer(self, token: &Value) -> Self {
        let token = token.as_str().expect("a token is a text").to_owned();
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn cookie(self, pair: &str) -> Self {
        self.header("cookie", pair)
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string().into_bytes())
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    #[track_caller]
    pub fn send(self) -> Answer {
        let Self { client, method, path, headers, body } = self;
        let mut builder =
            http::Request::builder().method(method.as_str()).uri(format!("{}{path}", client.base));
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        let answer = match body {
            Some(body) => client.agent.run(builder.body(body).unwrap()),
            None => client.agent.run(builder.body(()).unwrap()),
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let answer = Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.body_mut().read_to_string().unwrap(),
        };
        let exchange = Exchange {
            method: &method,
            path: &path,
            status: answer.status,
            header: &|name| answer.header(name).map(str::to_owned),
            body: answer.body.as_bytes(),
        };
        if client.is_documented {
            DOCUMENT.check(&exchange).unwrap_or_else(|fault| panic!("{fault}"));
        }
        answer
    }
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The `name=value` of a cookie that the answer sets.
    #[track_caller]
    pub fn cookie(&self, name: &str) -> String {
        let line = self.cookie_line(name);
        line.split(';').next().unwrap().to_owned()
    }

    /// The whole line that sets a cookie.
    #[track_caller]
    pub fn cookie_line(&self, name: &str) -> String {
        self.headers
            .get_all("set-cookie")
            .iter()
            .map(|line| line.to_str().unwrap())
            .find(|line| line.starts_with(&format!("{name}=")))
            .unwrap_or_else(|| panic!("no cookie {name} in {self:?}"))
            .to_owned()
    }

    /// Checks that this is a problem document of this status, and gives its code.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        assert_eq!(self.json()["request_id"].as_str(), self.header("x-request-id"), "{self:?}");
        self.problem_without_id(status)
    }

    /// The same of a listener whose requests have no id.
    #[track_caller]
    pub fn problem_without_id(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], status, "{self:?}");
        assert!(body["detail"].is_string() && body["title"].is_string(), "{self:?}");
        body["code"].as_str().expect("a problem has a code").to_owned()
    }
}
