//! Calling a tool: for a front end that asks for it, and what is kept of every call.

use autorisen_chatkit::{Item, ItemKind};
use serde_json::{Map, Value, json};

use super::pipeline::new_item_id;
use super::wire::time;
use super::{Caller, ConversationService};
use crate::chat::{CallToolError, ChatError, PlacementName, Thread, ThreadId, ToolName};
use crate::context::Context;
use crate::events::Event;

/// What a front end wants a tool to do.
#[derive(Debug, Clone)]
pub struct ToolCall {
    /// The tool.
    pub name: ToolName,
    /// Where it is called from; the caller's or the thread's placement when none is named.
    pub placement: Option<PlacementName>,
    /// The thread that the call belongs to; an empty one of the user when none is named.
    pub thread: Option<String>,
    /// The input.
    pub payload: Map<String, Value>,
}

/// What a tool did.
#[derive(Debug, Clone)]
pub struct ToolAnswer {
    /// The thread that the call is kept with.
    pub thread: ThreadId,
    /// What the tool says.
    pub result: Value,
    /// The id of the item that keeps the call.
    pub event: String,
    /// The tools that may be called there.
    pub allowed: Vec<ToolName>,
}

impl ConversationService {
    /// Calls a tool of the placement for the user. Input and result are kept with the thread, hidden
    /// from the front end, where models read them. It counts as a message.
    pub async fn call_tool(
        &self,
        ctx: &Context,
        caller: &Caller,
        call: ToolCall,
    ) -> Result<ToolAnswer, CallToolError> {
        let thread = self.thread_of_call(caller, &call).await?;
        let placement = self.placement(&thread.placement)?;
        let is_allowed = placement.tools.contains(&call.name);
        let Some(tool) = self.settings.tools.find(&call.name).filter(|_| is_allowed) else {
            return Err(CallToolError::NotAvailable);
        };
        self.charge_message(caller).await?;
        let result = tool.call(thread.key(), call.payload.clone()).await;
        let event = Event::ChatToolCalled {
            user: caller.user,
            thread: thread.id,
            tool: call.name.as_str().to_owned(),
            succeeded: result.is_ok(),
        };
        self.ports.surroundings.events.record(ctx, &event);
        let result = result?;

        let kind = called(&call.name, &call.payload, &result);
        let item = Item {
            id: new_item_id(&self.ports.surroundings.ids, kind.id_prefix()).map_err(ChatError::from)?,
            thread_id: thread.id.to_string(),
            created_at: time(self.now()),
            kind,
        };
        let event = item.id.clone();
        self.store(thread.key(), &[item]).await?;
        Ok(ToolAnswer { thread: thread.id, result, event, allowed: placement.tools })
    }

    async fn thread_of_call(&self, caller: &Caller, call: &ToolCall) -> Result<Thread, CallToolError> {
        let is_named = |name: &PlacementName| call.placement.as_ref().is_none_or(|named| named == name);
        if let Some(id) = &call.thread {
            let thread = self.active_thread(caller, id).await?;
            return if is_named(&thread.placement) { Ok(thread) } else { Err(CallToolError::NotAvailable) };
        }
        let own = caller.placement.as_ref();
        if own.is_some_and(|own| !is_named(own)) {
            return Err(CallToolError::NotAvailable);
        }
        let default = self.settings.placements.default_name();
        let placement = own.or(call.placement.as_ref()).unwrap_or(default);
        // Before a thread is made for it.
        self.placement(placement)?;
        let id = ThreadId::generate(&self.ports.surroundings.ids).map_err(ChatError::from)?;
        let fresh = Thread::new(id, caller.user, placement.clone(), self.now());
        Ok(self.ports.threads.open(&fresh).await.map_err(ChatError::from)?)
    }
}

/// What is kept of a call.
pub(super) fn called(name: &ToolName, input: &Map<String, Value>, result: &Value) -> ItemKind {
    ItemKind::HiddenContextItem {
        content: json!({ "tool": name.as_str(), "input": input, "result": result }),
    }
}
