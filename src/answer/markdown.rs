//! The answer as text a person reads: the conclusion first, then the steps, the sources with dates, what sources disagree
//! about, what to do next. Plain Markdown; doors that show none strip it.

use std::fmt::Write;

use super::{Answer, AnswerStatus, Computed};
use crate::retrieve::Passage;
use crate::rules::parameters::{Level, UNITS};

/// Sources shown.
const SOURCES: usize = 3;

/// The whole answer as Chinese Markdown, every missing fact asked for.
pub fn render(answer: &Answer) -> String {
    let mut out = String::new();
    for computed in &answer.computed {
        rule(&mut out, computed);
    }
    rest(&mut out, answer);
    ended(out)
}

/// The answer as a turn of a conversation: what is known already, then one question, not a form to fill in.
pub fn reply(answer: &Answer) -> String {
    let Some(next) = answer.next_question() else { return render(answer) };
    let mut out = String::new();
    for computed in answer.computed.iter().filter(|c| c.missing.is_empty() || !c.steps.is_empty()) {
        let told = Computed { missing: vec![], ..computed.clone() };
        rule(&mut out, &told);
    }
    let asked_only = out.is_empty();
    if !asked_only {
        rest(&mut out, answer);
    }
    let _ = writeln!(out, "**{}**", next.ask);
    for (i, choice) in next.choices.iter().flatten().enumerate() {
        let _ = writeln!(out, "{}- {}", if i == 0 { "\n" } else { "" }, choice.label);
    }
    if asked_only && !answer.passages.is_empty() {
        let _ = writeln!(out, "\n可以先看:\n");
        for (i, passage) in answer.passages.iter().take(SOURCES).enumerate() {
            let _ = writeln!(out, "{}. {}", i + 1, source(passage));
        }
    }
    ended(out)
}

/// One rule's outcome as Markdown.
pub fn outcome(computed: &Computed) -> String {
    let mut out = String::new();
    rule(&mut out, computed);
    ended(out)
}

fn ended(mut out: String) -> String {
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// What stands below the rules: disagreement, sources, suggestions.
fn rest(out: &mut String, answer: &Answer) {
    if answer.computed.is_empty() {
        let line = match answer.status {
            AnswerStatus::NoMatch if !answer.unsearched && topic(answer) == crate::understand::OUT_OF_SCOPE => {
                "这个问题不属于医保规则能回答的范围,没有作任何计算。医保问题可打 12393,社保其他问题可打 12333。"
            }
            AnswerStatus::NoMatch => answer.nothing(),
            _ => "这个问题没有可计算的规则,以下是相关资料:",
        };
        let _ = writeln!(out, "{line}\n");
    }
    if !answer.conflicts.is_empty() {
        let _ = writeln!(out, "**各方说法不一**\n");
        for conflict in &answer.conflicts {
            let _ = writeln!(out, "- {}", conflict.about);
            for position in &conflict.positions {
                let mark = if position.preferred { "以此为准" } else { "不采用" };
                let why =
                    position.why.as_ref().filter(|_| position.preferred).map(|w| format!(";{w}")).unwrap_or_default();
                let _ = writeln!(out, "  - {mark}:{}({}{why})", position.says, position.who);
            }
        }
        out.push('\n');
    }
    if !answer.caveats.is_empty() {
        let _ = writeln!(out, "请注意:\n");
        for line in &answer.caveats {
            let _ = writeln!(out, "- {line}");
        }
        out.push('\n');
    }
    passages(out, answer);
    if !answer.suggestions.is_empty() && answer.status == AnswerStatus::NoMatch {
        let _ = writeln!(out, "**也许您想问**\n");
        for question in &answer.suggestions {
            let _ = writeln!(out, "- {question}");
        }
    }
}

fn topic(answer: &Answer) -> &str {
    answer.understanding.topics.first().map_or("", |t| t.id.as_str())
}

fn rule(out: &mut String, computed: &Computed) {
    let _ = writeln!(out, "**{}**\n", computed.headline);
    if !computed.missing.is_empty() {
        for missing in &computed.missing {
            let _ = writeln!(out, "- {}", missing.ask);
        }
        out.push('\n');
    }
    if !computed.steps.is_empty() {
        let _ = writeln!(out, "计算过程:\n");
        for (i, step) in computed.steps.iter().enumerate() {
            let _ = writeln!(out, "{}. {} = {}", i + 1, step.text, step.value);
        }
        out.push('\n');
    }
    if !computed.next.is_empty() {
        let _ = writeln!(out, "下一步:\n");
        for line in &computed.next {
            let _ = writeln!(out, "- {line}");
        }
        out.push('\n');
    }
    if !computed.parameters.is_empty() {
        let _ = writeln!(out, "依据(按 {} 的规定):\n", computed.law_day);
        for p in &computed.parameters {
            let unit = UNITS.iter().find(|(u, _)| *u == p.unit).map_or("", |(_, label)| label);
            let since = p.effective_from.as_ref().map(|d| format!(",{d} 起")).unwrap_or_default();
            let until = p.effective_to.as_ref().map(|d| format!("至 {d}")).unwrap_or_default();
            let level = Level::parse(p.level).map_or("", Level::label);
            let document = p.reference.document.as_ref().map(|d| format!(" {d}")).unwrap_or_default();
            let url = p.reference.url.as_ref().map(|u| format!(" <{u}>")).unwrap_or_default();
            let _ = writeln!(
                out,
                "- {}:{} {unit}{since}{until};《{}》{document}({level}){url}",
                p.label, p.value, p.reference.title
            );
        }
        out.push('\n');
    }
    if !computed.caveats.is_empty() {
        let _ = writeln!(out, "请注意:\n");
        for line in &computed.caveats {
            let _ = writeln!(out, "- {line}");
        }
        out.push('\n');
    }
    if let Some(day) = &computed.changes_on {
        let _ = writeln!(out, "已知 {day} 起相关数值有变。\n");
    }
}

fn passages(out: &mut String, answer: &Answer) {
    if answer.passages.is_empty() {
        return;
    }
    let _ = writeln!(out, "**相关资料**\n");
    for (i, p) in answer.passages.iter().take(SOURCES).enumerate() {
        let _ = writeln!(out, "{}. {}", i + 1, source(p));
        let text = p.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = text.chars().take(120).collect();
        let more = if text.chars().count() > 120 { "…" } else { "" };
        let _ = writeln!(out, "   {short}{more}");
    }
    out.push('\n');
}

/// A passage's title, place, date and link.
fn source(p: &Passage) -> String {
    let date = p.published.map(|d| format!(",{d}")).unwrap_or_default();
    let link = p.source.url.as_ref().map(|u| format!(" <{u}>")).unwrap_or_default();
    format!("{}({}{date}){link}", p.title, p.region.name)
}
