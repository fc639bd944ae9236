//! What administrators see and do, and what the audit gets of it.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use autorisen_domain::auth::{AccountChange, AddressPrefix, SessionId, SignedIn, UserId};
use autorisen_domain::supervision::{
    Administrator, EndTheirSessionError, NotAdministrator, SuperviseError, Supervision, UnknownAccount,
};
use autorisen_testkit::fixtures::{World, context, cookie_of, email};

const ROOT: &str = "root@example.org";
const ADA: &str = "ada@example.org";

async fn administrator(world: &World, signed_in: &SignedIn) -> Administrator {
    let principal = world.sessions.authenticate(cookie_of(signed_in)).await.unwrap();
    Administrator::of(&principal).unwrap()
}

/// What the audit got since it had `before` rows: what happened, to whom, by whom.
fn told(world: &World, before: usize) -> Vec<(String, Option<String>, Option<String>)> {
    let rows = world.store.audit_rows().into_iter().skip(before);
    rows.map(|row| (row.action, row.account, row.actor)).collect()
}

fn row(
    action: &str,
    account: Option<UserId>,
    by: &Administrator,
) -> (String, Option<String>, Option<String>) {
    (action.to_owned(), account.map(|account| account.to_string()), Some(by.id().to_string()))
}

#[tokio::test]
async fn nobody_is_an_administrator_unless_an_operator_said_so() {
    let world = World::new().await;
    let ada = world.register(ADA).await;
    let principal = world.sessions.authenticate(cookie_of(&ada)).await.unwrap();
    assert_eq!(Administrator::of(&principal), Err(NotAdministrator));

    for is_one in [true, false] {
        let before = world.login(ADA).await.unwrap();
        let change = AccountChange::SetAdministrator(is_one);
        world.administration.change(&context(), &email(ADA), change).await.unwrap().unwrap();
        assert!(!world.is_live(&before).await, "what was signed in before is not any more");
        let after = world.login(ADA).await.unwrap();
        let principal = world.sessions.authenticate(cookie_of(&after)).await.unwrap();
        assert_eq!(Administrator::of(&principal).is_ok(), is_one);
        let word = if is_one { "account.administrator_granted" } else { "account.administrator_revoked" };
        let rows = world.store.audit_rows();
        assert!(rows.iter().any(|row| row.action == word && row.account == Some(ada.user.id.to_string())));
    }
}

#[tokio::test]
async fn every_look_leaves_a_row_with_its_actor() {
    let world = World::new().await;
    let root = administrator(&world, &world.administrator(ROOT).await).await;
    let ada = world.register(ADA).await;
    let (ctx, id) = (context(), ada.user.id);
    let before = world.store.audit_rows().len();

    let prefix = AddressPrefix::parse("ada").unwrap();
    let page = world.supervision.accounts(&ctx, &root, &prefix, None).await.unwrap();
    assert_eq!((page.users, page.next), (vec![ada.user.clone()], None));
    assert_eq!(world.supervision.account(&ctx, &root, id).await.unwrap(), ada.user);
    let sessions = world.supervision.sessions(&ctx, &root, id).await.unwrap();
    assert_eq!(sessions.iter().map(|session| session.id).collect::<Vec<_>>(), [ada.session]);
    let audit = world.supervision.audit(&ctx, &root, Some(id), None).await.unwrap();
    let actions: Vec<&str> = audit.rows.iter().map(|row| row.action.as_str()).collect();
    let looks = ["administrator.looked.sessions", "administrator.looked.account", "account.registered"];
    assert_eq!((actions, audit.next), (looks.to_vec(), None), "who is looked at is told");
    world.supervision.audit(&ctx, &root, None, Some(2)).await.unwrap();

    let expected = [
        row("administrator.looked.accounts", None, &root),
        row("administrator.looked.account", Some(id), &root),
        row("administrator.looked.sessions", Some(id), &root),
        row("administrator.looked.audit", Some(id), &root),
        row("administrator.looked.audit", None, &root),
    ];
    assert_eq!(told(&world, before), expected);
}

