//! The import from the system that was here before, from each database to each.
#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test a failure is a panic")]

mod support;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use autorisen_domain::audit::{AuditAction, AuditEntry};
use autorisen_domain::progress::{Progress, Silent};
use autorisen_storage::legacy::{
    Counts, Found, ImportError, ImportSummary, LegacyImport, LegacyUrl, SourceError,
};
use autorisen_storage::migrations;
use autorisen_testkit::fixtures::{NOW, context};
use autorisen_testkit::legacy::{Dialect, Expected, Generation, LegacyDatabase, user_id};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use support::Place;

const USERS: usize = 1_500;

/// Marks hashes as the server does.
fn adopt(hash: &str) -> Option<String> {
    (hash.len() == 60 || hash.len() == 64).then(|| format!("kept:{hash}"))
}

struct Move {
    from: Place,
    to: Place,
    database: LegacyDatabase,
}

impl Move {
    fn new(from: Place, to: Place, generation: Generation, users: usize, has_oddities: bool) -> Self {
        let dialect = match &from {
            Place::Sqlite(_) => Dialect::Sqlite,
            Place::Postgres(_) | Place::Pooled(_) => Dialect::Postgres,
        };
        let database = LegacyDatabase { dialect, generation, users, has_oddities };
        from.execute_all(database.statements());
        migrations::run(&to.direct_url()).unwrap();
        Self { from, to, database }
    }

    /// From each database to each.
    fn all(users: usize) -> [Self; 4] {
        let late = |from, to| Self::new(from, to, Generation::Late, users, true);
        [
            late(Place::sqlite(), Place::sqlite()),
            late(Place::postgres(), Place::postgres()),
            late(Place::sqlite(), Place::postgres()),
            late(Place::postgres(), Place::sqlite()),
        ]
    }

    fn import(&self) -> LegacyImport {
        LegacyImport {
            from: LegacyUrl::parse(&self.from.raw_url()).unwrap(),
            to: self.to.url(),
            adopt,
            now: NOW,
            entry: AuditEntry::new(&context(), NOW, AuditAction::Imported),
        }
    }

    fn run(&self) -> (ImportSummary, Vec<Found>) {
        self.run_telling(&mut Silent)
    }

    fn run_telling(&self, progress: &mut dyn Progress) -> (ImportSummary, Vec<Found>) {
        let mut found = Vec::new();
        let summary = self.import().run(progress, &mut |one| {
            found.push(one.clone());
            Ok(())
        });
        (summary.unwrap(), found)
    }

    fn dry_run(&self) -> (ImportSummary, Vec<Found>) {
        let mut found = Vec::new();
        let summary = self.import().dry_run(&mut Silent, &mut |one| {
            found.push(one.clone());
            Ok(())
        });
        (summary.unwrap(), found)
    }

    /// How many rows a table here has.
    fn count(&self, table: &str) -> i64 {
        count(&self.to, table)
    }

    /// Every row of every table here that an import writes.
    fn contents(&self) -> Vec<String> {
        let questions = [
            "SELECT id || email || first_name || last_name || company_name || password_hash || role || \
             CAST(session_epoch AS TEXT) || CAST(updated_at AS TEXT) || CAST(is_active AS TEXT) AS value FROM users",
            "SELECT user_id || profile || CAST(updated_at AS TEXT) AS value FROM user_profiles",
            "SELECT user_id || tasks || CAST(updated_at AS TEXT) AS value FROM onboarding_checklists",
            "SELECT thread_id || CAST(number AS TEXT) || body AS value FROM chat_items",
            "SELECT id || user_id || placement || CAST(last_number AS TEXT) AS value FROM chat_threads",
            "SELECT id || email AS value FROM login_history",
            "SELECT id || event_type || day AS value FROM analytics_events",
        ];
        let mut rows: Vec<_> = questions.iter().flat_map(|question| values(&self.to, question)).collect();
        rows.sort();
        rows
    }
}

