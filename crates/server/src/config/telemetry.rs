//! Settings of what the server tells of itself: the admin listener, and traces by the standard names of
//! OpenTelemetry.

use std::net::SocketAddr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::reader::Reader;
use super::settings::{LOCALHOST, flag, host, url};

/// Where traces are sent below the address of a collector.
const TRACES_PATH: &str = "/v1/traces";

/// The admin listener.
#[derive(Debug)]
pub(crate) struct AdminSettings {
    /// Whether there is one.
    pub(crate) listener: ListenerKind,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// What who asks must show; never absent where other machines reach it.
    pub(crate) token: Option<SecretString>,
}

/// Whether there is an admin listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ListenerKind {
    /// There is, and while another process has its address the server goes on without it.
    #[default]
    Auto,
    /// There is, or the server does not start.
    On,
    /// There is none.
    Off,
}

/// Where traces go, and which.
#[derive(Debug)]
pub(crate) struct TraceSettings {
    /// The whole address of the collector.
    pub(crate) endpoint: String,
    /// Headers that show the collector who sends.
    pub(crate) headers: Vec<(String, SecretString)>,
    /// How long sending may take.
    pub(crate) timeout: Duration,
    /// What this service is called.
    pub(crate) service_name: String,
    /// What else is said of it.
    pub(crate) attributes: Vec<(String, String)>,
    /// Which requests are followed.
    pub(crate) sampler: SamplerKind,
    /// How many of them, where that is asked: 0 is none and 1 is all.
    pub(crate) ratio: f64,
}

/// Which requests are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SamplerKind {
    /// All.
    AlwaysOn,
    /// None.
    AlwaysOff,
    /// A part of all.
    Ratio,
    /// Those whose caller says so, and of those that belong to no trace all or none.
    ParentOr(bool),
    /// Those whose caller says so, and of those that belong to no trace a part.
    ParentOrRatio,
}

impl ListenerKind {
    /// Every word that is understood.
    pub(super) const WORDS: &[&str] = &["auto", "on", "off"];

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "auto" => Some(Self::Auto),
            "on" => Some(Self::On),
            "off" => Some(Self::Off),
            _ => None,
        }
    }
}

impl SamplerKind {
    /// Every word that is understood.
    pub(super) const WORDS: &[&str] = &[
        "always_on",
        "always_off",
        "traceidratio",
        "parentbased_always_on",
        "parentbased_always_off",
        "parentbased_traceidratio",
    ];

    fn parse(text: &str) -> Option<Self> {
        match text {
            "always_on" => Some(Self::AlwaysOn),
            "always_off" => Some(Self::AlwaysOff),
            "traceidratio" => Some(Self::Ratio),
            "parentbased_always_on" => Some(Self::ParentOr(true)),
            "parentbased_always_off" => Some(Self::ParentOr(false)),
            "parentbased_traceidratio" => Some(Self::ParentOrRatio),
            _ => None,
        }
    }
}

/// Reads the settings of the admin listener.
pub(super) fn admin(read: &mut Reader<'_>) -> AdminSettings {
    let listener = read.parse("admin.listener", ListenerKind::parse).unwrap_or_default();
    let host = read.parse("admin.host", host).unwrap_or(LOCALHOST);
    let address = SocketAddr::new(host, read.integer("admin.port"));
    let token = read.secret("admin.token").filter(|token| !token.expose_secret().trim().is_empty());
    AdminSettings { listener, address, token }
}

/// Reads the settings of traces; `None` where none are sent.
pub(super) fn traces(read: &mut Reader<'_>) -> Option<TraceSettings> {
    let base = read.parse("traces.endpoint", url);
    let whole = read.parse("traces.traces_endpoint", url);
    let headers = read.parse("traces.headers", pairs).unwrap_or_default();
    let timeout = read.millis("traces.timeout_ms");
    let service_name = read.text("traces.service_name");
    let attributes = read.parse("traces.resource_attributes", pairs).unwrap_or_default();
    let sampler = read.parse("traces.sampler", SamplerKind::parse);
    let ratio = read.parse("traces.sampler_arg", ratio).unwrap_or(1.0);
    let is_disabled = read.parse("traces.sdk_disabled", flag).unwrap_or_default();
    let is_wanted = read.parse("traces.exporter", |text| choice(text, "otlp", "none")).unwrap_or_default();
    let _ = read.parse("traces.protocol", |text| (text == "http/protobuf").then_some(()));

    let below = |base: String| format!("{}{TRACES_PATH}", base.trim_end_matches('/'));
    let endpoint = whole.or_else(|| base.map(below)).filter(|_| is_wanted && !is_disabled)?;
    let secret = |(name, value)| (name, SecretString::from(value));
    let headers = headers.into_iter().map(secret).collect();
    Some(TraceSettings { endpoint, headers, timeout, service_name, attributes, sampler: sampler?, ratio })
}

fn choice(text: &str, yes: &str, no: &str) -> Option<bool> {
    if text == yes { Some(true) } else { (text == no).then_some(false) }
}

fn ratio(text: &str) -> Option<f64> {
    text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio))
}

/// Reads `name=value,name=value`, the values with percent codes, as W3C Baggage has them.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries
        .map(|entry| {
            let (name, value) = entry.split_once('=')?;
            let (name, value) = (name.trim(), decoded(value.trim())?);
            let fits = !name.is_empty()
                && !name.chars().any(char::is_control)
                && !value.chars().any(char::is_control);
            fits.then(|| (name.to_owned(), value))
        })
        .collect()
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        bytes.push(is_hex.then(|| u8::from_str_radix(digits, 16).ok())??);
        rest = &after[2..];
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_with_their_percent_codes() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let read = pairs("a=b, api-key = x%20y%3D ,c=d=e,").unwrap();
        assert_eq!(read, [pair("a", "b"), pair("api-key", "x y="), pair("c", "d=e")]);
        assert_eq!(pairs("").unwrap(), []);
        for wrong in ["a", "=b", "a=%", "a=%2", "a=%zz", "a=%+1", "a=%0a", "a=%ff", "a=b\u{7}"] {
            assert_eq!(pairs(wrong), None, "{wrong:?}");
        }
    }
}
