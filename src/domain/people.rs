//! The people of a run, as they write themselves down: who is on the incident call, and to whom the lead is offered.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::text;

/// How many people a list may name.
pub const MOST: usize = 40;
/// How long a name or a role may be, in characters.
const LONG: usize = 60;
/// How long a whole list may be when it is written out, in characters: what can be typed in one line.
const LINE: usize = 400;
/// What stands for an empty list.
const NOBODY: &str = "nobody";
/// The role of whoever commands the incident; compared without regard to case.
const COMMANDER: &str = "incident commander";

/// Somebody on the incident call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnCall {
    /// Their name, as it was typed.
    pub name: String,
    /// As what they are there, in the words of whoever typed it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub role: Option<String>,
}

impl OnCall {
    /// Whether they command the incident.
    pub fn commands(&self) -> bool {
        self.role.as_ref().is_some_and(|role| role.to_lowercase() == COMMANDER)
    }
}

impl fmt::Display for OnCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.role {
            Some(role) => write!(f, "{} ({role})", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The lead, given up by whoever had it and not taken yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Who gave it up.
    pub by: String,
    /// To whom.
    pub to: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

impl Offer {
    /// Whether it is meant for an operator of this name.
    pub fn is_to(&self, operator: &str) -> bool {
        same(&self.to, operator)
    }
}

/// Whether two names are of the same person, as far as names tell.
pub fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// Reads a list such as `anna (incident commander), ben (database), chris`; `nobody` is the empty one.
///
/// # Errors
/// What is wrong with it, and where.
pub fn parse(typed: &str) -> Result<Vec<OnCall>, String> {
    let typed = text::visible(typed.trim());
    if typed.is_empty() {
        return Err(format!("name who is on the call, such as: anna (incident commander), ben; or write {NOBODY}"));
    }
    if same(&typed, NOBODY) {
        return Ok(Vec::new());
    }
    let mut people: Vec<OnCall> = Vec::new();
    for part in parts(&typed)? {
        let one = person(part)?;
        if people.iter().any(|other| same(&other.name, &one.name)) {
            return Err(format!("{} is there twice", one.name));
        }
        if one.commands()
            && let Some(other) = people.iter().find(|other| other.commands())
        {
            return Err(format!("{} and {} are both {COMMANDER}: there is one", other.name, one.name));
        }
        people.push(one);
    }
    if people.len() > MOST || line(&people).chars().count() > LINE {
        return Err(format!("that is too long: {MOST} people or {LINE} characters at most"));
    }
    Ok(people)
}

/// A list as it would be typed.
pub fn line(people: &[OnCall]) -> String {
    if people.is_empty() {
        return NOBODY.to_owned();
    }
    people.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Whoever commands the incident, if somebody on the call does.
pub fn commander(people: &[OnCall]) -> Option<&OnCall> {
    people.iter().find(|one| one.commands())
}

/// Reads to whom the lead is handed, and why: `ben: my shift ends`.
///
/// # Errors
/// What is missing.
pub fn offer(typed: &str) -> Result<(String, String), String> {
    let typed = text::visible(typed.trim());
    let Some((to, reason)) = typed.split_once([':', ',']) else {
        return Err("write the name, a colon, then why, such as: ben: my shift ends".to_owned());
    };
    let to = word(to, "the name")?;
    if reason.trim().chars().count() < 3 {
        return Err(format!("why is the lead handed to {to}? It goes into the journal"));
    }
    Ok((to, reason.trim().to_owned()))
}

/// The parts between commas that stand in no parentheses.
fn parts(typed: &str) -> Result<Vec<&str>, String> {
    let (mut parts, mut begin, mut inside) = (Vec::new(), 0, false);
    for (at, letter) in typed.char_indices() {
        match letter {
            '(' if inside => return Err("a role stands in one pair of parentheses".to_owned()),
            '(' => inside = true,
            ')' if !inside => return Err("there is a ) without a (".to_owned()),
            ')' => inside = false,
            ',' if !inside => {
                parts.push(typed.get(begin..at).unwrap_or_default());
                begin = at + 1;
            }
            _ => {}
        }
    }
    if inside {
        return Err("there is a ( without a )".to_owned());
    }
    parts.push(typed.get(begin..).unwrap_or_default());
    Ok(parts)
}

fn person(part: &str) -> Result<OnCall, String> {
    let Some((name, rest)) = part.split_once('(') else {
        return Ok(OnCall { name: word(part, "a name")?, role: None });
    };
    let Some((role, after)) = rest.split_once(')') else { return Err("there is a ( without a )".to_owned()) };
    if !after.trim().is_empty() {
        return Err(format!("a comma is missing before {:?}", after.trim()));
    }
    Ok(OnCall { name: word(name, "a name")?, role: Some(word(role, "the role")?) })
}

fn word(text: &str, what: &str) -> Result<String, String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        0 => Err(format!("{what} is missing")),
        1..=LONG => Ok(text),
        _ => Err(format!("{what} is too long: {LONG} characters at most")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, role: Option<&str>) -> OnCall {
        OnCall { name: name.into(), role: role.map(str::to_owned) }
    }

    #[test]
    fn a_line_names_people_with_and_without_a_role() {
        let people = parse(" anna  (Incident Commander),ben (database, us-west-2) , Chris van Dyk ").unwrap();
        let wanted = [
            one("anna", Some("Incident Commander")),
            one("ben", Some("database, us-west-2")),
            one("Chris van Dyk", None),
        ];
        assert_eq!(people, wanted);
        assert_eq!(commander(&people), Some(&wanted[0]));
        assert_eq!(line(&people), "anna (Incident Commander), ben (database, us-west-2), Chris van Dyk");
        assert_eq!(parse(&line(&people)), Ok(people), "what is shown can be typed");
        assert_eq!(parse("Nobody"), Ok(Vec::new()));
        assert_eq!(parse(&line(&[])), Ok(Vec::new()));
        assert_eq!(commander(&[one("anna", Some("commander")), one("incident commander", None)]), None);
    }

    #[test]
    fn what_is_wrong_in_a_line_is_said() {
        for (typed, why) in [
            ("", "name who is on the call"),
            ("anna,,ben", "a name is missing"),
            ("anna, (database)", "a name is missing"),
            ("anna ()", "the role is missing"),
            ("anna (a, ben", "( without a )"),
            ("anna a), ben", ") without a ("),
            ("anna ((a))", "one pair"),
            ("anna (a) ben", "a comma is missing before \"ben\""),
            ("anna, ben, Anna", "Anna is there twice"),
            ("anna (incident commander), ben (Incident COMMANDER)", "anna and ben are both"),
            (&"x".repeat(61), "too long"),
            (&(0..41).map(|n| format!("p{n}")).collect::<Vec<_>>().join(","), "too long"),
            (&(0..9).map(|n| format!("{n}{}", "y".repeat(50))).collect::<Vec<_>>().join(","), "too long"),
        ] {
            let told = parse(typed).unwrap_err();
            assert!(told.contains(why), "{typed}: {told}");
        }
    }

    #[test]
    fn nothing_that_a_terminal_would_obey_gets_into_a_name() {
        let people = parse("an\u{1b}[31mna (da\u{202e}ta)").unwrap();
        assert!(!line(&people).contains(['\u{1b}', '\u{202e}']), "{people:?}");
    }

    #[test]
    fn the_lead_is_handed_to_a_name_with_a_reason() {
        let ben = |reason: &str| Ok(("ben".to_owned(), reason.to_owned()));
        assert_eq!(offer(" ben : my shift ends: tired"), ben("my shift ends: tired"));
        assert_eq!(offer("ben, he knows the database"), ben("he knows the database"));
        for (typed, why) in [("", "the name, a colon"), ("ben", "a colon"), (": tired", "missing"), ("ben: x", "why")] {
            let told = offer(typed).unwrap_err();
            assert!(told.contains(why), "{typed}: {told}");
        }
    }
}
