//! The framing of a stream: server-sent events without names, ids or comments.
//!
//! ```
//! use autorisen_chatkit::{Event, StreamOptions, sse};
//!
//! let event = Event::StreamOptions { stream_options: StreamOptions { allow_cancel: true } };
//! assert_eq!(
//!     sse::frame(&event).unwrap(),
//!     b"data: {\"type\":\"stream_options\",\"stream_options\":{\"allow_cancel\":true}}\n\n",
//! );
//! ```

use crate::Event;

/// The media type of a stream.
pub const CONTENT_TYPE: &str = "text/event-stream";

/// One event as it goes over the wire: `data: `, the JSON on one line, and an empty line.
///
/// # Errors
///
/// When a value inside cannot be written as JSON, which no value that was read from JSON is.
pub fn frame(event: &Event) -> Result<Vec<u8>, serde_json::Error> {
    let mut frame = b"data: ".to_vec();
    serde_json::to_writer(&mut frame, event)?;
    frame.extend_from_slice(b"\n\n");
    Ok(frame)
}
