//! The client's address: the peer's, or what trusted proxies say it is.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use autorisen_domain::context::ClientAddress;

/// The longest `X-Forwarded-For` that is looked at, in bytes over all its lines.
const MAX_LENGTH: usize = 4 * 1024;

/// The address of who sent the request. With `hops` proxies in front, each having appended the
/// address it saw, it is the one that the outermost of ours appended; with none it is the peer's.
/// No other header counts. `None` when the connection has no address.
pub(crate) fn of_request(request: &HttpRequest, hops: u8) -> Option<ClientAddress> {
    let peer = request.peer_addr()?.ip();
    Some(ClientAddress::new(forwarded(request.headers(), hops).unwrap_or(peer)))
}

/// What is too long, too short or no address at the place that counts is not believed at all.
fn forwarded(headers: &HeaderMap, hops: u8) -> Option<IpAddr> {
    if hops == 0 {
        return None;
    }
    let lines: Vec<&str> =
        headers.get_all("x-forwarded-for").map(|line| line.to_str().ok()).collect::<Option<_>>()?;
    if lines.iter().map(|line| line.len()).sum::<usize>() > MAX_LENGTH {
        return None;
    }
    let elements: Vec<&str> = lines.iter().flat_map(|line| line.split(',')).collect();
    let place = elements.len().checked_sub(usize::from(hops))?;
    parse(elements.get(place)?.trim())
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn parse(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    if let Ok(socket) = text.parse::<std::net::SocketAddr>() {
        return Some(socket.ip());
    }
    text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn address(hops: u8, lines: &[&str]) -> String {
        let mut request = TestRequest::default().peer_addr("198.51.100.7:1000".parse().unwrap());
        for line in lines {
            request = request.append_header(("x-forwarded-for", *line));
        }
        of_request(&request.to_http_request(), hops).unwrap().to_string()
    }

    #[test]
    fn without_proxies_the_header_is_not_believed() {
        assert_eq!(address(0, &["203.0.113.1"]), "198.51.100.7");
    }

    #[test]
    fn the_element_that_our_outermost_proxy_appended_counts() {
        assert_eq!(address(1, &["203.0.113.1"]), "203.0.113.1");
        assert_eq!(address(1, &["6.6.6.6, 203.0.113.1"]), "203.0.113.1");
        assert_eq!(address(2, &["6.6.6.6, 203.0.113.1, 10.0.0.1"]), "203.0.113.1");
        assert_eq!(address(1, &["6.6.6.6", "203.0.113.1"]), "203.0.113.1");
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_understood() {
        assert_eq!(address(1, &["203.0.113.1:4711"]), "203.0.113.1");
        assert_eq!(address(1, &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(address(1, &["[2001:db8::1]"]), "2001:db8::1");
        assert_eq!(address(1, &["::ffff:203.0.113.1"]), "203.0.113.1");
    }

    #[test]
    fn what_cannot_be_believed_leaves_the_peer() {
        let long = "1, ".repeat(2_000);
        for line in ["", "garbage", "203.0.113.1,", ",", "203.0.113.999", &long] {
            assert_eq!(address(1, &[line]), "198.51.100.7", "{line:?}");
        }
        assert_eq!(address(3, &["203.0.113.1"]), "198.51.100.7");
        assert_eq!(address(1, &[]), "198.51.100.7");
    }
}
