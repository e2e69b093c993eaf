//! Candidates: the few articles, of perhaps millions, that may come first.
//!
//! Only which terms a passage holds is looked at here, rarest terms first: each list adds the worth of its term to the
//! articles it names. Lists are read until the words that matter were looked up and enough articles found; what is left
//! are the common terms, which change the order of the best and hardly ever who they are. How often and where terms stand
//! is counted afterwards, for the candidates alone (`evidence`). Of a small index nearly every list is read.

use std::sync::{Mutex, PoisonError};

use super::backend::{Found, Lead, Reader, Wanted};
use super::embedded::Embedded;
use super::postings::List;
use super::weights::Pruning;

/// Facets count so many of the best.
const COUNTED: usize = 1_000;

/// What lists are added up in.
#[derive(Default)]
struct Sums {
    /// By article.
    articles: Vec<f32>,
    /// By passage, and by article the most of its passages; both empty where each article is one passage.
    passages: Vec<f32>,
    most: Vec<f32>,
    /// Articles with a sum, and passages.
    touched: Vec<u32>,
    touched_passages: Vec<u32>,
    /// Room for the keys of [`Ranked`]: large indexes have millions, and memory that is asked for anew comes slowly.
    keys: Vec<u64>,
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

/// Leads in the order in which they are read, rarest first, with how many passages hold each.
pub(crate) struct Queue {
    leads: Vec<(u64, Lead)>,
    /// What the words that are read for sure are worth.
    enough: f32,
    budget: u64,
    read: u64,
    known: f32,
}

impl Queue {
    /// Leads that no passage holds are left out.
    pub fn new(leads: Vec<Lead>, holders: impl Fn(usize) -> u64, pruning: &Pruning) -> Queue {
        let mut leads: Vec<(u64, Lead)> = leads.into_iter().map(|lead| (holders(lead.key), lead)).collect();
        leads.retain(|(holders, _)| *holders > 0);
        leads.sort_by_key(|(holders, _)| *holders);
        let words = leads.iter().filter(|(_, lead)| lead.is_word).map(|(_, lead)| lead.worth).sum::<f32>();
        Queue { leads, enough: pruning.share * words, budget: pruning.postings, read: 0, known: 0.0 }
    }

    /// Those to read next: as many as the budget allows, and the words that matter. The budget is doubled.
    pub fn next(&mut self) -> Vec<Lead> {
        let mut next = vec![];
        self.leads.retain(|(holders, lead)| {
            let wanted = self.read + holders <= self.budget || (lead.is_word && self.known < self.enough);
            if wanted {
                self.read += holders;
                self.known += if lead.is_word { lead.worth } else { 0.0 };
                next.push(*lead);
            }
            !wanted
        });
        self.budget = self.budget.max(self.read).saturating_mul(2);
        next
    }

    /// Whether all were given.
    pub fn is_empty(&self) -> bool {
        self.leads.is_empty()
    }
}

/// The sums of one search; they go back to the pool, empty, when it ends.
pub(super) struct Gathered<'e> {
    embedded: &'e Embedded,
    sums: Sums,
}

