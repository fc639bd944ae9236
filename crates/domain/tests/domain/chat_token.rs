//! Chat tokens: whose they are, what they are for, and how long.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::auth::{Principal, SignedIn};
use autorisen_domain::chat::{
    ChatClaims, ChatGrant, ChatTokenError, ChatTokenRequest, Placement, Placements, ThreadId, ToolName,
};
use autorisen_domain::clock::Timestamp;
use autorisen_domain::events::{ChatTokenRefusal, Event};
use autorisen_testkit::fixtures::{
    NOW, World, WorldSettings, context, cookie_of, fresh_bytes, placement_name,
};
use autorisen_testkit::race;
use secrecy::ExposeSecret;

const ADA: &str = "ada@example.org";

#[tokio::test]
async fn a_token_is_bound_to_user_session_thread_and_placement() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    world.events.take();
    let grant = issue(&world, &signed_in, ChatTokenRequest::default()).await.unwrap();

    let expected = ChatClaims {
        user: signed_in.user.id,
        session: signed_in.session,
        thread: grant.thread,
        placement: placement_name("support"),
        issued_at: Timestamp::from_secs(NOW.secs()),
        expires_at: Timestamp::from_secs(NOW.secs() + 5 * 60),
    };
    assert_eq!(world.security.chat.verify(grant.token.expose_secret(), NOW), Some(expected.clone()));
    assert_eq!((grant.expires_at, &grant.placement), (expected.expires_at, &expected.placement));
    let tools: Vec<_> = grant.tools.iter().map(ToolName::as_str).collect();
    assert_eq!(tools, ["support.ticket"], "the tools of the placement");
    let issued = Event::ChatTokenIssued {
        user: expected.user,
        session: expected.session,
        thread: expected.thread,
        placement: "support".to_owned(),
    };
    assert_eq!(world.events.take_events(), [issued]);
}

#[tokio::test]
async fn no_field_of_a_request_names_somebody() {
    // A new field has to be thought of here.
    let ChatTokenRequest { placement, thread } = ChatTokenRequest::default();
    assert_eq!((placement, thread), (None, None));

    let world = World::new().await;
    let (ada, grace) = (world.register(ADA).await, world.register("grace@example.org").await);
    let thread = issue(&world, &ada, ChatTokenRequest::default()).await.unwrap().thread;
    for placement in [None, Some("support"), Some("admin")] {
        let request = ChatTokenRequest { placement: placement.map(placement_name), thread: Some(thread) };
        is_refused(&world, &grace, request, ChatTokenRefusal::Thread).await;
    }
    let own = issue(&world, &grace, ChatTokenRequest::default()).await.unwrap();
    let claims = world.security.chat.verify(own.token.expose_secret(), NOW).unwrap();
    assert_eq!((claims.user, claims.session), (grace.user.id, grace.session));
    assert_ne!(claims.thread, thread);
}

#[tokio::test]
async fn a_foreign_thread_and_one_that_never_was_get_one_answer() {
    let world = World::new().await;
    let (ada, grace) = (world.register(ADA).await, world.register("grace@example.org").await);
    let foreign = issue(&world, &ada, ChatTokenRequest::default()).await.unwrap().thread;
    for thread in [foreign, ThreadId::from_bytes(fresh_bytes())] {
        let error = issue(&world, &grace, in_thread(thread)).await.unwrap_err();
        assert!(matches!(error, ChatTokenError::ThreadNotFound), "{error:?}");
    }
}

#[tokio::test]
async fn a_thread_stays_in_its_placement() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let admin = issue(&world, &signed_in, in_placement("admin")).await.unwrap();
    assert_eq!((admin.placement.as_str(), admin.tools.len()), ("admin", 0));

    let again = issue(&world, &signed_in, in_thread(admin.thread)).await.unwrap();
    assert_eq!(again.placement.as_str(), "admin", "the thread's placement when none is named");
    let both = ChatTokenRequest { placement: Some(placement_name("admin")), ..in_thread(admin.thread) };
    assert_eq!(issue(&world, &signed_in, both).await.unwrap().thread, admin.thread);

    let other = ChatTokenRequest { placement: Some(placement_name("support")), ..in_thread(admin.thread) };
    let error = issue(&world, &signed_in, other.clone()).await.unwrap_err();
    assert!(matches!(error, ChatTokenError::OtherPlacement), "{error:?}");
    is_refused(&world, &signed_in, other, ChatTokenRefusal::Placement).await;
}

