//! Writes a model's answer into a thread.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use autorisen_chatkit::answer::{OpenMessage, OpenPart};
use autorisen_chatkit::{Annotation, ItemKind, Source, SourceKind};
use autorisen_domain::chat::{
    AnswerSink, Audio, MessageFiles, Responder, ResponderError, ThreadChange, ToolName, Tools, Trigger, Turn,
};
use autorisen_domain::clock::Timer;
use autorisen_domain::id::IdSource;
use serde_json::{Map, Value, json};

use crate::client::StartError;
use crate::completions::Completions;
use crate::dialect::{Call, Dialect, Offer, Piece, Question, Said};
use crate::fault::Fault;
use crate::model::{self, Answer, ModelClient};
use crate::observer::{CallKind, UpstreamObserver};
use crate::outgoing::Outgoing;
use crate::responses::Responses;
use crate::settings::{Api, OpenAiSettings};
use crate::speech::Form;
use crate::{files, input};

/// Nobody waits for what they dictated longer than this.
const TRANSCRIBED_WITHIN: Duration = Duration::from_mins(1);
/// The longest title that is made of a first message, in characters.
const MAX_TITLE: usize = 60;

/// What [`OpenAiResponder`] needs from outside.
pub struct OpenAiPorts {
    /// What the server does for models.
    pub tools: Tools,
    /// The files of messages.
    pub files: MessageFiles,
    /// Tells the time and gives ids.
    pub ids: IdSource,
    /// Waits.
    pub timer: Arc<dyn Timer>,
    /// Is told of calls, if anybody is.
    pub observer: Option<Arc<dyn UpstreamObserver>>,
}

/// Answers by asking a model.
pub struct OpenAiResponder {
    client: ModelClient,
    tools: Tools,
    files: MessageFiles,
    ids: IdSource,
    settings: OpenAiSettings,
}

impl OpenAiResponder {
    /// A responder by these settings.
    pub fn new(ports: OpenAiPorts, settings: OpenAiSettings) -> Result<Self, StartError> {
        let OpenAiPorts { tools, files, ids, timer, observer } = ports;
        let client = ModelClient::new(ids.clock(), timer, files.clone(), observer)?;
        Ok(Self { client, tools, files, ids, settings })
    }

    /// Asks until the model wants no more tools.
    async fn answer(&self, turn: &Turn, out: &mut dyn AnswerSink) -> Result<(), ResponderError> {
        let offers = self.offers(turn);
        let shown = files::choose(&self.files, &self.ids, turn, self.settings.files).await?;
        let mut said = input::said(&turn.history, &shown);
        if let Trigger::Action { action, .. } = &turn.trigger {
            let did = json!({"action": action.kind, "payload": action.payload});
            said.push(Said::Note(format!("The user used a widget: {did}")));
        }
        let mut written = 0;
        for _ in 0..=self.settings.limits.tool_rounds {
            let calls = self.round(turn, &said, &offers, &mut written, out).await?;
            if calls.is_empty() {
                return Ok(());
            }
            for call in calls {
                let output = call_tool(&call, &offers, turn, out).await?;
                said.push(Said::Call(call.clone()));
                said.push(Said::Output { id: call.id, output });
            }
        }
        Err(self.broken_off(Fault::TooManyRounds))
    }

    /// Asks once, and streams what is said. It gives the calls that the model wants.
    async fn round(
        &self,
        turn: &Turn,
        said: &[Said],
        offers: &[Offer],
        written: &mut usize,
        out: &mut dyn AnswerSink,
    ) -> Result<Vec<Call>, ResponderError> {
        let mut dialect: Box<dyn Dialect> = match self.settings.api {
            Api::Responses => Box::new(Responses),
            Api::Completions => Box::<Completions>::default(),
        };
        let question =
            Question { model: self.model(turn), instructions: self.instructions(turn), said, offers };
        let body = Outgoing::new(dialect.body(&question).to_string(), said);
        let mut answer = self.client.ask(&self.settings, question.model, &body).await?;
        let mut open: Option<OpenPart> = None;
        let mut calls = Vec::new();
        loop {
            let events = match answer.next().await {
                Ok(Some(events)) => events,
                Ok(None) => return Err(self.failed(&mut answer, Fault::Cut(None))),
                Err(fault) => return Err(self.failed(&mut answer, fault)),
            };
            for data in events {
                for piece in dialect.read(&data).map_err(|fault| self.failed(&mut answer, fault))? {
                    match piece {
                        Piece::Text(text) => {
                            *written += text.chars().count();
                            if *written > self.settings.limits.characters {
                                return Err(self.failed(&mut answer, Fault::TooMuch));
                            }
                            let part = opened(&mut open, out).await?;
                            out.send(part.text(&text)).await?;
                        }
                        Piece::Citation { url, title } => {
                            let part = opened(&mut open, out).await?;
                            out.send(part.annotation(citation(url, title))).await?;
                        }
                        Piece::Call(call) => calls.push(call),
                        Piece::Usage { input, output } => answer.tokens(input, output),
                        Piece::End => {
                            self.client.succeeded(&mut answer);
                            close(open, out).await?;
                            return Ok(calls);
                        }
                    }
                }
            }
        }
    }

