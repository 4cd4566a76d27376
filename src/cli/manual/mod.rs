//! What the manual, the help and the documents have in common: each command as a page, with its examples, the files and
//! the environment variables.

pub mod environment;
pub mod examples;
pub mod files;
mod page;

use clap::{Arg, Command, CommandFactory as _};

pub(super) use page::roff;

/// The program's whole command line.
pub fn command() -> Command {
    super::Cli::command()
}

/// A command, as a page of the manual tells it.
#[derive(Debug, Clone)]
pub struct Page {
    /// The words that call it after the program's name, such as `journal verify`; none for the program itself.
    pub name: String,
    /// The command, with all that it takes.
    pub command: Command,
}

impl Page {
    /// As it is called: `handover journal verify`.
    pub fn called(&self) -> String {
        format!("handover {}", self.name).trim_end().to_owned()
    }

    /// The manual's name for it: `handover-journal-verify`.
    pub fn slug(&self) -> String {
        self.called().replace(' ', "-")
    }

    /// What it takes of its own: what every command takes is told with the program itself.
    pub fn own(&self) -> impl Iterator<Item = &Arg> {
        let root = self.name.is_empty();
        self.command.get_arguments().filter(move |arg| !arg.is_hide_set() && (root || !is_everywhere(arg)))
    }

    /// Its subcommands, that are no helpers.
    pub fn below(&self) -> impl Iterator<Item = &Command> {
        self.command.get_subcommands().filter(|command| is_told(command))
    }

    /// The environment variables of its own options, with the option.
    pub fn variables(&self) -> Vec<(String, String)> {
        let told = |arg: &Arg| Some((arg.get_env()?.to_string_lossy().into_owned(), format!("--{}", arg.get_long()?)));
        self.own().filter_map(told).collect()
    }
}

/// Whether an argument is one that every command has.
fn is_everywhere(arg: &Arg) -> bool {
    arg.is_global_set() || ["help", "version"].contains(&arg.get_id().as_str())
}

fn is_told(command: &Command) -> bool {
    !command.is_hide_set() && command.get_name() != "help"
}

/// Every command: the program itself, then each in the order of the help, before those below it.
pub fn pages() -> Vec<Page> {
    let mut root = command().disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    collect("", root, &mut pages);
    pages
}

fn collect(name: &str, command: Command, pages: &mut Vec<Page>) {
    let below: Vec<Command> = command.get_subcommands().filter(|command| is_told(command)).cloned().collect();
    pages.push(Page { name: name.to_owned(), command });
    for command in below {
        let name = format!("{name} {}", command.get_name());
        collect(name.trim_start(), command, pages);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_page_for_each_command_and_for_no_helper() {
        let names: Vec<String> = pages().into_iter().map(|page| page.name).collect();
        for wanted in ["", "demo", "journal", "journal verify", "runs compare", "man"] {
            assert!(names.iter().any(|name| name == wanted), "{wanted:?} is not in {names:?}");
        }
        assert!(!names.iter().any(|name| name.contains("help")), "{names:?}");
    }

    #[test]
    fn what_every_command_takes_is_told_once() {
        let pages = pages();
        let own = |name: &str| -> Vec<String> {
            let page = pages.iter().find(|page| page.name == name).unwrap();
            page.own().map(|arg| arg.get_id().to_string()).collect()
        };
        assert!(own("").contains(&"theme".to_owned()) && own("demo").contains(&"scenario".to_owned()));
        assert!(!own("demo").contains(&"theme".to_owned()) && !own("demo").contains(&"help".to_owned()));
    }

    #[test]
    fn every_command_and_everything_that_it_takes_says_what_it_is() {
        for page in pages() {
            assert!(page.command.get_about().is_some(), "{}", page.called());
            for arg in page.own() {
                assert!(arg.get_help().is_some(), "{} {}", page.called(), arg.get_id());
            }
        }
    }
}
