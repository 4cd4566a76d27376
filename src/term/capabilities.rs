//! What the terminal can show, from the environment alone: to ask it would cost a round trip at the start, which over
//! ssh is what the operator waits for.

use std::fmt;
use std::str::FromStr;

/// How many colours may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Colour {
    /// None: attributes such as bold and reverse only.
    None,
    /// The sixteen that the terminal's palette defines.
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// 24 bits.
    True,
}

/// What `--color` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourChoice {
    /// As the environment says.
    #[default]
    Auto,
    /// Exactly this, whatever the environment says.
    Exactly(Colour),
}

impl ColourChoice {
    /// The words that `--color` takes.
    pub const WORDS: [&'static str; 5] = ["auto", "never", "16", "256", "truecolor"];
}

impl FromStr for ColourChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "never" => Ok(Self::Exactly(Colour::None)),
            "16" => Ok(Self::Exactly(Colour::Sixteen)),
            "256" => Ok(Self::Exactly(Colour::Indexed)),
            "truecolor" => Ok(Self::Exactly(Colour::True)),
            _ => Err(format!("expected one of {}", Self::WORDS.join(", "))),
        }
    }
}

/// A program that lets several people or places look at, and type into, one terminal. Who typed a key is then not
/// certain, and the journal says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shared {
    /// tmux.
    Tmux,
    /// tmate, a tmux that shares over the network.
    Tmate,
    /// GNU screen.
    Screen,
    /// Zellij.
    Zellij,
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tmux => "tmux",
            Self::Tmate => "tmate",
            Self::Screen => "screen",
            Self::Zellij => "zellij",
        })
    }
}

/// Everything of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// How many colours.
    pub colour: Colour,
    /// Whether characters beyond ASCII can be shown.
    pub unicode: bool,
    /// What the terminal may be shared through.
    pub shared: Option<Shared>,
    /// Whether the terminal is known to report key repeats as such when asked to.
    pub reports_repeats: bool,
    /// Whether the terminal is known to show links (OSC 8).
    pub links: bool,
}

impl Capabilities {
    /// What this process's environment says.
    pub fn detect(choice: ColourChoice, ascii: bool) -> Self {
        Self::of(choice, ascii, &|name| std::env::var(name).ok())
    }

    /// What an environment says.
    pub fn of(choice: ColourChoice, ascii: bool, env: &dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            colour: colour(choice, env),
            unicode: unicode(ascii, env),
            shared: shared(env),
            reports_repeats: reports_repeats(env),
            links: links(env),
        }
    }
}

/// How many colours: `--color`, then `NO_COLOR` (<https://no-color.org>: set and not empty), then `FORCE_COLOR` where it is
/// a level (0 to 3, as Node.js has it), then `COLORTERM`, then `TERM`. Any other `FORCE_COLOR` (<https://force-color.org>)
/// and `CLICOLOR_FORCE` (<https://bixense.com/clicolors>: set and not 0) want colours where these know of none.
pub fn colour(choice: ColourChoice, env: &dyn Fn(&str) -> Option<String>) -> Colour {
    if let ColourChoice::Exactly(colour) = choice {
        return colour;
    }
    if said(env, "NO_COLOR").is_some() {
        return Colour::None;
    }
    match said(env, "FORCE_COLOR").as_deref() {
        Some("0") => return Colour::None,
        Some("1") => return Colour::Sixteen,
        Some("2") => return Colour::Indexed,
        Some("3") => return Colour::True,
        _ => {}
    }
    let at_least = if is_forced(env) { Colour::Sixteen } else { Colour::None };
    let term = env("TERM").unwrap_or_default();
    let by_term = by_term(&term).max(at_least);
    // GNU screen (before 5) keeps the outer terminal's COLORTERM and shows true colours wrongly.
    let through_screen = said(env, "STY").is_some() && term.starts_with("screen");
    match env("COLORTERM").as_deref() {
        Some("truecolor" | "24bit") if !through_screen => Colour::True,
        Some(value) if !value.is_empty() => by_term.max(Colour::Sixteen),
        _ => by_term,
    }
}

