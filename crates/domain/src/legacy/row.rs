//! Reading the fields of a row, and noting what is wrong with them.

use serde_json::Value;

use crate::clock::Timestamp;

use super::finding::{Fate, Finding, Kind};
use super::time;

/// A row as it came out of the source: every value as the bytes of its text, `None` for NULL and for what
/// the source has no column for.
#[derive(Debug, Clone, Default)]
pub struct SourceRow {
    /// By the name that we give the column.
    pub values: Vec<(&'static str, Option<Vec<u8>>)>,
}

impl SourceRow {
    /// The bytes of a value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.values.iter().find(|(known, _)| *known == name).and_then(|(_, value)| value.as_deref())
    }

    /// A value as text, whatever is in it; empty when there is none.
    #[must_use]
    pub fn shown(&self, name: &str) -> String {
        self.get(name).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    }
}

/// Reads one row and gathers its findings.
#[derive(Debug)]
pub struct Reading<'a> {
    table: &'static str,
    row: &'a SourceRow,
    id: String,
    findings: Vec<Finding>,
}

impl<'a> Reading<'a> {
    /// The longest id that findings show, in characters.
    const SHOWN: usize = 80;

    /// Begins to read a row, whose id is in the column `key`.
    #[must_use]
    pub fn new(table: &'static str, key: &str, row: &'a SourceRow) -> Self {
        let id = row.shown(key).chars().filter(|c| !c.is_control()).take(Self::SHOWN).collect();
        Self { table, row, id, findings: Vec::new() }
    }

    /// The id of the row, as findings show it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What was found.
    #[must_use]
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    /// Notes something.
    pub fn note(&mut self, field: Option<&'static str>, kind: Kind, fate: Fate) {
        self.note_with(field, kind, fate, None);
    }

    /// Notes something that has to do with another row.
    pub fn note_with(&mut self, field: Option<&'static str>, kind: Kind, fate: Fate, other: Option<String>) {
        self.findings.push(Finding { table: self.table, row: self.id.clone(), field, kind, fate, other });
    }

    /// A text, without NUL characters, which PostgreSQL cannot hold.
    pub fn text(&mut self, field: &'static str) -> Option<String> {
        let bytes = self.row.get(field)?;
        let mut text = if let Ok(text) = std::str::from_utf8(bytes) {
            text.to_owned()
        } else {
            self.note(Some(field), Kind::NotUtf8, Fate::Cleaned);
            String::from_utf8_lossy(bytes).into_owned()
        };
        if text.contains('\0') {
            self.note(Some(field), Kind::NulCharacter, Fate::Cleaned);
            text.retain(|c| c != '\0');
        }
        Some(text)
    }

    /// A text of one line and at most so many characters: what is more is cut off.
    pub fn line(&mut self, field: &'static str, max_chars: usize) -> Option<String> {
        let mut text = self.text(field)?.trim().to_owned();
        if text.chars().any(char::is_control) {
            self.note(Some(field), Kind::ControlCharacters, Fate::Cleaned);
            text.retain(|c| !c.is_control());
        }
        if text.chars().count() > max_chars {
            self.note(Some(field), Kind::TooLong, Fate::Cut);
            let end = text.char_indices().nth(max_chars).map_or(text.len(), |(end, _)| end);
            text.truncate(text[..end].trim_end().len());
        }
        Some(text)
    }

    /// Whether it is so; `unclear` when it does not say.
    pub fn flag(&mut self, field: &'static str, unclear: bool) -> bool {
        match self.row.shown(field).trim().to_ascii_lowercase().as_str() {
            "1" | "t" | "true" => true,
            "0" | "f" | "false" => false,
            _ => {
                self.note(Some(field), Kind::BadFlag, Fate::Replaced);
                unclear
            }
        }
    }

    /// A whole number; `unclear` when it is none.
    pub fn number(&mut self, field: &'static str, unclear: i64) -> i64 {
        if self.row.get(field).is_none() {
            return unclear;
        }
        self.row.shown(field).trim().parse().unwrap_or_else(|_| {
            self.note(Some(field), Kind::BadNumber, Fate::Replaced);
            unclear
        })
    }

    /// A time that may be missing.
    pub fn time(&mut self, field: &'static str) -> Option<Timestamp> {
        self.row.get(field)?;
        let parsed = time::parse(&self.row.shown(field));
        if parsed.is_none() {
            self.note(Some(field), Kind::BadTime, Fate::FieldLeftOut);
        }
        parsed
    }

    /// A time that must be there; `unclear` when it is not.
    pub fn time_or(&mut self, field: &'static str, unclear: Timestamp) -> Timestamp {
        let kind = if self.row.get(field).is_some() { Kind::BadTime } else { Kind::Missing };
        time::parse(&self.row.shown(field)).unwrap_or_else(|| {
            self.note(Some(field), kind, Fate::Replaced);
            unclear
        })
    }

