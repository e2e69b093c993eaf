//! Generations: immutable builds side by side, `CURRENT` naming the one in use.
//!
//! A build is made in `new.tmp-<process>`, verified, renamed, and only then named by `CURRENT`, which is itself written
//! aside and renamed: a reader sees the old generation or the new one, whole. A process that is killed leaves at most a
//! folder that nothing names; the next build, and the next start of the service, removes it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use serde::{Deserialize, Serialize};

use super::build::Plan;
use super::folder::{
    clean, copy_corpus, discard, is_unfinished, lock, sync_all, sync_folder, unfinished, write_durably,
};
use super::verify::{self, Report};
use super::{Analyzer, Counts, IndexDocument, IndexError, SearchEngine, meaning};
use crate::corpus::load::TOPICS;
use crate::corpus::{self, Corpus, Problem};
use crate::dense::vectors::Store;
use crate::dense::{Encoder, ModelError, Vectors, file, install};
use crate::retrieve::{Mode, Retriever};
use crate::text::segment::{self, Dictionary};

const CURRENT: &str = "CURRENT";
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
    manifest_of(index, &current(index)?)
}

fn manifest_of(index: &Path, name: &str) -> Result<Generation, IndexError> {
    let path = index.join(name).join(MANIFEST);
    let damaged = |message: String| IndexError::Damaged { path: path.clone(), message };
    let text = fs::read_to_string(&path).map_err(|e| damaged(format!("索引的说明读不了:{e}")))?;
    serde_json::from_str(&text).map_err(|e| damaged(format!("索引的说明读不懂:{e}")))
}

/// How an index is built and read, apart from where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Which engine holds the passages.
    pub engine: SearchEngine,
    /// When the semantic stage is used; only the embedded engine has one.
    pub semantic: Mode,
}

impl From<Mode> for Access {
    fn from(semantic: Mode) -> Access {
        Access { semantic, ..Access::default() }
    }
}

impl Access {
    /// The model that belongs to an index folder, where there is one that is used.
    fn model(&self, index: &Path) -> Result<Option<String>, ModelError> {
        match self.engine {
            SearchEngine::Embedded => file::identity(&install::place(index)),
            SearchEngine::Quickwit(_) => Ok(None),
        }
    }
}

/// Opens the generation in use with the corpus it was built from, and with the semantic stage where it has one. Refuses
/// one built under other text rules, and one whose files are not byte for byte those that were written.
pub fn open(index: &Path) -> Result<Snapshot, IndexError> {
    open_as(index, &Access::default())
}

/// The same with engine and semantic stage as wanted.
pub fn open_as(index: &Path, access: &Access) -> Result<Snapshot, IndexError> {
    Ok(open_with(index, access, |_| ())?.0)
}

/// The same, and what the caller makes of the corpus: it is made while the dictionary, which takes longest of all, is
/// unpacked.
pub fn open_with<T>(index: &Path, access: &Access, make: impl Fn(&Corpus) -> T) -> Result<(Snapshot, T), IndexError> {
    let mut name = current(index)?;
    loop {
        let opened = open_generation(index, &name, access, &make);
        let now = current(index)?;
        if opened.is_ok() || now == name {
            return opened;
        }
        // Builds that ended meanwhile removed the generation that was named; another is in use.
        name = now;
    }
}

