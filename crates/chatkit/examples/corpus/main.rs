//! Writes a value of every kind, small and full, for comparison with the models of `openai-chatkit`: one
//! JSON object a line, with the name of the model that is to read it, or with the words that a member
//! may be.
#![expect(clippy::unwrap_used, reason = "what is written here is valid")]

mod values;

use autorisen_chatkit::{IconName, widget};
use serde::Serialize;
use serde_json::json;

fn main() {
    print_all("ThreadItem", &values::items());
    print_all("Thread", &values::threads());
    print_all("Attachment", &values::attachments());
    print_all("Task", &values::tasks());
    print_all("ThreadItemUpdate", &values::updates());
    print_all("ThreadStreamEvent", &values::events());
    print_all("StrictWidgetComponent", &values::components());
    print_all("StrictWidgetRoot", &values::widgets());
    print_words();
}

fn print_all(model: &str, values: &[impl Serialize]) {
    for value in values {
        println!("{}", json!({"model": model, "json": serde_json::to_value(value).unwrap()}));
    }
}

/// What each member may be that is one of a few words.
fn print_words() {
    let of_widgets = ["Icon.name", "Button.iconStart", "Button.iconEnd", "WidgetStatusWithIcon.icon"];
    words(&of_widgets, IconName::NAMES);
    let others = ["CustomTask.icon", "CustomSummary.icon", "EntitySource.icon", "ProgressUpdateEvent.icon"];
    words(&others, IconName::NAMES);
    words(
        &["Box.align", "Row.align", "Col.align", "Form.align", "ListViewItem.align"],
        widget::Alignment::ALL,
    );
    words(&["Box.justify", "Row.justify", "Col.justify", "Form.justify"], widget::Justification::ALL);
    words(&["Box.wrap", "Row.wrap", "Col.wrap", "Form.wrap"], widget::Wrap::ALL);
    words(&["Box.direction", "Form.direction", "RadioGroup.direction"], widget::Direction::ALL);
    words(&["Box.radius", "Row.radius", "Col.radius", "Form.radius", "Image.radius"], widget::Radius::ALL);
    words(&["Border.style"], widget::LineStyle::ALL);
    words(&["Card.theme", "ListView.theme"], widget::Theme::ALL);
    words(&["Card.size"], widget::CardSize::ALL);
    words(&["Text.weight", "Title.weight", "Caption.weight", "Label.weight"], widget::Weight::ALL);
    words(
        &["Text.textAlign", "Title.textAlign", "Caption.textAlign", "Label.textAlign", "DatePicker.align"],
        widget::TextAlign::ALL,
    );
    words(&["Text.size", "Label.size"], widget::TextSize::ALL);
    words(&["Title.size"], widget::TitleSize::ALL);
    words(&["Caption.size"], widget::CaptionSize::ALL);
    words(&["Badge.color"], widget::BadgeColor::ALL);
    words(&["Badge.variant"], widget::BadgeVariant::ALL);
    words(&["Badge.size"], widget::BadgeSize::ALL);
    words(&["Icon.size"], widget::IconSize::ALL);
    words(&["Image.fit"], widget::ImageFit::ALL);
    words(&["Image.position"], widget::ImagePosition::ALL);
    words(&["Button.style"], widget::ButtonStyle::ALL);
    words(&["Button.iconSize"], widget::ButtonIconSize::ALL);
    words(&["Button.color"], widget::ButtonColor::ALL);
    words(&["Button.variant", "Select.variant", "DatePicker.variant"], widget::ControlVariant::ALL);
    words(
        &["Button.size", "Select.size", "DatePicker.size", "Input.size", "Textarea.size"],
        widget::ControlSize::ALL,
    );
    words(&["Input.variant", "Textarea.variant"], widget::FieldVariant::ALL);
    words(&["Input.gutterSize", "Textarea.gutterSize"], widget::GutterSize::ALL);
    words(&["Input.inputType"], widget::InputType::ALL);
    words(&["DatePicker.side"], widget::Side::ALL);
    words(&["AreaSeries.curveType", "LineSeries.curveType"], widget::Curve::ALL);
    words(&["ActionConfig.handler"], widget::Handler::ALL);
    words(&["ActionConfig.loadingBehavior"], widget::LoadingBehavior::ALL);
}

fn words(members: &[&str], words: &[impl Serialize]) {
    for member in members {
        println!("{}", json!({"member": member, "words": words}));
    }
}