    fn failed(&self, answer: &mut Answer, fault: Fault) -> ResponderError {
        self.client.failed(answer, &fault);
        fault.into()
    }

    /// What became of an answer as a whole, whose calls went well.
    fn broken_off(&self, fault: Fault) -> ResponderError {
        let (kind, _) = model::asked(self.settings.api);
        self.client.note(kind, &fault);
        fault.into()
    }

    /// The tools of the placement that this server has.
    fn offers(&self, turn: &Turn) -> Vec<Offer> {
        let known = turn.placement.tools.iter().filter_map(|name| self.tools.find(name));
        known
            .map(|tool| Offer {
                name: wire_name(tool.name()),
                description: tool.description().to_owned(),
                schema: tool.schema().clone(),
            })
            .collect()
    }

    /// The model that the user chose, where that may be chosen.
    fn model<'a>(&'a self, turn: &'a Turn) -> &'a str {
        let chosen = turn.history.iter().rev().find_map(|item| match &item.kind {
            ItemKind::UserMessage { inference_options, .. } => Some(inference_options.model.as_deref()),
            _ => None,
        });
        let known = |name: &&str| self.settings.choices.iter().any(|choice| choice == name);
        chosen.flatten().filter(known).unwrap_or(&self.settings.model)
    }

    fn instructions(&self, turn: &Turn) -> &str {
        let own = self.settings.instructions_by_placement.get(&turn.thread.placement);
        own.unwrap_or(&self.settings.instructions)
    }
}

#[async_trait]
impl Responder for OpenAiResponder {
    async fn respond(&self, turn: &Turn, out: &mut dyn AnswerSink) -> Result<(), ResponderError> {
        if turn.thread.title.is_none()
            && let Some(title) = title(&turn.user_text())
        {
            out.change_thread(ThreadChange { title: Some(title), ..ThreadChange::default() }).await?;
        }
        let total: Duration = self.settings.limits.total;
        match tokio::time::timeout(total, self.answer(turn, out)).await {
            Ok(answered) => answered,
            Err(_) => Err(self.broken_off(Fault::TooLong)),
        }
    }

    async fn transcribe(&self, audio: &Audio) -> Result<String, ResponderError> {
        let Some(model) = &self.settings.transcriber else {
            return Err(ResponderError::told("Dictation is not set up here.", false));
        };
        let Some(form) = Form::new(model, audio, &self.ids)? else {
            return Err(ResponderError::told("This kind of recording is not understood here.", false));
        };
        let total = self.settings.limits.total.min(TRANSCRIBED_WITHIN);
        let asking = self.client.transcribe(&self.settings, &form.content_type, &form.body);
        let answer = tokio::time::timeout(total, asking).await.unwrap_or(Err(Fault::TooLong))?;
        if let Some(Value::String(text)) = answer.get("text") {
            return Ok(text.trim().to_owned());
        }
        let fault = Fault::Unknown("it holds no text");
        self.client.note(CallKind::Transcription, &fault);
        Err(fault.into())
    }
}

/// The part that text goes to; it is begun when the first text comes.
async fn opened<'a>(
    open: &'a mut Option<OpenPart>,
    out: &mut dyn AnswerSink,
) -> Result<&'a mut OpenPart, ResponderError> {
    if open.is_none() {
        let (message, event) = OpenMessage::begin(out.head("msg")?);
        out.send(event).await?;
        let (part, event) = message.part();
        out.send(event).await?;
        *open = Some(part);
    }
    open.as_mut().ok_or_else(|| Fault::Unknown("no part").into())
}

async fn close(open: Option<OpenPart>, out: &mut dyn AnswerSink) -> Result<(), ResponderError> {
    if let Some(part) = open {
        let (message, event) = part.finish();
        out.send(event).await?;
        out.send(message.finish()).await?;
    }
    Ok(())
}

/// What the tool says, as text for the model.
async fn call_tool(
    call: &Call,
    offers: &[Offer],
    turn: &Turn,
    out: &mut dyn AnswerSink,
) -> Result<String, ResponderError> {
    let is_offered = offers.iter().any(|offer| offer.name == call.name);
    let name = turn.placement.tools.iter().find(|name| is_offered && wire_name(name) == call.name);
    let Some(name) = name else {
        return Ok(json!({"error": "there is no such tool"}).to_string());
    };
    match serde_json::from_str::<Map<String, Value>>(&call.arguments) {
        Ok(arguments) => Ok(out.call_tool(name.as_str(), arguments).await?.to_string()),
        Err(_) => Ok(json!({"error": "the arguments are no JSON object"}).to_string()),
    }
}

/// The name as the APIs allow it.
fn wire_name(name: &ToolName) -> String {
    name.as_str().replace('.', "-")
}

fn citation(url: String, title: String) -> Annotation {
    let title = if title.is_empty() { url.clone() } else { title };
    let kind = SourceKind::Url { url, attribution: None };
    Annotation {
        source: Source { title, description: None, timestamp: None, group: None, kind },
        index: None,
    }
}

/// The first words of a message.
fn title(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MAX_TITLE {
        return Some(line).filter(|line| !line.is_empty());
    }
    let cut: String = line.chars().take(MAX_TITLE).collect();
    let end = cut.rfind(' ').unwrap_or(cut.len());
    Some(format!("{}…", &cut[..end]))
}
