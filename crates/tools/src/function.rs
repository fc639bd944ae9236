//! A tool that is a function.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use async_trait::async_trait;
use autorisen_domain::chat::{ThreadKey, Tool, ToolError, ToolName};
use autorisen_domain::error::PortError;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

/// Why an input that has the right shape is refused: words about it, without the input itself.
pub type Unfit = &'static str;

/// A function with the schema of its input.
pub struct Function<I, F> {
    name: ToolName,
    description: &'static str,
    schema: Map<String, Value>,
    work: F,
    input: PhantomData<fn(I)>,
}

/// A tool of this name that does `work`; `None` when that is no name of a tool.
pub fn function<I, O, F>(name: &str, description: &'static str, work: F) -> Option<Function<I, F>>
where
    I: DeserializeOwned + JsonSchema,
    O: Serialize,
    F: Fn(I) -> Result<O, Unfit> + Send + Sync,
{
    let name = ToolName::parse(name)?;
    // Subschemas in their places: some model servers follow no references.
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = match settings.into_generator().into_root_schema_for::<I>().to_value() {
        Value::Object(schema) => schema,
        _ => Map::new(),
    };
    schema.remove("title");
    Some(Function { name, description, schema, work, input: PhantomData })
}

#[async_trait]
impl<I, O, F> Tool for Function<I, F>
where
    I: DeserializeOwned + JsonSchema,
    O: Serialize,
    F: Fn(I) -> Result<O, Unfit> + Send + Sync,
{
    fn name(&self) -> &ToolName {
        &self.name
    }

    fn description(&self) -> &str {
        self.description
    }

    fn schema(&self) -> &Map<String, Value> {
        &self.schema
    }

    async fn call(&self, _: ThreadKey, arguments: Map<String, Value>) -> Result<Value, ToolError> {
        let input: I = serde_path_to_error::deserialize(Value::Object(arguments))
            .map_err(|error| misfit(&error, &self.schema))?;
        let output = (self.work)(input).map_err(|unfit| ToolError::Input(unfit.to_owned()))?;
        serde_json::to_value(output)
            .map_err(|error| PortError::new("write the result of a tool", error).into())
    }
}

/// Says where the input does not fit, in names of the schema. What serde says of it would repeat the
/// input, and a member that is not in the schema is input as well.
fn misfit(error: &serde_path_to_error::Error<serde_json::Error>, schema: &Map<String, Value>) -> ToolError {
    let known = names(schema);
    let is_known = |segment: &Segment| match segment {
        Segment::Map { key } => known.contains(key.as_str()),
        _ => true,
    };
    ToolError::Input(match error.path().to_string().as_str() {
        "." => "it does not fit the schema".to_owned(),
        path if error.path().iter().all(is_known) => format!("{path} does not fit the schema"),
        _ => "it has a member that is not in the schema".to_owned(),
    })
}

/// The names of all members that a schema knows.
fn names(schema: &Map<String, Value>) -> BTreeSet<&str> {
    let mut known = BTreeSet::new();
    for (key, value) in schema {
        let Value::Object(value) = value else { continue };
        if key == "properties" {
            known.extend(value.keys().map(String::as_str));
            known.extend(value.values().filter_map(Value::as_object).flat_map(names));
        } else {
            known.extend(names(value));
        }
    }
    known
}
