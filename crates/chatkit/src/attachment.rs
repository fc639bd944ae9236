//! Attachments.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A file that a user adds to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attachment {
    /// Its id.
    pub id: String,
    /// The name of the file.
    pub name: String,
    /// Its media type.
    pub mime_type: String,
    /// Where the bytes are to be sent; absent once they are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_descriptor: Option<UploadDescriptor>,
    /// The thread of the message that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<String>,
    /// Whether it is shown as an image.
    #[serde(flatten)]
    pub kind: AttachmentKind,
}

/// The kinds of attachments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AttachmentKind {
    /// A file.
    File,
    /// An image.
    Image {
        /// Where a browser finds it.
        preview_url: String,
    },
}

/// Where and how the bytes are sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UploadDescriptor {
    /// Where.
    pub url: String,
    /// How.
    pub method: UploadMethod,
    /// With which headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// How bytes are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum UploadMethod {
    /// As `multipart/form-data` in the field `file`.
    Post,
    /// As the body.
    Put,
}
