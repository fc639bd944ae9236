//! `cargo xtask timing`: whether the time, or anything else, of an answer tells who has an account.

mod answers;
mod background;
mod class;
mod comparison;
mod finding;
mod measure;
mod options;
mod order;
mod question;
mod report;
mod request;
mod spans;
mod verdict;

use std::path::Path;

pub(crate) use self::options::Options;

use self::finding::Finding;
use self::order::Random;
use self::question::{Extent, Question};
use self::report::Part;
use self::verdict::Bar;
use crate::failure::Failure;
use crate::rig::{self, Keeper, Machine, document, own_postgres, say, unix_seconds};

const FULL: Extent = Extent { cost: 4, idle: 20_000, loaded: 2_500, pbkdf2: 3_000, real: 200 };
const QUICK: Extent = Extent { cost: 4, idle: 500, loaded: 300, pbkdf2: 200, real: 0 };

/// Measures, prints, and, when all was measured on a binary that was built here, writes it down. Fails
/// when something can be told.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if cfg!(debug_assertions) {
        return Err(rig::start_over_optimized("timing", &options.arguments()?));
    }
    let (extent, bar) = extent(options);
    let binary = rig::binary(options.common.binary.as_deref())?;
    let seed = options.seed.unwrap_or_else(unix_seconds);
    say(&format!("seed {seed}"));
    let mut random = Random::new(seed);

    // It goes when this does, after the servers that use it.
    let postgres = own_postgres()?;
    let ask = |extent| {
        let mut questions = Question::all(extent);
        questions.retain(|question| options.only.as_ref().is_none_or(|only| question.name.contains(only)));
        questions
    };
    let mut parts = database("SQLite", &binary, "sqlite://timing.db", ask(extent), bar, &mut random)?;
    if let Some(postgres) = &postgres {
        // What takes long is hashing, which knows no database.
        let questions = ask(Extent { real: 0, ..extent });
        parts.extend(database("PostgreSQL", &binary, postgres.url(), questions, bar, &mut random)?);
    }

    if parts.is_empty() {
        return Err(Failure::new("no question has such a name"));
    }
    let section = report::section(&Machine::this(), seed, &parts);
    if options.is_full() && postgres.is_some() {
        document::write("timing", &section)?;
        say(&format!("Written to {}.", document::PATH));
    } else {
        say(&format!("\n{section}"));
    }
    judge(&parts)
}

fn extent(options: &Options) -> (Extent, Bar) {
    let (mut extent, bar) = if options.common.quick { (QUICK, Bar::WIDE) } else { (FULL, Bar::PROMISED) };
    if let Some(cost) = options.cost {
        extent.cost = cost;
    }
    if let Some(samples) = options.samples {
        // The others keep their share.
        let share = |part: usize| (part * samples / extent.idle).max(2);
        extent = Extent {
            idle: samples,
            loaded: share(extent.loaded),
            pbkdf2: share(extent.pbkdf2),
            real: if extent.real == 0 { 0 } else { share(extent.real) },
            ..extent
        };
    }
    (extent, bar)
}

/// Everything on one database.
fn database(
    name: &'static str,
    binary: &Path,
    url: &str,
    questions: Vec<Question>,
    bar: Bar,
    random: &mut Random,
) -> Result<Vec<Part>, Failure> {
    say(&format!("{name}: making accounts"));
    let mut keeper = Keeper::open(binary, url)?;
    make_accounts(&mut keeper, &questions)?;
    let mut parts = Vec::new();
    for question in questions {
        let mut findings = Vec::new();
        for &(load, samples) in &question.loads {
            say(&format!("{name}: {}, {}", question.name, load.name()));
            let measured = measure::measure(&mut keeper, &question, (load, samples), random)?;
            let finding = Finding::of(&question, load, measured, bar);
            findings.push(finding.ok_or_else(|| Failure::new("too little was measured"))?);
        }
        let part = Part { database: name, question, findings };
        say(&format!("\n{}", report::of_part(&part)));
        parts.push(part);
    }
    Ok(parts)
}

/// Accounts of every class and cost, made by a server that takes registrations.
fn make_accounts(keeper: &mut Keeper, questions: &[Question]) -> Result<(), Failure> {
    let mut made = Vec::new();
    for question in questions {
        let cost = question.cost.to_string();
        keeper.start(&[
            ("AUTORISEN__AUTH__BCRYPT_COST", &cost),
            ("AUTORISEN__AUTH__PBKDF2_HASHES", "false"),
            ("RATE_LIMIT_PER_MIN", "0"),
            ("LOG_LEVEL", "warn"),
        ])?;
        for class in question.classes.iter().map(|class| class.accounts()) {
            if !made.contains(&(class, question.cost)) {
                class::make(class, question.cost, keeper)?;
                made.push((class, question.cost));
            }
        }
        keeper.stop()?;
    }
    Ok(())
}

/// Fails where something can be told, and says what.
fn judge(parts: &[Part]) -> Result<(), Failure> {
    let mut missed = Vec::new();
    for part in parts {
        for finding in part.findings.iter().filter(|finding| !finding.is_fit(&part.question)) {
            missed.push(format!("{}, {}, {}", part.database, part.question.name, finding.load.name()));
            missed.extend(finding.example.clone());
        }
    }
    if missed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "answers can be told apart, or a control finds nothing:\n{}",
        missed.join("\n")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_samples_are_fewer_everywhere() {
        let options = Options::parse(&["--samples", "2000", "--cost", "5"]).unwrap();
        let (Extent { cost, idle, loaded, pbkdf2, real }, bar) = extent(&options);
        assert_eq!((cost, idle, loaded, pbkdf2, real), (5, 2_000, 250, 300, 20));
        assert_eq!(bar, Bar::PROMISED);
    }

    #[test]
    fn only_the_quick_form_has_a_wider_bar() {
        assert_eq!(extent(&Options::parse(&["--quick"]).unwrap()).1, Bar::WIDE);
        assert_eq!(extent(&Options::default()).1, Bar::PROMISED);
    }
}
