//! How browsers and proxies reach the server, and whether that fits together.

use std::net::TcpListener;

use actix_web::http::Uri;
use autorisen_http::Origin;

use super::finding::Findings;
use crate::config::{AppEnv, ServerSettings, Settings};

/// Looks at addresses and origins.
pub(super) fn check(settings: &Settings, is_dyno: bool, findings: &mut Findings) {
    let server = &settings.server;
    let is_public = matches!(settings.app.env, AppEnv::Production | AppEnv::Staging);
    port(server, findings);
    public_url(server, is_public, findings);
    client_address(server, is_public, is_dyno, findings);
    cross_origin(server, is_public, findings);
}

fn port(server: &ServerSettings, findings: &mut Findings) {
    let address = (server.host, server.port);
    match TcpListener::bind(address) {
        Ok(_) => findings.sound("port", format!("{}:{} is free", server.host, server.port)),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => findings.warn(
            "port",
            format!("{}:{} is taken", server.host, server.port),
            "if it is not a server of ours that runs already, set PORT to a free one",
        ),
        Err(error) => findings.fault(
            "port",
            format!("cannot listen on {}:{}: {error}", server.host, server.port),
            "set PORT above 1023, and AUTORISEN__SERVER__HOST to an address of this machine",
        ),
    }
}

fn public_url(server: &ServerSettings, is_public: bool, findings: &mut Findings) {
    match &server.public_url {
        Some(url) => findings.sound("public_url", format!("browsers come to {}", url.as_str())),
        None if is_public => findings.warn(
            "public_url",
            "AUTORISEN__SERVER__PUBLIC_URL is not set, so requests of our own pages are known by Sec-Fetch-Site \
             alone, which old browsers do not send",
            "set it to what browsers have in their address bar, such as https://api.example.org",
        ),
        None => findings.sound("public_url", "not set, which is fine for development"),
    }
}

/// Which address counts as the client's, and whether that can be right.
fn client_address(server: &ServerSettings, is_public: bool, is_dyno: bool, findings: &mut Findings) {
    const CHECK: &str = "client_address";
    let hops = server.trusted_proxy_hops;
    let says = match hops {
        0 => "the address of the connection; X-Forwarded-For is not read".to_owned(),
        1 => "the last address of X-Forwarded-For".to_owned(),
        _ => format!("the address at place {hops} from the right of X-Forwarded-For"),
    };
    // The server speaks no TLS, so where browsers come by https there is a proxy.
    let is_behind_proxy = is_dyno || server.public_url.as_ref().is_some_and(is_https);
    if hops == 0 && is_behind_proxy {
        findings.fault(
            CHECK,
            format!("{says}. A proxy that ends TLS stands in front, so all clients have its address and share one limit"),
            "set TRUSTED_PROXY_HOPS to the number of proxies, which is 1 for most",
        );
    } else if hops > 0 && !is_behind_proxy && is_public {
        findings.warn(
            CHECK,
            format!("{says}. If no proxy appends to it, clients choose their address themselves"),
            "set TRUSTED_PROXY_HOPS to the number of proxies, and AUTORISEN__SERVER__PUBLIC_URL to how browsers come",
        );
    } else if hops > 1 && is_dyno {
        findings.warn(
            CHECK,
            format!("{says}. The platform's router is one hop"),
            "unless a proxy of yours stands before it, leave TRUSTED_PROXY_HOPS unset",
        );
    } else {
        findings.sound(CHECK, says);
    }
}

/// Whether the front ends that may call can keep their sessions.
fn cross_origin(server: &ServerSettings, is_public: bool, findings: &mut Findings) {
    const CHECK: &str = "cors";
    let before = findings.troubles();
    for origin in &server.cors_origins {
        let name = origin.as_str();
        if server.public_url.as_ref().is_some_and(|url| url.as_str() == name) {
            findings.warn(
                CHECK,
                format!("{name} is the server itself, which needs no leave"),
                "remove it from FRONTEND_ORIGIN",
            );
        } else if is_public && is_local(origin) {
            findings.warn(
                CHECK,
                format!("{name} is on the machine of whoever opens it, and may call with cookies"),
                "remove it from FRONTEND_ORIGIN, unless it is for trying out",
            );
        } else if let Some(url) = &server.public_url
            && site(url) != site(origin)
        {
            findings.warn(
                CHECK,
                format!(
                    "{name} is on another site than {}, so browsers send it no cookies of ours (SameSite=Lax)",
                    url.as_str()
                ),
                "serve both below one domain, or have that front end use tokens",
            );
        }
    }
    if findings.troubles() == before {
        let origins: Vec<&str> = server.cors_origins.iter().map(Origin::as_str).collect();
        let says =
            if origins.is_empty() { "our own pages alone may call".to_owned() } else { origins.join(", ") };
        findings.sound(CHECK, says);
    }
}

fn is_https(origin: &Origin) -> bool {
    origin.as_str().starts_with("https://")
}

fn host(origin: &Origin) -> String {
    let uri: Option<Uri> = origin.as_str().parse().ok();
    uri.as_ref().and_then(Uri::host).unwrap_or_default().to_ascii_lowercase()
}

fn is_local(origin: &Origin) -> bool {
    matches!(host(origin).as_str(), "localhost" | "127.0.0.1" | "[::1]")
}

/// Scheme and registrable domain, as nearly as can be told without the list of public suffixes: the
/// last two labels. It errs on the side of silence.
fn site(origin: &Origin) -> (bool, String) {
    let host = host(origin);
    let is_address = host.starts_with('[') || host.split('.').all(|part| part.parse::<u8>().is_ok());
    let labels: Vec<&str> = host.rsplit('.').take(if is_address { usize::MAX } else { 2 }).collect();
    (is_https(origin), labels.join("."))
}
