//! As much of `PromQL` as is needed to say which metrics and labels an expression names.

use std::collections::BTreeSet;

/// One metric in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector {
    pub(crate) metric: String,
    /// Label, and the text that it is compared with.
    pub(crate) matchers: Vec<(String, String)>,
}

/// What an expression names.
#[derive(Debug, Default)]
pub(crate) struct Named {
    pub(crate) selectors: Vec<Selector>,
    /// Labels that are grouped by.
    pub(crate) groups: BTreeSet<String>,
}

const WORDS: [&str; 9] = ["and", "or", "unless", "by", "without", "on", "ignoring", "offset", "bool"];

/// Reads an expression.
pub(crate) fn named(expression: &str) -> Named {
    let mut named = Named::default();
    let mut rest = expression;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic() || c == '[') {
        // A range, such as [5m].
        if rest[start..].starts_with('[') {
            rest = rest[start..].split_once(']').unwrap().1;
            continue;
        }
        // A number with letters is none that this uses.
        let word_end = rest[start..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let end = word_end.map_or(rest.len(), |end| start + end);
        let (word, after) = (&rest[start..end], rest[end..].trim_start());
        rest = after;
        if ["by", "without", "on", "ignoring"].contains(&word) {
            let (labels, after) = after.strip_prefix('(').unwrap().split_once(')').unwrap();
            named.groups.extend(labels.split(',').map(|label| label.trim().to_owned()));
            rest = after;
        } else if let Some(inside) = after.strip_prefix('{') {
            let (matchers, after) = inside.split_once('}').unwrap();
            named.selectors.push(Selector { metric: word.to_owned(), matchers: matchers_of(matchers) });
            rest = after;
        } else if !["(", "by ", "without "].iter().any(|next| after.starts_with(next))
            && !WORDS.contains(&word)
        {
            named.selectors.push(Selector { metric: word.to_owned(), matchers: Vec::new() });
        }
    }
    named
}

fn matchers_of(text: &str) -> Vec<(String, String)> {
    let matchers = text.split("\",").map(str::trim).filter(|matcher| !matcher.is_empty());
    matchers
        .map(|matcher| {
            let (label, value) = matcher.split_once('"').unwrap();
            let label = label.trim_end_matches(['=', '~', '!']).trim();
            (label.to_owned(), value.trim_end_matches('"').to_owned())
        })
        .collect()
}

#[test]
fn metrics_labels_and_values_are_found() {
    let named =
        named(r#"sum by (a, le) (rate(x_total{b="c",d=~"e|f"}[5m])) / y > 0.5 and time() - z_seconds{}"#);
    let selector = |metric: &str, matchers: &[(&str, &str)]| Selector {
        metric: metric.to_owned(),
        matchers: matchers.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect(),
    };
    let expected =
        [selector("x_total", &[("b", "c"), ("d", "e|f")]), selector("y", &[]), selector("z_seconds", &[])];
    assert_eq!(named.selectors, expected);
    assert_eq!(named.groups.into_iter().collect::<Vec<_>>(), ["a", "le"]);
}