#[derive(QueryableByName)]
struct Value {
    #[diesel(sql_type = Text)]
    value: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn values(place: &Place, question: &str) -> Vec<String> {
    place.load::<Value>(question).into_iter().map(|row| row.value).collect()
}

fn count(place: &Place, table: &str) -> i64 {
    place.load::<Count>(&format!("SELECT count(*) AS count FROM {table}"))[0].count
}

fn of(summary: &ImportSummary, table: &str) -> Counts {
    summary.tables.iter().find(|it| it.table == table).unwrap().counts
}

/// What was found, without the ids of other rows.
fn shape(found: &[Found]) -> BTreeSet<(String, String, Option<String>, String, String)> {
    let of =
        |it: &Found| (it.table.clone(), it.row.clone(), it.field.clone(), it.kind.clone(), it.fate.clone());
    found.iter().map(of).collect()
}

fn expected(expected: Vec<Expected>) -> BTreeSet<(String, String, Option<String>, String, String)> {
    expected
        .into_iter()
        .map(|(table, row, field, kind, fate)| {
            (table.to_owned(), row, field.map(str::to_owned), kind.to_owned(), fate.to_owned())
        })
        .collect()
}

#[test]
fn each_oddity_is_told_once_the_counts_add_up_and_a_dry_run_says_the_same_and_writes_nothing() {
    for it in Move::all(USERS) {
        let (dry, would_find) = it.dry_run();
        assert!(dry.is_dry);
        for table in ["users", "chat_items", "legacy_import_steps", "legacy_import_findings", "audit_log"] {
            assert_eq!(it.count(table), 0, "a dry run writes nothing to {table}");
        }

        let (summary, found) = it.run();
        assert_eq!(shape(&found), expected(it.database.expected()), "{:?}", it.database.dialect);
        assert_eq!(found.len(), shape(&found).len(), "each is told once");
        assert_eq!(would_find, found);
        assert_eq!((&dry.tables, &dry.findings), (&summary.tables, &summary.findings));
        assert_eq!(dry.not_brought, summary.not_brought);

        for table in &summary.tables {
            assert!(table.exists && table.counts.add_up(), "{table:?}");
            assert_eq!(table.counts.read, count(&it.from, table.table).unsigned_abs(), "{table:?}");
            let told = found.iter().filter(|one| one.table == table.table && one.fate == "left_out").count();
            assert_eq!(table.counts.left_out, told as u64, "what is left out is told: {table:?}");
        }
        for (ours, theirs) in [
            ("users", "users"),
            ("user_profiles", "user_profiles"),
            ("login_history", "login_audits"),
            ("analytics_events", "analytics_events"),
            ("chat_threads", "app_chat_threads"),
            ("chat_items", "app_chat_events"),
            ("onboarding_checklists", "onboarding_checklists"),
        ] {
            assert_eq!(it.count(ours).unsigned_abs(), of(&summary, theirs).brought, "{ours}");
        }
        assert_eq!(of(&summary, "users").there, 0);
        assert_eq!(of(&summary, "credentials").there, USERS as u64, "the same passwords again");
        let sessions = summary.not_brought.iter().find(|(name, ..)| name == "sessions").unwrap();
        assert_eq!((sessions.1, sessions.2), (Some(USERS as u64), Some("users sign in again")));
        assert_eq!(values(&it.to, "SELECT action AS value FROM audit_log"), ["legacy.imported"]);
    }
}

#[test]
fn a_second_run_changes_nothing_and_tells_what_is_still_left_out() {
    for it in Move::all(USERS) {
        let (first, found) = it.run();
        let contents = it.contents();
        let (second, again) = it.run();
        assert_eq!(it.contents(), contents);
        assert!(!second.was_resumed);
        let (before, after) = (first.total(), second.total());
        assert_eq!((after.brought, after.updated), (0, 0));
        assert_eq!((after.read, after.left_out), (before.read, before.left_out));
        let left: Vec<_> = found.into_iter().filter(|one| one.fate == "left_out").collect();
        assert_eq!(shape(&again), shape(&left));
        assert_eq!(it.count("audit_log"), 1, "nothing was written, so the audit says nothing");
        assert_eq!(it.dry_run().0.tables, second.tables);
    }
}

#[test]
fn what_is_brought_is_what_was_there() {
    for it in Move::all(20) {
        it.run();
        let account = |number: usize, what: &str| {
            values(&it.to, &format!("SELECT {what} AS value FROM users WHERE id = '{}'", user_id(number)))
                .remove(0)
        };
        assert_eq!(account(7, "email"), "user7@example.org");
        assert_eq!(account(7, "last_name"), "Example 7");
        assert_eq!(account(7, "company_name"), "Example & Söhne");
        assert_eq!(account(6, "role"), "Developer");
        assert_eq!(account(7, "CAST(session_epoch AS TEXT)"), "3");
        // 2025-01-01 00:07:00.123456, and two minutes later.
        assert_eq!(account(7, "CAST(created_at AS TEXT)"), "1735690020123456");
        assert_eq!(account(6, "CAST(last_login_at AS TEXT)"), "1735690500123456");
        assert!(account(3, "password_hash").starts_with("kept:AAEC"));
        let profile = format!("SELECT profile AS value FROM user_profiles WHERE user_id = '{}'", user_id(7));
        assert!(values(&it.to, &profile)[0].contains("\"energy\""));
        let days = values(&it.to, "SELECT DISTINCT day AS value FROM analytics_events");
        assert_eq!(days, ["2025-01-01"]);
        let lists = values(&it.to, "SELECT thread_id AS value FROM onboarding_checklists ORDER BY 1 LIMIT 1");
        assert_eq!(lists, ["ui-onboarding"]);
    }
}

#[test]
fn of_accounts_with_one_address_the_one_in_use_gets_it_and_nobody_gets_into_the_others() {
    for it in Move::all(1) {
        let (_, found) = it.run();
        let twins = values(
            &it.to,
            "SELECT id AS value FROM users WHERE email = 'twin@example.org' AND CAST(is_active AS TEXT) IN ('1', 'true')",
        );
        assert_eq!(twins, ["0dd00000-0000-4000-8000-000000000002"]);
        let others: Vec<_> =
            found.iter().filter(|one| one.kind == "colliding_address").map(|one| one.other.clone()).collect();
        assert_eq!(others, [Some(twins[0].clone()), Some(twins[0].clone())]);
        let aside = "SELECT email AS value FROM users WHERE email LIKE '%@set-aside.invalid' \
                     AND CAST(is_active AS TEXT) IN ('0', 'false')";
        assert_eq!(values(&it.to, aside).len(), 6, "two that lost theirs, four that had none");
    }
}

/// Breaks off after so many pages, as if the process had died.
struct Dies(usize);

impl Progress for Dies {
    fn at(&mut self, _: &str, _: u64, _: u64) {
        self.0 = self.0.checked_sub(1).unwrap_or_else(|| panic!("killed"));
    }
}

#[test]
fn a_run_that_was_killed_goes_on_where_it_was_and_says_the_same_in_the_end() {
    for it in Move::all(USERS) {
        let (dry, would_find) = it.dry_run();
        let mut pages = 0;
        let mut deaths = 0;
        let summary = loop {
            pages += 1;
            let tried = catch_unwind(AssertUnwindSafe(|| it.run_telling(&mut Dies(1 + pages % 3))));
            match tried {
                Ok(done) => break done,
                Err(_) => deaths += 1,
            }
            assert!(deaths < 100, "it never ends");
        };
        assert!(deaths > 3 && summary.0.was_resumed, "{deaths}");
        assert_eq!((&summary.0.tables, &summary.1), (&dry.tables, &would_find));
        let (again, _) = it.run();
        assert!(!again.was_resumed);
        assert_eq!((again.total().brought, again.total().updated), (0, 0));
    }
}

#[test]
fn a_later_run_brings_what_is_new_there_and_undoes_nothing_that_was_done_here() {
    for it in Move::all(20) {
        it.run();
        let [changed, both, here, gone] = [1, 2, 3, 5].map(user_id);
        let [talk, silent, removed] = [4, 8, 12].map(autorisen_testkit::legacy::thread_of);
        let removed_here = removed.replace('-', "");
        it.from.execute(&format!(
            "UPDATE users SET is_active = (1 = 0), last_name = 'Later' WHERE id IN ('{changed}', '{both}', '{gone}'); \
             UPDATE user_profiles SET profile = '{{\"new\":1}}' WHERE user_id = '{changed}'; \
             UPDATE onboarding_checklists SET tasks = '{{\"t\":{{\"done\":true}}}}' WHERE user_id = '{}'; \
             INSERT INTO app_chat_events (id, thread_id, role, content, created_at) VALUES \
             ('late-1', '{talk}', 'user', 'And now?', '2026-02-01 00:00:00'), \
             ('late-2', '{removed}', 'user', 'And now?', '2026-02-01 00:00:00'), \
             ('early', '{talk}', 'user', 'Before.', '2020-02-01 00:00:00')",
            user_id(5),
        ));
        it.to.execute(&format!(
            "UPDATE users SET password_hash = 'upgraded', updated_at = updated_at + 1 WHERE id IN ('{both}', '{here}'); \
             DELETE FROM users WHERE id = '{gone}'; \
             DELETE FROM chat_items WHERE thread_id = 'thr_{}' AND number = 2; \
             DELETE FROM chat_items WHERE thread_id = 'thr_{removed_here}'; \
             DELETE FROM chat_threads WHERE id = 'thr_{removed_here}'",
            silent.replace('-', ""),
        ));
        let (dry, would_find) = it.dry_run();
        let (summary, found) = it.run();
        assert_eq!((&dry.tables, &would_find), (&summary.tables, &found));
        assert_eq!((of(&summary, "users").brought, of(&summary, "users").updated), (0, 2));
        let row = |id: &str, what: &str| {
            values(&it.to, &format!("SELECT {what} AS value FROM users WHERE id = '{id}'"))
        };
        assert_eq!(row(&changed, "last_name"), ["Later"]);
        assert_eq!(row(&changed, "CAST(session_epoch AS TEXT)"), ["3"], "its sessions ended");
        assert_eq!(row(&both, "password_hash || last_name"), ["upgradedExample 2"]);
        let is_out = |id: &str| ["0", "false"].contains(&&*row(id, "CAST(is_active AS TEXT)")[0]);
        assert!(is_out(&changed) && is_out(&both), "shut out there, shut out here, whatever changed here");
        it.to.execute(&format!("UPDATE users SET is_active = (1 = 1) WHERE id = '{both}'"));
        assert_eq!(of(&it.run().0, "users").updated, 0, "once: an operator may let them in again");
        assert!(!is_out(&both));
        assert_eq!(row(&here, "password_hash"), ["upgraded"]);
        assert_eq!(row(&gone, "id"), [""; 0], "who is gone stays gone");

        assert_eq!(of(&summary, "user_profiles").updated, 1);
        let said = |thread: &str| {
            let thread = thread.replace('-', "");
            let items = format!(
                "SELECT item_id AS value FROM chat_items WHERE thread_id = 'thr_{thread}' ORDER BY number"
            );
            values(&it.to, &items)
        };
        assert_eq!((said(&talk).len(), said(&talk)[4].as_str()), (5, "late-1"));
        assert_eq!(said(&silent).len(), 3, "what was removed stays removed");
        assert_eq!(said(&removed), [""; 0]);
        let kept: BTreeSet<_> =
            found.iter().filter(|one| one.fate == "kept_here").map(|one| one.row.clone()).collect();
        for row in [&both, &gone, &removed, "late-2", "early"] {
            assert!(kept.contains(row), "{row} {kept:?}");
        }
        assert!(!kept.contains(&here), "nothing changed there");
    }
}

#[test]
fn a_copy_of_the_first_generation_is_read_with_the_names_that_it_has() {
    for (from, to) in [(Place::sqlite(), Place::sqlite()), (Place::postgres(), Place::postgres())] {
        let it = Move::new(from, to, Generation::Early, 40, false);
        let (summary, found) = it.run();
        assert_eq!(found, []);
        for table in &summary.tables {
            let is_missing = ["roles", "user_roles", "onboarding_checklists"].contains(&table.table);
            assert_eq!(table.exists, !is_missing, "{table:?}");
        }
        assert_eq!(of(&summary, "app_chat_events").brought, 40);
        let bodies =
            values(&it.to, "SELECT body AS value FROM chat_items WHERE body LIKE '%support.ticket%'");
        assert!(bodies.len() == 10 && bodies.iter().all(|body| body.contains("T-1")), "{bodies:?}");
    }
}

#[test]
fn the_addresses_of_postgresql_without_case_and_ids_of_its_own_type_are_read() {
    let it = Move::new(Place::postgres(), Place::sqlite(), Generation::Late, 30, false);
    it.from.execute(
        "SELECT pg_advisory_xact_lock(7); CREATE EXTENSION IF NOT EXISTS citext SCHEMA pg_catalog; \
         ALTER TABLE users ALTER COLUMN email TYPE citext; \
         UPDATE users SET email = 'USER7@Example.org' WHERE email = 'user7@example.org'; \
         ALTER TABLE login_audits ALTER COLUMN id TYPE uuid USING id::uuid;",
    );
    let (summary, found) = it.run();
    assert_eq!(
        (of(&summary, "users").brought, of(&summary, "login_audits").brought, found),
        (30, 15, vec![])
    );
    assert_eq!(values(&it.to, "SELECT email AS value FROM users WHERE email = 'user7@example.org'").len(), 1);
}

#[test]
fn an_import_works_behind_a_pooler_on_both_sides() {
    let it = Move::new(Place::pooled(), Place::pooled(), Generation::Late, 40, true);
    let (dry, would_find) = it.dry_run();
    let (summary, found) = it.run();
    assert_eq!((&dry.tables, &would_find), (&summary.tables, &found));
    assert_eq!(shape(&found), expected(it.database.expected()));
}

#[test]
fn the_old_database_is_not_touched() {
    let it = Move::new(Place::sqlite(), Place::sqlite(), Generation::Late, 30, true);
    let path = it.from.url().file().unwrap().to_owned();
    let before = std::fs::read(&path).unwrap();
    it.dry_run();
    it.run();
    assert!(std::fs::read(&path).unwrap() == before);
}

#[test]
fn nor_is_an_old_postgresql() {
    let it = Move::new(Place::postgres(), Place::sqlite(), Generation::Late, 30, true);
    let tables = values(
        &it.from,
        "SELECT table_name::text AS value FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1",
    );
    // With the number of the transaction that wrote a row last: whoever writes the same is found too.
    let look = || -> Vec<String> {
        let rows = |table: &String| {
            values(&it.from, &format!("SELECT t.xmin::text || t::text AS value FROM {table} t ORDER BY 1"))
        };
        tables.iter().flat_map(rows).collect()
    };
    let before = look();
    assert!(before.len() > 100, "{tables:?}");
    it.dry_run();
    it.run();
    assert!(look() == before);
}

#[test]
fn what_is_not_the_old_system_is_refused_with_what_it_lacks() {
    let refused = |from: &Place, to: &Place| {
        let import = LegacyImport {
            from: LegacyUrl::parse(&from.raw_url()).unwrap(),
            to: to.url(),
            adopt,
            now: NOW,
            entry: AuditEntry::new(&context(), NOW, AuditAction::Imported),
        };
        [import.run(&mut Silent, &mut |_| Ok(())), import.dry_run(&mut Silent, &mut |_| Ok(()))]
            .map(|refused| refused.unwrap_err())
    };
    let target = Place::sqlite();
    migrations::run(&target.url()).unwrap();
    let nothing = Place::sqlite();
    for error in refused(&nothing, &target) {
        assert!(matches!(&error, ImportError::Source(SourceError::NoFile(_))), "{error}");
    }
    assert!(!nothing.url().file().unwrap().exists(), "none is made");
    let ours = Place::postgres();
    migrations::run(&ours.url()).unwrap();
    for error in refused(&ours, &target) {
        assert!(error.to_string().ends_with("table users has no hashed_password"), "{error}");
    }
    for error in refused(&Place::postgres(), &target) {
        assert!(error.to_string().ends_with("there is no table users"), "{error}");
    }
}

#[test]
fn a_database_that_lacks_tables_is_refused_with_their_names() {
    let it = Move::new(Place::sqlite(), Place::sqlite(), Generation::Late, 1, false);
    for to in Place::both() {
        migrations::run(&to.url()).unwrap();
        migrations::revert(&to.url(), false).unwrap();
        let import = LegacyImport { to: to.url(), ..it.import() };
        let tell = &mut |_: &Found| Ok(());
        for refused in [import.run(&mut Silent, tell), import.dry_run(&mut Silent, tell)] {
            assert!(matches!(&refused, Err(ImportError::Tables(names)) if names.len() == 1), "{refused:?}");
        }
    }
}

#[test]
fn a_dry_run_needs_no_tables_here_and_makes_none() {
    let it = Move::new(Place::sqlite(), Place::sqlite(), Generation::Late, 30, true);
    let (summary, _) = it.run();
    for to in Place::both() {
        let import = LegacyImport { to: to.url(), ..it.import() };
        let dry = import.dry_run(&mut Silent, &mut |_| Ok(())).unwrap();
        assert_eq!(dry.tables, summary.tables);
        if let Some(path) = to.url().file() {
            assert!(!path.exists());
        }
    }
}

/// A million users in the long form, which says how long it took.
#[test]
fn a_large_database_is_brought_over_with_progress() {
    /// Remembers how far each table has come.
    #[derive(Default)]
    struct Told(Vec<(String, u64, u64)>);

    impl Progress for Told {
        fn at(&mut self, what: &str, done: u64, total: u64) {
            match self.0.last_mut().filter(|last| last.0 == what) {
                Some(last) => {
                    assert!(done > last.1 && total == last.2, "{what} {done} of {total}");
                    last.1 = done;
                }
                None => self.0.push((what.to_owned(), done, total)),
            }
        }
    }

    let users = if support::is_long() { 1_000_000 } else { 5_000 };
    for (from, to) in [(Place::sqlite(), Place::sqlite()), (Place::postgres(), Place::postgres())] {
        let it = Move::new(from, to, Generation::Late, users, false);
        let (kind, begun) = (it.to.url().kind(), Instant::now());
        let mut told = Told::default();
        let (summary, found) = it.run_telling(&mut told);
        println!("{users} users, {} rows on {kind:?} in {:?}", summary.total().read, begun.elapsed());
        assert_eq!((of(&summary, "users").brought, found.len()), (users as u64, 0));
        assert_eq!(told.0.len(), summary.tables.len());
        assert!(told.0.iter().all(|(_, done, total)| done == total), "{told:?}", told = told.0);
        let begun = Instant::now();
        assert_eq!(it.run().0.total().brought, 0);
        println!("again in {:?}", begun.elapsed());
    }
}
