//! `energy.usage`: what readings of a meter add up to.

use std::sync::Arc;

use autorisen_domain::chat::Tool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Offer, Unfit, function};

/// Readings of one meter.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Usage {
    /// What was used in each period, in their order.
    #[schemars(length(min = 1, max = 1000))]
    readings: Vec<Reading>,
    /// The price of one kilowatt-hour, in whatever currency the user pays with.
    #[schemars(range(min = 0.0))]
    price_per_kwh: Option<f64>,
}

/// What was used in one period.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Reading {
    /// The period, such as 2026-01 or Monday.
    #[schemars(length(min = 1, max = 40))]
    period: String,
    /// Kilowatt-hours.
    #[schemars(range(min = 0.0))]
    kwh: f64,
}

#[derive(Serialize)]
struct Summary {
    total_kwh: f64,
    mean_kwh: f64,
    highest: Extreme,
    lowest: Extreme,
    cost: Option<f64>,
}

#[derive(Serialize)]
struct Extreme {
    period: String,
    kwh: f64,
}

pub(crate) fn usage() -> Offer {
    let words =
        "Adds up readings of an energy meter: total, mean, highest, lowest, and the cost for a price.";
    Some(Arc::new(function("energy.usage", words, sum_up)?) as Arc<dyn Tool>)
}

fn sum_up(usage: Usage) -> Result<Summary, Unfit> {
    let Usage { readings, price_per_kwh } = usage;
    if !(1..=1_000).contains(&readings.len()) {
        return Err("readings must be 1 to 1,000");
    }
    if readings.iter().any(|reading| !(0.0..=1e9).contains(&reading.kwh)) {
        return Err("kwh must be between 0 and 1,000,000,000");
    }
    if price_per_kwh.is_some_and(|price| !(0.0..=1e6).contains(&price)) {
        return Err("price_per_kwh must be between 0 and 1,000,000");
    }
    if readings.iter().any(|reading| !(1..=40).contains(&reading.period.chars().count())) {
        return Err("a period must have 1 to 40 characters");
    }
    let total_kwh: f64 = readings.iter().map(|reading| reading.kwh).sum();
    #[expect(clippy::cast_precision_loss, reason = "there are at most a thousand")]
    let mean_kwh = total_kwh / readings.len() as f64;
    let by_kwh = |a: &&Reading, b: &&Reading| a.kwh.total_cmp(&b.kwh);
    let extreme = |found: Option<&Reading>| {
        let found = found.ok_or("readings must be 1 to 1,000")?;
        Ok(Extreme { period: found.period.clone(), kwh: found.kwh })
    };
    Ok(Summary {
        total_kwh,
        mean_kwh,
        highest: extreme(readings.iter().max_by(by_kwh))?,
        lowest: extreme(readings.iter().min_by(by_kwh))?,
        cost: price_per_kwh.map(|price| price * total_kwh),
    })
}
