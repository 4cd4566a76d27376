//! Examples of each command, each of which parses.

/// An example: the line, and what it does.
pub type Example = (&'static str, &'static str);

/// The examples of a command, by its words; of the program itself, by none.
pub fn examples(command: &str) -> &'static [Example] {
    EXAMPLES.iter().find(|(of, _)| *of == command).map_or(&[], |(_, examples)| *examples)
}

const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "",
        &[
            ("handover", "opens the console on the service that is here; it only watches until somebody arms it"),
            (
                "handover --service shop --runbook failback",
                "opens another runbook of a service of the configuration directory",
            ),
            ("handover --theme light --keymap vim --as anna", "with other looks and keys, under another name"),
        ],
    ),
    (
        "demo",
        &[
            ("handover demo", "a live outage of a Region: no account, no network"),
            ("handover demo --guided", "with each step explained as it goes"),
            (
                "handover demo regami --scenario lagging-replica --speed 10",
                "another service, another trouble, ten times as fast",
            ),
            (
                "handover demo --autoplay --headless --speed 60",
                "without a terminal; exit status 0 only if the run is verified",
            ),
        ],
    ),
    (
        "drill",
        &[
            ("handover drill --guided", "the service's own drill, each step explained"),
            ("handover drill --demo regami --surprise random", "in simulated Regions, with something held back"),
        ],
    ),
    (
        "init",
        &[
            ("handover init fineract shop", "writes shop/service.toml and shop/runbooks to start from"),
            (
                "handover init --from-terraform east.tfstate --from-terraform west.tfstate shop",
                "drafts the service file from states",
            ),
        ],
    ),
    (
        "sim",
        &[
            ("handover sim --scenario region-outage --listen 127.0.0.1:4599", "serves AWS as it is in an outage"),
            ("handover sim regami --speed 10 --kubeconfig sim.kubeconfig", "with the clusters' contexts for kubectl"),
        ],
    ),
    (
        "check",
        &[
            ("handover check", "reads the files and reviews them"),
            ("handover check --live --deny warning", "looks at the service, too, and accepts no warning"),
            ("handover check --format sarif", "for a code host"),
        ],
    ),
    (
        "plan",
        &[
            ("handover plan failover", "the whole plan, with the exact calls"),
            ("handover plan failover --demo fineract --format markdown", "a preset's, to be kept where it can be read"),
        ],
    ),
    (
        "preflight",
        &[
            ("handover preflight", "what every runbook would need"),
            ("handover preflight failover --format markdown", "what one would, as a document"),
            ("handover preflight --demo regami", "of a preset, on the simulated Regions"),
        ],
    ),
    (
        "iam",
        &[
            ("handover iam failover", "the least policy for whoever leads that runbook"),
            ("handover iam --observe", "and for those who only watch"),
        ],
    ),
    ("status", &[("handover status --json", "both Regions' health, once, for programs")]),
    (
        "watch",
        &[
            ("handover watch --headless", "prints what changes"),
            ("handover watch --headless --metrics 127.0.0.1:9464", "and serves metrics to Prometheus"),
            (
                "handover watch --headless --simulated region-outage --preset fineract --for 10m --json",
                "ten minutes of a simulation, for programs",
            ),
        ],
    ),
    (
        "approve",
        &[
            ("handover approve --new-key", "once: makes your key, prints its public half"),
            ("handover approve", "shows what waits in the latest run, and asks for the phrase"),
        ],
    ),
    ("notify", &[("handover notify test", "tries every channel")]),
    ("notify test", &[("handover notify test --channel pager", "tries one channel")]),
    ("notify send", &[("handover notify send", "sends what the latest run still owes")]),
    ("notify draft", &[("handover notify draft", "a text for a status page, of the latest run")]),
    (
        "report",
        &[
            ("handover report", "of the latest run, as Markdown"),
            ("handover report 20261201 --format html --to outage.html", "one file for a browser and for paper"),
        ],
    ),
    (
        "replay",
        &[
            ("handover replay", "plays the latest run back"),
            ("handover replay 20261201 --speed 10 --from +5m", "from its fifth minute, ten times as fast"),
            ("handover replay --cast drill.cast --size 100x30 --speed 60", "films it for `asciinema play drill.cast`"),
        ],
    ),
    (
        "follow-up",
        &[(
            "handover follow-up --about 57 --says 'Alarm on the lag' --owner ben --due 2026-12-01",
            "who sees to it, until when",
        )],
    ),
    (
        "runs",
        &[
            ("handover runs", "every run, with times and losses against the objectives"),
            ("handover runs --service shop --mode drill --json", "one service's drills, for programs"),
        ],
    ),
    ("runs score", &[("handover runs score", "what the latest drill was worth, each deduction by its entry")]),
    ("runs compare", &[("handover runs compare 20261201 20260901", "two runs side by side")]),
    (
        "resume",
        &[
            ("handover resume", "takes the latest run up again, or watches who leads it"),
            ("handover resume 20261201", "another, by enough of its id"),
        ],
    ),
    ("journal", &[("handover journal verify", "does the latest run's journal hold?")]),
    (
        "journal show",
        &[
            ("handover journal show", "the latest run's entries, a line each"),
            ("handover journal show 20261201 --markdown --to record.md", "as a document, to be filed"),
        ],
    ),
    (
        "journal verify",
        &[
            ("handover journal verify", "with nothing but the file"),
            (
                "handover journal verify --anchors anchors --against-cloudtrail events.json",
                "and with what others have of it",
            ),
        ],
    ),
    ("journal ship", &[("handover journal ship", "ships what the latest run still owes")]),
    ("journal anchors", &[("handover journal anchors", "as the places outside this machine have them")]),
    ("theme", &[("handover theme preview", "every role on samples; arrows step through the themes")]),
    ("theme list", &[("handover theme list", "the bundled themes")]),
    ("theme check", &[("handover theme check mine.toml", "its file, its contrast, its colours to the colour-blind")]),
    ("theme print", &[("handover theme print nord", "one to start from")]),
    ("theme preview", &[("handover theme preview colour-blind", "that one first")]),
    ("observe", &[("handover observe", "watches the run that is open, on a screen of its own; never leads it")]),
    ("keymap", &[("handover keymap check mine.toml", "does it hold?")]),
    ("keymap list", &[("handover keymap list", "the bundled keymaps")]),
    ("keymap print", &[("handover keymap print vim", "one to start from")]),
    ("keymap check", &[("handover keymap check vim", "a bundled one, or a file")]),
    (
        "completions",
        &[
            ("handover completions bash", "for ~/.local/share/bash-completion/completions/handover"),
            ("handover completions zsh", "for a file _handover in a folder of $fpath"),
            ("handover completions fish", "for ~/.config/fish/completions/handover.fish"),
        ],
    ),
    (
        "man",
        &[
            ("handover man --dir ~/.local/share/man/man1", "installs every page"),
            ("handover man journal verify", "prints one; `| man -l -` shows it"),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, manual};
    use clap::Parser as _;

    /// The words of a line as a shell takes them, single quotes alone.
    fn words(line: &str) -> Vec<String> {
        let quoted = line.split('\'').enumerate();
        quoted.fold(Vec::new(), |mut words, (at, part)| {
            if at % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().map(str::to_owned));
            }
            words
        })
    }

    #[test]
    fn every_command_has_examples_and_every_example_parses() {
        let pages = manual::pages();
        for page in &pages {
            let examples = examples(&page.name);
            assert!(!examples.is_empty(), "{:?} has no example", page.name);
            for (line, says) in examples {
                let parsed = Cli::try_parse_from(words(line));
                assert!(parsed.is_ok() && !says.is_empty(), "{line}: {}", parsed.unwrap_err());
            }
        }
    }
}
