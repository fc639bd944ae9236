//! JSON schemas of the types that are written by hand.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::widget::Component;
use crate::{IconName, PageSize, Time, Widget};

macro_rules! schema {
    ($type:ty, $name:literal, $schema:expr) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

schema!(
    Time,
    "Time",
    json_schema!({
        "type": "string", "format": "date-time", "description": "A point in time, in UTC with microseconds.",
    })
);
schema!(
    IconName,
    "IconName",
    json_schema!({
        "type": "string", "description": "An icon that every client has, or one of the page's own after vendor:.",
        "examples": ["sparkle"],
    })
);
schema!(
    PageSize,
    "PageSize",
    json_schema!({
        "type": ["integer", "null"], "minimum": 1, "maximum": 100, "default": 20,
        "description": "How many rows a page has.",
    })
);
schema!(
    Widget,
    "Widget",
    json_schema!({
        "type": "object", "required": ["type"],
        "properties": {"type": {"type": "string", "examples": ["Card", "ListView", "Basic"]}},
        "description": "A tree of components under a root. What is not known is passed through.",
    })
);
schema!(
    Component,
    "Component",
    json_schema!({
        "type": "object", "required": ["type"], "properties": {"type": {"type": "string"}},
        "description": "A part of a widget. What is not known is passed through.",
    })
);