    /// JSON that may be missing or null.
    pub fn json(&mut self, field: &'static str) -> Option<Value> {
        let value = serde_json::from_slice(self.row.get(field)?);
        if value.is_err() {
            self.note(Some(field), Kind::BadJson, Fate::FieldLeftOut);
        }
        value.ok().filter(|value: &Value| !value.is_null())
    }

    /// The text of a JSON object; `{}` when it is missing or something else.
    pub fn json_object(&mut self, field: &'static str) -> String {
        match self.json(field) {
            None => "{}".to_owned(),
            Some(value) if value.is_object() => value.to_string(),
            Some(_) => {
                self.note(Some(field), Kind::BadJson, Fate::FieldLeftOut);
                "{}".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(value: Option<&[u8]>, take: impl FnOnce(&mut Reading<'_>) -> T) -> (T, Vec<(Kind, Fate)>) {
        let row = SourceRow { values: vec![("id", Some(b"1".to_vec())), ("x", value.map(<[u8]>::to_vec))] };
        let mut reading = Reading::new("users", "id", &row);
        let taken = take(&mut reading);
        let findings = reading.into_findings();
        assert!(findings.iter().all(|found| found.row == "1" && found.field == Some("x")));
        (taken, findings.into_iter().map(|found| (found.kind, found.fate)).collect())
    }

    #[test]
    fn what_a_text_may_not_hold_is_taken_out_and_told() {
        assert_eq!(read(Some(b"abc"), |row| row.text("x")), (Some("abc".to_owned()), vec![]));
        assert_eq!(read(None, |row| row.text("x")), (None, vec![]));
        let (text, found) = read(Some(b"a\0b"), |row| row.text("x"));
        assert_eq!((text.as_deref(), found), (Some("ab"), vec![(Kind::NulCharacter, Fate::Cleaned)]));
        let (text, found) = read(Some(b"a\xffb"), |row| row.text("x"));
        assert_eq!((text.as_deref(), found), (Some("a\u{fffd}b"), vec![(Kind::NotUtf8, Fate::Cleaned)]));
    }

    #[test]
    fn a_line_is_cut_by_characters_and_told() {
        let (text, found) = read(Some("  ëëëë\n ".as_bytes()), |row| row.line("x", 4));
        assert_eq!((text.as_deref(), found), (Some("ëëëë"), vec![]));
        let (text, found) = read(Some("ëë ëë".as_bytes()), |row| row.line("x", 3));
        assert_eq!((text.as_deref(), found), (Some("ëë"), vec![(Kind::TooLong, Fate::Cut)]));
        let (text, found) = read(Some(b"a\nb"), |row| row.line("x", 3));
        assert_eq!((text.as_deref(), found), (Some("ab"), vec![(Kind::ControlCharacters, Fate::Cleaned)]));
    }

    #[test]
    fn what_is_not_said_clearly_is_what_the_caller_holds_for_safe() {
        for (text, expected) in [("1", true), ("true", true), ("0", false), ("f", false)] {
            assert_eq!(read(Some(text.as_bytes()), |row| row.flag("x", !expected)), (expected, vec![]));
        }
        for text in [None, Some(&b"maybe"[..])] {
            let (flag, found) = read(text, |row| row.flag("x", false));
            assert!(!flag && found == [(Kind::BadFlag, Fate::Replaced)]);
        }
        assert_eq!(read(Some(b"7"), |row| row.number("x", 1)), (7, vec![]));
        assert_eq!(read(Some(b"x"), |row| row.number("x", 1)), (1, vec![(Kind::BadNumber, Fate::Replaced)]));
        let now = Timestamp::from_secs(9);
        let (time, found) = read(Some(b"never"), |row| row.time_or("x", now));
        assert_eq!((time, found), (now, vec![(Kind::BadTime, Fate::Replaced)]));
        let (time, found) = read(None, |row| row.time_or("x", now));
        assert_eq!((time, found), (now, vec![(Kind::Missing, Fate::Replaced)]));
    }

    #[test]
    fn only_an_object_is_an_object() {
        assert_eq!(read(Some(br#"{"a": 1}"#), |row| row.json_object("x")), (r#"{"a":1}"#.to_owned(), vec![]));
        assert_eq!(read(Some(b"null"), |row| row.json_object("x")), ("{}".to_owned(), vec![]));
        for text in [&b"[1]"[..], b"{", b"NaN", b"\xff"] {
            let (object, found) = read(Some(text), |row| row.json_object("x"));
            assert_eq!((object.as_str(), found), ("{}", vec![(Kind::BadJson, Fate::FieldLeftOut)]));
        }
    }
}
