//! The names of icons.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The name of an icon: one of those that every client has ([`IconName::NAMES`]), or `vendor:…`, or
/// `lucide:…`. Clients refuse anything else.
///
/// ```
/// use autorisen_chatkit::IconName;
///
/// assert_eq!(IconName::parse("search"), Ok(IconName::SEARCH));
/// assert_eq!(IconName::lucide("rocket").as_str(), "lucide:rocket");
/// assert!(IconName::parse("rocket").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IconName(Cow<'static, str>);

/// No client has an icon of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of an icon")]
pub struct UnknownIcon;

impl IconName {
    /// The icon of this name.
    ///
    /// # Errors
    ///
    /// When no client has it.
    pub fn parse(name: &str) -> Result<Self, UnknownIcon> {
        if let Some(known) = Self::NAMES.iter().find(|known| **known == name) {
            return Ok(Self(Cow::Borrowed(known)));
        }
        if name.starts_with("vendor:") || name.starts_with("lucide:") {
            return Ok(Self(Cow::Owned(name.to_owned())));
        }
        Err(UnknownIcon)
    }

    /// `vendor:…`: an icon that the page brings itself.
    #[must_use]
    pub fn vendor(name: &str) -> Self {
        Self(Cow::Owned(format!("vendor:{name}")))
    }

    /// `lucide:…`: an icon of the Lucide set.
    #[must_use]
    pub fn lucide(name: &str) -> Self {
        Self(Cow::Owned(format!("lucide:{name}")))
    }

    /// The name as it stands on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads a member that may be an icon. A name that no client has is read as none: what an earlier
/// version has stored is read, and what clients refuse is not sent again.
pub(crate) fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<IconName>, D::Error> {
    let name = Option::<String>::deserialize(deserializer)?;
    Ok(name.and_then(|name| IconName::parse(&name).ok()))
}

impl fmt::Display for IconName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for IconName {
    type Err = UnknownIcon;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::parse(name)
    }
}

impl Serialize for IconName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for IconName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&name).map_err(de::Error::custom)
    }
}

macro_rules! icons {
    ($($constant:ident = $name:literal,)+) => {
        impl IconName {
            $(#[doc = concat!("`", $name, "`")] pub const $constant: Self = Self(Cow::Borrowed($name));)+

            /// The names that every client has.
            pub const NAMES: &[&str] = &[$($name),+];
        }
    };
}

icons! {
    AGENT = "agent",
    ANALYTICS = "analytics",
    ATOM = "atom",
    BATCH = "batch",
    BOLT = "bolt",
    BOOK_CLOCK = "book-clock",
    BOOK_CLOSED = "book-closed",
    BOOK_OPEN = "book-open",
    BUG = "bug",
    CALENDAR = "calendar",
    CHART = "chart",
    CHECK = "check",
    CHECK_CIRCLE = "check-circle",
    CHECK_CIRCLE_FILLED = "check-circle-filled",
    CHEVRON_LEFT = "chevron-left",
    CHEVRON_RIGHT = "chevron-right",
    CIRCLE_QUESTION = "circle-question",
    CLOCK = "clock",
    COMPASS = "compass",
    CONFETTI = "confetti",
    CUBE = "cube",
    DESKTOP = "desktop",
    DOCUMENT = "document",
    DOT = "dot",
    DOTS_HORIZONTAL = "dots-horizontal",
    DOTS_VERTICAL = "dots-vertical",
    EMPTY_CIRCLE = "empty-circle",
    EXTERNAL_LINK = "external-link",
    GLOBE = "globe",
    IMAGES = "images",
    INFO = "info",
    KEYS = "keys",
    LAB = "lab",
    LIFESAVER = "lifesaver",
    LIGHTBULB = "lightbulb",
    MAIL = "mail",
    MAP_PIN = "map-pin",
    MAPS = "maps",
    MOBILE = "mobile",
    NAME = "name",
    NOTEBOOK = "notebook",
    NOTEBOOK_PENCIL = "notebook-pencil",
    PAGE_BLANK = "page-blank",
    PHONE = "phone",
    PLAY = "play",
    PLUS = "plus",
    PROFILE = "profile",
    PROFILE_CARD = "profile-card",
    RELOAD = "reload",
    SEARCH = "search",
    SETTINGS_SLIDER = "settings-slider",
    SPARKLE = "sparkle",
    SPARKLE_DOUBLE = "sparkle-double",
    SQUARE_CODE = "square-code",
    SQUARE_IMAGE = "square-image",
    SQUARE_TEXT = "square-text",
    STAR = "star",
    STAR_FILLED = "star-filled",
    SUITCASE = "suitcase",
    USER = "user",
    WREATH = "wreath",
    WRITE = "write",
    WRITE_ALT = "write-alt",
    WRITE_ALT2 = "write-alt2",
}
