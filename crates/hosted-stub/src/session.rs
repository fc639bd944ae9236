//! What a session is asked to be, and what it is: `CreateChatSessionBody` and `ChatSessionResource` of the
//! vendor's specification.

use serde_json::{Map, Value, json};

use crate::object::Object;
use crate::refusal::Refusal;

const MAX_VARIABLES: usize = 64;
const MAX_VARIABLE_NAME: usize = 64;
const MAX_VARIABLE: usize = 10_485_760;

/// What a session is asked to be, with what was left out as it is by default.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "they are the switches of the specification")]
pub(crate) struct Asking {
    pub(crate) user: String,
    pub(crate) workflow: String,
    pub(crate) seconds: u64,
    version: Option<String>,
    variables: Option<Value>,
    is_traced: bool,
    requests_per_minute: u64,
    titles: bool,
    uploads: bool,
    max_file_size: u64,
    max_files: u64,
    history: bool,
    recent_threads: Option<u64>,
}

/// How a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Active,
    Expired,
    Cancelled,
}

impl Status {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Asking {
    /// Reads the body of a request.
    pub(crate) fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let known = ["user", "workflow", "expires_after", "rate_limits", "chatkit_configuration"];
        let body = Object::root(body, &known)?;
        let known = ["id", "version", "state_variables", "tracing"];
        let workflow = body.needed("workflow", body.object("workflow", &known)?)?;
        let tracing = workflow.object("tracing", &["enabled"])?;
        let expires = body.object("expires_after", &["anchor", "seconds"])?;
        let limits = body.object("rate_limits", &["max_requests_per_1_minute"])?;
        let known = ["automatic_thread_titling", "file_upload", "history"];
        let config = body.object("chatkit_configuration", &known)?;
        let part = |name: &str, known: &[&str]| match &config {
            Some(config) => config.object(name, known),
            None => Ok(None),
        };
        let titling = part("automatic_thread_titling", &["enabled"])?;
        let upload = part("file_upload", &["enabled", "max_file_size", "max_files"])?;
        let history = part("history", &["enabled", "recent_threads"])?;
        Ok(Self {
            user: body.needed("user", body.text("user")?)?.to_owned(),
            workflow: workflow.needed("id", workflow.text("id")?)?.to_owned(),
            version: workflow.text("version")?.map(str::to_owned),
            variables: variables(&workflow)?,
            is_traced: boolean(tracing.as_ref(), "enabled")?.unwrap_or(true),
            seconds: expires.as_ref().map(seconds).transpose()?.unwrap_or(600),
            requests_per_minute: integer(limits.as_ref(), "max_requests_per_1_minute", u64::MAX)?
                .unwrap_or(10),
            titles: boolean(titling.as_ref(), "enabled")?.unwrap_or(true),
            uploads: boolean(upload.as_ref(), "enabled")?.unwrap_or(false),
            max_file_size: integer(upload.as_ref(), "max_file_size", 512)?.unwrap_or(512),
            max_files: integer(upload.as_ref(), "max_files", u64::MAX)?.unwrap_or(10),
            history: boolean(history.as_ref(), "enabled")?.unwrap_or(true),
            recent_threads: integer(history.as_ref(), "recent_threads", u64::MAX)?,
        })
    }

    /// The session that it became.
    pub(crate) fn resource(&self, id: &str, secret: &str, expires_at: u64, status: Status) -> Value {
        json!({
            "id": id,
            "object": "chatkit.session",
            "client_secret": secret,
            "expires_at": expires_at,
            "workflow": {
                "id": self.workflow,
                "version": self.version,
                "state_variables": self.variables,
                "tracing": {"enabled": self.is_traced},
            },
            "user": self.user,
            "rate_limits": {"max_requests_per_1_minute": self.requests_per_minute},
            "max_requests_per_1_minute": self.requests_per_minute,
            "status": status.as_str(),
            "chatkit_configuration": {
                "automatic_thread_titling": {"enabled": self.titles},
                "file_upload": {
                    "enabled": self.uploads,
                    "max_file_size": self.max_file_size,
                    "max_files": self.max_files,
                },
                "history": {"enabled": self.history, "recent_threads": self.recent_threads},
            },
        })
    }
}

fn boolean(object: Option<&Object<'_>>, name: &str) -> Result<Option<bool>, Refusal> {
    object.map_or(Ok(None), |object| object.boolean(name))
}

/// A whole number from 1 on.
fn integer(object: Option<&Object<'_>>, name: &str, max: u64) -> Result<Option<u64>, Refusal> {
    object.map_or(Ok(None), |object| object.integer(name, 1..=max))
}

fn seconds(expires: &Object<'_>) -> Result<u64, Refusal> {
    if expires.needed("anchor", expires.text("anchor")?)? != "created_at" {
        return Err(Refusal::wrong_value(&expires.path_of("anchor"), "'created_at'"));
    }
    expires.needed("seconds", expires.integer("seconds", 1..=600)?)
}

