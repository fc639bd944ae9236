//! Widgets: trees of components that a client draws.
//!
//! A [`Widget`] is a root ([`Card`], [`ListView`] or [`Basic`]) with [`Component`]s in it. They are
//! plain structs: what a component needs is asked for by its `new`, the rest is set by name with
//! `..Text::new("…")`. What is not set is left out of the JSON. The names are those of the wire, but for
//! [`Block`], which is `Box` there.

mod action;
mod button;
mod chart;
mod choice;
mod component;
mod diff;
mod field;
mod layout;
mod media;
mod root;
mod style;
mod text;
mod tokens;
mod tree;

pub use action::ActionConfig;
pub use button::Button;
pub use chart::{Chart, Series, SeriesStyle, XAxis, XAxisConfig};
pub use choice::{Checkbox, DatePicker, RadioGroup, RadioOption, Select, SelectOption};
pub use component::{Common, Component};
pub use field::{Input, Label, Textarea};
pub use layout::{Block, Col, Divider, Form, Layout, ListViewItem, Row, Spacer, Transition};
pub use media::{Icon, Image};
pub use root::{Basic, Card, CardAction, Limit, ListView, NoWidget, Status, StatusSite, StatusText, Widget};
pub use style::{Border, Color, Edge, Length, Line, Sides, Spacing, ThemeColor};
pub use text::{Badge, Caption, Editable, EditableField, Fixed, Markdown, Text, Title};
pub use tokens::{
    Alignment, Automatic, BadgeColor, BadgeSize, BadgeVariant, ButtonColor, ButtonIconSize, ButtonStyle,
    CaptionSize, CardSize, ControlSize, ControlVariant, Curve, Direction, FieldVariant, GutterSize, Handler,
    IconSize, ImageFit, ImagePosition, InputType, Justification, LineStyle, LoadingBehavior, Radius, Side,
    TextAlign, TextSize, Theme, TitleSize, Weight, Wrap,
};