#[tokio::test]
async fn every_act_takes_effect_at_once_and_leaves_a_row_with_its_actor() {
    let world = World::new().await;
    let root = administrator(&world, &world.administrator(ROOT).await).await;
    let (first, second) = (world.register(ADA).await, world.login(ADA).await.unwrap());
    let (ctx, id) = (context(), first.user.id);
    let before = world.store.audit_rows().len();

    world.supervision.end_session(&ctx, &root, id, first.session).await.unwrap();
    assert!(!world.is_live(&first).await && world.is_live(&second).await);
    world.supervision.end_sessions(&ctx, &root, id).await.unwrap();
    assert!(!world.is_live(&second).await);
    for is_active in [false, true] {
        let user = world.supervision.set_active(&ctx, &root, id, is_active).await.unwrap();
        assert_eq!((user.id, user.is_active), (id, is_active));
        assert_eq!(world.store.account(&email(ADA)).unwrap().0, user);
    }
    let expected = [
        row("session.ended.administrator", Some(id), &root),
        row("account.sessions_ended", Some(id), &root),
        row("account.disabled", Some(id), &root),
        row("account.enabled", Some(id), &root),
    ];
    assert_eq!(told(&world, before), expected);
}

#[tokio::test]
async fn nobody_shuts_out_the_account_that_they_ask_from() {
    let world = World::new().await;
    let signed_in = world.administrator(ROOT).await;
    let root = administrator(&world, &signed_in).await;
    let refused = world.supervision.set_active(&context(), &root, root.id(), false).await;
    assert!(matches!(refused, Err(SuperviseError::OwnAccount)), "{refused:?}");
    assert!(world.is_live(&signed_in).await);

    // Another administrator is an account like any other.
    let other = world.administrator(ADA).await;
    world.supervision.set_active(&context(), &root, other.user.id, false).await.unwrap();
    assert!(!world.is_live(&other).await);
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_leaves_no_row() {
    let world = World::new().await;
    let signed_in = world.administrator(ROOT).await;
    let root = administrator(&world, &signed_in).await;
    let (ada, grace) = (world.register(ADA).await, world.register("grace@example.org").await);
    let (ctx, nobody) = (context(), UserId::from_bytes([9; 16]));
    let before = world.store.audit_rows().len();

    let unknown = world.supervision.account(&ctx, &root, nobody).await;
    assert!(matches!(unknown, Err(UnknownAccount::NotFound)), "{unknown:?}");
    let unknown = world.supervision.sessions(&ctx, &root, nobody).await;
    assert!(matches!(unknown, Err(UnknownAccount::NotFound)), "{unknown:?}");
    let unknown = world.supervision.end_sessions(&ctx, &root, nobody).await;
    assert!(matches!(unknown, Err(UnknownAccount::NotFound)), "{unknown:?}");
    let unknown = world.supervision.set_active(&ctx, &root, nobody, true).await;
    assert!(matches!(unknown, Err(SuperviseError::NotFound)), "{unknown:?}");
    for session in [grace.session, SessionId::from_bytes([9; 16])] {
        let unknown = world.supervision.end_session(&ctx, &root, ada.user.id, session).await;
        assert!(matches!(unknown, Err(EndTheirSessionError::NotFound)), "{unknown:?}");
    }
    assert!(world.is_live(&grace).await, "a session of somebody else");
    assert_eq!(told(&world, before), []);
}

#[tokio::test]
async fn a_look_that_cannot_be_told_of_shows_nothing() {
    let world = World::new().await;
    let root = administrator(&world, &world.administrator(ROOT).await).await;
    let ada = world.register(ADA).await.user.id;
    world.store.break_down("append to audit");
    let ctx = context();
    assert!(world.supervision.accounts(&ctx, &root, &AddressPrefix::default(), None).await.is_err());
    assert!(world.supervision.account(&ctx, &root, ada).await.is_err());
    assert!(world.supervision.sessions(&ctx, &root, ada).await.is_err());
    assert!(world.supervision.audit(&ctx, &root, None, None).await.is_err());
}

#[tokio::test]
async fn the_audit_is_read_page_by_page() {
    let world = World::new().await;
    let root = administrator(&world, &world.administrator(ROOT).await).await;
    let ctx = context();
    for _ in 0..Supervision::ROWS {
        world.login("nobody@example.org").await.unwrap_err();
    }
    let all = world.store.audit_rows().len();
    let first = world.supervision.audit(&ctx, &root, None, None).await.unwrap();
    assert_eq!(first.rows.len(), Supervision::ROWS as usize);
    let last = world.supervision.audit(&ctx, &root, None, first.next).await.unwrap();
    assert_eq!((first.rows.len() + last.rows.len(), last.next), (all, None));
    assert_eq!(last.rows.last().map(|row| row.seq), Some(1));
}
