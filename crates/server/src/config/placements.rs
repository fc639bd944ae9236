//! Placements as a setting: `name=tool,tool;name`.

use autorisen_domain::chat::{Placement, PlacementName, Placements, ToolName};

/// Reads the placements; the first is the default.
pub(super) fn parse(text: &str) -> Option<Placements> {
    let entries = text.split(';').map(str::trim).filter(|entry| !entry.is_empty());
    Placements::new(entries.map(placement).collect::<Option<_>>()?)
}

fn placement(entry: &str) -> Option<Placement> {
    let (name, tools) = entry.split_once('=').map_or((entry, None), |(name, tools)| (name, Some(tools)));
    let tools =
        tools.into_iter().flat_map(|tools| tools.split(',')).map(ToolName::parse).collect::<Option<_>>()?;
    Some(Placement { name: PlacementName::parse(name).ok()?, tools })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools(placements: &Placements, name: &str) -> Vec<String> {
        let placement = placements.find(&PlacementName::parse(name).unwrap()).unwrap();
        placement.tools.iter().map(|tool| tool.as_str().to_owned()).collect()
    }

    #[test]
    fn placements_have_any_number_of_tools_and_the_first_is_the_default() {
        let placements = parse(" support = a.one , b.two ; admin ;").unwrap();
        assert_eq!(placements.default_name().as_str(), "support");
        assert_eq!(tools(&placements, "support"), ["a.one", "b.two"]);
        assert_eq!(tools(&placements, "admin"), [""; 0]);
    }

    #[test]
    fn what_is_no_list_of_placements_is_refused() {
        for text in ["", ";", "support=", "support=a,,b", "Support", "admin;admin", "support=A", "=a"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
