//! Tools: what a model, or a front end, may have done by this server for the user.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::chat::{ThreadKey, ToolName};
use crate::error::PortError;

/// Something that the server does for a user.
#[async_trait]
pub trait Tool: Send + Sync {
    /// Its name.
    fn name(&self) -> &ToolName;

    /// What it does, for the model.
    fn description(&self) -> &str;

    /// The JSON schema of its input: an object.
    fn schema(&self) -> &Map<String, Value>;

    /// Does it. The arguments come from outside and are not to be trusted.
    async fn call(&self, key: ThreadKey, arguments: Map<String, Value>) -> Result<Value, ToolError>;
}

/// Why a tool did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The input does not fit; the text says how, without the input.
    #[error("the input does not fit: {0}")]
    Input(String),
    /// Something outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The tools of a deployment.
#[derive(Clone, Default)]
pub struct Tools(BTreeMap<String, Arc<dyn Tool>>);

impl Tools {
    /// These tools. Of two with one name the later counts.
    #[must_use]
    pub fn new(tools: impl IntoIterator<Item = Arc<dyn Tool>>) -> Self {
        Self(tools.into_iter().map(|tool| (tool.name().as_str().to_owned(), tool)).collect())
    }

    /// The tool of this name.
    #[must_use]
    pub fn find(&self, name: &ToolName) -> Option<&Arc<dyn Tool>> {
        self.0.get(name.as_str())
    }
}
