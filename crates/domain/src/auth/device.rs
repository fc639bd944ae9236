//! Known devices: what lets owners of an attacked account sign in while strangers are shut out.
//!
//! After a login the client holds a cookie: a number of its own, and for each account that signed in
//! there the time of that and a keyed digest over number, time and address. Tries with it are counted
//! apart from those of strangers. It gives nothing else, and the digests tell nobody which addresses
//! they were made of.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use crate::auth::EmailAddress;
use crate::clock::Timestamp;
use crate::digest::{Digest, Digests};
use crate::error::PortError;
use crate::id::IdSource;

/// Makes and reads the cookies of known devices.
pub struct Devices {
    digests: Arc<dyn Digests>,
    ids: IdSource,
}

/// A device on which an account signed in before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KnownDevice {
    /// Its number.
    pub(super) number: [u8; NUMBER],
    /// When the account last signed in there.
    pub(super) since: Timestamp,
}

/// What a device is given to be known by.
#[derive(Debug, Clone)]
pub struct DeviceMark {
    /// The cookie's value: at most [`Devices::MAX_LENGTH`] characters.
    pub value: String,
    /// How long it is good.
    pub life: Duration,
}

/// What a cookie holds, genuine or not.
struct Held {
    number: [u8; NUMBER],
    entries: Vec<Entry>,
}

/// One account, the one that signed in last first.
#[derive(Clone, Copy)]
struct Entry {
    since: Timestamp,
    tag: Digest,
}

const NUMBER: usize = 16;
const TIME: usize = size_of::<i64>();
const ENTRY: usize = TIME + Digest::LENGTH;

impl Devices {
    /// So many accounts are known on one device; the one that has not signed in for longest makes room.
    pub const MAX_ACCOUNTS: usize = 4;
    /// The longest value, in characters.
    pub const MAX_LENGTH: usize = 2 * (NUMBER + Self::MAX_ACCOUNTS * ENTRY);
    /// How long a device is known after a login.
    pub const LIFE: Duration = Duration::from_hours(180 * 24);

    /// Devices under the key of these digests.
    #[must_use]
    pub const fn new(digests: Arc<dyn Digests>, ids: IdSource) -> Self {
        Self { digests, ids }
    }

    /// Marks the device that shows `shown` as one where the account with this address signed in just
    /// now. Other accounts stay known there.
    pub fn remember(&self, shown: Option<&str>, email: &EmailAddress) -> Result<DeviceMark, PortError> {
        let held = match shown.and_then(Held::read) {
            Some(held) => held,
            None => Held { number: *self.ids.next_uuid()?.as_bytes(), entries: Vec::new() },
        };
        let since = self.ids.now();
        let others = held.entries.iter().filter(|entry| !self.is_of(&held.number, entry, email)).copied();
        let newest = Entry { since, tag: self.tag(&held.number, since, email) };
        let entries = std::iter::once(newest).chain(others).take(Self::MAX_ACCOUNTS).collect();
        Ok(DeviceMark { value: Held { number: held.number, entries }.text(), life: Self::LIFE })
    }

    /// The device that shows `shown`, if the account with this address is known there.
    pub(super) fn recognise(&self, shown: &str, email: &EmailAddress) -> Option<KnownDevice> {
        let held = Held::read(shown)?;
        let now = self.ids.now();
        let entry = held
            .entries
            .iter()
            .find(|entry| self.is_of(&held.number, entry, email) && now < entry.since.plus(Self::LIFE))?;
        Some(KnownDevice { number: held.number, since: entry.since })
    }

    fn is_of(&self, number: &[u8; NUMBER], entry: &Entry, email: &EmailAddress) -> bool {
        entry.tag == self.tag(number, entry.since, email)
    }

    fn tag(&self, number: &[u8; NUMBER], since: Timestamp, email: &EmailAddress) -> Digest {
        let bytes = [&number[..], &since.micros().to_be_bytes(), email.as_str().as_bytes()].concat();
        self.digests.digest("device.account", &bytes)
    }
}

impl Held {
    fn read(text: &str) -> Option<Self> {
        if text.len() > Devices::MAX_LENGTH {
            return None;
        }
        let bytes = from_hex(text)?;
        let (number, rest) = bytes.split_first_chunk::<NUMBER>()?;
        let (entries, rest) = rest.as_chunks::<ENTRY>();
        let entries: Option<Vec<_>> = entries.iter().map(Entry::read).collect();
        rest.is_empty().then_some(Self { number: *number, entries: entries? })
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let entries = self
            .entries
            .iter()
            .flat_map(|entry| entry.since.micros().to_be_bytes().into_iter().chain(*entry.tag.as_bytes()));
        for byte in self.number.into_iter().chain(entries) {
            // Writing to a text does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

impl Entry {
    fn read(bytes: &[u8; ENTRY]) -> Option<Self> {
        let (since, tag) = bytes.split_first_chunk::<TIME>()?;
        Some(Self {
            since: Timestamp::from_micros(i64::from_be_bytes(*since)),
            tag: Digest::from_slice(tag)?,
        })
    }
}

/// The bytes that pairs of lower-case digits stand for; `None` for anything else.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect();
    if rest.is_empty() { bytes } else { None }
}
