//! Files that begin with another of their kind: a bundled one by its name, or a file beside them.

use std::io;
use std::path::{Path, PathBuf};

use super::reader::Node;
use super::source::Source;
use super::words::meant;
use crate::domain::text::bounded;

/// How many others a file may inherit from in a row.
const ANCESTORS: usize = 4;
/// How long such a file may be, in bytes.
const LONGEST: u64 = 1 << 20;

/// A kind of file of which some are bundled.
pub(super) struct Kind {
    /// Its word, such as "theme".
    pub(super) word: &'static str,
    /// The name and the text of a bundled one, by the name that somebody gives it.
    pub(super) find: fn(&str) -> Option<(&'static str, &'static str)>,
    /// The names of all bundled ones.
    pub(super) names: fn() -> Vec<&'static str>,
}

/// A file with its place among those that inherit from it.
pub(super) struct Lineage {
    /// The file.
    pub(super) source: Source,
    /// What the files from the first one down to this are known by.
    pub(super) line: Vec<PathBuf>,
    /// Where it is; a bundled one is nowhere.
    pub(super) path: Option<PathBuf>,
}

impl Lineage {
    /// A file whose text is there already, that nobody inherits from.
    pub(super) fn of(source: &Source) -> Self {
        Self { line: vec![known_by(Path::new(source.name()))], source: source.clone(), path: None }
    }

    /// A bundled file by its name, or another by its path.
    pub(super) fn open(wanted: &str, kind: &Kind) -> io::Result<Self> {
        if let Some(source) = bundled(wanted, kind) {
            return Ok(Self::of(&source));
        }
        let path = Path::new(wanted);
        let source = Source::new(wanted, &bytes(path, kind)?);
        Ok(Self { path: Some(path.to_owned()), ..Self::of(&source) })
    }

    /// What a file says that it begins with. Nothing, if that cannot be read, goes in a circle or goes too far, which is
    /// reported at the place where it is said.
    pub(super) fn parent(&self, node: &Node<'_, '_>, kind: &Kind) -> Option<Self> {
        let Kind { word, names, .. } = kind;
        let expected = format!("a bundled {word} ({}), or a file beside this one", names().join(", "));
        let wanted = node.line(&expected, 4096)?;
        if self.line.len() > ANCESTORS {
            node.error(format!("a {word} inherits from at most {ANCESTORS} others in a row"));
            return None;
        }
        let under = |known: PathBuf| [self.line.as_slice(), &[known]].concat();
        if let Some(source) = bundled(&wanted, kind) {
            let line = under(known_by(Path::new(source.name())));
            return Some(Self { source, line, path: None });
        }
        let here = Path::new(node.context().source().name()).parent().unwrap_or(Path::new(""));
        let path = here.join(&wanted);
        let bytes = match bytes(&path, kind) {
            Ok(bytes) => bytes,
            Err(error) => {
                let found = node.found(format!("\"{}\" cannot be read: {error}", bounded(&wanted, 200)));
                node.context().push(found.expected(expected).help_if(meant(&wanted, names())));
                return None;
            }
        };
        let known = known_by(&path);
        if self.line.contains(&known) {
            let wanted = bounded(&wanted, 200);
            let found = node.found(format!("\"{wanted}\" inherits from this {word}: that goes in a circle"));
            node.context().push(found.help("let one of them stand alone"));
            return None;
        }
        let source = Source::new(path.display().to_string(), &bytes);
        Some(Self { source, line: under(known), path: Some(path) })
    }
}

fn bundled(name: &str, kind: &Kind) -> Option<Source> {
    (kind.find)(name).map(|(name, text)| Source::new(format!("{name}.toml"), text.as_bytes()))
}

/// What a file is known by when it comes up again.
fn known_by(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// A file's bytes, if it is a file and of a fitting size: a pipe would be waited for, and a device has no end.
fn bytes(path: &Path, kind: &Kind) -> io::Result<Vec<u8>> {
    let about = std::fs::metadata(path)?;
    if !about.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    if about.len() > LONGEST {
        let (word, has) = (kind.word, about.len());
        return Err(io::Error::other(format!("it has {has} bytes; a {word} has at most {LONGEST}")));
    }
    std::fs::read(path)
}
