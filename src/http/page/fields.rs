//! What the answer was reckoned from, and what it still needs: missing facts as inputs, the others as chips to change.
//!
//! One form a card. Without a script a press on 重新计算 sends it; an input left alone is empty and so sends nothing.
//! What is said in words, or assumed, therefore stands beside the input and not in it.

use serde_json::Value;

use super::asked::field;
use super::card::Scene;
use super::html::{Safe, put};
use crate::answer::{Answer, ChoiceJson, MissingJson, compose};
use crate::facts::{self, FactKind, FactValue};
use crate::http::rules::words;

/// Up to so many choices are shown side by side.
const SIDE_BY_SIDE: usize = 4;

/// A fact that is known or assumed.
struct Known {
    asked: MissingJson,
    /// As a machine writes it.
    value: String,
    /// As people write it.
    shown: String,
    assumed: bool,
}

/// The whole form, where there is anything in it.
pub fn panel(out: &mut String, scene: Scene<'_>, answer: &Answer) {
    let missing = missing(scene, answer);
    let known = known(scene, answer, &missing);
    let state = if scene.last { "" } else { " inert" };
    put!(out, "<form class=\"facts\" action=\"/\" method=\"get\"{state}>");
    let ours = |name: &str| {
        missing.iter().any(|m| field(scene.turn, m.fact) == name)
            || known.iter().any(|k| field(scene.turn, k.asked.fact) == name)
            || name == field(scene.turn, "region")
            || name == "at"
    };
    for (name, value) in scene.asked.members().iter().filter(|(name, _)| !ours(name)) {
        put!(out, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", Safe(name), Safe(value));
    }
    if !missing.is_empty() {
        out.push_str("<fieldset class=\"missing\"><legend>还需要知道</legend>");
        for m in &missing {
            input(out, scene, m, given(scene, m.fact), None);
        }
        out.push_str("</fieldset>");
    }
    out.push_str("<div class=\"chips\" role=\"group\" aria-label=\"按这些情况算,点开可以改\">");
    for k in &known {
        chip(out, scene, k);
    }
    if missing.iter().all(|m| m.fact != "region") {
        place_chip(out, scene, answer);
    }
    day_chip(out, answer);
    out.push_str(
        "</div><div class=\"apply\"><button>重新计算</button></div><p class=\"wrong\" role=\"alert\"></p></form>",
    );
}

/// Each missing fact once, though several rules ask for it.
fn missing(scene: Scene<'_>, answer: &Answer) -> Vec<MissingJson> {
    let mut found: Vec<MissingJson> = vec![];
    for m in answer.computed.iter().flat_map(|c| &c.missing) {
        if found.iter().all(|f| f.fact != m.fact) {
            // The question is the answer's own: it may ask which of two values is meant.
            found.push(MissingJson { ask: m.ask.clone(), ..asked(scene, m.fact) });
        }
    }
    found
}

/// What the rules shown have read, stated facts first.
fn known(scene: Scene<'_>, answer: &Answer, missing: &[MissingJson]) -> Vec<Known> {
    let read = |name: &str| {
        let rules = answer.computed.iter().filter_map(|c| crate::rules::rule(c.rule));
        rules.flat_map(|rule| rule.facts).any(|fact| *fact == name)
    };
    let mut found = vec![];
    for (name, fact) in answer.understanding.facts.iter().filter(|(name, _)| read(name)) {
        let Some(spec) = facts::spec(name) else { continue };
        let mut parsed = facts::Facts::default();
        if missing.iter().any(|m| m.fact == spec.name) || parsed.insert_json(name, fact).is_err() {
            continue;
        }
        let Some(parsed) = parsed.get(name) else { continue };
        let mut shown = shown(scene, name, &parsed.value);
        if let Some(high) = &parsed.high {
            put!(shown, " 到 {}", self::shown(scene, name, high));
        }
        let asked = asked(scene, spec.name);
        found.push(Known { asked, value: plain(&fact["value"]), shown, assumed: false });
    }
    for a in answer.computed.iter().flat_map(|c| &c.assumed) {
        let twice = found.iter().any(|k: &Known| k.asked.fact == a.fact) || missing.iter().any(|m| m.fact == a.fact);
        if !twice {
            let asked = asked(scene, a.fact);
            found.push(Known {
                asked,
                value: plain(&a.value),
                shown: super::html::money_grouped(&a.text),
                assumed: true,
            });
        }
    }
    found
}

/// How a fact is asked for. A closed list without words of its own takes those by which questions name its values.
fn asked(scene: Scene<'_>, fact: &'static str) -> MissingJson {
    let mut asked = compose::missing(words(scene.live), fact);
    let Some(FactKind::Word(list)) = facts::spec(fact).map(|spec| spec.kind) else { return asked };
    if asked.choices.is_none() {
        let named = list
            .iter()
            .filter_map(|value| Some(ChoiceJson { value: (*value).to_owned(), label: spoken(scene, fact, value)? }));
        asked.choices = Some(named.collect()).filter(|choices: &Vec<ChoiceJson>| !choices.is_empty());
    }
    asked
}

/// The words that questions say for this value of a fact: `mother_in_law` is 婆婆、岳母、丈母娘.
fn spoken(scene: Scene<'_>, fact: &str, value: &str) -> Option<String> {
    const SHOWN: usize = 3;
    let values = &words(scene.live).lexicon.values;
    let class = values.iter().find(|class| class.about == fact && class.value == value)?;
    Some(class.words.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("、"))
}

/// A value as people write it.
fn shown(scene: Scene<'_>, fact: &str, value: &FactValue) -> String {
    let said = words(scene.live).value(fact, value);
    match value {
        FactValue::Word(word) if *word == said => spoken(scene, fact, word).unwrap_or(said),
        _ => super::html::money_grouped(&said),
    }
}

/// A JSON value as a form sends it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// What was filled in for a fact of this turn.
fn given<'s>(scene: Scene<'s>, fact: &str) -> &'s str {
    scene.asked.turns.get(scene.turn).and_then(|turn| turn.facts.get(fact)).map_or("", String::as_str)
}

