//! What a run's console was shown, in a file beside its journal.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::domain::hash;
use crate::ports::Readings;

/// The file, opened with its first line: whatever is wrong with it is met there, and keeps nobody from opening a run.
#[derive(Debug)]
pub struct FileReadings {
    path: PathBuf,
    open: Option<(File, u64)>,
}

impl FileReadings {
    /// A file, which need not exist.
    pub fn new(path: PathBuf) -> Self {
        Self { path, open: None }
    }

    fn open(&mut self) -> io::Result<&mut (File, u64)> {
        if self.open.is_none() {
            let mut options = OpenOptions::new();
            options.append(true).read(true).create(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&self.path)?;
            let mut length = file.metadata()?.len();
            // An earlier process may have ended within a line.
            if length > 0 {
                let mut last = [0];
                file.seek(SeekFrom::End(-1))?;
                file.read_exact(&mut last)?;
                if last != *b"\n" {
                    file.write_all(b"\n")?;
                    length += 1;
                }
            }
            self.open = Some((file, length));
        }
        self.open.as_mut().ok_or_else(|| io::Error::other("it is not open"))
    }
}

impl Readings for FileReadings {
    fn add(&mut self, lines: &str) -> io::Result<u64> {
        let (file, length) = self.open()?;
        file.write_all(lines.as_bytes())?;
        *length += u64::try_from(lines.len()).unwrap_or(u64::MAX);
        Ok(*length)
    }

    fn seal(&mut self) -> io::Result<(String, u64)> {
        let (file, _) = self.open()?;
        file.sync_data()?;
        file.seek(SeekFrom::Start(0))?;
        let (mut digest, mut lines, mut part) = (Sha256::new(), 0, vec![0; 1 << 16]);
        loop {
            let read = file.read(&mut part)?;
            let Some(bytes) = part.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            digest.update(bytes);
            lines += bytes.iter().filter(|byte| **byte == b'\n').map(|_| 1).sum::<u64>();
        }
        Ok((hash::hex(&digest.finalize()), lines))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_what_is_there_and_an_unfinished_line_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("readings.jsonl");
        let mut first = FileReadings::new(path.clone());
        assert_eq!(first.add("one\ntwo\nthr").unwrap(), 11);
        drop(first);
        let mut second = FileReadings::new(path.clone());
        assert_eq!(second.add("four\n").unwrap(), 17);
        let (sha256, lines) = second.seal().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!((lines, bytes.as_slice()), (4, b"one\ntwo\nthr\nfour\n".as_slice()));
        assert_eq!(sha256, hash::sha256(&bytes));
    }

    #[test]
    fn a_file_that_cannot_be_opened_says_so_at_its_first_line() {
        let folder = tempfile::tempdir().unwrap();
        assert!(FileReadings::new(folder.path().join("not/there")).add("x\n").is_err());
    }
}
