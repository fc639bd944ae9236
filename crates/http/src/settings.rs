//! What the HTTP surface is told at start.

use std::time::Duration;

/// An origin as a browser names it: scheme, host and port (RFC 6454).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Reads `https://host` or `http://host:port`; `None` for anything with a path, a user, a
    /// wildcard or another scheme. A default port and capitals are folded away as browsers do.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let (scheme, authority) = text.split_once("://")?;
        let default_port = match scheme {
            "https" => ":443",
            "http" => ":80",
            _ => return None,
        };
        let authority = authority.strip_suffix(default_port).unwrap_or(authority);
        let plain = |b: u8| b.is_ascii_alphanumeric() || b".-:[]".contains(&b);
        let fits = !authority.is_empty() && authority.bytes().all(plain);
        fits.then(|| Self(format!("{scheme}://{authority}")))
    }

    /// The text that a browser sends.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Host and port, without the scheme.
    pub(crate) fn authority(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, authority)| authority)
    }
}

/// Settings of the HTTP surface.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// What `version` answers.
    pub version: String,
    /// What `commit` answers: what the program was built from, where its build knew that.
    pub commit: Option<&'static str>,
    /// What `env` answers.
    pub environment: String,
    /// Where the service is reached from outside, if that is known.
    pub public_origin: Option<Origin>,
    /// Other origins whose pages may call us, with credentials.
    pub allowed_origins: Vec<Origin>,
    /// Whether cookies are for https alone, and browsers are told to stay on it.
    pub secure: bool,
    /// How many proxies in front of us add to `X-Forwarded-For`.
    pub trusted_proxy_hops: u8,
    /// A body that has not arrived after this long is given up.
    pub body_timeout: Duration,
    /// How long the cookie of the CSRF pair lives.
    pub csrf_ttl: Duration,
    /// Whether chats run on OpenAI's side, and the self-hosted protocol is not spoken.
    pub hosted_chat: bool,
    /// What the vendor of ChatKit knows the host of our page by; it is no secret.
    pub domain_key: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port_and_nothing_else() {
        assert_eq!(Origin::parse("HTTPS://App.Example.org:443").unwrap().as_str(), "https://app.example.org");
        assert_eq!(Origin::parse("http://localhost:5173").unwrap().authority(), "localhost:5173");
        for text in [
            "",
            "*",
            "null",
            "example.org",
            "ftp://example.org",
            "https://",
            "https://a/",
            "https://u@a",
            "https://*.a",
        ] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
    }
}
