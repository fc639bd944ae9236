//! Whether those that the server asks can be asked: models, OpenAI's hosted sessions, reCAPTCHA.

use autorisen_domain::clock::{Clock as _, Timestamp};
use autorisen_domain::context::Context;
use autorisen_openai::{Probe, probe};
use secrecy::SecretString;

use super::finding::Findings;
use crate::clock::SystemClock;
use crate::config::{ResponderKind, Settings};
use crate::request_log::Chain;
use crate::wiring;

/// 2026-11-30T00:00:00Z, when OpenAI switches off the workflows that hosted sessions run.
const HOSTED_ENDS: Timestamp = Timestamp::from_secs(1_795_996_800);

/// Asks each of them.
pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    actix_web::rt::System::new().block_on(async {
        persons(settings, findings).await;
        match &settings.chat.hosted {
            Some(hosted) => {
                over(findings);
                let base = format!("{}/v1", hosted.base_url.trim_end_matches('/'));
                ask("hosted", &base, Some(&hosted.key), &[], findings).await;
            }
            None => model(settings, findings).await,
        }
    });
}

/// Hosted chats have a last day.
fn over(findings: &mut Findings) {
    let says = "hosted sessions run on workflows that OpenAI switches off on 2026-11-30";
    let remedy = "set CHATKIT_MODE=self-hosted (docs/hosted.md)";
    if SystemClock.now() >= HOSTED_ENDS {
        findings.fault("hosted.end", says, remedy);
    } else {
        findings.warn("hosted.end", says, remedy);
    }
}

async fn model(settings: &Settings, findings: &mut Findings) {
    const CHECK: &str = "model";
    let (chat, model) = (&settings.chat, &settings.chat.model);
    if let Some(folder) = &model.instructions
        && let Err(error) = wiring::instructions(folder, &chat.placements)
    {
        findings.fault(
            "model.instructions",
            Chain(&error).to_string(),
            "make the folder, with default.md in it, and let the server read it",
        );
    }
    match chat.responder {
        ResponderKind::Auto if model.key.is_none() => findings.warn(
            CHECK,
            "no key is set, so chats are answered by a sentence that says so",
            "set OPENAI_API_KEY, or AUTORISEN__CHAT__RESPONDER=model for a server that asks for none",
        ),
        ResponderKind::Offline => findings.sound(CHECK, "none is to be asked"),
        ResponderKind::Scripted => findings.sound(CHECK, "none is asked: answers are given by a script"),
        ResponderKind::Auto | ResponderKind::Model => {
            let mut wanted = vec![model.name.as_str()];
            wanted.extend(model.choices.iter().map(String::as_str));
            wanted.extend(model.transcriber.as_deref());
            ask(CHECK, &model.url, model.key.as_ref(), &wanted, findings).await;
        }
    }
}

/// Asks a server for its models, and looks for those that are `wanted`.
async fn ask(check: &str, url: &str, key: Option<&SecretString>, wanted: &[&str], findings: &mut Findings) {
    let lacks = |models: &[String]| {
        let missing = wanted.iter().filter(|name| !models.iter().any(|model| model == *name));
        missing.copied().collect::<Vec<_>>().join(", ")
    };
    match probe(url, key).await {
        Err(error) => findings.fault(check, Chain(&error).to_string(), "report it: the program itself is at fault"),
        Ok(Probe::Models(models)) if lacks(&models).is_empty() => {
            findings.sound(check, format!("{url} takes the key and has the models"));
        }
        Ok(Probe::Models(models)) => findings.fault(
            check,
            format!("{url} has no {}", lacks(&models)),
            "set AUTORISEN__CHAT__MODEL, AUTORISEN__CHAT__MODEL_CHOICES and AUTORISEN__CHAT__TRANSCRIBE_MODEL to what it has",
        ),
        Ok(Probe::NoList) => findings.sound(check, format!("{url} answers, and lists no models")),
        Ok(Probe::KeyRefused) => findings.fault(
            check,
            format!("{url} refuses the key, or asks for one"),
            "set OPENAI_API_KEY to a key of the project, without spaces or quotes",
        ),
        Ok(Probe::Unreachable(why)) => findings.fault(
            check,
            format!("{url} cannot be reached: {why}"),
            "look at OPENAI_BASE_URL, at name resolution, and whether this machine may call out",
        ),
        Ok(Probe::Status(status)) => findings.warn(
            check,
            format!("{url} answers {status}"),
            "look whether OPENAI_BASE_URL ends as its documents say, which is in /v1 for most",
        ),
    }
}

/// Shows a proof that is none: who takes the secret says that it is none.
async fn persons(settings: &Settings, findings: &mut Findings) {
    const CHECK: &str = "recaptcha";
    let asked = match wiring::bot_check(settings) {
        Ok(None) => return findings.sound(CHECK, "nobody is asked whether a person registers"),
        Ok(Some(check)) => check.judge("autorisen-doctor", Context::local("doctor").client).await,
        Err(error) => {
            return findings.fault(
                CHECK,
                Chain(&error).to_string(),
                "report it: the program itself is at fault",
            );
        }
    };
    match asked {
        Ok(_) => findings.sound(CHECK, "the service answers and takes the secret"),
        Err(error) => findings.fault(
            CHECK,
            format!("nobody could register: {}", Chain(&error)),
            "set RECAPTCHA_SECRET to the secret of your site, and see that this machine may call out",
        ),
    }
}
