//! Copying: by OSC 52, which reaches the operator's own clipboard through ssh, and into a file, which always works.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crossterm::clipboard::CopyToClipboard;
use crossterm::queue;

use super::capabilities::Shared;

/// The longest text that is sent by OSC 52, in bytes: terminals of the VTE and hterm families drop sequences of more than
/// 100,000 bytes, and base64 makes four of three.
pub const LIMIT: usize = 74_994;

/// The file's name in the folder.
pub const FILE: &str = "copied.txt";

/// What came of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Whether it was sent to the terminal. No terminal says whether it took it.
    pub sent: bool,
    /// Where it can be read in any case.
    pub file: Option<PathBuf>,
    /// What the operator should know of it.
    pub note: Option<&'static str>,
}

/// Writes the sequence that puts `text` on the clipboard, and keeps it in `folder` too, where one is given. Fails only if
/// neither could be done.
pub fn copy(text: &str, shared: Option<Shared>, out: &mut impl Write, folder: Option<&Path>) -> io::Result<Copied> {
    let kept = folder.map(|folder| keep(text, folder));
    let fits = text.len() <= LIMIT;
    let sent = if fits { queue!(out, CopyToClipboard::to_clipboard_from(text)) } else { Ok(()) };
    let file = match (kept, &sent) {
        (Some(Ok(path)), _) => Some(path),
        (Some(Err(error)), _) if !fits || sent.is_err() => return Err(error),
        (None, _) if !fits => return Err(io::Error::other(format!("too long to copy: more than {LIMIT} bytes"))),
        _ => None,
    };
    if file.is_none() {
        sent?;
        return Ok(Copied { sent: true, file, note: note(shared) });
    }
    let sent = fits && sent.is_ok();
    let note = if fits { note(shared) } else { Some("too long for the clipboard") };
    Ok(Copied { sent, file, note })
}

/// What stands between the sequence and the clipboard.
fn note(shared: Option<Shared>) -> Option<&'static str> {
    match shared {
        // tmux takes OSC 52 from a program only with "on"; its default, "external", is for its own copy mode. Wrapping the
        // sequence to pass it through would need `allow-passthrough`, off by default as well.
        Some(Shared::Tmux | Shared::Tmate) => Some("tmux passes it on with: set -g set-clipboard on"),
        Some(Shared::Screen) => Some("screen does not pass it on"),
        Some(Shared::Zellij) | None => None,
    }
}

/// Puts it in the folder's file, readable by the owner alone, whole or not at all.
fn keep(text: &str, folder: &Path) -> io::Result<PathBuf> {
    let path = folder.join(FILE);
    let new = folder.join(format!(".{FILE}.{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let written = options.open(&new).and_then(|mut file| file.write_all(text.as_bytes()));
    if let Err(error) = written.and_then(|()| fs::rename(&new, &path)) {
        let _ = fs::remove_file(&new);
        return Err(io::Error::new(error.kind(), format!("{}: {error}", path.display())));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_sent_as_base64() {
        let mut out = Vec::new();
        let copied = copy("aws rds …", None, &mut out, None).unwrap();
        assert_eq!(copied, Copied { sent: true, file: None, note: None });
        assert_eq!(String::from_utf8(out).unwrap(), "\x1b]52;c;YXdzIHJkcyDigKY=\x1b\\");
    }

    #[test]
    fn nothing_in_the_text_can_end_the_sequence() {
        let mut out = Vec::new();
        copy("\x1b\\\x07\u{9c}", None, &mut out, None).unwrap();
        assert_eq!(out.iter().filter(|byte| **byte == 0x1b).count(), 2);
        assert!(!out.contains(&7) && out.iter().all(u8::is_ascii));
    }

    #[test]
    fn a_long_text_goes_to_the_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let text = "x".repeat(LIMIT + 1);
        let mut out = Vec::new();
        let copied = copy(&text, None, &mut out, Some(folder.path())).unwrap();
        assert!(!copied.sent && out.is_empty());
        assert_eq!(fs::read_to_string(copied.file.unwrap()).unwrap(), text);
        assert!(copy(&text, None, &mut out, None).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_the_owner_alone_and_replaced_whole() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        copy("a longer first text", None, &mut Vec::new(), Some(folder.path())).unwrap();
        let file = copy("second", None, &mut Vec::new(), Some(folder.path())).unwrap().file.unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "second");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_does_not_hinder_the_clipboard() {
        let mut out = Vec::new();
        let copied = copy("x", Some(Shared::Tmux), &mut out, Some(Path::new("/nonexistent/folder"))).unwrap();
        assert!(copied.sent && copied.file.is_none() && !out.is_empty());
        assert!(copied.note.unwrap().contains("set-clipboard on"));
    }
}
