//! A log that a test can read.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use autorisen_domain::clock::{Clock, Timestamp};
use serde_json::Value;

/// A clock that stands still.
pub(crate) struct Stopped(pub(crate) Timestamp);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Keeps what is written to it, and the pieces in which it came.
#[derive(Clone, Default)]
pub(crate) struct Captured(Arc<Mutex<Vec<Vec<u8>>>>);

impl Captured {
    /// Everything, as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().concat()).unwrap()
    }

    /// Every line, read as JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// In how many pieces it came.
    pub(crate) fn pieces(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
