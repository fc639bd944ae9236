//! What is measured: which classes are compared at which endpoint, under which settings and loads.

use super::class::Class;
use super::request::Endpoint;

/// What else the server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// Nothing.
    Idle,
    /// Half of the requests that it could answer.
    Half,
    /// Other logins, as many as there is room for in the queue of the hashing lane.
    QueueFull,
}

impl Load {
    /// In words.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Half => "50 %",
            Self::QueueFull => "hash queue full",
        }
    }
}

/// Classes that must get the same answers in the same time; the first is the reference.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) name: String,
    pub(super) endpoint: Endpoint,
    pub(super) classes: Vec<Class>,
    /// The cost of bcrypt.
    pub(super) cost: u32,
    /// Settings beside those of [`settings`](Self::settings).
    more: &'static [(&'static str, &'static str)],
    /// The status of every answer.
    pub(super) status: u16,
    /// Tries for each address that come before everything else.
    pub(super) before: usize,
    /// Requests of each class under each load.
    pub(super) loads: Vec<(Load, usize)>,
    /// Whether they differ, which is to be found: what finds nothing here finds nothing anywhere.
    pub(super) is_control: bool,
}

/// How many passwords may wait. Few, so that a full queue does not take all day.
pub(super) const HASH_QUEUE: usize = 8;

/// How much is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// The cost of bcrypt where hashing is not to hide everything else.
    pub(super) cost: u32,
    /// Requests of each class on an idle server.
    pub(super) idle: usize,
    /// Under a load.
    pub(super) loaded: usize,
    /// With the work of PBKDF2 on every path, which takes several times as long.
    pub(super) pbkdf2: usize,
    /// At the real cost, on one database: hashing knows none.
    pub(super) real: usize,
}

const REAL_COST: u32 = 12;
/// Requests of each class where a great difference is to be found.
const CONTROL: usize = 200;
/// No account has a hash of the older kind.
const NO_PBKDF2: (&str, &str) = ("AUTORISEN__AUTH__PBKDF2_HASHES", "false");
/// So many tries in a second that no limit is met, but each is charged.
const LIMITS_AFAR: [(&str, &str); 4] = [
    ("AUTH_LOGIN_MAX_ATTEMPTS", "10000"),
    ("AUTH_LOGIN_WINDOW_SEC", "1"),
    ("AUTORISEN__AUTH__ACCOUNT_MAX_ATTEMPTS", "10000"),
    ("AUTORISEN__AUTH__ACCOUNT_WINDOW_SEC", "1"),
];
const LIMITS_AFAR_NO_PBKDF2: &[(&str, &str)] =
    &[LIMITS_AFAR[0], LIMITS_AFAR[1], LIMITS_AFAR[2], LIMITS_AFAR[3], NO_PBKDF2];
const CLOSED: &[(&str, &str)] = &[("AUTORISEN__AUTH__REGISTRATION", "closed"), NO_PBKDF2];
const LIMITED: &[(&str, &str)] = &[
    ("AUTH_LOGIN_MAX_ATTEMPTS", "1"),
    ("AUTH_LOGIN_WINDOW_SEC", "86400"),
    ("AUTH_LOGIN_BLOCK_SEC", "86400"),
    NO_PBKDF2,
];

