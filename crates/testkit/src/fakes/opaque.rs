//! Opaque tokens that can be read: `refresh.<id>.<number>.<checksum>`.

use autorisen_domain::auth::{Minted, OpaqueKind, OpaqueRead, OpaqueTokens};
use autorisen_domain::digest::Digest;
use autorisen_domain::error::PortError;
use secrecy::{ExposeSecret, SecretString};

use crate::fakes::checksum::{checksum, fresh_number, hex, id_from_hex};

/// Makes tokens with a checksum over all of them.
#[derive(Debug)]
pub struct FakeOpaqueTokens {
    secret: u64,
}

impl FakeOpaqueTokens {
    /// Those of the deployment with this secret.
    pub const fn new(secret: u64) -> Self {
        Self { secret }
    }

    fn text(&self, kind: OpaqueKind, id: &[u8; 16], number: u64) -> String {
        let body = format!("{}.{}.{number}", word(kind), hex(id));
        let sum = checksum(&[b"opaque", &self.secret.to_be_bytes(), body.as_bytes()]);
        format!("{body}.{}", hex(&sum))
    }

    /// Bytes that hide others for whoever does not hold `parent`.
    fn veil(&self, parent: &str) -> impl Iterator<Item = u8> {
        let key = checksum(&[b"veil", &self.secret.to_be_bytes(), parent.as_bytes()]);
        (0..u64::MAX).flat_map(move |block| checksum(&[&key, &block.to_be_bytes()]))
    }

    fn seal_of(&self, parent: &str, hidden: &[u8]) -> [u8; 32] {
        checksum(&[b"seal", &self.secret.to_be_bytes(), parent.as_bytes(), hidden])
    }
}

impl OpaqueTokens for FakeOpaqueTokens {
    fn mint(&self, kind: OpaqueKind, id: &[u8; 16]) -> Result<Minted, PortError> {
        let text = self.text(kind, id, fresh_number());
        let digest = digest_of(&text);
        Ok(Minted { token: SecretString::from(text), digest })
    }

    fn read(&self, kind: OpaqueKind, token: &str) -> Option<OpaqueRead> {
        let (_, rest) = token.split_once('.')?;
        let (id, rest) = rest.split_once('.')?;
        let (number, _) = rest.split_once('.')?;
        let names = id_from_hex(id)?;
        // What differs in any way from what would be made is not what was made.
        let genuine = self.text(kind, &names, number.parse().ok()?) == token;
        genuine.then(|| OpaqueRead { names, digest: digest_of(token) })
    }

    fn seal_successor(&self, parent: &str, successor: &SecretString) -> Vec<u8> {
        let plain = successor.expose_secret().bytes();
        let mut sealed: Vec<u8> = plain.zip(self.veil(parent)).map(|(byte, veil)| byte ^ veil).collect();
        sealed.extend(self.seal_of(parent, &sealed));
        sealed
    }

    fn open_successor(&self, parent: &str, sealed: &[u8]) -> Option<SecretString> {
        let (hidden, seal) = sealed.split_last_chunk::<32>()?;
        if *seal != self.seal_of(parent, hidden) {
            return None;
        }
        let plain = hidden.iter().zip(self.veil(parent)).map(|(byte, veil)| byte ^ veil).collect();
        String::from_utf8(plain).ok().map(SecretString::from)
    }
}

fn digest_of(token: &str) -> Digest {
    Digest::new(checksum(&[b"token", token.as_bytes()]))
}

const fn word(kind: OpaqueKind) -> &'static str {
    match kind {
        OpaqueKind::Refresh => "refresh",
        OpaqueKind::Cookie => "cookie",
        OpaqueKind::Registration => "registration",
    }
}
