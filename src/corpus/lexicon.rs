//! Reads the understanding's words: `vocabulary/{cues,values,topics,facts}.toml`, `conflicts.toml`, `vocabulary/shapes.txt`
//! and `vocabulary/glossary.tsv`.

use std::collections::BTreeSet;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::law::text;
use super::{Problem, TomlFile};
use crate::facts;
use crate::region::{RegionCode, Regions};
use crate::rules;
use crate::understand::lexicon::{Condition, Conflict, CueClass, Lexicon, Position, Prompt, Topic, ValueClass};

/// Reads all of it; what can be read is returned together with every problem.
pub fn read(corpus: &Path, regions: &Regions) -> (Lexicon, Vec<Problem>) {
    let mut problems = vec![];
    let mut lexicon = Lexicon::default();
    let mut each = |name: &'static str, read: &mut dyn FnMut(&mut TomlFile<'_>)| {
        if let Some(text) = text(corpus, name, &mut problems) {
            let mut file = TomlFile::new(name, &text, 1);
            read(&mut file);
            problems.append(&mut file.problems);
        }
    };
    each("vocabulary/cues.toml", &mut |file| lexicon.cues = cues(file));
    each("vocabulary/values.toml", &mut |file| lexicon.values = values(file));
    let classes: BTreeSet<String> = lexicon.cues.iter().map(|c| c.name.clone()).collect();
    each("vocabulary/topics.toml", &mut |file| lexicon.topics = topics(file, &classes));
    each("vocabulary/facts.toml", &mut |file| lexicon.prompts = prompts(file));
    let topic_ids: Vec<String> = lexicon.topics.iter().map(|t| t.id.clone()).collect();
    each("conflicts.toml", &mut |file| lexicon.conflicts = conflicts(file, regions, &topic_ids));
    if let Some(text) = text(corpus, "vocabulary/shapes.txt", &mut problems) {
        lexicon.shapes = rows(&text).map(|(_, l)| l.chars().filter(|c| !c.is_whitespace()).collect()).collect();
    }
    if let Some(text) = text(corpus, "vocabulary/glossary.tsv", &mut problems) {
        for (line, row) in rows(&text) {
            match row.split_once('\t') {
                Some((from, to)) => lexicon.glossary.push((from.trim().to_owned(), to.trim().to_owned())),
                None => problems.push(Problem {
                    path: "vocabulary/glossary.tsv".to_owned(),
                    line,
                    message: "每行应是“说法<TAB>普通话写法”".to_owned(),
                }),
            }
        }
    }
    (lexicon, problems)
}

/// Lines that are neither blank nor comments, with their numbers.
fn rows(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(i, l)| (i + 1, l)).filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'))
}

fn cues(file: &mut TomlFile<'_>) -> Vec<CueClass> {
    let root = file.parse();
    let mut found = vec![];
    for (name, value) in &root {
        let Some(table) = table_of(file, name.get_ref(), value) else { continue };
        file.only(table, &["words", "shield", "whole"]);
        file.require(table, "words", name.span().start);
        let words = file.strings(table, "words").unwrap_or_default();
        let shield = file.bool(table, "shield").unwrap_or(false);
        let whole = file.bool(table, "whole").unwrap_or(false);
        found.push(CueClass { name: name.get_ref().to_string(), words, shield, whole });
    }
    found
}

fn values(file: &mut TomlFile<'_>) -> Vec<ValueClass> {
    let root = file.parse();
    let mut found = vec![];
    for (about, value) in &root {
        let Some(table) = table_of(file, about.get_ref(), value) else { continue };
        let choices = facts::spec(about.get_ref()).and_then(|s| s.kind.choices());
        for (key, _) in table {
            if let Some(list) = choices.filter(|c| !c.contains(&key.get_ref().as_ref())) {
                let message = format!("“{}”没有取值“{}”;可用:{}", about.get_ref(), key.get_ref(), list.join("、"));
                file.problem(key.span().start, message);
            }
            let words = file.strings(table, key.get_ref()).unwrap_or_default();
            found.push(ValueClass { about: about.get_ref().to_string(), value: key.get_ref().to_string(), words });
        }
    }
    found
}

fn table_of<'a, 't>(
    file: &mut TomlFile<'t>,
    name: &str,
    value: &'a toml::Spanned<DeValue<'t>>,
) -> Option<&'a DeTable<'t>> {
    let table = value.get_ref().as_table();
    if table.is_none() {
        file.problem(value.span().start, format!("“{name}”应是一个表 [{name}]"));
    }
    table
}

fn topics(file: &mut TomlFile<'_>, classes: &BTreeSet<String>) -> Vec<Topic> {
    let root = file.parse();
    let mut found = vec![];
    for (id, value) in &root {
        let Some(table) = table_of(file, id.get_ref(), value) else { continue };
        file.only(table, &["label", "examples", "when", "rules"]);
        file.require(table, "label", id.span().start);
        let mut topic = Topic {
            id: id.get_ref().to_string(),
            label: file.string(table, "label").unwrap_or_default(),
            examples: file.strings(table, "examples").unwrap_or_default(),
            when: conditions(file, table, "when", classes),
            rules: vec![],
        };
        if let Some((_, rules_table)) = file.table(table, "rules") {
            for (rule, _) in rules_table {
                match rules::rule(rule.get_ref()) {
                    Some(known) if known.topic == topic.id => {}
                    Some(known) => {
                        file.problem(rule.span().start, format!("规则“{}”属于主题“{}”", known.id, known.topic));
                    }
                    None => file.problem(rule.span().start, format!("没有规则“{}”", rule.get_ref())),
                }
                topic.rules.push((rule.get_ref().to_string(), conditions(file, rules_table, rule.get_ref(), classes)));
            }
        }
        found.push(topic);
    }
    found
}

