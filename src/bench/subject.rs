//! What is measured: an index with its questions, and through which door they go.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::load::Request;
use super::questions;
use crate::config::Config;
use crate::corpus::{Corpus, law, lexicon, vocabulary};
use crate::engine::{Engine, Question};
use crate::eval::retrieval::{self, Scratch};
use crate::eval::seeded::Seeded;
use crate::facts::Facts;
use crate::http::Live;
use crate::http::page::encoded;
use crate::http::state::today;
use crate::index::{Analyzer, Generation, IndexDocument, SearchEngine, Snapshot, passages};
use crate::retrieve::{Query, Retriever};
use crate::text::segment::Dictionary;

/// Hits that a search asks for.
const LIMIT: usize = 10;

/// See the module.
pub struct Subject {
    pub(super) target: Target,
    /// In the order in which they are asked.
    pub(super) questions: Vec<String>,
    pub(super) passages: u64,
    /// UTF-8 bytes of titles and texts.
    pub(super) raw_bytes: u64,
    /// `None` where the index was there already.
    pub(super) build_seconds: Option<f64>,
    pub(super) disk_bytes: u64,
    /// Where the index stands for as long as it is measured.
    _scratch: Option<Scratch>,
}

/// The index, as the processes that are measured open it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Target {
    /// Plain documents indexed in this folder, understood by the corpus' words and asked by `/v1/search`.
    Folder(PathBuf),
    /// The index in use, asked by `/v1/answer`.
    InUse,
}

impl Subject {
    /// The documents of a folder, cut or repeated to so many passages where that is asked for, indexed in a temporary
    /// place. `progress` is called with documents done, and in all.
    ///
    /// # Errors
    /// A folder without documents or questions, a row that cannot be read, a build that fails.
    pub fn of_folder(
        dir: &Path,
        passages: Option<u64>,
        analyzer: &Analyzer,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Subject> {
        check(dir)?;
        let asked = dir.join("queries.jsonl");
        let questions = questions::fair(questions::read(&asked)?, &asked)?;
        let mut documents = retrieval::documents(dir)?;
        if documents.is_empty() {
            bail!("{}:里面没有一篇文档", dir.display());
        }
        if let Some(wanted) = passages {
            documents = to_passages(documents, wanted);
        }
        let raw_bytes = documents.iter().map(|d| (d.title.len() + d.text.len()) as u64).sum();
        let total = documents.len() as u64;
        let scratch = Scratch::new()?;
        let (_, built) =
            retrieval::index(documents, &scratch, &SearchEngine::Embedded, analyzer, &|done| progress(done, total))?;
        Ok(Subject {
            target: Target::Folder(scratch.path().to_owned()),
            questions,
            passages: built.passages,
            raw_bytes,
            build_seconds: Some(built.index_seconds),
            disk_bytes: bytes_below(scratch.path())?,
            _scratch: Some(scratch),
        })
    }

    /// The index in use with the questions of a file; without one, those that its articles answer.
    ///
    /// # Errors
    /// A file without questions, a row that cannot be read.
    pub fn in_use(snapshot: &Snapshot, from: Option<&Path>) -> Result<Subject> {
        let articles = &snapshot.corpus.articles;
        let asked = match from {
            Some(path) => questions::read(path)?,
            None => articles.iter().flat_map(|article| article.questions.iter().cloned()).collect(),
        };
        Ok(Subject {
            target: Target::InUse,
            questions: questions::fair(asked, from.unwrap_or(&snapshot.path))?,
            passages: snapshot.generation.passages,
            raw_bytes: articles.iter().map(|a| (a.title.len() + a.text.len()) as u64).sum(),
            build_seconds: None,
            disk_bytes: bytes_below(&snapshot.path)?,
            _scratch: None,
        })
    }
}

impl Target {
    /// Opens the index as the service does.
    pub(super) fn open(&self, config: &Config) -> Result<Live> {
        match self {
            Target::Folder(index) => plain(index, &config.corpus),
            Target::InUse => Ok(Live::open(&config.index, &config.access)?),
        }
    }

    /// Asks without a network.
    pub(super) fn ask(&self, engine: &Engine, question: &str) {
        match self {
            Target::Folder(_) => {
                let query = Query { text: question, limit: LIMIT, ..Query::default() };
                let _ = std::hint::black_box(engine.snapshot.retriever.search(&query));
            }
            Target::InUse => {
                let asked =
                    Question { text: question, region: None, at: today(), facts: Facts::default(), explain: false };
                std::hint::black_box(engine.answer(&asked));
            }
        }
    }

