//! What must stay true of the code and the corpus as a whole.

#[path = "common/mod.rs"]
mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use yiwen::corpus::audit::audit;
use yiwen::corpus::{Corpus, load};
use yiwen::rules::RULES;

static CORPUS: LazyLock<Corpus> = LazyLock::new(|| {
    let (corpus, problems) = load(&common::corpus());
    assert!(problems.is_empty(), "{problems:#?}");
    corpus
});

/// Every Rust file at or below a path of `src/`, with its text.
fn sources(path: &str) -> Vec<(String, String)> {
    let mut found = vec![];
    let mut left = vec![common::root().join("src").join(path)];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        } else if path.extension().is_some_and(|e| e == "rs") {
            let name = path.strip_prefix(common::root()).unwrap().display().to_string();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(!found.is_empty(), "src/{path} has no source");
    found.sort();
    found
}

/// The code with comments, texts and everything from `#[cfg(test)]` on blanked out, line for line.
fn code_only(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => {
                while chars.peek().is_some_and(|c| *c != '\n') {
                    chars.next();
                }
            }
            '"' => {
                while let Some(c) = chars.next() {
                    match c {
                        '\\' => drop(chars.next()),
                        '"' => break,
                        '\n' => out.push('\n'),
                        _ => {}
                    }
                }
                out.push('"');
            }
            c => out.push(c),
        }
    }
    out
}

/// Numbers that are part of reckoning itself, not of policy.
const STRUCTURAL: &[&str] = &[
    "0",  // nothing; the first of a list
    "1",  // one more; the first month and day of a year; the plan that people mean who name none
    "2",  // places after the point of an amount in yuan
    "12", // months of a year
];

#[test]
fn no_policy_number_stands_in_the_rules() {
    let mut found = vec![];
    for (name, text) in sources("rules") {
        for (i, line) in code_only(&text).lines().enumerate() {
            let mut before = ' ';
            let mut number = String::new();
            for c in line.chars().chain([' ']) {
                let part = c.is_alphanumeric() || c == '_' || (c == '.' && !number.is_empty());
                if part && (!number.is_empty() || (c.is_ascii_digit() && !before.is_alphanumeric() && before != '_')) {
                    number.push(c);
                } else if !number.is_empty() {
                    // `0..` is a range, `pair.0` a field, `1i64` a typed one, `1.day()` a call.
                    let parts =
                        number.split("..").map(|part| match part.find(|c: char| c.is_alphabetic() || c == '_') {
                            Some(end) => part[..end].trim_end_matches('.'),
                            None => part,
                        });
                    let policy = parts.filter(|n| !n.is_empty() && !STRUCTURAL.contains(n));
                    found.extend(policy.map(|n| format!("{name}:{}: {n}", i + 1)));
                    number.clear();
                }
                before = c;
            }
        }
    }
    assert!(found.is_empty(), "numbers that belong in corpus/parameters/:\n{}", found.join("\n"));
}

#[test]
fn the_scan_sees_numbers() {
    let code = code_only("let a = 300; // 25\nlet b = \"15\\\"16\"; x.f(0.02)\n#[cfg(test)] 99");
    assert_eq!(code.trim_end(), "let a = 300; \nlet b = \"; x.f(0.02)");
}

/// What decides an answer reads no file, no clock, no environment and no network; the index alone opens its folder.
const PURE: &[&str] = &[
    "text",
    "understand",
    "retrieve",
    "rules",
    "answer",
    "engine.rs",
    "conversation.rs",
    "region.rs",
    "facts.rs",
    "corpus/audit.rs",
];
const EDGES: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net",
    "std::io",
    "std::process",
    "std::time",
    "SystemTime",
    "Instant::now",
    "Zoned::now",
    "Timestamp::now",
    "tokio",
    "axum",
    "env!(",
    "include_str!",
];

#[test]
fn the_middle_is_pure() {
    let mut found = vec![];
    for (name, text) in PURE.iter().flat_map(|path| sources(path)) {
        for (i, line) in code_only(&text).lines().enumerate() {
            found.extend(EDGES.iter().filter(|e| line.contains(**e)).map(|e| format!("{name}:{}: {e}", i + 1)));
        }
    }
    assert!(found.is_empty(), "the outside world in the middle:\n{}", found.join("\n"));
}

