//! A browser with a page open: what it adds to every request of the page's scripts, and the cookies
//! that it keeps.

use std::cell::RefCell;

use super::{Answer, Client, Request};

/// One tab of a browser; tabs of one browser share its cookies.
pub struct Browser<'a> {
    client: &'a Client,
    origin: &'static str,
    site: &'static str,
    jar: RefCell<Vec<Cookie>>,
}

struct Cookie {
    name: String,
    value: String,
    path: String,
}

impl<'a> Browser<'a> {
    /// With a page of this origin, which is to the server as `Sec-Fetch-Site` says.
    pub fn new(client: &'a Client, origin: &'static str, site: &'static str) -> Self {
        Self { client, origin, site, jar: RefCell::default() }
    }

    /// What is asked before a request that a page of another origin may not simply send.
    pub fn preflight(&self, method: &str, path: &str, headers: &str) -> Answer {
        let request = self.client.request("OPTIONS", path).header("origin", self.origin);
        let request = request.header("access-control-request-method", method);
        request.header("access-control-request-headers", headers).send()
    }

    /// Sends a request of the page with its cookies, and keeps those of the answer.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Answer {
        let mut request = self
            .client
            .request(method, path)
            .header("accept", "*/*")
            .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36")
            .header("sec-fetch-mode", "cors")
            .header("sec-fetch-site", self.site);
        // A page of the same origin does not say where it is from when it only reads.
        if self.site != "same-origin" || method != "GET" {
            request = request.header("origin", self.origin);
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = with_body(self.with_cookies(request, path), body).send();
        self.keep(&answer);
        answer
    }

    /// The value of a cookie that the page's scripts would find.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar.borrow().iter().find(|cookie| cookie.name == name).map(|cookie| cookie.value.clone())
    }

    fn with_cookies(&self, request: Request, path: &str) -> Request {
        let jar = self.jar.borrow();
        let sent = jar.iter().filter(|cookie| path.starts_with(&cookie.path));
        let pairs: Vec<String> = sent.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        if pairs.is_empty() { request } else { request.cookie(&pairs.join("; ")) }
    }

    fn keep(&self, answer: &Answer) {
        let mut jar = self.jar.borrow_mut();
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let mut parts = line.split("; ");
            let (name, value) = parts.next().unwrap().split_once('=').unwrap();
            let path = parts.find_map(|part| part.strip_prefix("Path=")).unwrap_or("/");
            jar.retain(|cookie| cookie.name != name);
            if !line.contains("Max-Age=0") {
                jar.push(Cookie { name: name.to_owned(), value: value.to_owned(), path: path.to_owned() });
            }
        }
    }
}

fn with_body(request: Request, body: Option<&str>) -> Request {
    match body {
        Some(body) => request.body(body),
        None => request,
    }
}