impl Question {
    /// All questions, for each database.
    pub(super) fn all(extent: Extent) -> Vec<Self> {
        let Extent { cost, idle, loaded, pbkdf2, real } = extent;
        let under_all = vec![(Load::Idle, idle), (Load::Half, loaded), (Load::QueueFull, loaded)];
        let account = [Class::Unknown, Class::Known, Class::Disabled, Class::DisabledRight];
        let mut bcrypt = [&account[..], &[Class::BcryptForms]].concat();
        if cost > 4 {
            bcrypt.push(Class::BcryptLower);
        }
        let question = |name: &str, endpoint, classes: &[Class], more, status| Self {
            name: name.to_owned(),
            endpoint,
            classes: classes.to_vec(),
            cost,
            more,
            status,
            before: 0,
            loads: under_all.clone(),
            is_control: false,
        };
        let taken = &[Class::Unknown, Class::Known, Class::Disabled];
        let mut all = vec![
            question("login, bcrypt hashes", Endpoint::Login, &bcrypt, LIMITS_AFAR_NO_PBKDF2, 401),
            Self {
                loads: vec![(Load::Idle, pbkdf2)],
                ..question(
                    "login, with PBKDF2 hashes",
                    Endpoint::Login,
                    &[Class::Unknown, Class::Known, Class::Disabled, Class::Pbkdf2],
                    &LIMITS_AFAR,
                    401,
                )
            },
        ];
        for (name, endpoint) in [
            ("registration, closed", Endpoint::Register),
            ("registration, closed, step 1", Endpoint::RegisterStep1),
        ] {
            all.push(Self {
                loads: vec![(Load::Idle, loaded), (Load::Half, loaded)],
                ..question(name, endpoint, taken, CLOSED, 403)
            });
        }
        all.push(Self {
            loads: vec![(Load::Idle, CONTROL)],
            is_control: true,
            ..question(
                "control: PBKDF2 hashes, without their work on other paths",
                Endpoint::Login,
                &[Class::Unknown, Class::Pbkdf2],
                LIMITS_AFAR_NO_PBKDF2,
                401,
            )
        });
        if real > 0 {
            let classes =
                [Class::Unknown, Class::Known, Class::DisabledRight, Class::BcryptLower, Class::Pbkdf2];
            all.push(Self {
                cost: REAL_COST,
                loads: vec![(Load::Idle, real)],
                ..question("login, at the real cost", Endpoint::Login, &classes, &LIMITS_AFAR, 401)
            });
        }
        // The last one, for whom it blocks stays blocked. A queue that is full has no part in it: these
        // are refused before.
        all.push(Self {
            before: 2,
            loads: vec![(Load::Idle, loaded), (Load::Half, loaded)],
            ..question("login, over the limit", Endpoint::Login, taken, LIMITED, 429)
        });
        all
    }

    /// The settings of the server.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        let more = self.more.iter().map(|&(name, value)| (name, value.to_owned()));
        [
            ("AUTORISEN__AUTH__BCRYPT_COST", self.cost.to_string()),
            ("AUTORISEN__AUTH__HASH_QUEUE", HASH_QUEUE.to_string()),
            // All requests come from one address.
            ("RATE_LIMIT_PER_MIN", "0".to_owned()),
            // The log says how long each request took.
            ("LOG_LEVEL", "info".to_owned()),
        ]
        .into_iter()
        .chain(more)
        .collect()
    }

    /// How many requests of each class come before those that count.
    pub(super) fn warm_up(&self, samples: usize) -> usize {
        // 2,000 in all where 20,000 of each class follow.
        (samples / 10).div_ceil(self.classes.len()).max(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENT: Extent = Extent { cost: 4, idle: 20_000, loaded: 2_000, pbkdf2: 1_000, real: 200 };

    #[test]
    fn the_reference_is_always_the_unknown_address() {
        for question in Question::all(EXTENT) {
            assert_eq!(question.classes[0], Class::Unknown, "{}", question.name);
            assert!(question.classes.len() > 1 && !question.loads.is_empty(), "{}", question.name);
        }
    }

    #[test]
    fn one_question_is_a_control_and_differs_by_what_the_settings_say() {
        let all = Question::all(EXTENT);
        let controls: Vec<&Question> = all.iter().filter(|question| question.is_control).collect();
        assert_eq!(controls.len(), 1);
        assert_eq!(controls[0].classes, [Class::Unknown, Class::Pbkdf2]);
        assert!(controls[0].settings().contains(&("AUTORISEN__AUTH__PBKDF2_HASHES", "false".to_owned())));
    }

    #[test]
    fn a_lower_cost_is_compared_where_there_is_one() {
        let compares = |question: &Question| question.classes.contains(&Class::BcryptLower);
        let [at_4, .., real, _] = &Question::all(EXTENT)[..] else { panic!("several questions") };
        assert!(!compares(at_4) && compares(real));
        assert!(compares(&Question::all(Extent { cost: 6, ..EXTENT })[0]));
    }

    #[test]
    fn later_settings_are_those_of_the_question() {
        let all = Question::all(EXTENT);
        let [.., limited] = &all[..] else { panic!("several questions") };
        let settings = limited.settings();
        assert!(settings.contains(&("AUTH_LOGIN_MAX_ATTEMPTS", "1".to_owned())), "{settings:?}");
        assert!(settings.iter().all(|(_, value)| !value.contains(' ')));
    }
}
