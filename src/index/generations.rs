//! Generations: immutable builds side by side, `CURRENT` naming the one in use.
//!
//! A build is made in `<name>.tmp-<process>`, verified, renamed, and only then named by `CURRENT`, which is itself written
//! aside and renamed: a reader sees the old generation or the new one, whole.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::build::Plan;
use super::verify::{self, Report};
use super::{Analyzer, Counts, IndexDocument, IndexError, build, meaning};
use crate::corpus::load::TOPICS;
use crate::corpus::{self, Corpus, Problem};
use crate::dense::vectors::Store;
use crate::dense::{Encoder, ModelError, Vectors, file, install};
use crate::retrieve::{Mode, Retriever};
use crate::text::segment;

const CURRENT: &str = "CURRENT";
const LOCK: &str = ".lock";
const MANIFEST: &str = "generation.json";
/// Generations that a build leaves: the new one and the one before.
const KEPT: usize = 2;

/// `generation.json`: what a generation was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// The name of its folder.
    pub name: String,
    /// RFC 3339, as given by the caller.
    pub built_at: String,
    pub text_version: u32,
    pub vocabulary_hash: String,
    pub corpus_hash: String,
    pub articles: u64,
    pub passages: u64,
    pub topics: Vec<String>,
    /// The model that made its vectors; without one there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// An opened generation: immutable, shared by every question until the next one is swapped in.
pub struct Snapshot {
    pub generation: Generation,
    /// The generation's own copy of the corpus, read.
    pub corpus: Arc<Corpus>,
    pub analyzer: Analyzer,
    pub retriever: Retriever,
    /// The folder of the generation.
    pub path: PathBuf,
}

/// What a rebuild did.
#[derive(Debug)]
pub struct Built {
    pub generation: Generation,
    /// Titles and questions that do not find their own article first.
    pub report: Report,
}

