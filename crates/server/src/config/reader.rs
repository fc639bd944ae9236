//! Reading texts into types, and putting down those that do not fit.

use std::fmt::Display;
use std::time::Duration;

use secrecy::SecretString;

use super::fault::Faults;
use super::layers::Values;
use super::registry;
use super::setting::Kind;

/// Reads settings by their keys.
///
/// Of a text that does not fit a fault is put down and a stand-in returned. Nobody gets to see
/// stand-ins: settings with faults are not handed out.
pub(super) struct Reader<'a> {
    values: &'a Values,
    faults: &'a mut Faults,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(values: &'a Values, faults: &'a mut Faults) -> Self {
        Self { values, faults }
    }

    /// What `parse` makes of the text; `None` when there is no text or it makes nothing of it.
    pub(super) fn parse<T>(&mut self, key: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let parsed = parse(self.values.text(key)?.trim());
        if parsed.is_none() {
            let rule = registry::find(key).map_or_else(String::new, |setting| setting.kind.to_string());
            self.faults.add_for(key, self.values.name(key), "is not valid", format!("it must be {rule}"));
        }
        parsed
    }

    /// The same, with a reason of its own when the text does not fit; it follows "it".
    pub(super) fn try_parse<T, E: Display>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.values.text(key)?;
        let refused = |error: E| {
            self.faults.add_for(key, self.values.name(key), "is not valid", format!("it {error}"));
        };
        parse(text).map_err(refused).ok()
    }

    /// A whole number within the bounds of its setting.
    pub(super) fn integer<T: TryFrom<u64> + Default>(&mut self, key: &'static str) -> T {
        let bounds = match registry::find(key).map(|setting| &setting.kind) {
            Some(Kind::Integer { min, max }) => *min..=*max,
            _ => 0..=u64::MAX,
        };
        let number = self.parse(key, |text| {
            let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            let number: u64 = plain.then(|| text.parse().ok())??;
            bounds.contains(&number).then(|| T::try_from(number).ok())?
        });
        number.unwrap_or_default()
    }

    /// A span of this many seconds.
    pub(super) fn secs(&mut self, key: &'static str) -> Duration {
        Duration::from_secs(self.integer(key))
    }

    /// A span of this many milliseconds.
    pub(super) fn millis(&mut self, key: &'static str) -> Duration {
        Duration::from_millis(self.integer(key))
    }

    /// A span of this many days.
    pub(super) fn days(&mut self, key: &'static str) -> Duration {
        Duration::from_hours(24 * self.integer::<u64>(key))
    }

    /// One line of text.
    pub(super) fn text(&mut self, key: &'static str) -> String {
        self.optional_text(key).unwrap_or_default()
    }

    /// One line of text, if there is one.
    pub(super) fn optional_text(&mut self, key: &'static str) -> Option<String> {
        self.parse(key, |text| {
            let fits = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
            fits.then(|| text.to_owned())
        })
    }

    /// A secret, exactly as it was given.
    pub(super) fn secret(&mut self, key: &'static str) -> Option<SecretString> {
        let text = self.values.text(key)?;
        self.parse(key, |_| (!text.chars().any(char::is_control)).then(|| SecretString::from(text)))
    }
}
