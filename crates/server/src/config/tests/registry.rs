//! Tests of the table of settings.

use std::collections::BTreeSet;

use super::{faults, loaded};
use crate::config::{Kind, SETTINGS};

#[test]
fn no_name_is_given_twice() {
    let mut seen = BTreeSet::new();
    for setting in SETTINGS {
        for name in [setting.variables(), setting.file_variables(), vec![setting.key.to_owned()]].concat() {
            assert!(seen.insert(name.clone()), "{name}");
        }
    }
}

#[test]
fn every_setting_is_read_and_says_which_values_it_takes() {
    for setting in SETTINGS {
        for name in setting.variables() {
            // A control character fits no setting at all.
            let loaded = loaded(&[(&name, "marked\u{7}")]);
            let faults = faults(&loaded);
            assert_eq!(faults.len(), 1, "{name}: {faults:?}");
            let told = match setting.kind {
                Kind::DatabaseUrl => format!("{name} is not valid: it must begin with "),
                _ => format!("{name} is not valid: it must be {}", setting.kind),
            };
            assert!(faults[0].starts_with(&told), "{}", faults[0]);
            assert!(!faults[0].contains("marked"), "{name}");
        }
    }
}

#[test]
fn every_setting_has_a_section_and_a_sentence() {
    for setting in SETTINGS {
        assert_eq!(setting.key.split('.').count(), 2, "{}", setting.key);
        assert!(setting.help.ends_with('.') && setting.help.len() < 120, "{}", setting.key);
    }
}
