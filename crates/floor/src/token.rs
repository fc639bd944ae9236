//! A token as the product's access tokens are, checked by `biscuit` alone.

use biscuit::jwa::SignatureAlgorithm;
use biscuit::jws::{Compact, Header, RegisteredHeader, Secret};
use biscuit::{CompactJson, Empty};
use serde::{Deserialize, Serialize};

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// The id of the account.
    pub(crate) sub: String,
    sid: String,
    jti: String,
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
}

impl CompactJson for Claims {}

/// Signs tokens and checks them.
pub(crate) struct Tokens(Secret);

impl Tokens {
    /// The key is known to everybody: nothing is guarded here.
    pub(crate) fn new() -> Self {
        Self(Secret::bytes_from_str("a key that is only for measuring, and long enough"))
    }

    /// A token for the account with this id.
    pub(crate) fn sign(&self, sub: String) -> Option<String> {
        let header = Header::<Empty>::from_registered_header(RegisteredHeader {
            algorithm: SignatureAlgorithm::HS256,
            media_type: Some("at+jwt".to_owned()),
            key_id: Some("measured".to_owned()),
            ..RegisteredHeader::default()
        });
        let claims = Claims {
            sub,
            sid: "00000000-0000-4000-8000-000000000001".to_owned(),
            jti: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
            iss: "autorisen".to_owned(),
            aud: "autorisen".to_owned(),
            iat: 0,
            exp: i64::from(u32::MAX),
        };
        match Compact::new_decoded(header, claims).into_encoded(&self.0).ok()? {
            Compact::Encoded(text) => Some(text.encode()),
            Compact::Decoded { .. } => None,
        }
    }

    /// What a token of ours says.
    pub(crate) fn read(&self, token: &str) -> Option<Claims> {
        let token = Compact::<Claims, Empty>::new_encoded(token);
        match token.into_decoded(&self.0, SignatureAlgorithm::HS256).ok()? {
            Compact::Decoded { payload, .. } => Some(payload),
            Compact::Encoded(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_signed_and_another_is_not() {
        let tokens = Tokens::new();
        let token = tokens.sign("account-1".to_owned()).unwrap();
        assert_eq!(tokens.read(&token).unwrap().sub, "account-1");
        let (signed, _) = token.rsplit_once('.').unwrap();
        assert_eq!(tokens.read(&format!("{signed}.{}", "A".repeat(43))), None);
    }
}
