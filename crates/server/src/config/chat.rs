//! The settings of chat.

use std::path::PathBuf;
use std::time::Duration;

use autorisen_domain::chat::{Placements, Quota, Quotas};
use autorisen_openai::{Api, FileLimits, HostedSettings, ModelLimits};
use secrecy::{ExposeSecret, SecretString};

use super::placements;
use super::reader::Reader;
use super::settings::url;

/// Chat tokens, conversations and files.
#[derive(Debug)]
pub(crate) struct ChatSettings {
    /// What tokens are signed with, if not with a key derived from the secret key.
    pub(crate) signing_key: Option<SecretString>,
    /// How long they are good.
    pub(crate) token_ttl: Duration,
    /// What the vendor of ChatKit knows the host of our page by.
    pub(crate) domain_key: String,
    /// Who they are from.
    pub(crate) issuer: String,
    /// Who they are for.
    pub(crate) audience: String,
    /// Where chats may be, and which tools are on offer there.
    pub(crate) placements: Placements,
    /// Where chats run.
    pub(crate) mode: ChatMode,
    /// How sessions are opened where chats are hosted, and only there.
    pub(crate) hosted: Option<HostedSettings>,
    /// What answers.
    pub(crate) responder: ResponderKind,
    /// The model that answers, when one does.
    pub(crate) model: ModelSettings,
    /// How many threads a user may have.
    pub(crate) max_threads: u32,
    /// How many characters a message may have.
    pub(crate) max_message: usize,
    /// How many items of a thread a model is given.
    pub(crate) history: usize,
    /// Threads that did not change for this long are deleted; `None` for never.
    pub(crate) retention: Option<Duration>,
    /// The largest file, in bytes.
    pub(crate) attachment_max: u64,
    /// All files of a user together, in bytes.
    pub(crate) attachment_total: u64,
    /// The media types of files that are taken.
    pub(crate) attachment_types: Vec<String>,
    /// Where their bytes lie; in the database when there is none.
    pub(crate) attachment_folder: Option<PathBuf>,
    /// How much may be used.
    pub(crate) quotas: Quotas,
}

/// A model.
#[derive(Debug)]
pub(crate) struct ModelSettings {
    /// What its server knows this one by.
    pub(crate) key: Option<SecretString>,
    /// Its server.
    pub(crate) url: String,
    /// What the server speaks.
    pub(crate) api: Api,
    /// The model.
    pub(crate) name: String,
    /// Others that a user may choose.
    pub(crate) choices: Vec<String>,
    /// The model that writes down what is said; none when nothing is dictated.
    pub(crate) transcriber: Option<String>,
    /// The folder of what it is told first.
    pub(crate) instructions: Option<PathBuf>,
    /// How long and how much.
    pub(crate) limits: ModelLimits,
    /// How much of the files of messages.
    pub(crate) files: FileLimits,
}

/// Where chats run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ChatMode {
    /// Here.
    #[default]
    SelfHosted,
    /// On OpenAI's side.
    Hosted,
}

impl ChatMode {
    /// Every word that is understood.
    pub(super) const WORDS: &[&str] = &["self-hosted", "hosted"];

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "self-hosted" => Some(Self::SelfHosted),
            "hosted" => Some(Self::Hosted),
            _ => None,
        }
    }
}

/// What answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ResponderKind {
    /// A model where a key is set, else what says that none is set up.
    #[default]
    Auto,
    /// A model, with a key or without.
    Model,
    /// What says that no model is set up.
    Offline,
    /// A script, for trying things out.
    Scripted,
}

impl ResponderKind {
    /// Every word that is understood.
    pub(super) const WORDS: &[&str] = &["auto", "model", "offline", "scripted"];

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "auto" => Some(Self::Auto),
            "model" => Some(Self::Model),
            "offline" => Some(Self::Offline),
            "scripted" => Some(Self::Scripted),
            _ => None,
        }
    }
}

