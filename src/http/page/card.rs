//! One turn's answer: the conclusion in large type, what to do next, what it was reckoned from, the steps, the pictures,
//! the sources, who disagrees, the passages.
//!
//! The only place that draws an answer. The page without a script sends it whole, the script and the widget fetch the
//! same from `/card` and put it in place, so that all three are one and are tested as one.

use super::asked::{Answered, Asked};
use super::html::{Safe, day, encoded, money_grouped, put, said};
use super::{conflicts, fields, passages, pictures, sources};
use crate::answer::{Answer, AnswerStatus, Computed, StepJson};
use crate::http::answer::status_word;
use crate::http::feedback::WORD_CHARS;
use crate::http::state::Live;

/// What is longer than this is no figure but a sentence.
const FIGURE: usize = 20;

/// Where a card stands.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub live: &'a Live,
    /// The conversation up to this turn.
    pub asked: &'a Asked,
    /// Counted from 0.
    pub turn: usize,
    /// The last card is the one whose facts may be changed.
    pub last: bool,
    /// What people think of an answer is kept.
    pub opinions: bool,
}

/// The turn: what was said and the card that answers it.
pub fn turn(scene: Scene<'_>, answered: &Answered) -> String {
    let Scene { asked, turn, .. } = scene;
    let mut out = String::new();
    let said = asked.turns.get(turn).map_or("", |turn| turn.text.as_str());
    let query = asked.query();
    put!(out, "<section class=\"turn\" data-turn=\"{}\" data-query=\"{}\">", turn + 1, Safe(&query));
    put!(out, "<h2 class=\"asked\"><span class=\"hidden\">您问:</span>{}</h2>", Safe(said));
    match &answered.reply.answer {
        Some(answer) => card(&mut out, scene, answered, answer),
        None => put!(out, "<article class=\"card\"><p>{}</p></article>", Safe(&answered.reply.reply)),
    }
    out.push_str("</section>");
    out
}

fn card(out: &mut String, scene: Scene<'_>, answered: &Answered, answer: &Answer) {
    put!(out, "<article class=\"card\" data-status=\"{}\" aria-label=\"答复\">", status_word(answer.status));
    corrections(out, answer);
    for (i, computed) in answer.computed.iter().enumerate() {
        rule(out, scene, answered, answer, computed, i);
    }
    if answer.computed.is_empty() {
        let line = match answer.status {
            AnswerStatus::NoMatch => answer.nothing(),
            _ => "这个问题没有可计算的规则,以下是相关资料。",
        };
        put!(out, "<p class=\"conclusion plain\">{line}</p>");
        fields::panel(out, scene, answer);
    }
    list(out, "caveats", "请注意", &answer.caveats);
    conflicts::panel(out, &answer.conflicts);
    passages::brief(out, scene, answer);
    if !answer.suggestions.is_empty() {
        out.push_str("<section class=\"near\"><h3>也许您还想问</h3><ul>");
        for question in &answer.suggestions {
            let link = Asked { turns: vec![], ..scene.asked.clone() }.query();
            let link = if link.is_empty() { link } else { format!("&amp;{}", Safe(link)) };
            put!(out, "<li><a href=\"/?q={}{link}\" data-ask>{}</a></li>", encoded(question), Safe(question));
        }
        out.push_str("</ul></section>");
    }
    foot(out, scene, answer);
    out.push_str("</article>");
}

/// What was read otherwise than typed, and a place that was guessed.
fn corrections(out: &mut String, answer: &Answer) {
    for c in &answer.understanding.corrections {
        put!(out, "<p class=\"note\">“{}”按“{}”理解。</p>", Safe(&c.from), Safe(&c.to));
    }
    if let Some(region) = answer.understanding.region.as_ref().filter(|r| r.assumed) {
        put!(out, "<p class=\"note\">叫这个名字的不止一处,按{}回答;不对请在下面改参保地。</p>", Safe(&region.name));
    }
}

