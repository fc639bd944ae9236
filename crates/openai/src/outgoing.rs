//! A question on its way: text, and images that are read while they are sent.
//!
//! An image stands in the text as a mark. It is read from its store a part at a time, so that a question
//! needs as little memory with ten images as with none.

use std::convert::Infallible;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use autorisen_domain::chat::{MessageFiles, StoredAttachment};
use autorisen_domain::error::PortError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::dialect::Said;
use crate::files::Image;

/// How many pieces may be on their way.
const CAPACITY: usize = 1;

/// The body of a question.
pub(crate) struct Outgoing {
    text: Bytes,
    /// The marks in the text, in their order, and what takes their places.
    images: Vec<(Range<usize>, Image)>,
}

impl Outgoing {
    /// This text, with the images of what was said in the places of their marks.
    pub(crate) fn new(text: String, said: &[Said]) -> Self {
        let mut images: Vec<(Range<usize>, Image)> = said
            .iter()
            .filter_map(|said| match said {
                Said::User { images, .. } => Some(images),
                _ => None,
            })
            .flatten()
            .filter_map(|image| {
                let start = text.find(&image.mark)?;
                Some((start..start + image.mark.len(), image.clone()))
            })
            .collect();
        images.sort_by_key(|(place, _)| place.start);
        Self { text: text.into(), images }
    }

    /// These bytes alone.
    pub(crate) fn plain(bytes: Vec<u8>) -> Self {
        Self { text: bytes.into(), images: Vec::new() }
    }

    /// How long it is, in bytes.
    fn length(&self) -> u64 {
        let images = self
            .images
            .iter()
            .fold(0, |sum, (place, image)| sum + image.file.size.div_ceil(3) * 4 - place.len() as u64);
        self.text.len() as u64 + images
    }

    /// A body that gives what is fed into it.
    pub(crate) fn pipe(&self) -> (reqwest::Body, Sender<Bytes>) {
        let (sender, receiver) = channel(CAPACITY);
        (reqwest::Body::wrap(Pipe { receiver, left: self.length() }), sender)
    }

    /// Feeds a pipe, until all is sent or nobody takes it.
    pub(crate) async fn feed(&self, pipe: Sender<Bytes>, files: &MessageFiles) -> Result<(), PortError> {
        let mut at = 0;
        for (place, image) in &self.images {
            if pipe.send(self.text.slice(at..place.start)).await.is_err() {
                return Ok(());
            }
            send_file(&image.file, &pipe, files).await?;
            at = place.end;
        }
        // Nobody may be there any more.
        let _ = pipe.send(self.text.slice(at..)).await;
        Ok(())
    }
}

/// Sends a file in base64.
async fn send_file(
    file: &StoredAttachment,
    pipe: &Sender<Bytes>,
    files: &MessageFiles,
) -> Result<(), PortError> {
    let mut pending: Vec<u8> = Vec::new();
    let mut sent = 0;
    for part in 0.. {
        let Some(bytes) = files.part(file, part).await? else { break };
        sent += bytes.len() as u64;
        pending.extend_from_slice(&bytes);
        // Three bytes are four letters; what is left over goes with the next part.
        let rest = pending.split_off(pending.len() / 3 * 3);
        if pipe.send(STANDARD.encode(&pending).into()).await.is_err() {
            return Ok(());
        }
        pending = rest;
    }
    if sent != file.size {
        return Err(PortError::new("read attachment", "its bytes are not all there"));
    }
    if !pending.is_empty() {
        let _ = pipe.send(STANDARD.encode(&pending).into()).await;
    }
    Ok(())
}

/// The end of the pipe that the request reads.
struct Pipe {
    receiver: Receiver<Bytes>,
    left: u64,
}

impl http_body::Body for Pipe {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.receiver.poll_recv(cx).map(|bytes| {
            bytes.map(|bytes| {
                self.left = self.left.saturating_sub(bytes.len() as u64);
                Ok(Frame::data(bytes))
            })
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