fn open_generation<T>(
    index: &Path,
    name: &str,
    access: &Access,
    make: impl Fn(&Corpus) -> T,
) -> Result<(Snapshot, T), IndexError> {
    let generation = manifest_of(index, name)?;
    let path = index.join(&generation.name);
    let dictionary = thread::spawn(Dictionary::load);
    let damaged = |message: &str| IndexError::Damaged { path: path.clone(), message: message.to_owned() };
    if corpus::load::hash(&path.join("corpus")).ok().as_ref() != Some(&generation.corpus_hash) {
        return Err(damaged("随索引保存的语料被改动过"));
    }
    let search = path.join("search");
    if access.engine.holds(&search) && !access.engine.is_intact(&search)? {
        return Err(damaged("索引文件损坏"));
    }
    let (corpus, problems) = corpus::load(&path.join("corpus"));
    if let Some(first) = problems.first() {
        return Err(IndexError::Damaged { path, message: format!("随索引保存的语料不完整:{first}") });
    }
    let made = make(&corpus);
    let dictionary = dictionary.join().unwrap_or_else(|_| Dictionary::load());
    let analyzer = Analyzer::with(dictionary, &corpus.vocabulary);
    let mut retriever = open_retriever(&path, &generation, &corpus, &analyzer, &access.engine)?;
    if access.semantic != Mode::Never && access.engine == SearchEngine::Embedded {
        match open_semantic(index, &generation)? {
            Some((encoder, vectors)) => retriever = retriever.with_semantic(encoder, vectors, access.semantic),
            None if access.semantic == Mode::Always => return Err(ModelError::Missing(install::place(index)).into()),
            None => {}
        }
    }
    Ok((Snapshot { generation, corpus: Arc::new(corpus), analyzer, retriever, path }, made))
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
    engine: &SearchEngine,
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
    let backend = engine.open(&path.join("search"))?;
    Ok(Retriever::new(backend, analyzer.clone(), &generation.topics, &corpus.law.regions))
}

