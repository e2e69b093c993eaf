//! Files out: whole or not at all, never over what a person has changed.

use std::path::Path;

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Written,
    /// It stands there already, byte for byte.
    Unchanged,
    /// Something else stands there and was left alone.
    Conflict,
}

/// How files are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// Overwrite what differs.
    pub force: bool,
    /// Only find out what would happen.
    pub dry_run: bool,
}

/// Writes a file unless another stands there.
pub fn store(path: &Path, content: &str, rules: Rules) -> std::io::Result<Outcome> {
    match std::fs::read(path) {
        Ok(there) if there == content.as_bytes() => return Ok(Outcome::Unchanged),
        Ok(_) if !rules.force => return Ok(Outcome::Conflict),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if !rules.dry_run {
        replace(path, content)?;
    }
    Ok(Outcome::Written)
}

/// Writes beside the file, then renames: a reader sees the old file or the new one.
pub fn replace(path: &Path, content: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let done = std::fs::write(&aside, content).and_then(|()| std::fs::rename(&aside, path));
    if done.is_err() {
        // The half-written file is worth nothing; the first error is the one to tell.
        let _ = std::fs::remove_file(&aside);
    }
    done
}

/// The review day that an article file on disk already bears, so that importing an undated source on another day changes
/// nothing.
pub fn reviewed_on(path: &Path) -> Option<jiff::civil::Date> {
    let text = std::fs::read_to_string(path).ok()?;
    let front = text.strip_prefix("+++\n")?.split("\n+++").next()?;
    front.lines().find_map(|l| l.strip_prefix("reviewed_on = "))?.trim().parse().ok()
}
