//! Which model answers, and within which limits.

use std::collections::BTreeMap;
use std::time::Duration;

use autorisen_domain::chat::PlacementName;
use secrecy::SecretString;

/// Which model answers, and how it is asked.
#[derive(Debug, Clone)]
pub struct OpenAiSettings {
    /// The address that paths are added to, such as `https://api.openai.com/v1`.
    pub base_url: String,
    /// What shows the server who asks; none for servers that ask for none.
    pub key: Option<SecretString>,
    /// What the server speaks.
    pub api: Api,
    /// The model, unless the user chose one of `choices`.
    pub model: String,
    /// The models that users may choose.
    pub choices: Vec<String>,
    /// What the model is told first, everywhere.
    pub instructions: String,
    /// What it is told first in a placement, in place of that.
    pub instructions_by_placement: BTreeMap<PlacementName, String>,
    /// The model that writes down what is said; none when nothing is dictated.
    pub transcriber: Option<String>,
    /// How long and how much.
    pub limits: ModelLimits,
    /// How much of the files of messages it is given.
    pub files: FileLimits,
}

/// What a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Api {
    /// `POST /responses`.
    #[default]
    Responses,
    /// `POST /chat/completions`.
    Completions,
}

/// How long a model may take, and how much it may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelLimits {
    /// Until it begins to answer, and between two pieces of the answer.
    pub silence: Duration,
    /// All of one answer.
    pub total: Duration,
    /// How many characters an answer may have.
    pub characters: usize,
    /// How often the model may ask for tools within one answer.
    pub tool_rounds: u32,
    /// How often a call that failed before the answer began is made again.
    pub retries: u32,
}

/// How much of the files of messages a model is given with one question; the newest come first, and those
/// that do not fit are named only. Every file is sent again with every question of its thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLimits {
    /// How many images; none for models that see none.
    pub images: usize,
    /// How many bytes all images have together.
    pub image_bytes: u64,
    /// How many bytes of text files together.
    pub text_bytes: usize,
}

impl Default for FileLimits {
    fn default() -> Self {
        Self { images: 8, image_bytes: 10 * 1024 * 1024, text_bytes: 64 * 1024 }
    }
}

impl Default for ModelLimits {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(30),
            total: Duration::from_mins(5),
            characters: 100_000,
            tool_rounds: 5,
            retries: 2,
        }
    }
}
