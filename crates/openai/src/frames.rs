//! Server-sent events, as far as models' servers use them: the data of each event, bounded.
//!
//! Written here because it is the bound that matters: a server may send a line that never ends.

use crate::fault::Fault;

/// The longest event, in bytes.
const MAX_EVENT: usize = 1024 * 1024;

/// Takes bytes as they come and gives the data of whole events.
#[derive(Default)]
pub(crate) struct Frames {
    rest: Vec<u8>,
    data: String,
}

impl Frames {
    /// Takes more bytes, and gives the data of the events that they complete (WHATWG HTML, 9.2.6).
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<Vec<String>, Fault> {
        let mut events = Vec::new();
        for &byte in bytes {
            if byte != b'\n' {
                self.rest.push(byte);
                if self.rest.len() + self.data.len() > MAX_EVENT {
                    return Err(Fault::Unknown("an event is too long"));
                }
                continue;
            }
            let line = std::mem::take(&mut self.rest);
            let line = std::str::from_utf8(&line).map_err(|_| Fault::Unknown("it is not UTF-8"))?;
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.is_empty() {
                if !self.data.is_empty() {
                    events.push(std::mem::take(&mut self.data));
                }
            } else if let Some(data) = line.strip_prefix("data:") {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
            }
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_whole_however_their_bytes_come() {
        let text = ": hello\r\nevent: x\ndata: {\"a\":\ndata: \"\u{fc}\"}\n\ndata:[DONE]\r\n\r\n";
        for size in [1, 2, 3, 1_000] {
            let mut frames = Frames::default();
            let events: Vec<String> =
                text.as_bytes().chunks(size).flat_map(|chunk| frames.take(chunk).unwrap()).collect();
            assert_eq!(events, ["{\"a\":\n\"\u{fc}\"}", "[DONE]"], "by {size}");
        }
    }

    #[test]
    fn an_event_that_does_not_end_and_bytes_that_are_no_text_are_refused() {
        let mut frames = Frames::default();
        assert!(frames.take(&vec![b'x'; MAX_EVENT + 1]).is_err());
        assert!(Frames::default().take(b"data: \xff\n").is_err());
    }
}