/// True if the generation in use was not made from this corpus by this program.
pub fn is_stale(index: &Path, corpus: &Path, access: &Access) -> Result<bool, IndexError> {
    let hash = corpus::load::hash(corpus).map_err(IndexError::io(corpus))?;
    let model = access.model(index)?;
    match manifest(index) {
        Ok(made) => Ok(made.corpus_hash != hash
            || made.text_version != segment::VERSION
            || made.model != model
            || !access.engine.holds(&index.join(&made.name).join("search"))),
        Err(IndexError::Missing(_) | IndexError::Damaged { .. } | IndexError::Io { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Removes what builds that were killed left in an index folder. Does nothing while a build runs.
pub fn tidy(index: &Path, engine: &SearchEngine) -> Result<(), IndexError> {
    if !index.is_dir() {
        return Ok(());
    }
    match lock(index) {
        Ok(_lock) => clean(index, engine),
        Err(IndexError::Locked(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Builds a new generation from a corpus, verifies it and puts it in use. `built_at` is the caller's clock; `progress`
/// is called with articles done and in all; where a model is installed, their new vectors count with them.
///
/// # Errors
/// The generation in use stays, whatever the error.
pub fn rebuild(
    corpus_dir: &Path,
    index: &Path,
    built_at: &str,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Built, IndexError> {
    rebuild_in(&SearchEngine::Embedded, corpus_dir, index, built_at, progress)
}

/// The same in a certain engine.
///
/// # Errors
/// As [`rebuild`]; an engine that is elsewhere may not answer.
pub fn rebuild_in(
    engine: &SearchEngine,
    corpus_dir: &Path,
    index: &Path,
    built_at: &str,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Built, IndexError> {
    fs::create_dir_all(index).map_err(IndexError::io(index))?;
    let _lock = lock(index)?;
    clean(index, engine)?;
    let aside = index.join(unfinished("new"));
    let built = build_aside(engine, corpus_dir, index, &aside, built_at, progress);
    let built = built.and_then(|built| put_in_use(engine, index, &aside, &built.generation.name).map(|()| built));
    if built.is_err() {
        // What is left of a failed build is of no use; what cannot be removed now, the next build removes.
        if let Err(error) = discard(&aside, engine) {
            tracing::warn!("{error}");
        }
    }
    built
}

/// A name that no generation has: the same corpus may be built twice within a second, and the one in use is never
/// touched.
fn free_name(index: &Path, built_at: &str, hash: &str) -> String {
    let stamp: String = built_at.chars().filter(char::is_ascii_digit).take(14).collect();
    let name = format!("{stamp}-{}", &hash[..12]);
    let taken = |name: &String| index.join(name).exists();
    if !taken(&name) {
        return name;
    }
    (2..).map(|n| format!("{name}-{n}")).find(|name| !taken(name)).unwrap_or(name)
}

fn build_aside(
    engine: &SearchEngine,
    corpus_dir: &Path,
    index: &Path,
    aside: &Path,
    built_at: &str,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Built, IndexError> {
    let search = aside.join("search");
    fs::create_dir_all(&search).map_err(IndexError::io(&search))?;
    let copy = aside.join("corpus");
    let hash = copy_corpus(corpus_dir, &copy)?;
    // Read from the copy: what is indexed is what is kept, whatever happens to the original meanwhile.
    let (corpus, problems) = corpus::load(&copy);
    if !problems.is_empty() {
        return Err(IndexError::Corpus(problems));
    }
    let analyzer = Analyzer::new(&corpus.vocabulary);
    let documents = IndexDocument::of(&corpus.articles);
    let (model, encoded) = match engine {
        SearchEngine::Embedded => encode(index, aside, &documents, progress)?,
        SearchEngine::Quickwit(_) => (None, 0),
    };
    let total = encoded + documents.len() as u64;
    let place_names: Vec<String> = corpus.law.regions.iter().flat_map(|r| [r.name.clone(), r.short.clone()]).collect();
    let plan = Plan {
        analyzer: &analyzer,
        topics: TOPICS,
        place_names: &place_names,
        progress: &|done| progress(encoded + done, total),
    };
    let name = free_name(index, built_at, &hash);
    let Counts { articles, passages } = engine.build(&search, &name, documents, &plan)?;
    let generation = Generation {
        name,
        built_at: built_at.to_owned(),
        text_version: segment::VERSION,
        vocabulary_hash: analyzer.vocabulary_hash().to_owned(),
        corpus_hash: hash,
        articles,
        passages,
        topics: TOPICS.iter().map(|t| (*t).to_owned()).collect(),
        model,
    };
    let retriever = open_retriever(aside, &generation, &corpus, &analyzer, engine)?;
    let report = verify::verify(&retriever, &corpus.articles)?;
    if !report.lost.is_empty() {
        return Err(IndexError::Unverified(report.lost));
    }
    let manifest = serde_json::to_vec_pretty(&generation).unwrap_or_default();
    write_durably(&aside.join(MANIFEST), &manifest)?;
    sync_all(aside)?;
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

fn put_in_use(engine: &SearchEngine, index: &Path, aside: &Path, name: &str) -> Result<(), IndexError> {
    let place = index.join(name);
    fs::rename(aside, &place).map_err(IndexError::io(&place))?;
    sync_folder(index)?;
    let current = index.join(CURRENT);
    let next = index.join(unfinished(CURRENT));
    write_durably(&next, format!("{name}\n").as_bytes())?;
    fs::rename(&next, &current).map_err(IndexError::io(&current))?;
    sync_folder(index)?;
    // The new one is in use: what of the old ones cannot be removed now is removed by the next build.
    if let Err(error) = keep_last(engine, index, name) {
        tracing::warn!("{error}");
    }
    Ok(())
}

/// Removes all but the newest generations; `name`, just put in use, always stays.
fn keep_last(engine: &SearchEngine, index: &Path, name: &str) -> Result<(), IndexError> {
    let mut generations: Vec<String> = fs::read_dir(index)
        .map_err(IndexError::io(index))?
        .flatten()
        .filter(|e| e.path().join(MANIFEST).is_file())
        .filter_map(|e| e.file_name().into_string().ok())
        .filter(|n| n != name && !is_unfinished(n))
        .collect();
    generations.sort();
    let surplus = generations.len().saturating_sub(KEPT - 1);
    for old in &generations[..surplus] {
        discard(&index.join(old), engine)?;
    }
    Ok(())
}

/// Every problem of a corpus that would be refused by [`rebuild`].
pub fn problems(corpus: &Path) -> Vec<Problem> {
    corpus::load(corpus).1
}
