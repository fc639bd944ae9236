//! The client's address: the peer's, or what trusted proxies say it is.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderValue};
use autorisen_domain::context::ClientAddress;

/// The address of who sent the request. With `hops` proxies in front, each having appended the
/// address it saw, it is the one that the outermost of ours appended; with none it is the peer's.
/// No other header counts. `None` when the connection has no address.
pub(crate) fn of_request(request: &HttpRequest, hops: u8) -> Option<ClientAddress> {
    let peer = request.peer_addr()?.ip();
    Some(ClientAddress::new(forwarded(request.headers(), hops).unwrap_or(peer)))
}

/// Counted from the right, where our proxies append. What stands further left is whatever a client
/// made up, and changes nothing; too few elements, or no address at the place that counts, leave
/// the peer.
fn forwarded(headers: &HeaderMap, hops: u8) -> Option<IpAddr> {
    let lines: Vec<&[u8]> = headers.get_all("x-forwarded-for").map(HeaderValue::as_bytes).collect();
    element(&lines, hops)
}

/// The same of the values of the header, in their order.
pub(crate) fn element(lines: &[&[u8]], hops: u8) -> Option<IpAddr> {
    let from_the_right = usize::from(hops).checked_sub(1)?;
    let element =
        lines.iter().rev().flat_map(|line| line.rsplit(|&byte| byte == b',')).nth(from_the_right)?;
    parse(std::str::from_utf8(element).ok()?.trim())
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
            let value = HeaderValue::from_bytes(line.as_bytes()).unwrap();
            request = request.append_header(("x-forwarded-for", value));
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
    fn what_stands_left_of_our_proxies_changes_nothing() {
        let long = format!("{} 203.0.113.1", "1,".repeat(4_000));
        for line in [long.as_str(), "garbage, 203.0.113.1", ",,,203.0.113.1", "\u{ff}, 203.0.113.1"] {
            assert_eq!(address(1, &[line]), "203.0.113.1", "{line:.40?}");
        }
    }

    #[test]
    fn what_cannot_be_believed_leaves_the_peer() {
        for line in ["", "garbage", "203.0.113.1,", ",", "203.0.113.999"] {
            assert_eq!(address(1, &[line]), "198.51.100.7", "{line:?}");
        }
        assert_eq!(address(3, &["203.0.113.1"]), "198.51.100.7");
        assert_eq!(address(1, &[]), "198.51.100.7");
    }
}
