//! What was found of a class.

use super::comparison::{Comparison, Estimate};
use super::measure::{Measured, Times};
use super::question::{Load, Question};
use super::verdict::{Bar, Verdict, judge};
use crate::rig::statistics::count;

/// What was found of a question under a load.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) load: Load,
    /// How the reference did.
    pub(super) reference: &'static str,
    pub(super) reference_ms: f64,
    pub(super) classes: Vec<ClassFinding>,
    pub(super) compared: u64,
    pub(super) different: u64,
    /// Two answers that differ.
    pub(super) example: Option<String>,
}

/// How a class compares with the reference.
#[derive(Debug)]
pub(super) struct ClassFinding {
    pub(super) class: &'static str,
    pub(super) count: usize,
    pub(super) client: Comparison,
    /// `None` where the log has lost too much.
    pub(super) server: Option<Comparison>,
    /// How many more of its requests were refused for want of room, as a part of all.
    pub(super) refused: Option<Estimate>,
    pub(super) verdict: Verdict,
}

impl Finding {
    /// Compares; `None` where too little was measured.
    pub(super) fn of(question: &Question, load: Load, measured: Measured, bar: Bar) -> Option<Self> {
        let (reference, others) = measured.times.split_first()?;
        let classes = others
            .iter()
            .zip(question.classes.get(1..)?)
            .map(|(times, class)| ClassFinding::of(class.name(), reference, times, bar))
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            load,
            reference: question.classes.first()?.name(),
            reference_ms: classes.first()?.client.reference_us / 1_000.0,
            classes,
            compared: measured.answers.compared,
            different: measured.answers.different,
            example: measured.answers.example,
        })
    }

    /// The worst of all; answers that are not the same miss every bar.
    pub(super) fn verdict(&self) -> Verdict {
        let worst = self.classes.iter().map(|class| class.verdict).max().unwrap_or(Verdict::Missed);
        if self.different > 0 { Verdict::Missed } else { worst }
    }

    /// Whether it is as it has to be: that nothing can be told apart for sure, or, of a control, that all
    /// can be by the time alone.
    pub(super) fn is_fit(&self, question: &Question) -> bool {
        if question.is_control {
            self.different == 0 && self.classes.iter().all(|class| class.verdict == Verdict::Missed)
        } else {
            self.verdict() != Verdict::Missed
        }
    }
}

impl ClassFinding {
    fn of(class: &'static str, reference: &Times, times: &Times, bar: Bar) -> Option<Self> {
        let client = Comparison::of(&reference.client, &times.client)?;
        let whole = |times: &Times| times.server.len() * 10 >= times.client.len() * 9;
        let server = (whole(reference) && whole(times))
            .then(|| Comparison::of(&reference.server, &times.server))
            .flatten();
        let refused = more_refused(reference, times);
        let verdict = [
            Some(Verdict::of(&client, bar)),
            server.as_ref().map(|server| Verdict::of(server, bar)),
            refused.map(|refused| judge(refused, 0.0, bar.median)),
        ]
        .into_iter()
        .flatten()
        .max()?;
        let count = times.client.len() + times.refused;
        Some(Self { class, count, client, server, refused, verdict })
    }
}

/// The difference of two shares; `None` where nothing was refused.
fn more_refused(reference: &Times, times: &Times) -> Option<Estimate> {
    let share = |times: &Times| {
        let all = count(times.refused + times.client.len());
        let share = count(times.refused) / all;
        (share, share * (1.0 - share) / all)
    };
    if reference.refused + times.refused == 0 {
        return None;
    }
    let ((base, base_variance), (own, own_variance)) = (share(reference), share(times));
    let uncertain = super::comparison::Z * (base_variance + own_variance).sqrt();
    let value = own - base;
    Some(Estimate { value, low: value - uncertain, high: value + uncertain })
}

#[cfg(test)]
mod tests {
    use super::super::answers::Answers;
    use super::super::question::Extent;
    use super::*;

    fn times(client: &[f64], server: &[f64], refused: usize) -> Times {
        Times { client: client.to_vec(), server: server.to_vec(), refused }
    }

    /// What is found where every class but the reference takes this much longer.
    fn finding(question: &Question, longer: f64, different: u64) -> Finding {
        let reference: Vec<f64> = (0..200).map(|number| 1_000.0 + f64::from(number)).collect();
        let class: Vec<f64> = reference.iter().map(|time| time * longer).collect();
        let mut all = vec![times(&class, &[], 0); question.classes.len()];
        all[0] = times(&reference, &[], 0);
        let mut answers = Answers::default();
        answers.different = different;
        Finding::of(question, Load::Idle, Measured { times: all, answers }, Bar::PROMISED).unwrap()
    }

    #[test]
    fn a_difference_fails_and_of_a_control_its_absence() {
        let extent = Extent { cost: 4, idle: 200, loaded: 200, pbkdf2: 200, real: 0 };
        let (controls, questions): (Vec<_>, Vec<_>) =
            Question::all(extent).into_iter().partition(|question| question.is_control);
        let (control, question) = (&controls[0], &questions[0]);
        for (longer, different, of_question, of_control) in
            [(1.0, 0, true, false), (2.0, 0, false, true), (1.0, 1, false, false), (2.0, 1, false, false)]
        {
            let what = format!("{longer} times as long, {different} different");
            assert_eq!(finding(question, longer, different).is_fit(question), of_question, "{what}");
            assert_eq!(finding(control, longer, different).is_fit(control), of_control, "{what}");
        }
    }

    #[test]
    fn shares_of_refusals_are_compared() {
        // 1 of 4 and 3 of 4, each with a variance of 3/16/4.
        let (one, three) = (times(&[1.0; 3], &[], 1), times(&[1.0; 1], &[], 3));
        let more = more_refused(&one, &three).unwrap();
        assert!((more.value - 0.5).abs() < 1e-9);
        assert!((more.high - more.value - 1.959_964 * (6.0_f64 / 64.0).sqrt()).abs() < 1e-6, "{more:?}");
        assert_eq!(more_refused(&times(&[1.0], &[], 0), &times(&[2.0], &[], 0)), None);
    }

    #[test]
    fn a_difference_that_only_the_server_sees_counts() {
        let same = [1.0, 1.1, 1.2, 1.3];
        let slower = [9.0, 9.1, 9.2, 9.3];
        let finding =
            ClassFinding::of("x", &times(&same, &same, 0), &times(&same, &slower, 0), Bar::PROMISED);
        assert_eq!(finding.unwrap().verdict, Verdict::Missed);
        let lost =
            ClassFinding::of("x", &times(&same, &same, 0), &times(&same, &slower[..2], 0), Bar::PROMISED);
        let lost = lost.unwrap();
        assert!(lost.server.is_none() && lost.verdict == Verdict::Holds, "{lost:?}");
    }
}
