//! The environment variables that the program reads, besides those that a service file names.

/// What a variable is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name; one that ends with `*` stands for all that begin so.
    pub name: &'static str,
    /// What it says.
    pub says: &'static str,
    /// Who reads it, where that is not this program's own code.
    pub by: Option<&'static str>,
}

const fn own(name: &'static str, says: &'static str) -> Variable {
    Variable { name, says, by: None }
}

const fn of(by: &'static str, name: &'static str, says: &'static str) -> Variable {
    Variable { name, says, by: Some(by) }
}

/// Each that is no option's. Those of options are said with their options.
pub const VARIABLES: &[Variable] = &[
    own("HANDOVER_DATA_DIR", "where runs, copies and the log are kept, in place of the data directory"),
    own("HANDOVER_LOG", "what is logged into handover.log, such as `handover=debug`; nothing without it"),
    own("NO_COLOR", "set and not empty: no colours"),
    own(
        "FORCE_COLOR",
        "0 no colours, 1 sixteen, 2 the 256, 3 true colour; anything else: colours even where none seem to be seen",
    ),
    own("CLICOLOR_FORCE", "set and not 0: colours even where none seem to be seen"),
    own("COLORTERM", "`truecolor` or `24bit`: the terminal has true colour"),
    own("TERM", "which terminal it is: how many colours it has, and whether it tells held keys from pressed ones"),
    own("LC_ALL", "whether the locale is UTF-8: without it, the screen is drawn with ASCII alone"),
    own("LC_CTYPE", "the same, where LC_ALL is not set"),
    own("LANG", "the same, where neither is set"),
    own("TMUX", "the terminal is shared by tmux or tmate: that is written into the journal, and said of copies"),
    own("STY", "the same of GNU screen"),
    own("ZELLIJ", "the same of Zellij"),
    own("HANDOVER_NO_LINKS", "set and not empty: no links to the AWS console are written into the terminal"),
    own("TERM_PROGRAM", "which terminal it is: whether it shows links"),
    own("TERM_PROGRAM_VERSION", "the same, of tmux"),
    own("VTE_VERSION", "the same, of those of the VTE family"),
    own("WT_SESSION", "the same, of Windows Terminal"),
    own("PATH", "where programs of steps and `kubectl` are looked for"),
    of("directories", "XDG_CONFIG_HOME", "the configuration directory is `handover` in it; `~/.config` without it"),
    of("directories", "XDG_DATA_HOME", "the data directory is `handover` in it; `~/.local/share` without it"),
    of("directories", "HOME", "where those two are, without them"),
    of("the AWS SDK", "AWS_*", "credentials, profile and files, as in the AWS SDK's own chain"),
    of("rustls-native-certs", "SSL_CERT_FILE", "which certificate authorities are trusted, in place of the system's"),
    of("rustls-native-certs", "SSL_CERT_DIR", "the same, as a folder"),
    of("kubectl", "KUBECONFIG", "the contexts, where the service file names no kubeconfig"),
];
