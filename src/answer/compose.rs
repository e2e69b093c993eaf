//! From outcomes to the answer's JSON parts: names, prompts, references in words.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::*;
use crate::corpus::article::Article;
use crate::facts::{self, FactKind, FactValue, Facts, Origin};
use crate::region::{RegionCode, Regions};
use crate::rules::parameters::Level;
use crate::rules::{Outcome, Status};
use crate::understand::lexicon::{Conflict, Lexicon, Prompt};
use crate::understand::{Correction, Scored, Unclear};

/// Words needed to say things: places and prompts.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    pub regions: &'a Regions,
    pub lexicon: &'a Lexicon,
}

impl Words<'_> {
    fn prompt(&self, fact: &str) -> Prompt {
        self.lexicon
            .prompts
            .get(fact)
            .cloned()
            .unwrap_or_else(|| Prompt { label: fact.to_owned(), ..Prompt::default() })
    }

    /// A topic's name.
    pub fn topic(&self, id: &str) -> String {
        self.lexicon.topics.iter().find(|t| t.id == id).map_or_else(|| id.to_owned(), |t| t.label.clone())
    }

    /// A fact's value in words: 灵活就业, 4 个月, 8000.00 元, 是.
    pub fn value(&self, fact: &str, value: &FactValue) -> String {
        let kind = facts::spec(fact).map(|s| s.kind);
        match (value, kind) {
            (FactValue::Decimal(d), Some(FactKind::Money)) => crate::rules::money::yuan(*d),
            (FactValue::Decimal(d), _) => crate::rules::money::percent(*d),
            (FactValue::Whole(n), Some(FactKind::Whole(unit))) => format!("{n}{}", unit_word(unit)),
            (FactValue::Whole(n), _) => n.to_string(),
            (FactValue::Date(d), _) => d.to_string(),
            (FactValue::Month(m), _) => m.to_string(),
            (FactValue::Bool(b), _) => if *b { "是" } else { "否" }.to_owned(),
            (FactValue::Word(w), Some(FactKind::Region)) => {
                RegionCode::parse(w).map_or_else(|| w.clone(), |code| self.regions.name(code))
            }
            (FactValue::Word(w), _) => self.choice(fact, w),
            (FactValue::Words(list), _) => list.iter().map(|w| self.choice("group", w)).collect::<Vec<_>>().join("、"),
        }
    }

    fn choice(&self, fact: &str, value: &str) -> String {
        self.prompt(fact).choices.iter().find(|(v, _)| v == value).map_or_else(|| value.to_owned(), |(_, l)| l.clone())
    }
}

fn unit_word(unit: &str) -> &'static str {
    match unit {
        "month" => " 个月",
        "day" => " 天",
        "working_day" => " 个工作日",
        "year" => " 年",
        "tier" => " 档",
        _ => "",
    }
}

/// Said where passages could not be looked for.
pub const UNSEARCHED: &str = "检索服务暂时没有回应,这次没有列出相关条文;算出的结果不受影响。";

/// Facts with their units, spans and origins.
pub fn facts_json(known: &Facts) -> Map<String, Value> {
    let mut json = Map::new();
    for (name, fact) in &known.0 {
        let Some(spec) = facts::spec(name) else { continue };
        let mut one = Map::new();
        one.insert("value".to_owned(), fact.value.to_json(spec.kind));
        if let Some(high) = &fact.high {
            one.insert("high".to_owned(), high.to_json(spec.kind));
        }
        if let Some(unit) = spec.kind.unit() {
            one.insert("unit".to_owned(), unit.into());
        }
        one.insert("span".to_owned(), serde_json::json!(fact.span));
        let origin = match fact.origin {
            Origin::Stated => "stated",
            Origin::Implied => "implied",
            Origin::Given => "given",
            Origin::Assumed => "assumed",
        };
        one.insert("origin".to_owned(), origin.into());
        json.insert((*name).to_owned(), Value::Object(one));
    }
    json
}

/// Topics by falling score.
pub fn topics_json(words: Words<'_>, topics: &[Scored]) -> Vec<TopicJson> {
    topics.iter().map(|t| TopicJson { id: t.id.clone(), label: words.topic(&t.id), score: t.score }).collect()
}

/// Corrections as reported.
pub fn corrections_json(corrections: &[Correction]) -> Vec<CorrectionJson> {
    corrections.iter().map(|c| CorrectionJson { from: c.from.clone(), to: c.to.clone(), span: c.span }).collect()
}

/// Asks which of the values is meant where a fact was said twice, differently.
pub fn asking_which(mut computed: Vec<Computed>, unclear: &[Unclear]) -> Vec<Computed> {
    for missing in computed.iter_mut().flat_map(|c| &mut c.missing) {
        if let Some(unclear) = unclear.iter().find(|u| u.fact == missing.fact) {
            missing.ask = format!("您说了{},以哪个为准?{}", unclear.said.join("、"), missing.ask);
        }
    }
    computed
}

