//! What is known about one setting, apart from its value.

use std::fmt;

use super::layers::Facts;

/// One setting.
pub(crate) struct Setting {
    /// Its place in a file, `section.field`.
    pub(crate) key: &'static str,
    /// The variable that people already know it by, if there is one.
    pub(crate) well_known: Option<&'static str>,
    /// What it is when nobody says otherwise.
    pub(crate) default: DefaultValue,
    /// Which values it takes.
    pub(crate) kind: Kind,
    /// Whether its value is never shown, and may come from a file of its own.
    pub(crate) secret: bool,
    /// What it is for, in one sentence.
    pub(crate) help: &'static str,
}

/// What a setting is when nobody says otherwise.
pub(crate) enum DefaultValue {
    /// Nothing.
    Nothing,
    /// Always the same text.
    Text(&'static str),
    /// Something that depends on where the server runs.
    Computed {
        /// How, in words.
        words: &'static str,
        /// The value.
        value: fn(&Facts) -> String,
    },
}

/// Which values a setting takes.
pub(crate) enum Kind {
    /// A whole number within these bounds.
    Integer {
        /// The smallest.
        min: u64,
        /// The largest.
        max: u64,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Any short text on one line.
    Text,
    /// A text that proves something.
    Secret,
    /// An address to listen on.
    Host,
    /// A web origin.
    Origin,
    /// An address to post to.
    Url,
    /// Web origins, separated by commas.
    Origins,
    /// Where the database is.
    DatabaseUrl,
    /// Placements and their tools.
    Placements,
    /// Names with values.
    Pairs,
    /// Names with values that prove something.
    SecretPairs,
    /// A part of the whole.
    Ratio,
}

impl Setting {
    /// A setting that has no well-known name.
    pub(super) const fn new(
        key: &'static str,
        kind: Kind,
        default: DefaultValue,
        help: &'static str,
    ) -> Self {
        let secret = matches!(kind, Kind::Secret | Kind::SecretPairs | Kind::DatabaseUrl);
        Self { key, well_known: None, default, kind, secret, help }
    }

    /// The same, with the variable that people already know.
    pub(super) const fn named(self, well_known: &'static str) -> Self {
        Self { well_known: Some(well_known), ..self }
    }

    /// The variable that every setting has.
    pub(crate) fn variable(&self) -> String {
        format!("AUTORISEN__{}", self.key.replace('.', "__").to_uppercase())
    }

    /// Every variable that sets it, the best known first.
    pub(crate) fn variables(&self) -> Vec<String> {
        self.well_known.map(str::to_owned).into_iter().chain([self.variable()]).collect()
    }

    /// Every variable that names a file with the value; none unless it is a secret.
    pub(crate) fn file_variables(&self) -> Vec<String> {
        if !self.secret {
            return Vec::new();
        }
        self.variables().into_iter().map(|name| format!("{name}_FILE")).collect()
    }

    /// The variable to speak of when none was used.
    pub(crate) fn preferred_name(&self) -> String {
        self.well_known.map_or_else(|| self.variable(), str::to_owned)
    }
}

impl DefaultValue {
    /// The value.
    pub(super) fn resolve(&self, facts: &Facts) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Text(text) => Some((*text).to_owned()),
            Self::Computed { value, .. } => Some(value(facts)),
        }
    }
}

impl Kind {
    /// What stands between the entries, if it is a list; a file may write it as an array.
    pub(super) const fn separator(&self) -> Option<&'static str> {
        match self {
            Self::Origins => Some(","),
            Self::Placements => Some(";"),
            _ => None,
        }
    }
}

impl fmt::Display for DefaultValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "none",
            Self::Text(text) => text,
            Self::Computed { words, .. } => words,
        })
    }
}

/// Says which values are taken, to follow "must be".
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Choice(words) => write!(f, "one of {}", words.join(", ")),
            Self::Text => f.write_str("one line of 1 to 200 characters"),
            Self::Secret => f.write_str("one line without control characters"),
            Self::Host => f.write_str("an IP address to listen on, such as 127.0.0.1 or 0.0.0.0, or localhost"),
            Self::Origin => {
                f.write_str("an origin, scheme://host[:port] with http or https and nothing after it")
            }
            Self::Url => f.write_str("a URL with http or https, a host and no user in it"),
            Self::Pairs | Self::SecretPairs => {
                f.write_str("name=value,name=value without control characters, with percent codes where needed")
            }
            Self::Ratio => f.write_str("a number from 0 to 1"),
            Self::Origins => f.write_str(
                "origins separated by commas, each scheme://host[:port] with http or https and nothing after it; \
                 there is no wildcard",
            ),
            Self::DatabaseUrl => f.write_str("a URL that begins with postgres://, postgresql:// or sqlite://, or the path of a file"),
            Self::Placements => f.write_str(
                "placements separated by semicolons, each name or name=tool,tool with lower-case names, none twice",
            ),
        }
    }
}
