//! Recordings on their way to a model that writes down what is said:
//! <https://platform.openai.com/docs/api-reference/audio/createTranscription>.

use autorisen_domain::chat::Audio;
use autorisen_domain::error::PortError;
use autorisen_domain::id::IdSource;

use crate::outgoing::Outgoing;

/// The kinds of sound that models take, with the ending that tells them which it is.
const KINDS: [(&str, &str); 14] = [
    ("audio/webm", "webm"),
    ("audio/ogg", "ogg"),
    ("audio/mp4", "m4a"),
    ("audio/m4a", "m4a"),
    ("audio/x-m4a", "m4a"),
    ("audio/mpeg", "mp3"),
    ("audio/mp3", "mp3"),
    ("audio/wav", "wav"),
    ("audio/wave", "wav"),
    ("audio/x-wav", "wav"),
    ("audio/vnd.wave", "wav"),
    ("audio/flac", "flac"),
    ("audio/x-flac", "flac"),
    ("audio/mpga", "mpga"),
];

/// A form with a recording.
pub(crate) struct Form {
    pub(crate) content_type: String,
    pub(crate) body: Outgoing,
}

impl Form {
    /// The form that asks `model`; `None` for a kind of sound that models do not take.
    pub(crate) fn new(model: &str, audio: &Audio, ids: &IdSource) -> Result<Option<Self>, PortError> {
        let Some((media_type, ending)) = kind(&audio.mime_type) else { return Ok(None) };
        // Nobody can guess it, so no recording holds it.
        let boundary = format!("form-{}", ids.next_uuid()?.simple());
        let field = |name: &str, value: &str| {
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let file = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"speech.{ending}\"\r\n\
             Content-Type: {media_type}\r\n\r\n"
        );
        let head = field("model", model) + &field("response_format", "json") + &file;
        let end = format!("\r\n--{boundary}--\r\n");
        let body = [head.as_bytes(), &audio.bytes, end.as_bytes()].concat();
        let content_type = format!("multipart/form-data; boundary={boundary}");
        Ok(Some(Self { content_type, body: Outgoing::plain(body) }))
    }
}

fn kind(mime_type: &str) -> Option<(&'static str, &'static str)> {
    let name = mime_type.split(';').next()?.trim().to_ascii_lowercase();
    KINDS.into_iter().find(|(known, _)| *known == name)
}