/// One outcome as shown. `region` is the place asked about.
pub fn computed(words: Words<'_>, outcome: &Outcome, region: Option<RegionCode>) -> Computed {
    let results = outcome.results.iter().map(|(name, value)| ((*name).to_owned(), value.to_json())).collect();
    let steps = outcome
        .steps
        .iter()
        .map(|s| StepJson { text: s.text.clone(), value: s.value.clone(), parameters: s.parameters.clone() })
        .collect();
    let mut caveats = vec![];
    if !outcome.assumed.is_empty() {
        let said: Vec<String> = outcome
            .assumed
            .iter()
            .map(|a| format!("{}:{}", words.prompt(a.fact).label, words.value(a.fact, &a.value)))
            .collect();
        caveats.push(format!("没有说明的按通常情形计算({})", said.join(";")));
    }
    caveats.extend(outcome.caveats.iter().cloned());
    let missing: Vec<MissingJson> = outcome.missing.iter().map(|fact| missing(words, fact)).collect();
    let headline = match outcome.status {
        Status::NeedsFacts if outcome.headline.is_empty() => {
            let labels: Vec<&str> = missing.iter().map(|m| m.label.as_str()).collect();
            format!("还需要知道:{}", labels.join("、"))
        }
        _ => outcome.headline.clone(),
    };
    Computed {
        rule: outcome.rule,
        label: crate::rules::rule(outcome.rule).map_or("", |r| r.label),
        status: outcome.status.name(),
        region: region.unwrap_or_default().to_string(),
        region_used: outcome.region_used.map(|r| r.to_string()),
        law_day: outcome.law_day.to_string(),
        changes_on: outcome.changes_on.map(|d| d.to_string()),
        results,
        headline,
        steps,
        parameters: outcome.parameters.iter().map(parameter).collect(),
        assumed: outcome
            .assumed
            .iter()
            .map(|a| AssumedJson {
                fact: a.fact,
                label: words.prompt(a.fact).label,
                value: facts::spec(a.fact).map_or(Value::Null, |s| a.value.to_json(s.kind)),
                text: words.value(a.fact, &a.value),
            })
            .collect(),
        missing,
        caveats,
        next: outcome.next.clone(),
    }
}

/// A fact as it is asked for.
pub fn missing(words: Words<'_>, fact: &'static str) -> MissingJson {
    let prompt = words.prompt(fact);
    let kind = facts::spec(fact).map(|s| s.kind);
    let choices = (!prompt.choices.is_empty())
        .then(|| prompt.choices.into_iter().map(|(value, label)| ChoiceJson { value, label }).collect());
    MissingJson {
        fact,
        label: prompt.label,
        ask: prompt.ask,
        kind: kind.map_or("word", FactKind::name),
        unit: kind.and_then(FactKind::unit),
        choices,
    }
}

fn parameter(used: &crate::rules::ParameterUse) -> ParameterJson {
    let value = &used.value;
    ParameterJson {
        id: value.id.clone(),
        label: used.label.clone(),
        value: value.datum.text(),
        unit: used.unit,
        region: value.region.to_string(),
        effective_from: value.from.map(|d| d.to_string()),
        effective_to: value.to.map(|d| d.to_string()),
        level: value.level.name(),
        reference: ReferenceJson {
            title: value.reference.title.clone(),
            document: value.reference.document.clone(),
            url: value.reference.url.clone(),
        },
    }
}

/// What an answer says that rests on an article nobody could verify.
pub fn unverified_caveat(article: &Article) -> Option<String> {
    let unverified = article.level == Level::Unverified;
    unverified.then(|| format!("《{}》的出处未经核实,请以当地医保部门(12393)的答复为准", article.title))
}

/// What a reader must know of the passage that alone answers the question: that nobody has looked at it for long.
pub fn stale_caveat(article: &Article, due: Option<Date>, at: Date) -> Option<String> {
    let due = due.filter(|due| *due < at)?;
    let (title, reviewed_on) = (&article.title, article.reviewed_on);
    Some(format!(
        "资料“{title}”最近一次核对是 {reviewed_on},{due} 以后没有再核对,规定可能已有变化,请向当地医保部门(12393)核实"
    ))
}

/// Contradictions that touch the answer: those the question brings up first, then those of the rules. One about another
/// place is left out.
pub fn conflicts(
    words: Words<'_>,
    raised: &[String],
    region: Option<RegionCode>,
    passages: &[Passage],
    speaks: &BTreeMap<String, Vec<String>>,
) -> Vec<ConflictJson> {
    let here = |c: &Conflict| {
        c.region == RegionCode::NATION
            || region.is_some_and(|r| r.chain().any(|place| place == c.region) || c.region.province() == r)
    };
    let mut found = vec![];
    for id in raised {
        let Some(conflict) = words.lexicon.conflicts.iter().find(|c| c.id == *id).filter(|c| here(c)) else { continue };
        if found.iter().any(|f: &ConflictJson| f.id == conflict.id) {
            continue;
        }
        let articles = speaks.get(id).map(Vec::as_slice).unwrap_or_default();
        let spoken: Vec<String> =
            passages.iter().filter(|p| articles.contains(&p.article)).map(|p| p.id.clone()).collect();
        found.push(ConflictJson {
            id: conflict.id.clone(),
            about: conflict.about.clone(),
            positions: conflict
                .positions
                .iter()
                .map(|p| PositionJson {
                    says: p.says.clone(),
                    who: p.who.clone(),
                    source: p.source.clone(),
                    since: p.since.map(|d| d.to_string()),
                    passages: spoken.clone(),
                    preferred: p.preferred,
                    why: p.why.clone(),
                })
                .collect(),
        });
    }
    found
}
