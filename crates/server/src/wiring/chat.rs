//! The wiring of chat.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{SessionRepository, SessionService};
use autorisen_domain::chat::responders::{OfflineResponder, ScriptedResponder};
use autorisen_domain::chat::{
    AttachmentBytes, AttachmentRepository, ByteSweep, ChatAccess, ChatAccessPorts, ChatTokenPorts,
    ChatTokenService, ChatTokens, ConversationPorts, ConversationService, ConversationSettings, FileLinks,
    FilePorts, FileService, FileSettings, HostedApi, HostedCancellation, HostedCancellationPorts,
    HostedPorts, HostedSessionRepository, HostedSessions, LedgerInAdvance, MessageFiles, PlacementName,
    Placements, Responder, Surroundings, ThreadDirectory, ThreadRepository, UsageLedger,
};
use autorisen_domain::clock::{Clock, Timer};
use autorisen_domain::events::EventSink;
use autorisen_domain::id::IdSource;
use autorisen_files::{FolderBytes, OpenFolderError};
use autorisen_openai::{
    HostedSettings, OpenAiHosted, OpenAiPorts, OpenAiResponder, OpenAiSettings, UpstreamObserver,
};
use autorisen_security::{ChatTokenSettings, JwtChatTokens, KeyedDigests, MasterKey, SystemRandom};
use autorisen_storage::{
    Db, SqlAttachments, SqlHostedSessions, SqlItems, SqlThreadDirectory, SqlThreads, SqlUsage,
};

use crate::clock::SystemTimer;
use crate::config::{ResponderKind, Settings};
use crate::wiring::BuildError;
use crate::wiring::bytes::FolderBeforeTables;

/// How long the address of a file is good.
const LINKS_LIVE: Duration = Duration::from_mins(10);

/// What chat is built on.
pub(super) struct Base<'a> {
    pub(super) settings: &'a Settings,
    pub(super) master: &'a MasterKey,
    pub(super) db: &'a Db,
    pub(super) ids: &'a IdSource,
    pub(super) events: &'a Arc<dyn EventSink>,
    pub(super) repository: &'a Arc<dyn SessionRepository>,
    pub(super) sessions: &'a Arc<SessionService>,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) calls: &'a Arc<dyn UpstreamObserver>,
}

/// The services of chat.
pub(super) struct Chat {
    pub(super) tokens: ChatTokenService,
    pub(super) access: ChatAccess,
    pub(super) conversations: ConversationService,
    pub(super) files: FileService,
    pub(super) links: Arc<FileLinks>,
    pub(super) swept: SweptChat,
    /// Where chats are hosted.
    pub(super) cancellation: Option<HostedCancellation>,
}

/// What grows in chat.
pub(super) struct SweptChat {
    pub(super) threads: Arc<dyn ThreadDirectory>,
    /// Threads are kept for so long; `None` for ever.
    pub(super) retention: Option<Duration>,
    pub(super) files: Arc<dyn AttachmentRepository>,
    pub(super) bytes: ByteSweep,
    pub(super) usage: Arc<dyn UsageLedger>,
    pub(super) hosted: Arc<dyn HostedSessionRepository>,
}

/// Builds them.
pub(super) fn build(base: &Base<'_>) -> Result<Chat, BuildError> {
    let (settings, db) = (&base.settings.chat, base.db);
    let threads: Arc<dyn ThreadRepository> = Arc::new(SqlThreads::new(db.clone()));
    let directory: Arc<dyn ThreadDirectory> = Arc::new(SqlThreadDirectory::new(db.clone()));
    let files = Arc::new(SqlAttachments::new(db.clone()));
    let attachments: Arc<dyn AttachmentRepository> = files.clone();
    let bytes = bytes(settings.attachment_folder.as_deref(), files)?;
    let message_files = MessageFiles::new(Arc::clone(&attachments), Arc::clone(&bytes));
    let ledger: Arc<dyn UsageLedger> = Arc::new(SqlUsage::new(db.clone()));
    let tokens: Arc<dyn ChatTokens> = Arc::new(token_adapter(base));
    let timer: Arc<dyn Timer> = Arc::new(SystemTimer);
    let origin = base.settings.server.public_url.as_ref();
    let links = Arc::new(FileLinks::new(
        Arc::new(KeyedDigests::new(base.master)),
        origin.map_or_else(String::new, |origin| origin.as_str().to_owned()),
        LINKS_LIVE,
    ));

    let conversations = ConversationPorts {
        threads: Arc::clone(&threads),
        directory: Arc::clone(&directory),
        items: Arc::new(SqlItems::new(db.clone())),
        attachments: Arc::clone(&attachments),
        ledger: Arc::clone(&ledger),
        sessions: Arc::clone(base.repository),
        responder: responder(base, &timer, message_files)?,
        surroundings: Surroundings {
            links: Arc::clone(&links),
            timer,
            ids: base.ids.clone(),
            events: Arc::clone(base.events),
        },
    };
    let conversation_settings = ConversationSettings {
        placements: settings.placements.clone(),
        tools: autorisen_tools::all(),
        max_threads: settings.max_threads,
        max_message: settings.max_message,
        history: settings.history,
        quotas: settings.quotas,
    };
    let mut token_service = ChatTokenService::new(
        ChatTokenPorts {
            threads,
            tokens: Arc::clone(&tokens),
            ledger: Arc::new(LedgerInAdvance::new(Arc::clone(&ledger))),
            ids: base.ids.clone(),
            events: Arc::clone(base.events),
        },
        settings.placements.clone(),
        settings.token_ttl,
        settings.quotas.tokens,
    );
    let hosted: Arc<dyn HostedSessionRepository> = Arc::new(SqlHostedSessions::new(db.clone()));
    let mut cancellation = None;
    if let Some(settings) = &settings.hosted {
        let (sessions, cancels) = hosted_sessions(base, settings, &hosted)?;
        token_service = token_service.hosted(sessions);
        cancellation = Some(cancels);
    }
    Ok(Chat {
        tokens: token_service,
        access: ChatAccess::new(ChatAccessPorts {
            tokens,
            repository: Arc::clone(base.repository),
            sessions: Arc::clone(base.sessions),
            clock: Arc::clone(base.clock),
        }),
        conversations: ConversationService::new(conversations, conversation_settings),
        files: FileService::new(
            FilePorts {
                attachments: Arc::clone(&attachments),
                bytes: Arc::clone(&bytes),
                links: Arc::clone(&links),
                ids: base.ids.clone(),
            },
            FileSettings {
                max_size: settings.attachment_max,
                max_total: settings.attachment_total,
                types: settings.attachment_types.clone(),
            },
        ),
        links,
        swept: SweptChat {
            threads: directory,
            retention: settings.retention,
            bytes: ByteSweep::new(Arc::clone(&attachments), bytes),
            files: attachments,
            usage: ledger,
            hosted,
        },
        cancellation,
    })
}

