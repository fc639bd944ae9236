//! What is told of a route.

use actix_web::http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::problem::{Failure, Failures};

/// What is told of a route.
#[derive(Default)]
pub(super) struct Operation {
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    pub(super) is_hidden: bool,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
    pub(super) answers: Vec<Answer>,
    pub(super) failures: Vec<&'static [Failure]>,
}

/// A part of the path, or a member of the query.
pub(crate) struct Parameter {
    pub(super) name: &'static str,
    pub(super) place: &'static str,
    pub(super) description: &'static str,
    pub(super) schema: Value,
}

impl Parameter {
    /// A part of the path.
    pub(crate) const fn path(name: &'static str, description: &'static str, schema: Value) -> Self {
        Self { name, place: "path", description, schema }
    }

    /// A member of the query, which may be left out.
    pub(crate) const fn query(name: &'static str, description: &'static str, schema: Value) -> Self {
        Self { name, place: "query", description, schema }
    }
}

/// The body of a request.
pub(crate) struct Body {
    pub(super) media_type: &'static str,
    pub(super) is_required: bool,
    pub(super) schema: fn() -> Value,
    pub(super) failures: &'static [&'static [Failure]],
}

impl Body {
    /// A JSON object.
    pub(crate) const fn json(schema: fn() -> Value) -> Self {
        let failures = &[crate::body::RawBody::ANSWERS, crate::form::Form::ANSWERS];
        Self { media_type: "application/json", is_required: true, schema, failures }
    }

    /// A JSON object that may be left out.
    pub(crate) const fn optional_json(schema: fn() -> Value) -> Self {
        Self { is_required: false, ..Self::json(schema) }
    }

    /// Something else, which is refused in ways of its own.
    pub(crate) const fn other<E: Failures>(media_type: &'static str, schema: fn() -> Value) -> Self {
        Self { media_type, is_required: true, schema, failures: &[crate::body::RawBody::ANSWERS, E::ANSWERS] }
    }
}

/// An answer when all is well.
pub(crate) struct Answer {
    pub(super) status: StatusCode,
    pub(super) description: &'static str,
    pub(super) contents: Vec<(&'static str, SchemaOf)>,
    pub(super) example: Option<Value>,
    pub(super) headers: Vec<(&'static str, &'static str)>,
}

/// Where a schema comes from.
pub(super) type SchemaOf = Box<dyn Fn(&mut SchemaGenerator) -> Schema>;

impl Answer {
    /// Without a body.
    pub(crate) const fn empty(status: StatusCode, description: &'static str) -> Self {
        Self { status, description, contents: Vec::new(), example: None, headers: Vec::new() }
    }

    /// JSON of this type.
    pub(crate) fn json<T: JsonSchema + 'static>(status: StatusCode, description: &'static str) -> Self {
        Self::empty(status, description).or::<T>("application/json")
    }

    /// This in another media type.
    pub(crate) fn of(status: StatusCode, description: &'static str, media_type: &'static str) -> Self {
        let mut answer = Self::empty(status, description);
        answer.contents.push((media_type, Box::new(|_| schemars::json_schema!({"type": "string"}))));
        answer
    }

    /// Or a body of this type, in this media type.
    pub(crate) fn or<T: JsonSchema + 'static>(mut self, media_type: &'static str) -> Self {
        self.contents.push((media_type, Box::new(SchemaGenerator::subschema_for::<T>)));
        self
    }

    /// Such as this, where the type has no example of its own.
    pub(crate) fn such_as(mut self, example: Value) -> Self {
        self.example = Some(example);
        self
    }

    /// With this header.
    pub(crate) fn with(mut self, header: &'static str, description: &'static str) -> Self {
        self.headers.push((header, description));
        self
    }

    /// With the cookies of a session.
    pub(crate) fn with_cookies(self) -> Self {
        self.with("Set-Cookie", "The cookies of the session, one in each line.")
    }
}