fn conditions<'t>(
    file: &mut TomlFile<'t>,
    table: &DeTable<'t>,
    key: &str,
    classes: &BTreeSet<String>,
) -> Vec<Condition> {
    let mut found = vec![];
    for (at, condition) in file.tables(table, key) {
        file.only(condition, &["all", "any", "any2", "none", "weight"]);
        let group = |file: &mut TomlFile<'t>, key: &str| {
            let names = file.strings(condition, key).unwrap_or_default();
            for name in names.iter().filter(|n| !n.starts_with('@') && !classes.contains(*n)) {
                file.problem(at, format!("词类“{name}”不存在;词类写在 cues.toml"));
            }
            names
        };
        let (all, any) = (group(file, "all"), group(file, "any"));
        let (any2, none) = (group(file, "any2"), group(file, "none"));
        let weight = condition
            .iter()
            .find(|(k, _)| k.get_ref().as_ref() == "weight")
            .and_then(|(_, v)| match v.get_ref() {
                DeValue::Float(f) => f.as_str().parse().ok(),
                DeValue::Integer(i) => i.as_str().parse().ok(),
                _ => None,
            })
            .unwrap_or(0.0);
        found.push(Condition { all, any, any2, none, weight, line: file.line(at) });
    }
    found
}

fn prompts(file: &mut TomlFile<'_>) -> std::collections::BTreeMap<String, Prompt> {
    let root = file.parse();
    let mut found = std::collections::BTreeMap::new();
    for (name, value) in &root {
        let Some(table) = table_of(file, name.get_ref(), value) else { continue };
        file.only(table, &["label", "ask", "choices"]);
        for key in ["label", "ask"] {
            file.require(table, key, name.span().start);
        }
        if facts::spec(name.get_ref()).is_none() {
            file.problem(name.span().start, format!("没有叫“{}”的事实", name.get_ref()));
        }
        let mut prompt = Prompt {
            label: file.string(table, "label").unwrap_or_default(),
            ask: file.string(table, "ask").unwrap_or_default(),
            choices: vec![],
        };
        if let Some((_, choices)) = file.table(table, "choices") {
            for (value, label) in choices {
                let label = label.get_ref().as_str().unwrap_or_default().to_owned();
                prompt.choices.push((value.get_ref().to_string(), label));
            }
        }
        found.insert(name.get_ref().to_string(), prompt);
    }
    for spec in facts::FACTS.iter().filter(|s| !found.contains_key(s.name)) {
        file.problem(0, format!("事实“{}”没有写怎么问", spec.name));
    }
    found
}

fn conflicts(file: &mut TomlFile<'_>, regions: &Regions, topic_ids: &[String]) -> Vec<Conflict> {
    let root = file.parse();
    let mut found = vec![];
    for (id, value) in &root {
        let Some(table) = table_of(file, id.get_ref(), value) else { continue };
        let at = id.span().start;
        file.only(table, &["about", "topics", "rules", "region", "ask", "position"]);
        for key in ["about", "topics", "position"] {
            file.require(table, key, at);
        }
        let topics = file.strings(table, "topics").unwrap_or_default();
        for topic in topics.iter().filter(|t| !topic_ids.contains(t)) {
            file.problem(at, format!("主题“{topic}”不存在"));
        }
        let rule_ids = file.strings(table, "rules").unwrap_or_default();
        for rule in rule_ids.iter().filter(|r| rules::rule(r).is_none()) {
            file.problem(at, format!("没有规则“{rule}”"));
        }
        let code = file.string(table, "region").unwrap_or_else(|| RegionCode::NATION.to_string());
        let region = RegionCode::parse(&code).filter(|c| *c == RegionCode::NATION || regions.get(*c).is_some());
        if region.is_none() {
            file.problem(at, format!("地区代码“{code}”不存在"));
        }
        let mut conflict = Conflict {
            id: id.get_ref().to_string(),
            about: file.string(table, "about").unwrap_or_default(),
            topics,
            rules: rule_ids,
            region: region.unwrap_or_default(),
            ask: ask(file, table),
            positions: vec![],
        };
        for (position_at, position) in file.tables(table, "position") {
            file.only(position, &["says", "who", "source", "since", "preferred", "why"]);
            for key in ["says", "who", "source"] {
                file.require(position, key, position_at);
            }
            conflict.positions.push(Position {
                says: file.string(position, "says").unwrap_or_default(),
                who: file.string(position, "who").unwrap_or_default(),
                source: file.string(position, "source").unwrap_or_default(),
                since: file.date(position, "since"),
                preferred: file.bool(position, "preferred").unwrap_or(false),
                why: file.string(position, "why"),
            });
        }
        if conflict.positions.iter().filter(|p| p.preferred).count() != 1 {
            file.problem(at, format!("“{}”应有且只有一个 preferred = true 的说法", conflict.id));
        }
        found.push(conflict);
    }
    found
}

/// Three levels of lists: ways, groups, words.
fn ask<'t>(file: &mut TomlFile<'t>, table: &DeTable<'t>) -> Vec<Vec<Vec<String>>> {
    let Some((_, value)) = file.entry(table, "ask") else { return vec![] };
    let read = || -> Option<Vec<Vec<Vec<String>>>> {
        let ways = value.get_ref().as_array()?;
        ways.iter()
            .map(|way| {
                let groups = way.get_ref().as_array()?;
                groups.iter().map(|group| super::toml_file::strings_of(group.get_ref())).collect()
            })
            .collect()
    };
    let found = read();
    if found.is_none() {
        file.problem(value.span().start, "“ask”应是三层列表:[ [ [\"词\", …], [\"词\", …] ], … ]");
    }
    found.unwrap_or_default()
}
