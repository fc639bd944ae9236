//! What events tell, and what they never tell.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use autorisen_domain::auth::{
    AccountChange, ChangePassword, Logout, Password, Role, SessionId, ShownCredentials, SignedIn, UserId,
};
use autorisen_domain::chat::{ChatTokenRequest, HostedCall, HostedFault, ThreadId, UpstreamRequestId};
use autorisen_domain::events::{
    Action, AnswerEnd, ChatTokenRefusal, EndSessionFailure, Event, LoginFailure, LogoutFailure,
    PasswordChangeFailure, RefreshFailure, RegisterFailure, Severity,
};
use autorisen_testkit::fixtures::{
    World, attempt, bearer_of, company, context, cookie_of, email, password, placement_name, profile,
    registration, text_of,
};
use secrecy::ExposeSecret;

const ADDRESS: &str = "marked.address@example.org";
const PASSWORD: &str = "marked-password-9f27";
const NEW_PASSWORD: &str = "marked-secret-of-5c31";

#[test]
fn every_name_is_told_once_and_has_three_parts() {
    let mut names = BTreeMap::new();
    for event in every_event() {
        let parts = event.name().split('.').count();
        assert_eq!(parts, 3, "{} is not feature.action.outcome", event.name());
        let plain = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.';
        assert!(event.name().chars().all(plain), "{}", event.name());
        // Events that differ in their reason alone share a name.
        let kind = (std::mem::discriminant(&event), action_of(&event));
        let other = names.insert(event.name(), kind);
        assert!(other.is_none_or(|other| other == kind), "{} names two events", event.name());
    }
    assert_eq!(names.len(), 49, "a name more or less is a decision: {:?}", names.keys());
}

#[test]
fn the_names_that_operators_look_for_do_not_change() {
    let names: BTreeSet<_> = every_event().iter().map(Event::name).collect();
    for name in [
        "auth.register.attempt",
        "auth.register.success",
        "auth.register.failure",
        "auth.register.rate_limited",
        "auth.login.attempt",
        "auth.login.success",
        "auth.login.failure",
        "auth.login.rate_limited",
        "auth.refresh.attempt",
        "auth.refresh.success",
        "auth.refresh.failure",
        "auth.refresh.reuse",
        "auth.logout.attempt",
        "auth.logout.success",
        "auth.logout.failure",
        "auth.end_session.success",
        "auth.end_session.failure",
        "auth.end_others.success",
        "auth.password_change.attempt",
        "auth.password_change.success",
        "auth.password_change.failure",
        "auth.password_change.rate_limited",
        "analytics.track.rate_limited",
        "chatkit.token.issued",
        "chatkit.token.refused",
        "chatkit.answer.start",
        "chatkit.answer.end",
        "chatkit.answer.refused",
        "chatkit.answer.failure",
        "chatkit.tool.call",
        "chatkit.thread.delete",
        "chatkit.hosted_open.success",
        "chatkit.hosted_open.failure",
        "chatkit.hosted_cancel.success",
        "chatkit.hosted_cancel.failure",
    ] {
        assert!(names.contains(name), "{name}");
    }
}

#[test]
fn what_was_refused_wants_more_attention_than_what_was_done() {
    for event in every_event() {
        let outcome = event.name().rsplit('.').next().unwrap();
        let refused = ["failure", "refused", "rate_limited", "reuse"].contains(&outcome);
        let expected = if refused { Severity::Warn } else { Severity::Info };
        assert_eq!(event.severity(), expected, "{}", event.name());
    }
}

#[test]
fn every_field_has_a_known_name_and_a_plain_value() {
    let known = [
        "user_id",
        "session_id",
        "thread_id",
        "placement",
        "reason",
        "retry_after",
        "all_devices",
        "change",
        "kid",
        "tool",
        "succeeded",
        "characters",
        "first",
        "upstream_request_id",
    ];
    for event in every_event() {
        let mut seen = BTreeSet::new();
        for (name, value) in event.fields() {
            assert!(known.contains(&name), "{}: {name} is a new field", event.name());
            assert!(seen.insert(name), "{}: {name} is told twice", event.name());
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '.';
            assert!(value.chars().all(plain) && value.len() <= 64, "{}: {name}={value:?}", event.name());
        }
    }
}

