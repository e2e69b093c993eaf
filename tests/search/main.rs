//! Search over small sets of documents: complaints of other engines' users, regions, dates, tiers. One named test a row.

#[path = "../common/mod.rs"]
mod common;

use std::sync::LazyLock;

use jiff::civil::Date;
use serde_json::Value;
use yiwen::corpus::load::TOPICS;
use yiwen::corpus::{Corpus, load};
use yiwen::index::build::Plan;
use yiwen::index::{Analyzer, IndexDocument, build};
use yiwen::region::RegionCode;
use yiwen::retrieve::{Query, Retriever};
use yiwen::rules::parameters::Level;

/// The shipped corpus gives the vocabulary and the places.
static CORPUS: LazyLock<(Corpus, Analyzer)> = LazyLock::new(|| {
    let (corpus, problems) = load(&common::corpus());
    assert!(problems.is_empty(), "{problems:?}");
    let analyzer = Analyzer::new(&corpus.vocabulary);
    (corpus, analyzer)
});

fn main() {
    common::run(common::rows("search"), check)
}

fn check(row: &Value) -> Result<(), String> {
    let (corpus, analyzer) = &*CORPUS;
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let places: Vec<String> = corpus.law.regions.iter().flat_map(|r| [r.name.clone(), r.short.clone()]).collect();
    let plan = Plan { analyzer, topics: TOPICS, place_names: &places, progress: &|_| {} };
    build(dir.path(), documents(row), &plan).map_err(|e| e.to_string())?;
    let topics: Vec<String> = TOPICS.iter().map(|t| (*t).to_owned()).collect();
    let retriever = Retriever::open(dir.path(), analyzer.clone(), &topics, &corpus.law.regions);
    let retriever = retriever.map_err(|e| e.to_string())?;
    let query = Query {
        text: row["query"].as_str().unwrap(),
        region: row["region"].as_str().and_then(RegionCode::parse),
        topic: row["topic"].as_str(),
        year: row["year"].as_i64().and_then(|year| i16::try_from(year).ok()),
        about: &row["about"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>(),
        at: date(&row["at"]),
        limit: 10,
        offset: 0,
        facets: true,
    };
    let found = retriever.search(&query).map_err(|e| e.to_string())?;
    let got: Vec<&str> = found.hits.iter().map(|h| h.article.as_str()).collect();
    let fail = |what: &str| Err(format!("{what}; got {got:?}, total {}", found.total));
    if row["first"].as_str().is_some_and(|first| got.first() != Some(&first)) {
        return fail(&format!("want {} first", row["first"]));
    }
    if let Some(order) = row["order"].as_array()
        && order.iter().map(|v| v.as_str().unwrap()).collect::<Vec<_>>() != got
    {
        return fail(&format!("want {}", row["order"]));
    }
    if row["never"].as_array().into_iter().flatten().any(|id| got.contains(&id.as_str().unwrap())) {
        return fail(&format!("want none of {}", row["never"]));
    }
    if row["total"].as_u64().is_some_and(|total| total as usize != found.total) {
        return fail(&format!("want {} in all", row["total"]));
    }
    if found.elsewhere != row["elsewhere"].as_bool().unwrap_or(false) {
        return fail("elsewhere");
    }
    if found.fuzzy != row["fuzzy"].as_bool().unwrap_or(false) {
        return fail("fuzzy");
    }
    holds(&retriever, &query, &found)
}

/// What must hold of every result: scores fall and stay within 0–1, ranges lie in the text and stand in the highlight,
/// every explanation belongs to its hit, and paging gives the same as asking for all.
fn holds(retriever: &Retriever, query: &Query<'_>, found: &yiwen::retrieve::Found) -> Result<(), String> {
    let explained = retriever.explain(query).map_err(|e| e.to_string())?;
    let mut last = 1.0;
    for (i, hit) in found.hits.iter().enumerate() {
        if hit.score > last || hit.score <= 0.0 {
            return Err(format!("score {} after {last}", hit.score));
        }
        last = hit.score;
        let length = hit.text.chars().count();
        if hit.ranges.iter().any(|(start, end)| start >= end || *end > length) {
            return Err(format!("ranges {:?} of {length}", hit.ranges));
        }
        if hit.highlight.matches("<em>").count() != hit.ranges.len() {
            return Err(format!("{} for {:?}", hit.highlight, hit.ranges));
        }
        if explained[i].article != hit.article || explained[i].contributions.is_empty() {
            return Err(format!("explanation {:?}", explained[i]));
        }
        let page = retriever.search(&Query { limit: 1, offset: i, ..*query }).map_err(|e| e.to_string())?;
        if page.hits.len() != 1 || page.hits[0] != *hit || page.total != found.total {
            return Err(format!("page {i}: {:?}", page.hits));
        }
    }
    Ok(())
}

fn documents(row: &Value) -> Vec<IndexDocument> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let plain = row["documents"].as_array().into_iter().flatten();
    let plain = plain.map(|d| IndexDocument::plain(&text(&d[0]), &text(&d[1]), &text(&d[2])));
    let rich = row["articles"].as_array().into_iter().flatten().map(|a| {
        let mut document = IndexDocument::plain(&text(&a["id"]), &text(&a["title"]), &text(&a["text"]));
        let list = |v: &Value| v.as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
        document.questions = list(&a["questions"]);
        document.source.questions = list(&a["questions"]);
        document.topics = list(&a["topics"]);
        document.region = a["region"].as_str().and_then(RegionCode::parse).unwrap_or(RegionCode::NATION);
        document.published = date(&a["published"]);
        document.effective_from = date(&a["effective_from"]);
        document.effective_to = date(&a["effective_to"]);
        document.level = a["level"].as_str().and_then(Level::parse).unwrap_or(Level::Secondary);
        document
    });
    plain.chain(rich).collect()
}

fn date(value: &Value) -> Option<Date> {
    value.as_str().map(|text| text.parse().unwrap())
}