    /// The same question as a request.
    pub(super) fn request(&self, question: &str) -> Request {
        match self {
            Target::Folder(_) => {
                Request { target: format!("/v1/search?q={}&limit={LIMIT}", encoded(question)), body: None }
            }
            Target::InUse => {
                let body = serde_json::json!({"question": question}).to_string();
                Request { target: "/v1/answer".to_owned(), body: Some(body) }
            }
        }
    }
}

/// An index of plain documents with the words of a corpus, and none of its articles.
fn plain(index: &Path, corpus: &Path) -> Result<Live> {
    let dictionary = thread::spawn(Dictionary::load);
    let (law, mut problems) = law::read(corpus);
    let (vocabulary, wrong) = vocabulary::read(corpus);
    problems.extend(wrong);
    let (lexicon, wrong) = lexicon::read(corpus, &law.regions);
    problems.extend(wrong);
    if let Some(first) = problems.first() {
        bail!("语料有 {} 处问题;第一处:{first}", problems.len());
    }
    let corpus = Arc::new(Corpus { law, vocabulary, lexicon, ..Corpus::default() });
    let made = Live::made_of(&corpus);
    let dictionary = dictionary.join().unwrap_or_else(|_| Dictionary::load());
    let analyzer = Analyzer::with(dictionary, &corpus.vocabulary);
    let retriever = Retriever::open(index, analyzer.clone(), &[], &corpus.law.regions)?;
    let generation = Generation { name: "bench".to_owned(), passages: retriever.passages(), ..Generation::default() };
    Ok(Live::with(Snapshot { generation, corpus, analyzer, retriever, path: index.to_owned() }, made))
}

/// That a folder has what it takes.
fn check(dir: &Path) -> Result<()> {
    let here = |name: &str| dir.join(name).is_file();
    let shown = dir.display();
    if !here("corpus.jsonl") && !here("corpus.jsonl.gz") {
        bail!(
            "{shown}:没有 corpus.jsonl,也没有 corpus.jsonl.gz;应是一个问题集文件夹,文档写在 corpus.jsonl 里,\
             一行一篇:{{\"_id\":\"1\",\"title\":\"…\",\"text\":\"…\"}}"
        );
    }
    if !here("queries.jsonl") {
        bail!("{shown}:没有 queries.jsonl;请把要问的问题写在里面,一行一个:{{\"_id\":\"1\",\"text\":\"…\"}}");
    }
    Ok(())
}

/// Documents until they make so many passages: a fair sample, the same in every run, where there are more; all of them,
/// over and over under new ids, where there are fewer. The last one is kept whole, so there may be a few passages more
/// than wanted.
pub fn to_passages(mut documents: Vec<IndexDocument>, wanted: u64) -> Vec<IndexDocument> {
    Seeded(0).shuffle(&mut documents);
    let each: Vec<u64> = documents.par_iter().map(|d| passages::split(&d.text).len() as u64).collect();
    let mut taken: Vec<IndexDocument> = vec![];
    let mut count = 0;
    for (place, passages) in each.iter().enumerate().cycle() {
        if count >= wanted {
            break;
        }
        let mut document = documents[place].clone();
        let round = taken.len() / documents.len();
        if round > 0 {
            document.id = format!("{}~{}", document.id, round + 1);
            document.source.id.clone_from(&document.id);
        }
        taken.push(document);
        count += passages;
    }
    taken
}

/// The size of a folder with all that is in it.
fn bytes_below(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let entry = entry.with_context(|| folder.display().to_string())?;
        let known = entry.metadata().with_context(|| entry.path().display().to_string())?;
        sum += if known.is_dir() { bytes_below(&entry.path())? } else { known.len() };
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_repeated_or_cut() {
        let documents: Vec<IndexDocument> =
            ["a", "b", "c"].iter().map(|id| IndexDocument::plain(id, "断缴", "断缴以后怎么办。")).collect();
        let ids = |wanted| to_passages(documents.clone(), wanted).into_iter().map(|d| d.id).collect::<Vec<_>>();
        let cut = ids(2);
        assert_eq!((cut.len(), &cut), (2, &ids(2)));
        assert!(cut[0] != cut[1] && cut.iter().all(|id| !id.contains('~')));
        let repeated = ids(7);
        assert_eq!((repeated.len(), &repeated[..2]), (7, &cut[..]));
        assert_eq!([&repeated[3], &repeated[6]], [&format!("{}~2", cut[0]), &format!("{}~3", cut[0])]);
        let copy = &to_passages(documents, 4)[3];
        assert_eq!((&copy.source.id, copy.source.title.as_str()), (&copy.id, "断缴"));
    }
}