#[test]
fn the_document_of_the_log_has_each_event_with_its_fields() {
    let document = include_str!("../../../../docs/USAGE_TEMPLATES.md");
    let mut told: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for event in every_event() {
        told.entry(event.name()).or_default().extend(event.fields().into_iter().map(|(name, _)| name));
    }
    let quoted = |cell: &'static str| cell.split('`').skip(1).step_by(2);
    for (name, fields) in told {
        let row = document.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("{name} has no row"));
        let documented: BTreeSet<_> = quoted(row.split('|').nth(2).unwrap()).collect();
        assert_eq!(documented, fields, "{name}");
    }
}

#[test]
fn an_event_says_why_and_who() {
    let fields = |event: Event| event.fields();
    let reason = |word: &str| vec![("reason", word.to_owned())];
    let unknown = Event::LoginFailed { reason: LoginFailure::UnknownAccount };
    assert_eq!(fields(unknown), reason("unknown_account"));
    let (user, session) = (UserId::from_bytes([1; 16]), SessionId::from_bytes([2; 16]));
    assert_eq!(
        fields(Event::LogoutSucceeded { user, session, all_devices: true }),
        [
            ("user_id", user.to_string()),
            ("session_id", session.to_string()),
            ("all_devices", "true".to_owned())
        ],
    );
    let limited = Event::RateLimited { action: Action::Login, retry_after: Duration::from_secs(7) };
    assert_eq!(fields(limited), [("retry_after", "7".to_owned())]);
}

#[tokio::test]
async fn nothing_that_is_secret_or_personal_is_in_any_event_of_a_whole_life() {
    let world = World::new().await;
    let mut secrets =
        vec![ADDRESS.to_owned(), PASSWORD.to_owned(), "Lovelace".to_owned(), "Zürich".to_owned()];
    let signed_in = whole_life(&world, &mut secrets).await;
    let recorded = world.events.take();

    let names: BTreeSet<_> = recorded.iter().map(|recorded| recorded.event.name()).collect();
    assert!(names.len() >= 20, "nearly every event happened: {names:?}");
    for recorded in &recorded {
        assert_eq!(recorded.request_id, context().request_id);
        let told = format!("{:?} {:?}", recorded.event, recorded.event.fields());
        for secret in &secrets {
            assert!(!told.contains(secret.as_str()), "{secret} in {told}");
        }
    }
    let told = recorded.iter().flat_map(|recorded| recorded.event.fields());
    let user = ("user_id", signed_in.user.id.to_string());
    assert!(told.into_iter().any(|field| field == user), "the account is told by its id");
}

/// Everything that can happen to an account, well and badly; adds the secrets that came up.
async fn whole_life(world: &World, secrets: &mut Vec<String>) -> SignedIn {
    let ctx = context();
    let mut stated = registration(ADDRESS);
    stated.password = Password::parse(PASSWORD.to_owned()).unwrap();
    let started = world.registration.begin(&ctx, stated.clone()).await.unwrap();
    let token = started.token.expose_secret();
    secrets.push(token.to_owned());
    world.registration.finish(&ctx, Some("nonsense"), company(""), profile()).await.unwrap_err();
    world.registration.finish(&ctx, Some(token), company("Engines"), profile()).await.unwrap();
    world.registration.begin(&ctx, stated.clone()).await.unwrap_err();
    world.administration.create(&ctx, registration("b@example.org"), company("")).await.unwrap();

    world.try_password("nobody@example.org", PASSWORD).await.unwrap_err();
    world.try_password(ADDRESS, "marked-password-wrong").await.unwrap_err();
    secrets.push("marked-password-wrong".to_owned());
    let signed_in = world.try_password(ADDRESS, PASSWORD).await.unwrap();
    for issued in [&signed_in.access, &signed_in.refresh, &signed_in.cookie] {
        secrets.push(text_of(issued).to_owned());
    }

    let principal = world.sessions.authenticate(cookie_of(&signed_in)).await.unwrap();
    for (current, new) in [("marked-password-wrong", NEW_PASSWORD), (PASSWORD, "marked.Lovelace")] {
        let request = ChangePassword { current: attempt(current), new: password(new), device: None };
        world.passwords.change(&ctx, &principal, request).await.unwrap_err();
        secrets.push(new.to_owned());
    }
    world.administration.set_password(&ctx, &email("b@example.org"), &password(NEW_PASSWORD)).await.unwrap();
    let grant = world.chat.issue(&ctx, &principal, ChatTokenRequest::default()).await.unwrap();
    secrets.push(grant.token.expose_secret().to_owned());
    let elsewhere = ChatTokenRequest { placement: Some(placement_name("nowhere")), thread: None };
    world.chat.issue(&ctx, &principal, elsewhere).await.unwrap_err();

    world.overview.end(&ctx, &principal, SessionId::from_bytes([9; 16])).await.unwrap_err();
    world.overview.end_others(&ctx, &principal).await.unwrap();
    let elsewhere = world.try_password(ADDRESS, PASSWORD).await.unwrap();
    world.overview.end(&ctx, &principal, elsewhere.session).await.unwrap();

    let first = world.sessions.refresh(&ctx, Some(text_of(&signed_in.refresh))).await.unwrap();
    let second = world.sessions.refresh(&ctx, Some(text_of(&first.refresh))).await.unwrap();
    secrets.extend([&first.refresh, &first.access, &second.refresh].map(|issued| text_of(issued).to_owned()));
    world.sessions.refresh(&ctx, Some("nonsense")).await.unwrap_err();
    world.sessions.refresh(&ctx, Some(text_of(&signed_in.refresh))).await.unwrap_err();

    let other = world.try_password(ADDRESS, PASSWORD).await.unwrap();
    let nonsense = ShownCredentials { bearer: Some("nonsense"), cookie: None };
    world.sessions.logout(&ctx, Logout { shown: nonsense, ..Logout::default() }).await.unwrap_err();
    world.sessions.logout(&ctx, Logout { shown: bearer_of(&other), ..Logout::default() }).await.unwrap();
    world.administration.change(&ctx, &email(ADDRESS), AccountChange::SetRole(Role::Customer)).await.unwrap();
    for _ in 0..6 {
        world.try_password(ADDRESS, "marked-password-wrong").await.unwrap_err();
    }
    world.clock.advance(world.settings.keys.announce_for);
    world.keys.rotate(&ctx).await.unwrap();
    signed_in
}

fn action_of(event: &Event) -> Option<&'static str> {
    matches!(event, Event::RateLimited { .. }).then(|| event.name())
}

/// One of every kind, with every reason.
fn every_event() -> Vec<Event> {
    let (user, session) = (UserId::from_bytes([1; 16]), SessionId::from_bytes([2; 16]));
    let mut events = vec![
        Event::RegisterAttempted,
        Event::RegisterStarted,
        Event::RegisterSucceeded { user, session },
        Event::LoginAttempted,
        Event::LoginSucceeded { user, session },
        Event::RefreshAttempted,
        Event::RefreshSucceeded { user, session },
        Event::RefreshReused { user, session },
        Event::LogoutAttempted,
        Event::LogoutSucceeded { user, session, all_devices: false },
        Event::SessionEnded { user, session },
        Event::SessionReplaced { user, session },
        Event::SessionNotEnded { user, reason: EndSessionFailure::NotFound },
        Event::OtherSessionsEnded { user, session },
        Event::ChatTokenIssued {
            user,
            session,
            thread: ThreadId::from_bytes([3; 16]),
            placement: placement_name("support").as_str().to_owned(),
        },
        Event::AccountCreated { user },
        Event::KeysRotated { current: "key-1".to_owned() },
        Event::KeyRevoked { key: "key-1".to_owned() },
        Event::PasswordChangeAttempted,
        Event::PasswordChangeSucceeded { user, session },
        Event::PasswordUpgraded { user },
        Event::PasswordUpgradeFailed { user },
        Event::AccountPasswordSet { user },
    ];
    let retry_after = Duration::from_secs(7);
    events.extend(Action::ALL.map(|action| Event::RateLimited { action, retry_after }));
    events.extend(
        [
            RegisterFailure::EmailTaken,
            RegisterFailure::InvalidToken,
            RegisterFailure::ExpiredToken,
            RegisterFailure::PersonalPassword,
            RegisterFailure::BotCheck,
            RegisterFailure::Closed,
        ]
        .map(|reason| Event::RegisterFailed { reason }),
    );
    events.extend(
        [
            PasswordChangeFailure::WrongPassword,
            PasswordChangeFailure::SamePassword,
            PasswordChangeFailure::PersonalPassword,
            PasswordChangeFailure::SessionEnded,
        ]
        .map(|reason| Event::PasswordChangeFailed { user, reason }),
    );
    events.extend(
        [
            LoginFailure::UnknownAccount,
            LoginFailure::WrongPassword,
            LoginFailure::Disabled,
            LoginFailure::NotChecked,
            LoginFailure::BotCheck,
        ]
        .map(|reason| Event::LoginFailed { reason }),
    );
    events.extend(
        [RefreshFailure::Missing, RefreshFailure::Unknown, RefreshFailure::SessionEnded]
            .map(|reason| Event::RefreshFailed { reason }),
    );
    events.extend(
        [LogoutFailure::InvalidToken, LogoutFailure::ExpiredToken]
            .map(|reason| Event::LogoutFailed { reason }),
    );
    let changes = [
        AccountChange::SetActive(true),
        AccountChange::SetActive(false),
        AccountChange::SetRole(Role::Customer),
        AccountChange::SetAdministrator(true),
        AccountChange::SetAdministrator(false),
        AccountChange::EndSessions,
    ];
    events.extend(changes.map(|change| Event::AccountChanged { user, change }));
    events.extend(chat_events(user));
    events.extend(token_refusals());
    events.extend(hosted_events(user, session));
    all_kinds_are_in(&events);
    events
}

fn chat_events(user: UserId) -> Vec<Event> {
    let thread = ThreadId::from_bytes([3; 16]);
    let ends =
        [AnswerEnd::Finished, AnswerEnd::Stopped, AnswerEnd::Refused, AnswerEnd::Failed, AnswerEnd::Revoked];
    let ended = ends.map(|end| Event::ChatAnswerEnded {
        user,
        thread,
        placement: "support".to_owned(),
        first: true,
        end,
        characters: 7,
    });
    let others = [
        Event::ChatAnswerStarted { user, thread, placement: "support".to_owned(), first: true },
        Event::ChatToolCalled { user, thread, tool: "support.ticket".to_owned(), succeeded: true },
        Event::ChatThreadDeleted { user, thread },
    ];
    ended.into_iter().chain(others).collect()
}

fn hosted_events(user: UserId, session: SessionId) -> Vec<Event> {
    let call = HostedCall { user, session, request: UpstreamRequestId::parse("req_0f") };
    let unnamed = HostedCall { request: None, ..call.clone() };
    let opened = [unnamed, call.clone()].map(|call| Event::HostedOpened { call });
    let done = opened.into_iter().chain([Event::HostedCancelled { call: call.clone() }]);
    let failed = HostedFault::ALL.into_iter().flat_map(|fault| {
        let (call, retry_after) = (call.clone(), Duration::from_secs(7));
        [
            Event::HostedOpenFailed { call: call.clone(), fault },
            Event::HostedCancelFailed { call, fault, retry_after },
        ]
    });
    done.chain(failed).collect()
}

fn token_refusals() -> Vec<Event> {
    let reasons = [
        ChatTokenRefusal::NotAuthenticated,
        ChatTokenRefusal::Placement,
        ChatTokenRefusal::Thread,
        ChatTokenRefusal::Quota,
        ChatTokenRefusal::SessionEnding,
        ChatTokenRefusal::SessionEnded,
    ];
    reasons.map(|reason| Event::ChatTokenRefused { reason }).into()
}

/// Fails to compile when there is a kind of event that this does not know, and fails when the list
/// lacks one.
fn all_kinds_are_in(events: &[Event]) {
    let place = |event: &Event| match event {
        Event::RateLimited { .. } => 0,
        Event::RegisterAttempted => 1,
        Event::RegisterStarted => 2,
        Event::RegisterSucceeded { .. } => 3,
        Event::RegisterFailed { .. } => 4,
        Event::LoginAttempted => 5,
        Event::LoginSucceeded { .. } => 6,
        Event::LoginFailed { .. } => 7,
        Event::RefreshSucceeded { .. } => 8,
        Event::RefreshFailed { .. } => 9,
        Event::RefreshReused { .. } => 10,
        Event::LogoutSucceeded { .. } => 11,
        Event::LogoutFailed { .. } => 12,
        Event::ChatTokenIssued { .. } => 13,
        Event::ChatTokenRefused { .. } => 14,
        Event::AccountCreated { .. } => 15,
        Event::AccountChanged { .. } => 16,
        Event::KeysRotated { .. } => 17,
        Event::RefreshAttempted => 18,
        Event::LogoutAttempted => 19,
        Event::SessionEnded { .. } => 20,
        Event::SessionNotEnded { .. } => 21,
        Event::OtherSessionsEnded { .. } => 22,
        Event::SessionReplaced { .. } => 23,
        Event::PasswordChangeAttempted => 24,
        Event::PasswordChangeSucceeded { .. } => 25,
        Event::PasswordChangeFailed { .. } => 26,
        Event::PasswordUpgraded { .. } => 27,
        Event::PasswordUpgradeFailed { .. } => 28,
        Event::AccountPasswordSet { .. } => 29,
        Event::ChatAnswerStarted { .. } => 30,
        Event::ChatAnswerEnded { .. } => 31,
        Event::ChatToolCalled { .. } => 32,
        Event::ChatThreadDeleted { .. } => 33,
        Event::KeyRevoked { .. } => 34,
        Event::HostedOpened { .. } => 35,
        Event::HostedOpenFailed { .. } => 36,
        Event::HostedCancelled { .. } => 37,
        Event::HostedCancelFailed { .. } => 38,
    };
    let places: BTreeSet<_> = events.iter().map(place).collect();
    assert_eq!(places, (0..39).collect(), "the list lacks a kind of event");
}
