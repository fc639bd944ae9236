//! Rows of any table as values, and as lines of JSON, which are the same on both databases.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, Serializer};

use crate::tables::sum::hex;
use crate::tables::{Column, Kind};

/// What a column of a row holds. It does not print: it may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Text(String),
    Integer(i64),
    Boolean(bool),
    Bytes(Vec<u8>),
}

/// A row, its values in the order of the table's columns.
pub(crate) type Row = Vec<Value>;

impl Value {
    /// About how much memory it takes.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Text(text) => text.len(),
                Self::Bytes(bytes) => bytes.len(),
                Self::Null | Self::Integer(_) | Self::Boolean(_) => 0,
            }
    }

    /// This value of a column of this kind: SQLite has numbers for booleans. `None` when it is none.
    pub(crate) fn of_kind(self, kind: Kind) -> Option<Self> {
        match (self, kind) {
            (Self::Integer(0), Kind::Boolean) => Some(Self::Boolean(false)),
            (Self::Integer(1), Kind::Boolean) => Some(Self::Boolean(true)),
            (value, kind) => value.is_of(kind).then_some(value),
        }
    }

    const fn is_of(&self, kind: Kind) -> bool {
        matches!(
            (self, kind),
            (Self::Null, _)
                | (Self::Text(_), Kind::Text)
                | (Self::Integer(_), Kind::Integer)
                | (Self::Boolean(_), Kind::Boolean)
                | (Self::Bytes(_), Kind::Bytes)
        )
    }

    /// As part of the name of a row, which is no secret.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Text(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Boolean(is) => is.to_string(),
            Self::Bytes(bytes) => hex(bytes),
        }
    }

    fn parse(json: serde_json::Value, kind: Kind) -> Option<Self> {
        use serde_json::Value as Json;
        Some(match (json, kind) {
            (Json::Null, _) => Self::Null,
            (Json::String(text), Kind::Text) => Self::Text(text),
            (Json::Number(number), Kind::Integer) => Self::Integer(number.as_i64()?),
            (Json::Bool(is), Kind::Boolean) => Self::Boolean(is),
            (Json::String(text), Kind::Bytes) => Self::Bytes(STANDARD.decode(text).ok()?),
            _ => return None,
        })
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Boolean(is) => serializer.serialize_bool(*is),
            Self::Bytes(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
        }
    }
}

/// Adds a row to `line`, as one line: a JSON array, bytes in base64. Equal rows are equal lines.
pub(crate) fn write_row(line: &mut Vec<u8>, row: &[Value]) -> Result<(), serde_json::Error> {
    serde_json::to_writer(&mut *line, row)?;
    line.push(b'\n');
    Ok(())
}

/// Reads a line that [`write_row`] wrote for a row with these columns; `None` when it is none.
pub(crate) fn parse_row(line: &[u8], columns: &[Column]) -> Option<Row> {
    let cells: Vec<serde_json::Value> = serde_json::from_slice(line).ok()?;
    if cells.len() != columns.len() {
        return None;
    }
    cells.into_iter().zip(columns).map(|(cell, column)| Value::parse(cell, column.kind)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<Column> {
        [Kind::Text, Kind::Integer, Kind::Boolean, Kind::Bytes, Kind::Text]
            .map(|kind| Column { name: "c".to_owned(), kind })
            .to_vec()
    }

    #[test]
    fn a_row_comes_back_from_its_line_as_it_was() {
        let row = [
            Value::Text("\u{0}\n\"\\\u{2028} dž ß".to_owned()),
            Value::Integer(i64::MIN),
            Value::Boolean(true),
            Value::Bytes((0..=255).collect()),
            Value::Null,
        ];
        let mut line = Vec::new();
        write_row(&mut line, &row).unwrap();
        assert_eq!(line.iter().position(|byte| *byte == b'\n'), Some(line.len() - 1), "one line");
        assert!(parse_row(&line, &columns()).unwrap() == row);
        assert!(parse_row(&line, &columns()[1..]).is_none(), "another number of columns");
    }

    #[test]
    fn what_is_not_of_the_columns_kind_is_no_row() {
        for line in [
            r#"[1,1,true,"",null]"#,
            r#"["",1.5,true,"",null]"#,
            r#"["",1,0,"",null]"#,
            r#"["",1,true,"*",null]"#,
        ] {
            assert!(parse_row(line.as_bytes(), &columns()).is_none(), "{line}");
        }
        assert!(Value::Integer(1).of_kind(Kind::Boolean) == Some(Value::Boolean(true)));
        assert!(Value::Integer(2).of_kind(Kind::Boolean).is_none());
        assert!(Value::Text(String::new()).of_kind(Kind::Bytes).is_none());
    }
}
