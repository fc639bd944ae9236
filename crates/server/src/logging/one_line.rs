//! Keeping a record for people on its line, whatever strangers put into it.

use std::io::{self, Write};

use slog::{OwnedKVList, Record};
use slog_term::{Decorator, RecordDecorator};

/// Writes control characters of messages and values as escapes: none begins a line that looks like
/// a record of ours, or steers the terminal.
pub(super) struct OneLine<D>(pub(super) D);

impl<D: Decorator> Decorator for OneLine<D> {
    fn with_record<F>(&self, record: &Record<'_>, values: &OwnedKVList, write: F) -> io::Result<()>
    where
        F: FnOnce(&mut dyn RecordDecorator) -> io::Result<()>,
    {
        self.0.with_record(record, values, |out| write(&mut Escaping { out, foreign: false }))
    }
}

struct Escaping<'a> {
    out: &'a mut dyn RecordDecorator,
    /// What is written may come from outside.
    foreign: bool,
}

impl Write for Escaping<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(bytes) {
            Ok(text) if self.foreign && text.contains(char::is_control) => {
                for character in text.chars() {
                    if character.is_control() {
                        write!(self.out, "{}", character.escape_default())?;
                    } else {
                        write!(self.out, "{character}")?;
                    }
                }
                Ok(bytes.len())
            }
            _ => self.out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<'a> Escaping<'a> {
    /// Begins a part of the record.
    fn begin(
        &mut self,
        foreign: bool,
        start: fn(&mut (dyn RecordDecorator + 'a)) -> io::Result<()>,
    ) -> io::Result<()> {
        self.foreign = foreign;
        start(self.out)
    }
}

impl RecordDecorator for Escaping<'_> {
    fn reset(&mut self) -> io::Result<()> {
        self.begin(false, RecordDecorator::reset)
    }

    fn start_msg(&mut self) -> io::Result<()> {
        self.begin(true, RecordDecorator::start_msg)
    }

    fn start_value(&mut self) -> io::Result<()> {
        self.begin(true, RecordDecorator::start_value)
    }

    fn start_whitespace(&mut self) -> io::Result<()> {
        self.begin(false, RecordDecorator::start_whitespace)
    }

    fn start_timestamp(&mut self) -> io::Result<()> {
        self.begin(false, RecordDecorator::start_timestamp)
    }

    fn start_level(&mut self) -> io::Result<()> {
        self.begin(false, RecordDecorator::start_level)
    }

    fn start_comma(&mut self) -> io::Result<()> {
        self.begin(false, RecordDecorator::start_comma)
    }

    fn start_key(&mut self) -> io::Result<()> {
        self.begin(false, RecordDecorator::start_key)
    }

    fn start_location(&mut self) -> io::Result<()> {
        self.begin(false, RecordDecorator::start_location)
    }

    fn start_separator(&mut self) -> io::Result<()> {
        self.begin(false, RecordDecorator::start_separator)
    }
}
