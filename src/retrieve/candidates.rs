//! Candidates: the few articles, of perhaps millions, that may come first.
//!
//! Only which terms a passage holds is looked at here, rarest terms first: each list adds the worth of its term to the
//! articles it names. Lists are read until the words that matter were looked up and enough articles found; what is left
//! are the common terms, which change the order of the best and hardly ever who they are. How often and where terms stand
//! is counted afterwards, for the candidates alone (`evidence`). Of a small index nearly every list is read.

use std::sync::{Mutex, PoisonError};

use super::Retriever;
use super::postings::List;
use super::rank::Filter;
use super::weights::Pruning;

/// Facets count so many of the best.
const COUNTED: usize = 1_000;

/// A posting list that speaks for articles.
pub(super) struct Lead {
    /// What its terms are worth together.
    pub worth: f32,
    /// Whether it is of a word: pairs that are no words are rare, but say little.
    pub is_word: bool,
    pub list: List,
}

/// What a search wants of the candidates.
pub(super) struct Wanted<'w> {
    pub filter: &'w Filter<'w>,
    /// What an article must hold, in worth.
    pub least: f32,
    /// Articles asked for.
    pub count: usize,
    /// Whether what is found is counted by its kinds as well.
    pub counted: bool,
}

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// Best first, as many as are scored or counted.
    pub articles: Vec<u32>,
    /// So many of them are worth scoring.
    pub scored: usize,
    /// Articles found in all, as far as lists were read.
    pub total: usize,
}

/// What lists are added up in.
#[derive(Default)]
struct Sums {
    /// By article.
    articles: Vec<f32>,
    /// By passage; empty where each article is one passage.
    passages: Vec<f32>,
    /// Articles with a sum.
    touched: Vec<u32>,
}

/// Sums that are not in use: as many as searches ran at once.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<Sums>>);

impl Pool {
    fn take(&self) -> Option<Sums> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn give(&self, sums: Sums) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sums);
    }
}

/// The sums of one search; they go back to the pool, empty, when it ends.
pub(super) struct Gathered<'r> {
    retriever: &'r Retriever,
    sums: Sums,
}

impl<'r> Gathered<'r> {
    pub fn new(retriever: &'r Retriever) -> Gathered<'r> {
        let table = &retriever.table;
        let sums = retriever.pool.take().unwrap_or_else(|| Sums {
            articles: vec![0.0; table.articles()],
            passages: vec![0.0; if table.is_flat() { 0 } else { table.passages as usize }],
            touched: vec![],
        });
        Gathered { retriever, sums }
    }

    /// What the terms of a passage are worth, as far as lists were read.
    pub fn passage(&self, passage: u32) -> f32 {
        let sums = if self.sums.passages.is_empty() { &self.sums.articles } else { &self.sums.passages };
        sums[passage as usize]
    }

    /// Reads lists, rarest first, until there are articles enough.
    pub fn find(&mut self, mut leads: Vec<Lead>, wanted: &Wanted<'_>) -> Found {
        leads.retain(|lead| lead.list.holders > 0);
        leads.sort_by_key(|lead| lead.list.holders);
        let Pruning { postings: mut budget, share, scored, .. } = self.retriever.weights.pruning;
        let enough = share * leads.iter().filter(|lead| lead.is_word).map(|lead| lead.worth).sum::<f32>();
        let (mut read, mut known) = (0, 0.0);
        loop {
            leads.retain(|lead| {
                let wanted = read + lead.list.holders <= budget || (lead.is_word && known < enough);
                if wanted {
                    read += lead.list.holders;
                    known += if lead.is_word { lead.worth } else { 0.0 };
                    self.add(lead);
                }
                !wanted
            });
            let ranked = self.ranked(wanted);
            if leads.is_empty() || ranked.near >= wanted.count {
                return ranked.best(wanted, (wanted.count * 2).max(scored));
            }
            budget = budget.max(read) * 2;
        }
    }

    fn add(&mut self, lead: &Lead) {
        let Retriever { table, postings, .. } = self.retriever;
        let Sums { articles, passages, touched } = &mut self.sums;
        let mut add = |article: u32| {
            let sum = &mut articles[article as usize];
            if *sum == 0.0 {
                touched.push(article);
            }
            *sum += lead.worth;
        };
        if passages.is_empty() {
            return postings.visit(&lead.list, add);
        }
        let mut last = None;
        postings.visit(&lead.list, |passage| {
            passages[passage as usize] += lead.worth;
            let article = table.owner(passage);
            if last != Some(article) {
                last = Some(article);
                add(article);
            }
        });
    }

    /// The articles that hold enough, each as one number that sorts as they do.
    fn ranked(&self, wanted: &Wanted<'_>) -> Ranked {
        let Retriever { table, norms, weights, .. } = self.retriever;
        let mut ranked = Ranked::default();
        let is_plain = wanted.filter.is_plain();
        for article in &self.sums.touched {
            let held = self.sums.articles[*article as usize];
            if held < wanted.least {
                continue;
            }
            let best = if self.sums.passages.is_empty() {
                held
            } else {
                table.span(*article).map(|p| self.sums.passages[p as usize]).fold(0.0, f32::max)
            };
            let mut value = (held + weights.passage * best) * norms.damping[table.body(*article) as usize];
            let mut tier = NEAREST;
            if !is_plain {
                let row = table.row(*article);
                if !wanted.filter.admits(&row) {
                    continue;
                }
                let judged = wanted.filter.judge(&row);
                tier = 2 * (2 - judged.class) + u8::from(judged.in_force);
                value *= judged.factor;
            }
            ranked.near += usize::from(tier >= NEAR);
            ranked.keys.push(u64::from(tier) << 61 | u64::from(value.to_bits()) << 30 | u64::from(LAST - article));
        }
        ranked
    }
}

impl Drop for Gathered<'_> {
    fn drop(&mut self) {
        let mut sums = std::mem::take(&mut self.sums);
        for article in sums.touched.drain(..) {
            sums.articles[article as usize] = 0.0;
            if !sums.passages.is_empty() {
                let span = self.retriever.table.span(article);
                sums.passages[span.start as usize..span.end as usize].fill(0.0);
            }
        }
        self.retriever.pool.give(sums);
    }
}