/// Where the bytes of files lie.
fn bytes(
    folder: Option<&Path>,
    tables: Arc<SqlAttachments>,
) -> Result<Arc<dyn AttachmentBytes>, OpenFolderError> {
    let Some(folder) = folder else { return Ok(tables) };
    Ok(Arc::new(FolderBeforeTables { folder: FolderBytes::open(folder)?, tables }))
}

/// What opens hosted sessions, and what cancels them; both ask by one client, and so share its breaker.
fn hosted_sessions(
    base: &Base<'_>,
    settings: &HostedSettings,
    kept: &Arc<dyn HostedSessionRepository>,
) -> Result<(HostedSessions, HostedCancellation), BuildError> {
    let api: Arc<dyn HostedApi> = Arc::new(OpenAiHosted::new(
        Arc::clone(base.clock),
        Arc::new(SystemTimer),
        settings.clone(),
        Some(Arc::clone(base.calls)),
    )?);
    let sessions = HostedPorts {
        api: Arc::clone(&api),
        sessions: Arc::clone(kept),
        digests: Arc::new(KeyedDigests::new(base.master)),
        ids: base.ids.clone(),
        events: Arc::clone(base.events),
    };
    let cancellation = HostedCancellationPorts {
        api,
        sessions: Arc::clone(kept),
        clock: Arc::clone(base.clock),
        random: Arc::new(SystemRandom),
        events: Arc::clone(base.events),
    };
    let environment = base.settings.app.env.as_str().to_owned();
    Ok((HostedSessions::new(sessions, environment), HostedCancellation::new(cancellation)))
}

fn token_adapter(base: &Base<'_>) -> JwtChatTokens {
    let chat = &base.settings.chat;
    let settings = ChatTokenSettings {
        signing_key: chat.signing_key.clone(),
        issuer: chat.issuer.clone(),
        audience: chat.audience.clone(),
    };
    JwtChatTokens::new(base.master, settings)
}

fn responder(
    base: &Base<'_>,
    timer: &Arc<dyn Timer>,
    files: MessageFiles,
) -> Result<Arc<dyn Responder>, BuildError> {
    let settings = &base.settings.chat;
    Ok(match settings.responder {
        ResponderKind::Auto if settings.model.key.is_none() => Arc::new(OfflineResponder),
        ResponderKind::Offline => Arc::new(OfflineResponder),
        ResponderKind::Scripted => Arc::new(ScriptedResponder::new(Arc::clone(timer))),
        ResponderKind::Auto | ResponderKind::Model => Arc::new(model(base, timer, files)?),
    })
}

fn model(
    base: &Base<'_>,
    timer: &Arc<dyn Timer>,
    files: MessageFiles,
) -> Result<OpenAiResponder, BuildError> {
    let settings = &base.settings.chat.model;
    let (instructions, instructions_by_placement) = match &settings.instructions {
        Some(folder) => instructions(folder, &base.settings.chat.placements)?,
        None => (String::new(), BTreeMap::new()),
    };
    let ports = OpenAiPorts {
        tools: autorisen_tools::all(),
        files,
        ids: base.ids.clone(),
        timer: Arc::clone(timer),
        observer: Some(Arc::clone(base.calls)),
    };
    let settings = OpenAiSettings {
        base_url: settings.url.clone(),
        key: settings.key.clone(),
        api: settings.api,
        model: settings.name.clone(),
        choices: settings.choices.clone(),
        instructions,
        instructions_by_placement,
        transcriber: settings.transcriber.clone(),
        limits: settings.limits,
        files: settings.files,
    };
    Ok(OpenAiResponder::new(ports, settings)?)
}

/// Reads `default.md` and `<placement>.md`. One that is not there is none; one that cannot be read
/// stops the start.
pub(crate) fn instructions(
    folder: &Path,
    placements: &Placements,
) -> Result<(String, BTreeMap<PlacementName, String>), BuildError> {
    let read = |name: &str| match std::fs::read_to_string(folder.join(format!("{name}.md"))) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(BuildError::Instructions(folder.to_owned(), error)),
    };
    if !folder.is_dir() {
        return Err(BuildError::Instructions(folder.to_owned(), std::io::ErrorKind::NotFound.into()));
    }
    let mut by_placement = BTreeMap::new();
    for name in placements.names() {
        if let Some(text) = read(name.as_str())? {
            by_placement.insert(name.clone(), text);
        }
    }
    Ok((read("default")?.unwrap_or_default(), by_placement))
}