#[tokio::test]
async fn an_unknown_placement_is_refused_and_makes_no_thread() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let error = issue(&world, &signed_in, in_placement("money")).await.unwrap_err();
    assert!(matches!(error, ChatTokenError::UnknownPlacement), "{error:?}");
    is_refused(&world, &signed_in, in_placement("money"), ChatTokenRefusal::Placement).await;
    assert_eq!(world.store.threads_of(signed_in.user.id), []);
}

#[tokio::test]
async fn a_thread_in_a_placement_that_was_taken_away_gets_no_token() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let admin = issue(&world, &signed_in, in_placement("admin")).await.unwrap();
    let support = Placement { name: placement_name("support"), tools: Vec::new() };
    let placements = Placements::new(vec![support]).unwrap();
    let smaller = World { settings: WorldSettings { placements, ..world.settings.clone() }, ..world };
    let smaller = smaller.replica().await;
    is_refused(&smaller, &signed_in, in_thread(admin.thread), ChatTokenRefusal::Placement).await;
}

#[tokio::test]
async fn asking_again_and_again_leaves_one_empty_thread() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let other_login = world.login(ADA).await.unwrap();
    let first = issue(&world, &signed_in, ChatTokenRequest::default()).await.unwrap();
    for asking in [&signed_in, &other_login, &signed_in] {
        world.clock.advance(Duration::from_mins(1));
        let again = issue(&world, asking, in_placement("support")).await.unwrap();
        assert_eq!(again.thread, first.thread);
        assert_ne!(again.token.expose_secret(), first.token.expose_secret(), "but a token of its own");
    }
    assert_eq!(world.store.threads_of(signed_in.user.id).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn asking_at_once_leaves_one_empty_thread() {
    let world = Arc::new(World::new().await);
    for round in 0..20 {
        let signed_in = world.register(&format!("round-{round}@example.org")).await;
        race(20, |_| {
            let (world, signed_in) = (Arc::clone(&world), signed_in.clone());
            async move { issue(&world, &signed_in, ChatTokenRequest::default()).await.unwrap().thread }
        })
        .await;
        assert_eq!(world.store.threads_of(signed_in.user.id).len(), 1, "round {round}");
    }
}

#[tokio::test]
async fn a_token_ends_no_later_than_the_session() {
    let mut settings = WorldSettings::default();
    // The end that no use of the cookie moves.
    settings.session.absolute = settings.session.idle;
    let world = World::with(settings).await;
    let signed_in = world.register(ADA).await;
    let end = signed_in.cookie.expires_at;
    for (before, expected) in [(600, end.secs() - 300), (300, end.secs()), (100, end.secs()), (2, end.secs())]
    {
        world.clock.set(end.minus(Duration::from_secs(before)));
        let grant = issue(&world, &signed_in, ChatTokenRequest::default()).await.unwrap();
        assert_eq!(grant.expires_at, Timestamp::from_secs(expected), "{before} s before the end");
        assert!(grant.expires_at <= end);
    }
}

#[tokio::test]
async fn a_store_that_is_down_gives_no_token() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let principal = principal(&world, &signed_in).await;
    world.events.take();
    world.store.go_down();
    let failed = world.chat.issue(&context(), &principal, ChatTokenRequest::default()).await;
    assert!(matches!(failed, Err(ChatTokenError::Port(_))), "{failed:?}");
    assert_eq!(world.events.take_events(), [], "nobody was refused");
}

#[tokio::test]
async fn a_grant_does_not_print_its_token() {
    let world = World::new().await;
    let signed_in = world.register(ADA).await;
    let grant = issue(&world, &signed_in, ChatTokenRequest::default()).await.unwrap();
    assert!(!format!("{grant:?}").contains(grant.token.expose_secret()));
}

async fn issue(
    world: &World,
    signed_in: &SignedIn,
    request: ChatTokenRequest,
) -> Result<ChatGrant, ChatTokenError> {
    world.chat.issue(&context(), &principal(world, signed_in).await, request).await
}

async fn is_refused(
    world: &World,
    signed_in: &SignedIn,
    request: ChatTokenRequest,
    reason: ChatTokenRefusal,
) {
    world.events.take();
    assert!(issue(world, signed_in, request).await.is_err());
    assert_eq!(world.events.take_events(), [Event::ChatTokenRefused { reason }]);
}

async fn principal(world: &World, signed_in: &SignedIn) -> Principal {
    world.sessions.authenticate(cookie_of(signed_in)).await.unwrap()
}

fn in_placement(name: &str) -> ChatTokenRequest {
    ChatTokenRequest { placement: Some(placement_name(name)), thread: None }
}

fn in_thread(thread: ThreadId) -> ChatTokenRequest {
    ChatTokenRequest { placement: None, thread: Some(thread) }
}