fn chip(out: &mut String, scene: Scene<'_>, known: &Known) {
    let class = if known.assumed { "chip assumed" } else { "chip" };
    let tag = if known.assumed { " <span class=\"tag\">通常</span>" } else { "" };
    put!(out, "<details class=\"{class}\" data-fact=\"{}\"><summary>", known.asked.fact);
    put!(
        out,
        "<span class=\"label\">{}</span> <span class=\"now\">{}</span>{tag}</summary>",
        Safe(&known.asked.label),
        Safe(&known.shown)
    );
    out.push_str("<div class=\"editor\">");
    if known.assumed {
        out.push_str("<p class=\"meta\">没有说明,先按通常情形算。</p>");
    }
    input(out, scene, &known.asked, given(scene, known.asked.fact), Some(known));
    out.push_str("</div></details>");
}

fn place_chip(out: &mut String, scene: Scene<'_>, answer: &Answer) {
    let name = answer.understanding.region.as_ref().map_or("全国", |r| r.name.as_str());
    put!(out, "<details class=\"chip\" data-fact=\"region\"><summary><span class=\"label\">参保地</span> ");
    put!(out, "<span class=\"now\">{}</span></summary><div class=\"editor\"><label class=\"field\">", Safe(name));
    put!(
        out,
        "<span class=\"ask\">换一个参保地</span><input name=\"{}\" value=\"{}\" placeholder=\"{}\" list=\"places\" autocomplete=\"off\">",
        field(scene.turn, "region"),
        Safe(given(scene, "region")),
        Safe(name)
    );
    out.push_str("</label></div></details>");
}

fn day_chip(out: &mut String, answer: &Answer) {
    put!(
        out,
        "<details class=\"chip\" data-fact=\"at\"><summary><span class=\"label\">日期</span> \
         <span class=\"now\">{0}</span></summary><div class=\"editor\"><label class=\"field\">\
         <span class=\"ask\">按哪一天的规定</span><input type=\"date\" name=\"at\" value=\"{0}\"></label></div></details>",
        Safe(&answer.at)
    );
}

/// One fact as an input of its kind. `known` is what the answer was reckoned with so far.
fn input(out: &mut String, scene: Scene<'_>, asked: &MissingJson, given: &str, known: Option<&Known>) {
    let name = field(scene.turn, asked.fact);
    let label = Safe(asked.ask.as_str());
    let yes_no = [("true", "是"), ("false", "否")];
    let choices: Vec<(&str, &str)> = match &asked.choices {
        Some(choices) => choices.iter().map(|ChoiceJson { value, label }| (value.as_str(), label.as_str())).collect(),
        None if asked.kind == "bool" => yes_no.to_vec(),
        None => vec![],
    };
    let now = known.map_or(given, |k| k.value.as_str());
    if !choices.is_empty() && choices.len() <= SIDE_BY_SIDE {
        put!(
            out,
            "<fieldset class=\"field choice\" data-field=\"{name}\"><legend class=\"ask\">{label}</legend><span class=\"options\">"
        );
        for (value, text) in choices {
            // Checked only what was filled in; what was said in words shows as the present choice.
            let checked = if value == given { " checked" } else { "" };
            let present = if value == now { " class=\"present\"" } else { "" };
            put!(
                out,
                "<label{present}><input type=\"radio\" name=\"{name}\" value=\"{}\"{checked}><span>{}</span></label>",
                Safe(value),
                Safe(text)
            );
        }
        out.push_str("</span></fieldset>");
        return;
    }
    put!(out, "<label class=\"field\"><span class=\"ask\">{label}</span><span class=\"box\">");
    if !choices.is_empty() {
        let first = known.map_or("请选择", |k| k.shown.as_str());
        put!(out, "<select name=\"{name}\"><option value=\"\">{}</option>", Safe(first));
        for (value, text) in choices {
            let selected = if value == given { " selected" } else { "" };
            put!(out, "<option value=\"{}\"{selected}>{}</option>", Safe(value), Safe(text));
        }
        out.push_str("</select>");
    } else {
        let attributes = match asked.kind {
            "date" => "type=\"date\"",
            "month" => "type=\"month\" placeholder=\"2026-11\"",
            "money" | "ratio" => "inputmode=\"decimal\" autocomplete=\"off\"",
            "integer" => "inputmode=\"numeric\" autocomplete=\"off\"",
            "region" => "list=\"places\" autocomplete=\"off\"",
            _ => "autocomplete=\"off\"",
        };
        // A date cannot stand beside its input, only in it.
        let held = if asked.kind == "date" || asked.kind == "month" { now } else { given };
        put!(out, "<input name=\"{name}\" {attributes} value=\"{}\"", Safe(held));
        if let Some(known) = known.filter(|_| asked.kind != "date" && asked.kind != "month") {
            put!(out, " placeholder=\"{}\"", Safe(&known.shown));
        }
        out.push('>');
        if let Some(unit) = unit(asked) {
            put!(out, "<span class=\"unit\">{unit}</span>");
        }
    }
    out.push_str("</span></label>");
}

fn unit(asked: &MissingJson) -> Option<&'static str> {
    Some(match asked.unit? {
        "CNY" => "元",
        "month" => "个月",
        "day" => "天",
        "working_day" => "个工作日",
        "year" => "年",
        "tier" => "档",
        "ratio" => "如 10%",
        _ => return None,
    })
}