impl<'e> Gathered<'e> {
    pub fn new(embedded: &'e Embedded) -> Gathered<'e> {
        let table = &embedded.table;
        let sums = embedded.pool.take().unwrap_or_else(|| Sums {
            articles: vec![0.0; table.articles()],
            passages: vec![0.0; if table.is_flat() { 0 } else { table.passages() }],
            most: vec![0.0; if table.is_flat() { 0 } else { table.articles() }],
            ..Sums::default()
        });
        Gathered { embedded, sums }
    }

    /// Reads lists, rarest first, until there are articles enough.
    pub fn find(mut self, lists: &[List], leads: Vec<Lead>, wanted: &Wanted<'_>) -> Found<'e> {
        let pruning = &wanted.weights.pruning;
        let mut queue = Queue::new(leads, |key| lists[key].holders, pruning);
        loop {
            for lead in queue.next() {
                self.add(&lead, &lists[lead.key]);
            }
            let ranked = self.ranked(wanted);
            if queue.is_empty() || ranked.near >= wanted.count {
                return ranked.best(wanted, (wanted.count * 2).max(pruning.scored), self);
            }
            self.sums.keys = ranked.keys;
        }
    }

    /// Whether a passage holds something of what was read.
    fn is_touched(&self, article: u32, place: usize) -> bool {
        match self.sums.passages.get(self.embedded.table.span(article).start as usize + place) {
            Some(sum) => *sum > 0.0,
            None => self.sums.articles[article as usize] > 0.0,
        }
    }

    fn add(&mut self, lead: &Lead, list: &List) {
        let Embedded { table, postings, .. } = self.embedded;
        let Sums { articles, passages, most, touched, touched_passages, .. } = &mut self.sums;
        let mut add = |article: u32| {
            let sum = &mut articles[article as usize];
            if *sum == 0.0 {
                touched.push(article);
            }
            *sum += lead.worth;
        };
        if passages.is_empty() {
            return postings.visit(list, add);
        }
        let mut last = None;
        postings.visit(list, |passage| {
            let sum = &mut passages[passage as usize];
            if *sum == 0.0 {
                touched_passages.push(passage);
            }
            *sum += lead.worth;
            let article = table.owner(passage);
            let most = &mut most[article as usize];
            *most = most.max(*sum);
            if last != Some(article) {
                last = Some(article);
                add(article);
            }
        });
    }

    /// The articles that hold enough, each as one number that sorts as they do.
    fn ranked(&mut self, wanted: &Wanted<'_>) -> Ranked {
        let table = &self.embedded.table;
        let mut ranked = Ranked { keys: std::mem::take(&mut self.sums.keys), near: 0 };
        ranked.keys.clear();
        let is_plain = wanted.filter.is_plain();
        for article in &self.sums.touched {
            let held = self.sums.articles[*article as usize];
            if held < wanted.least {
                continue;
            }
            let best = self.sums.most.get(*article as usize).copied().unwrap_or(held);
            let mut value = (held + wanted.weights.passage * best) * wanted.damping[table.body(*article) as usize];
            let mut tier = NEAREST;
            if !is_plain {
                let profile = table.profile(*article);
                if !wanted.filter.admits(&profile) {
                    continue;
                }
                let judged = wanted.filter.judge(&profile);
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
            if let Some(most) = sums.most.get_mut(article as usize) {
                *most = 0.0;
            }
        }
        for passage in sums.touched_passages.drain(..) {
            sums.passages[passage as usize] = 0.0;
        }
        self.embedded.pool.give(sums);
    }
}

/// Two for each class of region that is worse, one for being in force.
const NEAREST: u8 = 5;
/// From here on: the asked region, its province, the nation, or inside it.
const NEAR: u8 = 2;
/// The highest number that an article can have.
const LAST: u32 = (1 << 30) - 1;

/// Articles as numbers: three bits of tier, 31 of value, 30 of what is left of the article's number.
struct Ranked {
    keys: Vec<u64>,
    /// Those that are not elsewhere.
    near: usize,
}

impl Ranked {
    fn best<'e>(mut self, wanted: &Wanted<'_>, scored: usize, mut gathered: Gathered<'e>) -> Found<'e> {
        let total = if self.near > 0 { self.near } else { self.keys.len() };
        let kept = if wanted.counted { scored.max(COUNTED) } else { scored }.min(total);
        if self.keys.len() > kept {
            self.keys.select_nth_unstable_by(kept, |a, b| b.cmp(a));
            self.keys.truncate(kept);
        }
        self.keys.sort_unstable_by(|a, b| b.cmp(a));
        let articles: Vec<u32> = self.keys.iter().map(|key| LAST - (*key as u32 & LAST)).collect();
        gathered.sums.keys = self.keys;
        Found {
            scored: scored.min(articles.len()),
            articles,
            total,
            read: Reader::Kept(gathered.embedded),
            touched: Box::new(move |article, place| gathered.is_touched(article, place)),
        }
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
            let found = retriever.search(&Query { text, limit: 1, ..Query::default() }).expect("it answers");
            found.hits.first().map_or(0.0, |hit| hit.score)
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
            let found = found.expect("it answers");
            let hit = found.hits.first().expect("its own article");
            assert_eq!((hit.article.clone(), hit.text.clone()), (number.to_string(), line(number)));
            assert_eq!(found.total, 1, "{number}");
        }
    }
}
