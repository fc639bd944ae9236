//! `onboarding.plan` and `onboarding.checklist`: the way from a new account to a working chat.

use std::sync::Arc;

use autorisen_domain::chat::Tool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Offer, Unfit, function};

/// The steps in their order.
const STEPS: [Step; 5] = [
    Step { id: "profile", label: "Complete your profile", minutes: 5, for_developers: false },
    Step { id: "security", label: "Check your signed-in devices", minutes: 5, for_developers: false },
    Step { id: "first_chat", label: "Ask your first question", minutes: 10, for_developers: false },
    Step {
        id: "chat_provider",
        label: "Connect your front end to the chat",
        minutes: 30,
        for_developers: true,
    },
    Step { id: "tools", label: "Add a tool of your own", minutes: 45, for_developers: true },
];

struct Step {
    id: &'static str,
    label: &'static str,
    minutes: u32,
    for_developers: bool,
}

/// What kind of account it is.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Audience {
    /// Somebody who chats.
    #[default]
    Customer,
    /// Somebody who builds on it.
    Developer,
}

/// What is planned for.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Plan {
    /// What kind of account it is; a customer's when it is not said.
    #[serde(default)]
    role: Audience,
    /// How many minutes a day there are; 30 when it is not said.
    #[schemars(range(min = 1, max = 480))]
    minutes_per_day: Option<u32>,
}

#[derive(Serialize)]
struct Planned {
    steps: Vec<PlannedStep>,
    total_minutes: u32,
    days: u32,
}

#[derive(Serialize)]
struct PlannedStep {
    id: &'static str,
    label: &'static str,
    minutes: u32,
    day: u32,
}

/// What is done already.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Checklist {
    /// What kind of account it is; a customer's when it is not said.
    #[serde(default)]
    role: Audience,
    /// The ids of the steps that are done.
    #[serde(default)]
    #[schemars(length(max = 5))]
    done: Vec<String>,
}

#[derive(Serialize)]
struct Checked {
    tasks: Vec<Task>,
    summary: Summary,
}

#[derive(Serialize)]
struct Task {
    id: &'static str,
    label: &'static str,
    done: bool,
}

#[derive(Serialize)]
struct Summary {
    completed: usize,
    total: usize,
}

pub(crate) fn plan() -> Offer {
    let words = "Spreads the steps of getting started over days, by the time that the user has.";
    Some(Arc::new(function("onboarding.plan", words, make_plan)?) as Arc<dyn Tool>)
}

pub(crate) fn checklist() -> Offer {
    let words = "Lists the steps of getting started, and which of them are done.";
    Some(Arc::new(function("onboarding.checklist", words, check)?) as Arc<dyn Tool>)
}

fn steps(role: Audience) -> impl Iterator<Item = &'static Step> {
    STEPS.iter().filter(move |step| role == Audience::Developer || !step.for_developers)
}

/// A step begins on the day that has time left, and may take longer than that day.
fn make_plan(plan: Plan) -> Result<Planned, Unfit> {
    let budget = plan.minutes_per_day.unwrap_or(30);
    if !(1..=480).contains(&budget) {
        return Err("minutes_per_day must be 1 to 480");
    }
    let mut spent = 0;
    let steps: Vec<PlannedStep> = steps(plan.role)
        .map(|step| {
            let day = spent / budget + 1;
            spent += step.minutes;
            PlannedStep { id: step.id, label: step.label, minutes: step.minutes, day }
        })
        .collect();
    Ok(Planned { steps, total_minutes: spent, days: spent.div_ceil(budget) })
}

fn check(checklist: Checklist) -> Result<Checked, Unfit> {
    let Checklist { role, done } = checklist;
    if done.iter().any(|id| steps(role).all(|step| step.id != id)) {
        return Err("done must name steps of the list");
    }
    let tasks: Vec<Task> = steps(role)
        .map(|step| Task { id: step.id, label: step.label, done: done.iter().any(|id| id == step.id) })
        .collect();
    let summary = Summary { completed: tasks.iter().filter(|task| task.done).count(), total: tasks.len() };
    Ok(Checked { tasks, summary })
}
