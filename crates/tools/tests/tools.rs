//! What each tool takes, says and refuses.
#![expect(clippy::unwrap_used, reason = "in a test a failure is a panic")]

use autorisen_domain::auth::UserId;
use autorisen_domain::chat::{ThreadId, ThreadKey, ToolError, ToolName};
use autorisen_tools::all;
use serde_json::{Value, json};

const NAMES: [&str; 5] =
    ["energy.usage", "money.summary", "onboarding.checklist", "onboarding.plan", "support.ticket"];

async fn call(name: &str, input: Value) -> Result<Value, ToolError> {
    let key = ThreadKey { user: UserId::from_bytes([1; 16]), thread: ThreadId::from_bytes([2; 16]) };
    let input = input.as_object().unwrap().clone();
    all().find(&ToolName::parse(name).unwrap()).unwrap().call(key, input).await
}

#[test]
fn every_tool_of_the_existing_client_is_there_with_a_schema_that_needs_no_other_document() {
    for name in NAMES {
        let tools = all();
        let tool = tools.find(&ToolName::parse(name).unwrap()).unwrap();
        assert!(tool.description().ends_with('.'), "{name}");
        let schema = Value::Object(tool.schema().clone());
        assert_eq!(schema["type"], "object", "{name}: {schema}");
        assert_eq!(schema["additionalProperties"], false, "{name}: {schema}");
        let text = schema.to_string();
        assert!(!text.contains("$ref") && !text.contains("$schema"), "{name}: {text}");
    }
}

#[tokio::test]
async fn readings_add_up() {
    let readings =
        json!([{"period": "Mon", "kwh": 2.0}, {"period": "Tue", "kwh": 6.0}, {"period": "Wed", "kwh": 1.0}]);
    let said = call("energy.usage", json!({"readings": readings, "price_per_kwh": 0.5})).await.unwrap();
    assert_eq!(
        said,
        json!({
            "total_kwh": 9.0, "mean_kwh": 3.0, "cost": 4.5,
            "highest": {"period": "Tue", "kwh": 6.0}, "lowest": {"period": "Wed", "kwh": 1.0},
        })
    );
}

#[tokio::test]
async fn incomes_and_expenses_add_up() {
    let entries = json!([
        {"category": "pay", "amount": 300_000}, {"category": "rent", "amount": -90_000},
        {"category": "rent ", "amount": -1_000},
    ]);
    let said = call("money.summary", json!({ "entries": entries })).await.unwrap();
    assert_eq!(
        said,
        json!({
            "income": 300_000, "expenses": -91_000, "balance": 209_000,
            "by_category": {"pay": 300_000, "rent": -91_000},
        })
    );
}

#[tokio::test]
async fn a_plan_spreads_its_steps_over_days() {
    let said = call("onboarding.plan", json!({"role": "developer", "minutes_per_day": 20})).await.unwrap();
    assert_eq!((&said["total_minutes"], &said["days"]), (&json!(95), &json!(5)));
    let days: Vec<&Value> = said["steps"].as_array().unwrap().iter().map(|step| &step["day"]).collect();
    assert_eq!(days, [1, 1, 1, 2, 3], "a step begins where the one before it ended");
    let short = call("onboarding.plan", json!({})).await.unwrap();
    assert_eq!(short["steps"].as_array().unwrap().len(), 3, "a customer connects no front end");
}

#[tokio::test]
async fn a_checklist_counts_what_is_done() {
    let said = call("onboarding.checklist", json!({"done": ["profile", "profile"]})).await.unwrap();
    assert_eq!(said["summary"], json!({"completed": 1, "total": 3}));
    assert_eq!(said["tasks"][0], json!({"id": "profile", "label": "Complete your profile", "done": true}));
}

#[tokio::test]
async fn a_ticket_is_taken_down_trimmed() {
    let said = call("support.ticket", json!({"subject": " No \n light ", "description": " dark "})).await;
    let expected =
        json!({"status": "open", "subject": "No light", "description": "dark", "priority": "normal"});
    assert_eq!(said.unwrap(), expected);
}

#[tokio::test]
async fn an_input_that_does_not_fit_is_refused_without_being_repeated() {
    let many: Vec<Value> = (0..1_001).map(|_| json!({"category": "x", "amount": 1})).collect();
    let largest = json!([{"category": "x", "amount": i64::MAX}, {"category": "x", "amount": 1}]);
    for (name, input, words) in [
        ("support.ticket", json!({}), "it does not fit the schema"),
        ("support.ticket", json!({"subject": "CANARY", "description": 7}), "description does not fit"),
        (
            "support.ticket",
            json!({"subject": "CANARY", "description": "x", "CANARY": 1}),
            "not in the schema",
        ),
        ("support.ticket", json!({"subject": "x", "description": "x", "priority": "CANARY"}), "priority"),
        ("support.ticket", json!({"subject": " ", "description": "CANARY"}), "subject must have"),
        ("support.ticket", json!({"subject": "x", "description": "x".repeat(8_001)}), "description must"),
        ("energy.usage", json!({"readings": []}), "readings must be"),
        (
            "energy.usage",
            json!({"readings": [{"period": "CANARY", "kwh": "1"}]}),
            "readings[0].kwh does not fit",
        ),
        ("energy.usage", json!({"readings": [{"period": "CANARY", "kwh": -1}]}), "kwh must be"),
        ("energy.usage", json!({"readings": [{"period": "", "kwh": 1}]}), "a period must"),
        (
            "energy.usage",
            json!({"readings": [{"period": "x", "kwh": 1}], "price_per_kwh": -1}),
            "price_per_kwh",
        ),
        ("money.summary", json!({ "entries": many }), "entries must be"),
        ("money.summary", json!({ "entries": largest }), "too large"),
        ("money.summary", json!({"entries": [{"category": "CANARY", "amount": 1.5}]}), "entries[0].amount"),
        ("onboarding.plan", json!({"minutes_per_day": 0}), "minutes_per_day must"),
        ("onboarding.plan", json!({"role": "CANARY"}), "role does not fit"),
        ("onboarding.checklist", json!({"done": ["CANARY"]}), "done must name"),
        ("onboarding.checklist", json!({"done": ["tools"]}), "done must name"),
    ] {
        let refused = call(name, input.clone()).await;
        let Err(ToolError::Input(said)) = refused else { panic!("{name} {input}: {refused:?}") };
        assert!(said.contains(words), "{name} {input}: {said}");
        assert!(!said.contains("CANARY"), "{said}");
    }
}
