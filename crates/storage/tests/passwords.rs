//! What replacing a password writes that no port reads back.

mod support;

use std::time::Duration;

use autorisen_domain::auth::{PasswordChange, PasswordHash, PasswordRepository, Session};
use autorisen_storage::SqlPasswords;
use autorisen_testkit::fixtures::{NOW, account, noted, session_for};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable};
use support::Place;

#[derive(QueryableByName)]
struct Changed {
    #[diesel(sql_type = Nullable<BigInt>)]
    password_changed_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    updated_at: i64,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_notes_when_it_came_and_an_upgrade_does_not() {
    for place in Place::both() {
        let test = place.migrated();
        let columns = || {
            let rows = test.place.load::<Changed>("SELECT password_changed_at, updated_at FROM users");
            (rows[0].password_changed_at, rows[0].updated_at)
        };
        let hash = |text: &str| PasswordHash::new(text.to_owned());
        let passwords = SqlPasswords::new(test.db.clone());
        let user = test.stores().add_user("ada@example.org").await;
        let made = NOW.micros();
        assert_eq!(columns(), (None, made));

        assert!(
            passwords.upgrade(user.id, &account(&user).hash, &hash("better"), &noted(NOW)).await.unwrap()
        );
        assert_eq!(columns(), (None, made), "it is the same password");

        let later = NOW.plus(Duration::from_secs(1));
        let session = Session { epoch: user.session_epoch + 1, created_at: later, ..session_for(&user) };
        let change = PasswordChange { hash: hash("new"), epoch: user.session_epoch, session };
        assert!(passwords.change(&change, &noted(NOW)).await.unwrap());
        assert_eq!(columns(), (Some(later.micros()), later.micros()));

        let latest = NOW.plus(Duration::from_secs(2));
        passwords.set(&user.email, &hash("newer"), &noted(latest)).await.unwrap().unwrap();
        assert_eq!(columns(), (Some(latest.micros()), latest.micros()));
        test.db.shutdown();
    }
}