fn variables(workflow: &Object<'_>) -> Result<Option<Value>, Refusal> {
    let Some(value) = workflow.value("state_variables") else { return Ok(None) };
    let path = workflow.path_of("state_variables");
    let members = value.as_object().ok_or_else(|| Refusal::wrong_type(&path, "an object", value))?;
    if members.len() > MAX_VARIABLES {
        return Err(Refusal::wrong_value(&path, "an object of at most 64 members"));
    }
    for (name, value) in members {
        let path = format!("{path}.{name}");
        if name.chars().count() > MAX_VARIABLE_NAME {
            return Err(Refusal::wrong_value(&path, "a name of at most 64 characters"));
        }
        match value {
            Value::String(text) if text.chars().count() > MAX_VARIABLE => {
                return Err(Refusal::wrong_value(&path, "a string of at most 10485760 characters"));
            }
            Value::String(_) | Value::Number(_) | Value::Bool(_) => {}
            other => return Err(Refusal::wrong_type(&path, "a string, number or boolean", other)),
        }
    }
    Ok(Some(value.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &Value) -> String {
        let refusal = Asking::read(body.as_object().unwrap()).unwrap_err();
        assert_eq!(refusal.status, 400, "{refusal:?}");
        refusal.body()["error"]["message"].as_str().unwrap().to_owned()
    }

    fn with(path: &[&str], value: Value) -> Value {
        let mut body = json!({"user": "u", "workflow": {"id": "wf_1"}});
        let place = path.iter().fold(&mut body, |place, name| &mut place[*name]);
        *place = value;
        body
    }

    #[test]
    fn what_is_left_out_is_as_the_specification_says() {
        let asking =
            Asking::read(with(&[], json!({"user": "u", "workflow": {"id": "wf_1"}})).as_object().unwrap());
        let session = asking.unwrap().resource("cksess_1", "ek_1", 600, Status::Active);
        assert_eq!(
            session,
            json!({
                "id": "cksess_1", "object": "chatkit.session", "client_secret": "ek_1", "expires_at": 600,
                "workflow": {
                    "id": "wf_1", "version": null, "state_variables": null, "tracing": {"enabled": true},
                },
                "user": "u", "rate_limits": {"max_requests_per_1_minute": 10},
                "max_requests_per_1_minute": 10, "status": "active",
                "chatkit_configuration": {
                    "automatic_thread_titling": {"enabled": true},
                    "file_upload": {"enabled": false, "max_file_size": 512, "max_files": 10},
                    "history": {"enabled": true, "recent_threads": null},
                },
            })
        );
    }

    #[test]
    fn a_member_that_is_not_known_is_refused_wherever_it_stands() {
        for (path, named) in [
            (&["scope"][..], "scope"),
            (&["workflow", "isValid"], "workflow.isValid"),
            (&["workflow", "tracing", "on"], "workflow.tracing.on"),
            (&["expires_after", "ttl_seconds"], "expires_after.ttl_seconds"),
            (&["max_requests_per_1_minute"], "max_requests_per_1_minute"),
            (&["rate_limits", "max_requests_per_session"], "rate_limits.max_requests_per_session"),
            (&["chatkit_configuration", "history", "size"], "chatkit_configuration.history.size"),
        ] {
            assert_eq!(refused(&with(path, json!(1))), format!("Unknown parameter: '{named}'."));
        }
    }

    #[test]
    fn types_and_limits_are_those_of_the_specification() {
        for (path, value) in [
            (&["user"][..], json!("")),
            (&["user"], json!(7)),
            (&["workflow"], json!("wf_1")),
            (&["workflow", "version"], json!(null)),
            (&["workflow", "state_variables"], json!({"a": null})),
            (&["workflow", "state_variables"], json!({"a": {}})),
            (&["workflow", "tracing"], json!({"enabled": "yes"})),
            (&["expires_after"], json!(600)),
            (&["expires_after"], json!({"anchor": "created_at"})),
            (&["expires_after"], json!({"seconds": 600})),
            (&["expires_after"], json!({"anchor": "last_used", "seconds": 600})),
            (&["expires_after"], json!({"anchor": "created_at", "seconds": 0})),
            (&["expires_after"], json!({"anchor": "created_at", "seconds": -1})),
            (&["expires_after"], json!({"anchor": "created_at", "seconds": 601})),
            (&["expires_after"], json!({"anchor": "created_at", "seconds": 1.5})),
            (&["rate_limits", "max_requests_per_1_minute"], json!(0)),
            (&["chatkit_configuration", "file_upload", "max_file_size"], json!(513)),
            (&["chatkit_configuration", "file_upload", "enabled"], json!(null)),
        ] {
            refused(&with(path, value));
        }
        refused(&json!({"workflow": {"id": "wf_1"}}));
        refused(&json!({"user": "u"}));
        refused(&json!({"user": "u", "workflow": {}}));
        for seconds in [1, 600] {
            let body = with(&["expires_after"], json!({"anchor": "created_at", "seconds": seconds}));
            assert_eq!(Asking::read(body.as_object().unwrap()).unwrap().seconds, seconds);
        }
    }
}
