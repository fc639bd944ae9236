//! The components of a widget.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Badge, Block, Button, Caption, Chart, Checkbox, Col, DatePicker, Divider, Form, Icon, Image, Input,
    Label, ListViewItem, Markdown, RadioGroup, Row, Select, Spacer, Text, Textarea, Title, Transition,
};

/// A component: a part of a widget that is drawn.
///
/// What is not known is not lost. A known component keeps members that are not known
/// ([`Common::other`]); a component that is not known, or has a member whose value is not known, is
/// read as [`Component::Other`]. Both are written as they came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Component {
    /// A plain text.
    Text(Box<Text>),
    /// A heading.
    Title(Box<Title>),
    /// A small text beside something.
    Caption(Box<Caption>),
    /// A text in Markdown.
    Markdown(Box<Markdown>),
    /// A word that marks something.
    Badge(Box<Badge>),
    /// A container with a direction.
    Box(Box<Block>),
    /// A container whose children stand side by side.
    Row(Box<Row>),
    /// A container whose children stand below each other.
    Col(Box<Col>),
    /// A row of a `ListView`.
    ListViewItem(Box<ListViewItem>),
    /// A place whose component changes smoothly.
    Transition(Box<Transition>),
    /// A line between things.
    Divider(Box<Divider>),
    /// Room that pushes its neighbors apart.
    Spacer(Box<Spacer>),
    /// A small picture with a name.
    Icon(Box<Icon>),
    /// A picture.
    Image(Box<Image>),
    /// A chart.
    Chart(Box<Chart>),
    /// A button.
    Button(Box<Button>),
    /// A container whose fields are sent together.
    Form(Box<Form>),
    /// A field for a line of text.
    Input(Box<Input>),
    /// A field for several lines of text.
    Textarea(Box<Textarea>),
    /// A field that is on or off.
    Checkbox(Box<Checkbox>),
    /// A field with a list to choose from.
    Select(Box<Select>),
    /// A field with all its options in sight.
    RadioGroup(Box<RadioGroup>),
    /// A field for a day.
    DatePicker(Box<DatePicker>),
    /// What a field is called.
    Label(Box<Label>),
    /// A component that is passed through.
    #[serde(untagged)]
    Other(Map<String, Value>),
}

/// What every component has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Common {
    /// Its id, by which updates name it; unique in the widget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What it is recognised by among its siblings when they change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Members that this version does not know; they are passed through.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

macro_rules! components {
    ($($variant:ident($kind:ident)),+ $(,)?) => {
        $(
            impl From<$kind> for Component {
                fn from(component: $kind) -> Self {
                    Self::$variant(Box::new(component))
                }
            }

            impl $kind {
                /// The same with this id.
                #[must_use]
                pub fn with_id(mut self, id: impl Into<String>) -> Self {
                    self.common.id = Some(id.into());
                    self
                }
            }
        )+

        impl Component {
            /// What every component has; none for what is passed through.
            #[must_use]
            pub fn common(&self) -> Option<&Common> {
                match self {
                    $(Self::$variant(component) => Some(&component.common),)+
                    Self::Other(_) => None,
                }
            }

            /// Its id.
            #[must_use]
            pub fn id(&self) -> Option<&str> {
                match self {
                    Self::Other(members) => members.get("id").and_then(Value::as_str),
                    known => known.common()?.id.as_deref(),
                }
            }
        }
    };
}

components! {
    Text(Text), Title(Title), Caption(Caption), Markdown(Markdown), Badge(Badge), Box(Block), Row(Row),
    Col(Col), ListViewItem(ListViewItem), Transition(Transition), Divider(Divider), Spacer(Spacer),
    Icon(Icon), Image(Image), Chart(Chart), Button(Button), Form(Form), Input(Input), Textarea(Textarea),
    Checkbox(Checkbox), Select(Select), RadioGroup(RadioGroup), DatePicker(DatePicker), Label(Label),
}