/// Reads them; `None` only where a fault was put down.
pub(super) fn read(read: &mut Reader<'_>) -> Option<ChatSettings> {
    let retention = read.days("chat.retention_days");
    let types = read.text("chat.attachment_types");
    let mode = read.parse("chat.mode", ChatMode::parse).unwrap_or_default();
    let model = model(read);
    let hosted = hosted(read, model.key.as_ref());
    Some(ChatSettings {
        signing_key: read.secret("chat.signing_key"),
        token_ttl: read.secs("chat.token_ttl_sec"),
        domain_key: read.text("chat.domain_key"),
        issuer: read.text("chat.issuer"),
        audience: read.text("chat.audience"),
        mode,
        hosted: hosted.filter(|_| mode == ChatMode::Hosted),
        responder: read.parse("chat.responder", ResponderKind::parse).unwrap_or_default(),
        model,
        max_threads: read.integer("chat.max_threads"),
        max_message: read.integer("chat.max_message_chars"),
        history: read.integer("chat.history_items"),
        retention: Some(retention).filter(|retention| !retention.is_zero()),
        attachment_max: read.integer("chat.attachment_max_bytes"),
        attachment_total: read.integer("chat.attachment_total_bytes"),
        attachment_types: types.split(',').map(|kind| kind.trim().to_ascii_lowercase()).collect(),
        attachment_folder: read.optional_text("chat.attachment_folder").map(PathBuf::from),
        quotas: Quotas {
            messages: Quota {
                user_day: quota(read, "chat.messages_per_user_day"),
                user_total: quota(read, "chat.messages_per_user"),
                all_day: quota(read, "chat.messages_per_day"),
            },
            output: Quota {
                user_day: quota(read, "chat.output_per_user_day"),
                user_total: quota(read, "chat.output_per_user"),
                all_day: quota(read, "chat.output_per_day"),
            },
            tokens: Quota {
                user_day: quota(read, "chat.tokens_per_user_day"),
                user_total: quota(read, "chat.tokens_per_user"),
                all_day: quota(read, "chat.tokens_per_day"),
            },
        },
        placements: read.parse("chat.placements", placements::parse)?,
    })
}

/// How sessions are opened; `None` without a key or a workflow.
fn hosted(read: &mut Reader<'_>, key: Option<&SecretString>) -> Option<HostedSettings> {
    let base_url = read.parse("chat.hosted_url", url);
    let workflow = text_or_blank(read, "chat.workflow_id");
    let version = text_or_blank(read, "chat.workflow_version");
    let timeout = read.millis("chat.hosted_timeout_ms");
    let key = key.filter(|key| !key.expose_secret().trim().is_empty()).cloned();
    Some(HostedSettings { base_url: base_url?, key: key?, workflow: workflow?, version, timeout })
}

/// One line of text. Deployments of OpenAI's starters set some to nothing, which is no fault.
fn text_or_blank(read: &mut Reader<'_>, key: &'static str) -> Option<String> {
    let text = read.parse(key, |text| {
        let fits = text.chars().count() <= 200 && !text.chars().any(char::is_control);
        fits.then(|| text.to_owned())
    });
    text.filter(|text| !text.is_empty())
}

fn model(read: &mut Reader<'_>) -> ModelSettings {
    let choices = read.optional_text("chat.model_choices").unwrap_or_default();
    let choices = choices.split(',').map(str::trim).filter(|name| !name.is_empty());
    ModelSettings {
        key: read.secret("chat.model_key"),
        url: read.parse("chat.model_url", url).unwrap_or_default(),
        api: read.parse("chat.model_api", api).unwrap_or_default(),
        name: read.text("chat.model"),
        choices: choices.map(ToOwned::to_owned).collect(),
        transcriber: Some(read.text("chat.transcribe_model"))
            .filter(|name| !name.eq_ignore_ascii_case("off")),
        instructions: read.optional_text("chat.instructions_folder").map(PathBuf::from),
        limits: ModelLimits {
            silence: read.secs("chat.model_silence_sec"),
            total: read.secs("chat.answer_sec"),
            characters: read.integer("chat.answer_max_chars"),
            ..ModelLimits::default()
        },
        files: FileLimits {
            images: read.integer("chat.model_images"),
            image_bytes: read.integer("chat.model_image_bytes"),
            text_bytes: read.integer("chat.model_text_bytes"),
        },
    }
}

fn api(text: &str) -> Option<Api> {
    match text.to_ascii_lowercase().as_str() {
        "responses" => Some(Api::Responses),
        "completions" => Some(Api::Completions),
        _ => None,
    }
}

/// How much; zero is for as much as is wanted.
fn quota(read: &mut Reader<'_>, key: &'static str) -> Option<u64> {
    Some(read.integer(key)).filter(|&quota| quota > 0)
}