fn stems(folder: &Path, ending: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let named = files.filter(|p: &PathBuf| p.extension().is_some_and(|e| e == ending));
    named.map(|p| p.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

/// Files of `src/rules/` that hold what rules share.
const SHARED: &[&str] = &["calendar", "diff", "mod", "money", "parameters", "registry", "working"];

#[test]
fn a_rule_is_three_files_of_one_name() {
    let rules: BTreeSet<String> = RULES.iter().map(|r| r.id.to_owned()).collect();
    assert_eq!(rules.len(), RULES.len(), "a rule stands twice in the registry");
    let root = common::root();
    assert_eq!(stems(&root.join("corpus/parameters"), "toml"), rules);
    assert_eq!(stems(&root.join("tests/rules"), "jsonl"), rules);
    let shared = SHARED.iter().map(|s| (*s).to_owned());
    let code: BTreeSet<String> = rules.iter().cloned().chain(shared).collect();
    let files: BTreeSet<String> = stems(&root.join("src/rules"), "rs").into_iter().filter(|s| s != "main").collect();
    assert_eq!(files, code);
}

#[test]
fn every_row_of_the_corpus_has_a_source() {
    let mut bare = vec![];
    let cited = |title: &str, document: &Option<String>, url: &Option<String>| {
        !title.trim().is_empty() && (document.is_some() || url.is_some())
    };
    for value in CORPUS.law.parameters.iter().flat_map(|p| &p.values) {
        let r = &value.reference;
        if !cited(&r.title, &r.document, &r.url) {
            bare.push(format!("{}:{} {}", value.place.0, value.place.1, value.id));
        }
    }
    for (year, notice) in &CORPUS.law.calendar.years {
        let r = &notice.reference;
        if !cited(&r.title, &r.document, &r.url) {
            bare.push(format!("calendar/{year}.toml"));
        }
    }
    for article in &CORPUS.articles {
        let s = &article.source;
        if !cited(&s.title, &s.document, &s.url) {
            bare.push(article.path.clone());
        }
    }
    for conflict in &CORPUS.lexicon.conflicts {
        if conflict.positions.iter().any(|p| p.source.trim().is_empty() || p.who.trim().is_empty()) {
            bare.push(format!("conflicts.toml [{}]", conflict.id));
        }
    }
    assert!(CORPUS.articles.len() > 100 && CORPUS.lexicon.conflicts.len() > 30);
    assert!(bare.is_empty(), "without a source:\n{}", bare.join("\n"));
}

#[test]
fn the_shipped_corpus_has_no_deeper_problem() {
    let found = audit(&CORPUS).problems;
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

/// The other half is checked at every lookup of a test build: a rule that asks for what its line lacks fails there.
#[test]
fn rules_ask_for_every_parameter_their_line_names() {
    let mut asked: BTreeMap<&str, BTreeSet<(String, String)>> = BTreeMap::new();
    for row in common::rule_rows() {
        let outcome = row.compute(&common::LAW);
        let used = outcome.parameters.iter().map(|p| (p.rule.to_owned(), p.key.clone()));
        asked.entry(row.rule.id).or_default().extend(used);
    }
    let mut idle = vec![];
    for rule in RULES {
        for (file, key) in rule.parameters() {
            // No row can show a value that is on file nowhere but as unknown.
            if !asked[rule.id].contains(&(file.to_owned(), key.to_owned())) {
                idle.push(format!("{}: {file}.{key}", rule.id));
            }
        }
    }
    assert!(idle.is_empty(), "no row of tests/rules/ uses:\n{}", idle.join("\n"));
}

#[test]
fn rules_name_only_contradictions_that_are_told() {
    let told: BTreeSet<&str> = CORPUS.lexicon.conflicts.iter().map(|c| c.id.as_str()).collect();
    for row in common::rule_rows() {
        let outcome = row.compute(&common::LAW);
        for id in &outcome.conflicts {
            assert!(told.contains(id.as_str()), "{}: {id} is not in conflicts.toml", row);
        }
    }
}

#[test]
fn examples_are_about_their_topic() {
    let analyzer = yiwen::index::Analyzer::new(&CORPUS.vocabulary);
    let understander = yiwen::understand::Understander::of(&CORPUS, analyzer.segmenter().clone());
    for topic in &CORPUS.lexicon.topics {
        for example in &topic.examples {
            let understood = understander.understand(example, jiff::civil::date(2026, 11, 23), None);
            assert_eq!(understood.topic(), topic.id, "{example}");
            assert!(!understood.rules.is_empty(), "{example} asks for no rule");
        }
    }
}
