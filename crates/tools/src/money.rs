//! `money.summary`: what incomes and expenses add up to.

use std::collections::BTreeMap;
use std::sync::Arc;

use autorisen_domain::chat::Tool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Offer, Unfit, function};

/// Incomes and expenses in one currency.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Money {
    /// What came in and went out.
    #[schemars(length(min = 1, max = 1000))]
    entries: Vec<Entry>,
}

/// One income or expense.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// What it was for, such as rent.
    #[schemars(length(min = 1, max = 40))]
    category: String,
    /// The amount in the smallest unit of the currency, such as cents; an expense is negative.
    amount: i64,
}

#[derive(Serialize)]
struct Summary {
    income: i64,
    expenses: i64,
    balance: i64,
    by_category: BTreeMap<String, i64>,
}

pub(crate) fn summary() -> Offer {
    let words = "Adds up incomes and expenses: in all, and by category. Amounts are in cents or the like.";
    Some(Arc::new(function("money.summary", words, sum_up)?) as Arc<dyn Tool>)
}

fn sum_up(money: Money) -> Result<Summary, Unfit> {
    if !(1..=1_000).contains(&money.entries.len()) {
        return Err("entries must be 1 to 1,000");
    }
    let mut summary = Summary { income: 0, expenses: 0, balance: 0, by_category: BTreeMap::new() };
    for Entry { category, amount } in money.entries {
        let category = category.trim().to_owned();
        if !(1..=40).contains(&category.chars().count()) {
            return Err("a category must have 1 to 40 characters");
        }
        let side = if amount < 0 { &mut summary.expenses } else { &mut summary.income };
        add(side, amount)?;
        add(&mut summary.balance, amount)?;
        add(summary.by_category.entry(category).or_default(), amount)?;
    }
    Ok(summary)
}

fn add(sum: &mut i64, amount: i64) -> Result<(), Unfit> {
    *sum = sum.checked_add(amount).ok_or("the amounts are too large")?;
    Ok(())
}
