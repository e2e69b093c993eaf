//! What an import brings that is there already: the same text under another title, a question that another article has.

use std::collections::HashMap;
use std::path::Path;

use super::near::{NearDuplicate, near_duplicates};
use crate::corpus::article::{self, Article};
use crate::corpus::load::TOPICS;
use crate::region::Regions;
use crate::text::Folded;

/// Texts shorter than this are the same by chance: 直接办.
const CHANCE: usize = 20;

/// Articles that stand in the folder already, those that the import gives aside.
pub fn standing(into: &Path, regions: &Regions, imported: &dyn Fn(&str) -> bool) -> Vec<Article> {
    let mut found = vec![];
    let Ok(places) = std::fs::read_dir(into) else { return found };
    for place in places.flatten() {
        let Ok(files) = std::fs::read_dir(place.path()) else { continue };
        for file in files.flatten() {
            let path = format!("{}/{}", place.file_name().to_string_lossy(), file.file_name().to_string_lossy());
            let Some(id) = path.strip_suffix(".md").filter(|id| !imported(id)) else { continue };
            let Ok(text) = std::fs::read_to_string(into.join(&path)) else { continue };
            // What is wrong in it is for `check` to say.
            found.extend(article::read(&format!("articles/{id}.md"), &text, regions, TOPICS).0);
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

/// Pairs of articles with the same or nearly the same text, at least one of each among the first `new`.
pub fn alike(articles: &[&Article], new: usize) -> Vec<NearDuplicate> {
    let fresh: std::collections::HashSet<&str> = articles.iter().take(new).map(|a| a.id.as_str()).collect();
    let texts = articles.iter().map(|a| (a.id.as_str(), a.text.as_str()));
    let mut found = near_duplicates(texts);
    found.retain(|pair| fresh.contains(pair.one.as_str()) || fresh.contains(pair.other.as_str()));
    let known: std::collections::HashSet<(String, String)> =
        found.iter().map(|p| (p.one.clone(), p.other.clone())).collect();
    let mut first: HashMap<String, &str> = HashMap::new();
    for article in articles {
        let letters: String = article.text.chars().filter(|c| c.is_alphanumeric()).collect();
        if letters.chars().count() < CHANCE {
            continue;
        }
        let one = *first.entry(letters).or_insert(&article.id);
        let pair = (one.to_owned(), article.id.clone());
        let new = fresh.contains(one) || fresh.contains(article.id.as_str());
        if one != article.id && new && !known.contains(&pair) {
            found.push(NearDuplicate { one: pair.0, other: pair.1, places: Default::default(), percent: 100 });
        }
    }
    found
}

/// Questions of the first `new` articles that another article has too: article, question, the other.
pub fn taken<'a>(articles: &[&'a Article], new: usize) -> Vec<(usize, &'a str, &'a str)> {
    let key =
        |question: &str| -> String { Folded::new(question).chars().iter().filter(|c| c.is_alphanumeric()).collect() };
    let mut owners: HashMap<String, &str> = HashMap::new();
    // Those that stand already come first: theirs is the question.
    for article in articles.iter().skip(new) {
        owners.extend(article.questions.iter().map(|q| (key(q), article.id.as_str())));
    }
    let mut found = vec![];
    for (i, article) in articles.iter().take(new).enumerate() {
        for question in &article.questions {
            let owner = *owners.entry(key(question)).or_insert(&article.id);
            if owner != article.id {
                found.push((i, question.as_str(), owner));
            }
        }
    }
    found
}