/// Two for each class of region that is worse, one for being in force.
const NEAREST: u8 = 5;
/// From here on: the asked region, its province, the nation, or inside it.
const NEAR: u8 = 2;
/// The highest number that an article can have.
const LAST: u32 = (1 << 30) - 1;

/// Articles as numbers: three bits of tier, 31 of value, 30 of what is left of the article's number.
#[derive(Default)]
struct Ranked {
    keys: Vec<u64>,
    /// Those that are not elsewhere.
    near: usize,
}

impl Ranked {
    fn best(mut self, wanted: &Wanted<'_>, scored: usize) -> Found {
        let total = if self.near > 0 { self.near } else { self.keys.len() };
        let kept = if wanted.counted { scored.max(COUNTED) } else { scored }.min(total);
        if self.keys.len() > kept {
            self.keys.select_nth_unstable_by(kept, |a, b| b.cmp(a));
            self.keys.truncate(kept);
        }
        self.keys.sort_unstable_by(|a, b| b.cmp(a));
        let articles: Vec<u32> = self.keys.iter().map(|key| LAST - (*key as u32 & LAST)).collect();
        Found { scored: scored.min(articles.len()), articles, total }
    }
}

#[cfg(test)]
mod tests {
    use crate::corpus::vocabulary::Vocabulary;
    use crate::index::build::{Plan, build};
    use crate::index::{Analyzer, IndexDocument};
    use crate::region::Regions;
    use crate::retrieve::{Pruning, Query, Retriever, Weights};

    const ARTICLES: usize = 41_000;
    const WORDS: [&str; 12] =
        ["医保", "断缴", "补缴", "退休", "余额", "转移", "报销", "生育", "门诊", "住院", "待遇", "等待期"];

    /// Each article is a line with its own number and three of the words, so that many hold the same ones.
    fn line(number: usize) -> String {
        let word = |n: usize| WORDS[n % WORDS.len()];
        format!("n{number} {}，{}，{}", word(number), word(number / 12), word(number / 150))
    }

    /// An index that two threads write, if there are two.
    fn index(dir: &std::path::Path) -> Retriever {
        let analyzer = Analyzer::new(&Vocabulary::default());
        let plan = Plan { analyzer: &analyzer, topics: &[], place_names: &[], progress: &|_| {} };
        let documents = (0..ARTICLES).map(|n| IndexDocument::plain(&n.to_string(), "", &line(n))).collect();
        build(dir, documents, &plan).expect("it builds");
        Retriever::open(dir, analyzer.clone(), &[], &Regions::default()).expect("it opens")
    }

    #[test]
    fn what_is_left_out_costs_no_first_place() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut retriever = index(dir.path());
        let questions =
            ["医保断缴补缴", "退休以后医保余额转移怎么办", "住院报销待遇的等待期", "生育 n40321", "n7 门诊"];
        let best = |retriever: &Retriever, text| {
            retriever.search(&Query { text, limit: 1, ..Query::default() }).hits.first().map_or(0.0, |hit| hit.score)
        };
        let pruned = questions.map(|text| best(&retriever, text));
        retriever = retriever.with_weights(Weights { pruning: Pruning::NONE, ..Weights::default() });
        for (question, pruned) in questions.iter().zip(pruned) {
            let whole = best(&retriever, question);
            assert!(pruned >= whole * 0.98, "{question}: {pruned} of {whole}");
        }
    }

    #[test]
    fn numbers_hold_through_all_parts_of_an_index() {
        let dir = tempfile::tempdir().expect("a folder");
        let retriever = index(dir.path());
        for number in [0, 1, ARTICLES / 2 - 1, ARTICLES / 2, ARTICLES / 2 + 1, ARTICLES - 1] {
            let found = retriever.search(&Query { text: &format!("n{number}"), limit: 2, ..Query::default() });
            let hit = found.hits.first().expect("its own article");
            assert_eq!((hit.article.clone(), hit.text.clone()), (number.to_string(), line(number)));
            assert_eq!(found.total, 1, "{number}");
        }
    }
}
