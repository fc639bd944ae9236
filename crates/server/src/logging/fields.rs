//! Fields in the order in which they were written down.

use std::fmt;

use serde_json::Value;
use slog::{KV, Key, Record, Serializer};

/// Passes on the fields of `source` from the first to the last; slog itself hands on the last first.
pub(super) fn in_order(
    source: &dyn KV,
    record: &Record<'_>,
    serializer: &mut dyn Serializer,
) -> slog::Result {
    let mut held = Held(Vec::new());
    source.serialize(record, &mut held)?;
    held.0.into_iter().rev().try_for_each(|(key, value)| emit(key, &value, serializer))
}

fn emit(key: Key, value: &Value, serializer: &mut dyn Serializer) -> slog::Result {
    match value {
        Value::Bool(value) => serializer.emit_bool(key, *value),
        Value::String(value) => serializer.emit_str(key, value),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(value), _, _) => serializer.emit_u64(key, value),
            (_, Some(value), _) => serializer.emit_i64(key, value),
            (_, _, Some(value)) => serializer.emit_f64(key, value),
            _ => serializer.emit_none(key),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => serializer.emit_none(key),
    }
}

struct Held(Vec<(Key, Value)>);

impl Held {
    #[expect(clippy::unnecessary_wraps, reason = "every method of the trait returns a result")]
    fn hold(&mut self, key: Key, value: impl Into<Value>) -> slog::Result {
        self.0.push((key, value.into()));
        Ok(())
    }
}

/// What has no method here is held as text.
impl Serializer for Held {
    fn emit_arguments(&mut self, key: Key, value: &fmt::Arguments<'_>) -> slog::Result {
        self.hold(key, value.to_string())
    }

    fn emit_str(&mut self, key: Key, value: &str) -> slog::Result {
        self.hold(key, value)
    }

    fn emit_none(&mut self, key: Key) -> slog::Result {
        self.hold(key, Value::Null)
    }

    fn emit_unit(&mut self, key: Key) -> slog::Result {
        self.hold(key, Value::Null)
    }

    fn emit_bool(&mut self, key: Key, value: bool) -> slog::Result {
        self.hold(key, value)
    }

    fn emit_usize(&mut self, key: Key, value: usize) -> slog::Result {
        self.hold(key, value)
    }

    fn emit_isize(&mut self, key: Key, value: isize) -> slog::Result {
        self.hold(key, value)
    }

    fn emit_u8(&mut self, key: Key, value: u8) -> slog::Result {
        self.hold(key, value)
    }

    fn emit_i8(&mut self, key: Key, value: i8) -> slog::Result {
        self.hold(key, value)
    }

    fn emit_u16(&mut self, key: Key, value: u16) -> slog::Result {
        self.hold(key, value)
    }

    fn emit_i16(&mut self, key: Key, value: i16) -> slog::Result {
        self.hold(key, value)
    }

    fn emit_u32(&mut self, key: Key, value: u32) -> slog::Result {
        self.hold(key, value)
    }

    fn emit_i32(&mut self, key: Key, value: i32) -> slog::Result {
        self.hold(key, value)
    }

    fn emit_u64(&mut self, key: Key, value: u64) -> slog::Result {
        self.hold(key, value)
    }

    fn emit_i64(&mut self, key: Key, value: i64) -> slog::Result {
        self.hold(key, value)
    }

    fn emit_f32(&mut self, key: Key, value: f32) -> slog::Result {
        self.hold(key, value)
    }

    fn emit_f64(&mut self, key: Key, value: f64) -> slog::Result {
        self.hold(key, value)
    }
}
