//! Ids of entities: one type per entity, made of time and chance.

use std::sync::Arc;

use crate::clock::{Clock, Timestamp};
use crate::error::PortError;

/// Gives unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills `bytes` from the operating system's generator.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError>;
}

/// Where ids come from: time and chance.
#[derive(Clone)]
pub struct IdSource {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl IdSource {
    /// Ids from this clock and this generator.
    #[must_use]
    pub const fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { clock, random }
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What tells it.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// A new UUID of version 7 (RFC 9562): time first, so that tables grow at one end.
    pub fn next_uuid(&self) -> Result<uuid::Uuid, PortError> {
        let mut chance = [0; 10];
        self.random.fill(&mut chance)?;
        let millis = u64::try_from(self.clock.now().millis()).unwrap_or(0);
        Ok(uuid::Builder::from_unix_timestamp_millis(millis, &chance).into_uuid())
    }
}

/// The text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct InvalidId;

/// Declares the id of one entity: a UUID in its own type.
macro_rules! entity_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// A new id.
            pub fn generate(ids: &$crate::id::IdSource) -> Result<Self, $crate::error::PortError> {
                ids.next_uuid().map(Self)
            }

            /// Reads the hyphenated form of 36 characters, in any case.
            pub fn parse(text: &str) -> Result<Self, $crate::id::InvalidId> {
                if text.len() != uuid::fmt::Hyphenated::LENGTH {
                    return Err($crate::id::InvalidId);
                }
                uuid::Uuid::try_parse(text).map(Self).map_err(|_| $crate::id::InvalidId)
            }

            /// The id that these bytes are.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(uuid::Uuid::from_bytes(bytes))
            }

            /// The bytes of the id.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0.hyphenated(), f)
            }
        }
    };
}
pub(crate) use entity_id;

/// Declares the id of one entity of the chat protocol: a UUID behind a prefix, such as
/// `thr_018f3c6e5b7a7cc0a1b2c3d4e5f60718`.
macro_rules! prefixed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// A new id.
            pub fn generate(ids: &$crate::id::IdSource) -> Result<Self, $crate::error::PortError> {
                ids.next_uuid().map(Self)
            }

            /// Reads the prefix and 32 hexadecimal digits, or the hyphenated UUID that older
            /// deployments gave.
            pub fn parse(text: &str) -> Result<Self, $crate::id::InvalidId> {
                let length = match text.strip_prefix(concat!($prefix, "_")) {
                    Some(_) => uuid::fmt::Simple::LENGTH,
                    None => uuid::fmt::Hyphenated::LENGTH,
                };
                let digits = text.strip_prefix(concat!($prefix, "_")).unwrap_or(text);
                if digits.len() != length {
                    return Err($crate::id::InvalidId);
                }
                uuid::Uuid::try_parse(digits).map(Self).map_err(|_| $crate::id::InvalidId)
            }

            /// The id that these bytes are.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(uuid::Uuid::from_bytes(bytes))
            }

            /// The bytes of the id.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }
    };
}
pub(crate) use prefixed_id;

#[cfg(test)]
mod tests {
    use crate::auth::UserId;
    use crate::chat::ThreadId;
    use crate::id::InvalidId;

    #[test]
    fn an_id_is_read_from_its_own_text() {
        let id = UserId::from_bytes([7; 16]);
        assert_eq!(UserId::parse(&id.to_string()), Ok(id));
        assert_eq!(UserId::parse(&id.to_string().to_uppercase()), Ok(id));
    }

    #[test]
    fn an_id_of_the_protocol_has_its_prefix_and_reads_the_older_form() {
        let id = ThreadId::from_bytes([7; 16]);
        assert_eq!(id.to_string(), "thr_07070707070707070707070707070707");
        assert_eq!(ThreadId::parse(&id.to_string()), Ok(id));
        assert_eq!(ThreadId::parse("07070707-0707-0707-0707-070707070707"), Ok(id));
        for text in ["", "thr_", "thr_07", "atc_07070707070707070707070707070707"] {
            assert_eq!(ThreadId::parse(text), Err(InvalidId), "{text}");
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "1", "07070707070707070707070707070707", "{07070707-0707-0707-0707-070707070707}"] {
            assert_eq!(UserId::parse(text), Err(InvalidId), "{text}");
        }
    }
}