/// The name of the generation in use, or `Missing`.
pub fn current(index: &Path) -> Result<String, IndexError> {
    let path = index.join(CURRENT);
    match fs::read_to_string(&path) {
        Ok(name) => {
            let name = name.trim().to_owned();
            let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            if plain {
                Ok(name)
            } else {
                Err(IndexError::Damaged { path, message: format!("“{name}”不是一个索引的名字") })
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(IndexError::Missing(index.to_owned())),
        Err(error) => Err(IndexError::io(path)(error)),
    }
}

/// The manifest of the generation in use, without opening it.
pub fn manifest(index: &Path) -> Result<Generation, IndexError> {
    let path = index.join(current(index)?).join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(IndexError::io(&path))?;
    serde_json::from_str(&text).map_err(|e| IndexError::Damaged { path, message: e.to_string() })
}

/// Opens the generation in use with the corpus it was built from, and with the semantic stage where it has one. Refuses
/// one built under other text rules.
pub fn open(index: &Path) -> Result<Snapshot, IndexError> {
    open_as(index, Mode::Auto)
}

/// The same with the semantic stage as wanted.
pub fn open_as(index: &Path, mode: Mode) -> Result<Snapshot, IndexError> {
    let generation = manifest(index)?;
    let path = index.join(&generation.name);
    let (corpus, problems) = corpus::load(&path.join("corpus"));
    if let Some(first) = problems.first() {
        return Err(IndexError::Damaged { path, message: format!("随索引保存的语料不完整:{first}") });
    }
    let analyzer = Analyzer::new(&corpus.vocabulary);
    let mut retriever = open_retriever(&path, &generation, &corpus, &analyzer)?;
    if mode != Mode::Never {
        match open_semantic(index, &generation)? {
            Some((encoder, vectors)) => retriever = retriever.with_semantic(encoder, vectors, mode),
            None if mode == Mode::Always => return Err(ModelError::Missing(install::place(index)).into()),
            None => {}
        }
    }
    Ok(Snapshot { generation, corpus: Arc::new(corpus), analyzer, retriever, path })
}

/// The model and the generation's vectors, if the one made the others.
fn open_semantic(index: &Path, generation: &Generation) -> Result<Option<(Encoder, Vectors)>, IndexError> {
    let place = install::place(index);
    let installed = file::identity(&place)?;
    if installed.is_none() || installed != generation.model {
        return Ok(None);
    }
    let vectors = Store::read(&index.join(&generation.name).join(meaning::FILE))?;
    Ok(Some((Encoder::open(&place)?, vectors.into())))
}

fn open_retriever(
    path: &Path,
    generation: &Generation,
    corpus: &Corpus,
    analyzer: &Analyzer,
) -> Result<Retriever, IndexError> {
    let foreign = |what, found: &str, wanted: &str| IndexError::Foreign {
        path: path.to_owned(),
        what,
        found: found.to_owned(),
        wanted: wanted.to_owned(),
    };
    if generation.text_version != segment::VERSION {
        let found = generation.text_version.to_string();
        return Err(foreign("文字规则版本", &found, &segment::VERSION.to_string()));
    }
    if generation.vocabulary_hash != analyzer.vocabulary_hash() {
        return Err(foreign("词表", &generation.vocabulary_hash, analyzer.vocabulary_hash()));
    }
    Retriever::open(&path.join("search"), analyzer.clone(), &generation.topics, &corpus.law.regions)
}

/// True if the generation in use was not made from this corpus by this program.
pub fn is_stale(index: &Path, corpus: &Path) -> Result<bool, IndexError> {
    let hash = corpus::load::hash(corpus).map_err(IndexError::io(corpus))?;
    let model = file::identity(&install::place(index))?;
    match manifest(index) {
        Ok(made) => Ok(made.corpus_hash != hash || made.text_version != segment::VERSION || made.model != model),
        Err(IndexError::Missing(_) | IndexError::Damaged { .. } | IndexError::Io { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Builds a new generation from a corpus, verifies it and puts it in use. `built_at` is the caller's clock; `progress`
/// is called with articles done and in all; where a model is installed, their new vectors count with them.
pub fn rebuild(
    corpus_dir: &Path,
    index: &Path,
    built_at: &str,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Built, IndexError> {
    fs::create_dir_all(index).map_err(IndexError::io(index))?;
    let _lock = lock(index)?;
    clean(index)?;
    let hash = corpus::load::hash(corpus_dir).map_err(IndexError::io(corpus_dir))?;
    let stamp: String = built_at.chars().filter(char::is_ascii_digit).take(14).collect();
    let name = format!("{stamp}-{}", &hash[..12]);
    let aside = index.join(format!("{name}.tmp-{}", std::process::id()));
    let built = build_aside(corpus_dir, index, &aside, &name, &hash, built_at, progress);
    let built = built.and_then(|built| put_in_use(index, &aside, &built.generation.name).map(|()| built));
    if built.is_err() {
        // What is left of a failed build is of no use; the next build would remove it as well.
        let _ = fs::remove_dir_all(&aside);
    }
    built
}

fn build_aside(
    corpus_dir: &Path,
    index: &Path,
    aside: &Path,
    name: &str,
    hash: &str,
    built_at: &str,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Built, IndexError> {
    let search = aside.join("search");
    fs::create_dir_all(&search).map_err(IndexError::io(&search))?;
    let copy = aside.join("corpus");
    copy_corpus(corpus_dir, &copy)?;
    // Read from the copy: what is indexed is what is kept, whatever happens to the original meanwhile.
    let (corpus, problems) = corpus::load(&copy);
    if !problems.is_empty() {
        return Err(IndexError::Corpus(problems));
    }
    let analyzer = Analyzer::new(&corpus.vocabulary);
    let documents = IndexDocument::of(&corpus.articles);
    let (model, encoded) = encode(index, aside, &documents, progress)?;
    let total = encoded + documents.len() as u64;
    let place_names: Vec<String> = corpus.law.regions.iter().flat_map(|r| [r.name.clone(), r.short.clone()]).collect();
    let plan = Plan {
        analyzer: &analyzer,
        topics: TOPICS,
        place_names: &place_names,
        progress: &|done| progress(encoded + done, total),
    };
    let Counts { articles, passages } = build(&search, documents.into_iter(), &plan)?;
    let generation = Generation {
        name: name.to_owned(),
        built_at: built_at.to_owned(),
        text_version: segment::VERSION,
        vocabulary_hash: analyzer.vocabulary_hash().to_owned(),
        corpus_hash: hash.to_owned(),
        articles,
        passages,
        topics: TOPICS.iter().map(|t| (*t).to_owned()).collect(),
        model,
    };
    let retriever = open_retriever(aside, &generation, &corpus, &analyzer)?;
    let report = verify::verify(&retriever, &corpus.articles);
    if !report.lost.is_empty() {
        return Err(IndexError::Unverified(report.lost));
    }
    let manifest = serde_json::to_vec_pretty(&generation).unwrap_or_default();
    write_durably(&aside.join(MANIFEST), &manifest)?;
    Ok(Built { generation, report })
}

/// Makes the vectors of a generation where a model is installed; those that the generation in use has are taken over.
/// Gives the model, and how many were new.
fn encode(
    index: &Path,
    aside: &Path,
    documents: &[IndexDocument],
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<(Option<String>, u64), IndexError> {
    let place = install::place(index);
    if !place.exists() {
        return Ok((None, 0));
    }
    let encoder = Encoder::open(&place)?;
    let known = current(index).ok().map(|name| index.join(name).join(meaning::FILE));
    let encoded = AtomicU64::new(0);
    let store = meaning::encode(&encoder, documents, known.as_deref(), &|done, total| {
        encoded.store(total, Ordering::Relaxed);
        progress(done, total + documents.len() as u64);
    });
    meaning::write(&store, aside)?;
    Ok((Some(encoder.identity().to_owned()), encoded.into_inner()))
}

fn put_in_use(index: &Path, aside: &Path, name: &str) -> Result<(), IndexError> {
    let place = index.join(name);
    if place.exists() {
        // The same corpus built twice within a second.
        fs::remove_dir_all(&place).map_err(IndexError::io(&place))?;
    }
    fs::rename(aside, &place).map_err(IndexError::io(&place))?;
    sync_folder(index)?;
    let current = index.join(CURRENT);
    let next = index.join(format!("{CURRENT}.tmp-{}", std::process::id()));
    write_durably(&next, format!("{name}\n").as_bytes())?;
    fs::rename(&next, &current).map_err(IndexError::io(&current))?;
    sync_folder(index)?;
    keep_last(index, name)
}

/// One build at a time, across processes; the lock goes with the process.
fn lock(index: &Path) -> Result<File, IndexError> {
    let path = index.join(LOCK);
    let file = File::options().create(true).write(true).truncate(false).open(&path).map_err(IndexError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(IndexError::Locked(index.to_owned())),
        Err(std::fs::TryLockError::Error(error)) => Err(IndexError::io(path)(error)),
    }
}

/// Removes what dead builds left. Called under the lock, so that no living build is hit.
fn clean(index: &Path) -> Result<(), IndexError> {
    for entry in fs::read_dir(index).map_err(IndexError::io(index))?.flatten() {
        if !entry.file_name().to_string_lossy().contains(".tmp-") {
            continue;
        }
        let path = entry.path();
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(IndexError::io(path))?;
    }
    Ok(())
}

/// Removes all but the newest generations; `name`, just put in use, always stays.
fn keep_last(index: &Path, name: &str) -> Result<(), IndexError> {
    let mut generations: Vec<String> = fs::read_dir(index)
        .map_err(IndexError::io(index))?
        .flatten()
        .filter(|e| e.path().join(MANIFEST).is_file())
        .filter_map(|e| e.file_name().into_string().ok())
        .filter(|n| n != name && !n.contains(".tmp-"))
        .collect();
    generations.sort();
    let surplus = generations.len().saturating_sub(KEPT - 1);
    for old in &generations[..surplus] {
        let path = index.join(old);
        fs::remove_dir_all(&path).map_err(IndexError::io(path))?;
    }
    Ok(())
}

fn copy_corpus(from: &Path, to: &Path) -> Result<(), IndexError> {
    for name in corpus::load::files(from) {
        let target = to.join(&name);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(IndexError::io(folder))?;
        }
        fs::copy(from.join(&name), &target).map_err(IndexError::io(&target))?;
    }
    Ok(())
}

fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), IndexError> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(IndexError::io(path))
}

fn sync_folder(path: &Path) -> Result<(), IndexError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(IndexError::io(path))
}

/// Every problem of a corpus that would be refused by [`rebuild`].
pub fn problems(corpus: &Path) -> Vec<Problem> {
    corpus::load(corpus).1
}