/// Whether the environment wants colours even where nobody seems to see them, such as in a pipe.
pub fn is_forced(env: &dyn Fn(&str) -> Option<String>) -> bool {
    let wants = |name| said(env, name).is_some_and(|value| value != "0");
    said(env, "NO_COLOR").is_none() && (wants("FORCE_COLOR") || wants("CLICOLOR_FORCE"))
}

/// What a terminal's name says of its colours.
fn by_term(term: &str) -> Colour {
    const TRUE: [&str; 7] = ["xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour", "rio"];
    const NONE: [&str; 6] = ["dumb", "vt52", "vt100", "vt102", "vt220", "vt320"];
    if term.is_empty() || term.ends_with("-mono") || term.ends_with("-m") || NONE.contains(&term) {
        Colour::None
    } else if term.ends_with("-direct") || TRUE.iter().any(|name| is_or_extends(term, name)) {
        Colour::True
    } else if term.contains("256color") {
        Colour::Indexed
    } else {
        Colour::Sixteen
    }
}

fn is_or_extends(term: &str, name: &str) -> bool {
    term.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Whether characters beyond ASCII can be shown: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set and not
/// empty decides (POSIX, "Internationalization Variables"); `ascii` overrides.
pub fn unicode(ascii: bool, env: &dyn Fn(&str) -> Option<String>) -> bool {
    if ascii {
        return false;
    }
    // The console of the Linux kernel has a font of 512 glyphs at most.
    if env("TERM").as_deref() == Some("linux") {
        return false;
    }
    ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| said(env, name)).is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// What the terminal may be shared through. The innermost is named, and tmate before the tmux that it is made of.
pub fn shared(env: &dyn Fn(&str) -> Option<String>) -> Option<Shared> {
    let tmux = said(env, "TMUX");
    if tmux.as_deref().is_some_and(|socket| socket.contains("/tmate-")) {
        Some(Shared::Tmate)
    } else if tmux.is_some() {
        Some(Shared::Tmux)
    } else if said(env, "ZELLIJ").is_some() {
        Some(Shared::Zellij)
    } else if said(env, "STY").is_some() {
        Some(Shared::Screen)
    } else {
        None
    }
}

/// Terminals that are known to speak the kitty keyboard protocol without a setting
/// (<https://sw.kovidgoyal.net/kitty/keyboard-protocol/>), and nothing in between that would swallow it.
fn reports_repeats(env: &dyn Fn(&str) -> Option<String>) -> bool {
    let term = env("TERM").unwrap_or_default();
    shared(env).is_none() && ["xterm-kitty", "xterm-ghostty", "foot"].iter().any(|name| is_or_extends(&term, name))
}

/// Terminals that are known to show OSC 8 links, and nothing in between that would swallow them or print them. The list is
/// <https://github.com/Alhadis/OSC8-Adoption>; `HANDOVER_NO_LINKS` says no.
fn links(env: &dyn Fn(&str) -> Option<String>) -> bool {
    if said(env, "HANDOVER_NO_LINKS").is_some() {
        return false;
    }
    let program = env("TERM_PROGRAM").unwrap_or_default();
    match shared(env) {
        // From 3.4 on it keeps them itself, and passes them on where the outer terminal has them.
        Some(Shared::Tmux | Shared::Tmate) => {
            return program == "tmux" && version(env, "TERM_PROGRAM_VERSION").is_some_and(|version| version >= (3, 4));
        }
        Some(Shared::Screen | Shared::Zellij) => return false,
        None => {}
    }
    let term = env("TERM").unwrap_or_default();
    let by_name = ["xterm-kitty", "xterm-ghostty", "foot", "wezterm", "contour"];
    by_name.iter().any(|name| is_or_extends(&term, name))
        || ["iTerm.app", "WezTerm", "ghostty", "vscode"].contains(&program.as_str())
        || said(env, "VTE_VERSION").and_then(|version| version.parse().ok()).is_some_and(|version: u32| version >= 5000)
        || (said(env, "WT_SESSION").is_some() && term != "dumb")
}

/// The first two numbers of a version such as `3.4` or `3.5a`.
fn version(env: &dyn Fn(&str) -> Option<String>, name: &str) -> Option<(u32, u32)> {
    let text = said(env, name)?;
    let (major, rest) = text.split_once('.')?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    Some((major.parse().ok()?, rest.get(..digits)?.parse().ok()?))
}

/// A variable's value, where it is set and not empty.
fn said(env: &dyn Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    env(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
        move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    fn auto(pairs: &'static [(&'static str, &'static str)]) -> Colour {
        colour(ColourChoice::Auto, &env(pairs))
    }

    #[test]
    fn the_option_beats_no_color_beats_colorterm_beats_term() {
        let all = env(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor"), ("TERM", "xterm")]);
        assert_eq!(colour("256".parse().unwrap(), &all), Colour::Indexed);
        assert_eq!(colour(ColourChoice::Auto, &all), Colour::None);
        assert_eq!(auto(&[("COLORTERM", "truecolor"), ("TERM", "xterm")]), Colour::True);
        assert_eq!(auto(&[("TERM", "xterm")]), Colour::Sixteen);
        assert_eq!(colour("never".parse().unwrap(), &env(&[("COLORTERM", "24bit")])), Colour::None);
    }

    #[test]
    fn colours_can_be_forced_but_not_against_no_color() {
        assert_eq!(auto(&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")]), Colour::Sixteen);
        assert_eq!(auto(&[("TERM", "dumb"), ("CLICOLOR_FORCE", "0")]), Colour::None);
        assert_eq!(auto(&[("TERM", "xterm-256color"), ("CLICOLOR_FORCE", "1")]), Colour::Indexed);
        assert_eq!(auto(&[("TERM", "dumb"), ("FORCE_COLOR", "true")]), Colour::Sixteen);
        for (level, colour) in
            [("0", Colour::None), ("1", Colour::Sixteen), ("2", Colour::Indexed), ("3", Colour::True)]
        {
            let pairs = [("TERM", "xterm-256color"), ("COLORTERM", ""), ("FORCE_COLOR", level)];
            let env = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(colour_of(&env), colour, "{level}");
        }
        assert_eq!(auto(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("FORCE_COLOR", "3")]), Colour::None);
        assert!(is_forced(&env(&[("CLICOLOR_FORCE", "1")])) && !is_forced(&env(&[("CLICOLOR_FORCE", "0")])));
        assert!(!is_forced(&env(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")])));
    }

    fn colour_of(env: &dyn Fn(&str) -> Option<String>) -> Colour {
        colour(ColourChoice::Auto, env)
    }

    #[test]
    fn an_empty_no_color_says_nothing() {
        assert_eq!(auto(&[("NO_COLOR", ""), ("TERM", "xterm-256color")]), Colour::Indexed);
    }

    #[test]
    fn a_terminal_is_known_by_its_name() {
        for (term, expected) in [
            ("dumb", Colour::None),
            ("vt100", Colour::None),
            ("", Colour::None),
            ("linux", Colour::Sixteen),
            ("screen", Colour::Sixteen),
            ("screen-256color", Colour::Indexed),
            ("tmux-256color", Colour::Indexed),
            ("xterm-direct", Colour::True),
            ("xterm-kitty", Colour::True),
            ("foot-extra", Colour::True),
            ("football", Colour::Sixteen),
        ] {
            assert_eq!(by_term(term), expected, "{term}");
        }
    }

    #[test]
    fn gnu_screen_is_not_believed_when_it_passes_on_truecolor() {
        let pairs = &[("STY", "1.pts"), ("TERM", "screen-256color"), ("COLORTERM", "truecolor")];
        assert_eq!(auto(pairs), Colour::Indexed);
    }

    #[test]
    fn a_wrong_colour_word_is_told_the_right_ones() {
        let error = "blue".parse::<ColourChoice>().unwrap_err();
        assert!(error.contains("truecolor"), "{error}");
        for word in ColourChoice::WORDS {
            assert!(word.parse::<ColourChoice>().is_ok(), "{word}");
        }
    }

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        assert!(unicode(false, &env(&[("LANG", "en_US.UTF-8")])));
        assert!(unicode(false, &env(&[("LC_CTYPE", "C.utf8"), ("LANG", "C")])));
        assert!(!unicode(false, &env(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")])));
        assert!(unicode(false, &env(&[("LC_ALL", ""), ("LANG", "en_US.UTF-8")])));
        assert!(!unicode(false, &env(&[])));
        assert!(!unicode(true, &env(&[("LANG", "en_US.UTF-8")])));
        assert!(!unicode(false, &env(&[("TERM", "linux"), ("LANG", "en_US.UTF-8")])));
    }

    #[test]
    fn a_shared_terminal_is_noticed() {
        assert_eq!(shared(&env(&[("TMUX", "/tmp/tmux-0/default,1,0")])), Some(Shared::Tmux));
        assert_eq!(shared(&env(&[("TMUX", "/tmp/tmate-0/x,1,0")])), Some(Shared::Tmate));
        assert_eq!(shared(&env(&[("STY", "123.pts-0.host")])), Some(Shared::Screen));
        assert_eq!(shared(&env(&[("ZELLIJ", "0")])), Some(Shared::Zellij));
        assert_eq!(shared(&env(&[("TMUX", "")])), None);
    }

    #[test]
    fn links_are_written_only_where_they_are_known_to_be_shown() {
        assert!(links(&env(&[("TERM", "xterm-kitty")])));
        assert!(links(&env(&[("TERM", "foot-extra")])));
        assert!(links(&env(&[("TERM", "xterm-256color"), ("VTE_VERSION", "7200")])));
        assert!(links(&env(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")])));
        assert!(links(&env(&[("TERM", "xterm-256color"), ("WT_SESSION", "1")])));
        assert!(!links(&env(&[("TERM", "xterm-256color")])));
        assert!(!links(&env(&[("TERM", "xterm-256color"), ("VTE_VERSION", "4600")])));
        assert!(!links(&env(&[("TERM", "linux")])));
        assert!(!links(&env(&[("TERM", "xterm-kitty"), ("HANDOVER_NO_LINKS", "1")])));
        assert!(!links(&env(&[("TERM", "screen"), ("STY", "1.pts"), ("VTE_VERSION", "7200")])));
        let tmux = |version: &'static str| {
            let pairs = [("TMUX", "/tmp/tmux-0/default"), ("TERM_PROGRAM", "tmux"), ("VTE_VERSION", "7200")];
            move |name: &str| match name {
                "TERM_PROGRAM_VERSION" => Some(version.to_owned()),
                _ => pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()),
            }
        };
        assert!(links(&tmux("3.4")) && links(&tmux("3.5a")) && links(&tmux("4.0")));
        assert!(!links(&tmux("3.3a")) && !links(&tmux("next")) && !links(&tmux("")));
    }

    #[test]
    fn key_repeats_are_only_asked_for_where_nothing_is_between() {
        assert!(reports_repeats(&env(&[("TERM", "xterm-kitty")])));
        assert!(!reports_repeats(&env(&[("TERM", "xterm-kitty"), ("TMUX", "/tmp/tmux-0/default,1,0")])));
        assert!(!reports_repeats(&env(&[("TERM", "xterm-256color")])));
    }
}