fn rule(out: &mut String, scene: Scene<'_>, answered: &Answered, answer: &Answer, computed: &Computed, number: usize) {
    let place = answer.understanding.region.as_ref().map_or("全国", |r| r.name.as_str());
    put!(out, "<section class=\"result\" data-rule=\"{}\" data-status=\"{}\">", computed.rule, computed.status);
    let label = Safe(computed.label);
    put!(out, "<p class=\"eyebrow\"><a href=\"/rules/{}\">{label}</a> <span>· {}</span>", computed.rule, Safe(place));
    put!(out, " <span>· 按{}的规定</span></p>", Safe(day(&computed.law_day)));
    let unsettled = match computed.status {
        "no_parameter" => "<span class=\"badge warn\">没有查到</span>",
        "depends_local" => "<span class=\"badge warn\">各地不同</span>",
        "condition_unmet" => "<span class=\"badge warn\">先要办别的</span>",
        _ => "",
    };
    let unverified = if computed.parameters.iter().any(|p| p.level == "unverified") {
        "<span class=\"badge warn\">含未核实的数值</span>"
    } else {
        ""
    };
    let headline = said(&computed.headline);
    put!(out, "<h3 class=\"conclusion\">{}</h3>", Safe(headline));
    if !unsettled.is_empty() || !unverified.is_empty() {
        put!(out, "<p class=\"badges\">{unsettled}{unverified}</p>");
    }
    if number == 0 {
        fields::panel(out, scene, answer);
    }
    list(out, "next", "下一步", &computed.next);
    pictures::of(out, scene, answered, computed);
    ledger(out, scene, computed);
    // What was assumed is said by the chips.
    let spoken = |line: &&String| computed.assumed.is_empty() || !line.starts_with("没有说明的按通常情形计算");
    let caveats: Vec<String> = computed.caveats.iter().filter(spoken).map(|line| said(line)).collect();
    list(out, "caveats", "请注意", &caveats);
    if let Some(next) = &computed.changes_on {
        put!(out, "<p class=\"note\">已知 {} 起相关数值有变。</p>", Safe(day(next)));
    }
    sources::list(out, scene, computed);
    out.push_str("</section>");
}

/// The steps as an account: what was reckoned, what it comes to, and a mark that opens each source.
fn ledger(out: &mut String, scene: Scene<'_>, computed: &Computed) {
    if computed.steps.is_empty() {
        return;
    }
    out.push_str("<section class=\"steps\"><h3>怎么算的</h3><ol class=\"ledger\">");
    for step in &computed.steps {
        let StepJson { text, value, parameters } = step;
        put!(out, "<li><span class=\"formula\">{}</span>", Safe(money_grouped(text)));
        // A figure stands at the end of its line; a list of days is text.
        let class = if value.chars().count() > FIGURE { "sum long" } else { "sum" };
        put!(out, " <span class=\"{class}\"><span aria-hidden=\"true\">= </span>{}</span>", Safe(money_grouped(value)));
        for id in parameters {
            sources::mark(out, scene, computed, id);
        }
        out.push_str("</li>");
    }
    out.push_str("</ol></section>");
}

fn list(out: &mut String, class: &str, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    put!(out, "<section class=\"{class}\"><h3>{title}</h3><ul>");
    for line in lines {
        put!(out, "<li>{}</li>", Safe(said(line)));
    }
    out.push_str("</ul></section>");
}

/// What one may do with the answer, and say of it.
fn foot(out: &mut String, scene: Scene<'_>, answer: &Answer) {
    let query = scene.asked.query();
    // Tomorrow the link shall still say what it says today.
    let dated = Asked { at: answer.at.clone(), ..scene.asked.clone() }.query();
    put!(out, "<footer class=\"foot\"><p class=\"actions\">");
    put!(out, "<a class=\"quiet\" href=\"/?{}\" data-copy>复制链接</a>", Safe(&dated));
    out.push_str("<button type=\"button\" class=\"quiet\" data-print hidden>打印</button>");
    put!(out, "<a class=\"quiet\" href=\"/why?{}\" data-lift=\".why\">怎么理解的</a>", Safe(&query));
    out.push_str("</p>");
    if scene.opinions {
        opinion(out, answer);
    }
    put!(
        out,
        "<p class=\"meta\">按{}的规定 · 资料版本 {} · 用时 {:.1} 毫秒</p></footer>",
        Safe(day(&answer.at)),
        Safe(&answer.index.generation),
        answer.took_ms
    );
}

/// Whether the answer was of use, and a word about it. A script sends it, so that nobody loses the page over it.
fn opinion(out: &mut String, answer: &Answer) {
    put!(
        out,
        "<form class=\"opinion\" data-answer=\"{}\" data-question=\"{}\" hidden>",
        answer.id,
        Safe(&answer.question)
    );
    put!(
        out,
        "<span>这个答复</span><button type=\"button\" class=\"quiet\" data-useful=\"true\" aria-pressed=\"false\">有用</button>\
         <button type=\"button\" class=\"quiet\" data-useful=\"false\" aria-pressed=\"false\">没用</button>\
         <span class=\"word\" hidden><label>补一句(不要写姓名、证件号和电话)<input name=\"word\" maxlength=\"{WORD_CHARS}\" \
         autocomplete=\"off\"></label><button class=\"quiet\">送出</button></span><span role=\"status\"></span></form>"
    );
}
