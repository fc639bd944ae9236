//! What every use case knows of the call it serves.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::auth::UserId;

/// The call that a use case serves: who asked, from where, under which id.
#[derive(Debug, Clone)]
pub struct Context {
    /// The id that the log, the answer and a caller's own log share.
    pub request_id: String,
    /// Where the call came from, as far as the configured proxies can be trusted.
    pub client: ClientAddress,
    /// What the client says it is; at most [`Context::MAX_USER_AGENT`] bytes.
    pub user_agent: Option<String>,
    /// The administrator who acts on an account that need not be theirs; the audit tells it.
    pub actor: Option<UserId>,
}

impl Context {
    /// How much of a client's description is kept, in bytes.
    pub const MAX_USER_AGENT: usize = 255;

    /// A call that did not come over the network, such as one from the command line.
    #[must_use]
    pub fn local(request_id: impl Into<String>) -> Self {
        Self {
            request_id: request_id.into(),
            client: ClientAddress::new(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            user_agent: None,
            actor: None,
        }
    }

    /// The same call, as what this administrator does.
    #[must_use]
    pub fn acting(&self, actor: UserId) -> Self {
        Self { actor: Some(actor), ..self.clone() }
    }
}

/// The address of a client. An IPv4 address inside IPv6 is held as IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// Holds `address` in its canonical form.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// The address itself.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.0
    }

    /// The network that limits count by: the address itself, or the /64 of an IPv6 address, since
    /// that is what one customer is commonly given (RFC 6177).
    #[must_use]
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> ClientAddress {
        ClientAddress::new(text.parse().unwrap())
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        assert_eq!(client("2001:db8:1:2:3::4").network(), client("2001:db8:1:2:ffff::1").network());
        assert_ne!(client("2001:db8:1:2::1").network(), client("2001:db8:1:3::1").network());
        assert_ne!(client("192.0.2.1").network(), client("192.0.2.2").network());
    }

    #[test]
    fn an_ipv4_address_inside_ipv6_is_that_ipv4_address() {
        assert_eq!(client("::ffff:192.0.2.1"), client("192.0.2.1"));
    }
}
