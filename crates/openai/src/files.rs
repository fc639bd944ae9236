//! Which files of a thread a model is given, and as what.

use std::collections::BTreeMap;

use autorisen_chatkit::{Attachment, ItemKind};
use autorisen_domain::chat::{MessageFiles, StoredAttachment, Turn};
use autorisen_domain::error::PortError;
use autorisen_domain::id::IdSource;

use crate::settings::FileLimits;

/// As many bytes say what kind of image it is.
const SIGNATURE: usize = 12;

/// What a model is given of a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shown {
    Image(Image),
    Text(String),
}

/// The files that a model is given, by their ids. Others are named only.
pub(crate) type ShownFiles = BTreeMap<String, Shown>;

/// An image; its bytes stay where they are until they are sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Image {
    pub(crate) file: StoredAttachment,
    media_type: &'static str,
    /// Stands in a question where the bytes belong. Nobody can guess it, so nothing that was said is taken
    /// for it.
    pub(crate) mark: String,
}

impl Image {
    /// Its address in a question: one that holds the bytes, here with the mark in their place.
    pub(crate) fn data_url(&self) -> String {
        format!("data:{};base64,{}", self.media_type, self.mark)
    }
}

/// Chooses from the newest message back, until the limits are reached.
pub(crate) async fn choose(
    files: &MessageFiles,
    ids: &IdSource,
    turn: &Turn,
    limits: FileLimits,
) -> Result<ShownFiles, PortError> {
    let mut shown = ShownFiles::new();
    let mut left = limits;
    for attachment in turn.history.iter().rev().flat_map(attachments) {
        if left.images == 0 && left.text_bytes == 0 {
            break;
        }
        let is_text = attachment.mime_type.starts_with("text/");
        if !is_text && !attachment.mime_type.starts_with("image/") {
            continue;
        }
        let Some(file) = files.find(turn.thread.key(), &attachment.id).await? else { continue };
        if is_text {
            let bytes = files.beginning(&file, left.text_bytes).await?;
            left.text_bytes -= bytes.len();
            if let Some(text) = plain(bytes, file.size) {
                shown.insert(attachment.id.clone(), Shown::Text(text));
            }
        } else if left.images > 0 && file.size <= left.image_bytes {
            let signature = files.beginning(&file, SIGNATURE).await?;
            let Some(media_type) = media_type(&signature) else { continue };
            (left.images, left.image_bytes) = (left.images - 1, left.image_bytes - file.size);
            let mark = format!("bytes-of-{}", ids.next_uuid()?.simple());
            shown.insert(attachment.id.clone(), Shown::Image(Image { file, media_type, mark }));
        }
    }
    Ok(shown)
}

fn attachments(item: &autorisen_chatkit::Item) -> &[Attachment] {
    match &item.kind {
        ItemKind::UserMessage { attachments, .. } => attachments,
        _ => &[],
    }
}

/// The kind of image by its first bytes, of those that models take. What its sender called it does not
/// count: one image that a model refuses would keep the whole thread from being answered.
fn media_type(signature: &[u8]) -> Option<&'static str> {
    match signature {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => Some("image/webp"),
        _ => None,
    }
}

/// The bytes as text, with a word about what is missing; `None` when they are none.
fn plain(bytes: Vec<u8>, size: u64) -> Option<String> {
    let is_cut = (bytes.len() as u64) < size;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        // The last character may have been cut through.
        Err(error) if is_cut && error.utf8_error().error_len().is_none() => {
            let end = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(end);
            String::from_utf8(bytes).ok()?
        }
        Err(_) => return None,
    };
    let mut text = text.replace('\0', "");
    if text.is_empty() && is_cut {
        return None;
    }
    if is_cut {
        text.push_str("\n[the rest of the file is left out]");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_known_by_its_first_bytes() {
        for (signature, kind) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\r"[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a\0\0", Some("image/gif")),
            (b"RIFF\x10\0\0\0WEBP", Some("image/webp")),
            (b"RIFF\x10\0\0\0WAVE", None),
            (b"<svg xmlns=\"", None),
            (b"BM", None),
            (b"", None),
        ] {
            assert_eq!(media_type(signature), kind, "{signature:?}");
        }
    }

    #[test]
    fn text_is_cut_between_characters_and_says_so() {
        assert_eq!(plain(b"a\0b".to_vec(), 3).as_deref(), Some("ab"));
        let cut = plain("a\u{fc}".as_bytes()[..2].to_vec(), 3).unwrap();
        assert_eq!(cut, "a\n[the rest of the file is left out]");
        assert_eq!(plain(vec![0xff, b'a'], 2), None, "it is no UTF-8");
        assert_eq!(plain(vec![0xff, b'a'], 9), None, "it is no UTF-8 either");
        assert_eq!(plain(Vec::new(), 9), None, "nothing is left to be given");
    }
}
