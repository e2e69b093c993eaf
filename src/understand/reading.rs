//! A question read once: words, measures, dates and places with their positions, and the questions one asks of them.
//! Facts are filled from it; nothing here knows a rule.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::lexicon::Lexicon;
use super::matcher::{Match, Sense};
use super::place::Place;
use crate::text::Folded;
use crate::text::dates::{DateMention, Precision};
use crate::text::numbers::{Measure, Unit};

/// See the module.
pub struct Reading<'a> {
    pub folded: &'a Folded,
    pub lexicon: &'a Lexicon,
    pub at: Date,
    pub matches: Vec<Match>,
    /// Cue class → places in `matches`, negated ones included.
    cues: HashMap<&'a str, Vec<usize>>,
    /// For each character, the pauses before it.
    pauses: Vec<usize>,
    pub measures: Vec<Measure>,
    pub dates: Vec<DateMention>,
    pub places: Vec<Place>,
    /// Classes present and not negated, the read ones (`@money` …) included.
    present: BTreeSet<String>,
}

/// A stretch of the folded text.
pub type Span = (usize, usize);

/// What an amount of money is, by the word that stands nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyRole {
    Wage,
    Balance,
    Principal,
    Cap,
    /// No word near says what it is.
    Unsaid,
}

const ROLES: &[(&str, MoneyRole)] = &[
    ("wage", MoneyRole::Wage),
    ("average_wage", MoneyRole::Wage),
    ("money_left", MoneyRole::Balance),
    ("principal", MoneyRole::Principal),
    ("yearly_cap", MoneyRole::Cap),
];

/// Values that contradict each other.
#[derive(Clone, Debug, PartialEq)]
pub enum Rivals {
    None,
    /// The later one was said to be the right one: 不对,是5个月.
    Settled(Measure),
    /// Nobody said which is meant.
    Open(Vec<Measure>),
}

/// How far behind its word a value may stand to be what is said of it.
const BESIDE: usize = 2;

/// How many characters a denial reaches where no pause ends it.
const DENIAL: usize = 8;

impl<'a> Reading<'a> {
    pub fn new(
        folded: &'a Folded,
        lexicon: &'a Lexicon,
        at: Date,
        matches: Vec<Match>,
        measures: Vec<Measure>,
        dates: Vec<DateMention>,
        places: Vec<Place>,
    ) -> Reading<'a> {
        let mut cues: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, m) in matches.iter().enumerate() {
            if let Sense::Cue(i) = m.sense {
                cues.entry(&lexicon.cues[i].name).or_default().push(place);
            }
        }
        let mut pauses = vec![0];
        pauses.extend(folded.chars().iter().scan(0, |count, c| {
            *count += usize::from(is_break(*c));
            Some(*count)
        }));
        let present = BTreeSet::new();
        let mut reading = Reading { folded, lexicon, at, matches, cues, pauses, measures, dates, places, present };
        reading.negate();
        reading.present = reading.classes();
        reading
    }

    // ---- classes ----

    /// Whether a class is present and not negated.
    pub fn has(&self, class: &str) -> bool {
        self.present.contains(class)
    }

    /// Every class present.
    pub fn present(&self) -> &BTreeSet<String> {
        &self.present
    }

    fn class_of(&self, m: &Match) -> &'a str {
        match m.sense {
            Sense::Cue(i) => &self.lexicon.cues[i].name,
            Sense::Value(i) => &self.lexicon.values[i].about,
        }
    }

    /// The words of a class that stand in the question, negated ones left out.
    pub fn words(&self, class: &str) -> impl Iterator<Item = &Match> {
        self.cues.get(class).into_iter().flatten().map(|place| &self.matches[*place]).filter(|m| !m.negated)
    }

    /// Values said about something, from left to right: `("grandfather", span)`.
    pub fn values(&self, about: &str) -> impl Iterator<Item = (&'a str, Span)> {
        let lexicon = self.lexicon;
        self.matches.iter().filter(|m| !m.negated).filter_map(move |m| match m.sense {
            Sense::Value(i) if lexicon.values[i].about == about => {
                Some((lexicon.values[i].value.as_str(), (m.start, m.end)))
            }
            _ => None,
        })
    }

    /// The first value said about something.
    pub fn value(&self, about: &str) -> Option<(&'a str, Span)> {
        self.values(about).next()
    }

    /// As [`Reading::has`], before the classes are settled.
    fn says(&self, class: &str) -> bool {
        self.words(class).next().is_some()
    }

    /// Two places of which one is said to be left or reached: 宁波转合肥, 从成都到西安.
    fn moved(&self) -> bool {
        use super::place::Part;
        self.two_places().is_some_and(|(from, to)| from.part == Part::Origin && to.part == Part::Destination)
    }

    /// 取1600出来, 拿不拿得出来: a verb of taking with 出来 or 回来 close behind.
    fn take_out(&self) -> bool {
        let chars = self.folded.chars();
        (0..chars.len()).filter(|i| matches!(chars[*i], '取' | '提' | '拿' | '领' | '弄')).any(|i| {
            let rest: String = chars[i + 1..(i + 12).min(chars.len())].iter().take_while(|c| !is_break(**c)).collect();
            rest.contains("出来") || rest.contains("回来")
        })
    }

    /// 给我弟用, 给外孙女交: something is given to a relative to use.
    fn given_to(&self) -> bool {
        let chars = self.folded.chars();
        self.values("relation").any(|(_, (start, end))| {
            let given = chars[start.saturating_sub(3)..start].contains(&'给')
                || chars[start.saturating_sub(3)..start].contains(&'供');
            let used = chars[end..(end + 5).min(chars.len())]
                .iter()
                .any(|c| matches!(c, '用' | '交' | '缴' | '付' | '刷' | '买' | '花' | '使'));
            given && used
        }) || self.relative().is_some()
            && ["给他", "给她", "给它"].iter().any(|w| self.folded.text().contains(w))
            && self.says("account_money")
    }

    /// 用他爷爷的医保账户: a relative's account is to be used.
    fn kin_account(&self) -> bool {
        let text = |from: usize, to: usize| -> String {
            self.folded.chars()[from..to.min(self.folded.chars().len())].iter().collect()
        };
        self.values("relation").any(|(_, (start, end))| {
            let uses = ["用", "刷", "花", "使"].iter().any(|w| text(start.saturating_sub(3), start).contains(w));
            let theirs = ["的医保", "的账户", "的卡", "的余额", "的个人账户", "医保账户", "医保卡"];
            uses && theirs.iter().any(|w| text(end, end + 5).starts_with(w))
        })
    }

    fn classes(&self) -> BTreeSet<String> {
        let mut found: BTreeSet<String> = BTreeSet::new();
        for m in self.matches.iter().filter(|m| !m.negated) {
            match m.sense {
                Sense::Cue(i) => found.insert(self.lexicon.cues[i].name.clone()),
                Sense::Value(i) => {
                    let class = &self.lexicon.values[i];
                    found.insert(format!("@{}:{}", class.about, class.value));
                    found.insert(format!("@{}", class.about))
                }
            };
        }
        if self.settles_overseas() {
            found.extend(["@reason".to_owned(), "@reason:emigrated".to_owned()]);
        }
        if !found.contains("@reason:foreigner_leaves")
            && found.contains("foreigner")
            && found.contains("leaves_country")
        {
            found.extend(["@reason".to_owned(), "@reason:foreigner_leaves".to_owned()]);
        }
        let mut read = |name: &str, is: bool| {
            if is {
                found.insert(name.to_owned());
            }
        };
        let unit = |u: Unit| self.measures.iter().any(|m| m.unit == u);
        read("@money", self.money().next().is_some());
        read("@wage_money", self.money().any(|m| self.money_role(m) == MoneyRole::Wage));
        read("@months", self.measures.iter().any(|m| m.unit == Unit::Month));
        read(
            "@years",
            self.measures.iter().any(|m| m.unit == Unit::Month && (m.in_years || m.low >= Decimal::from(60))),
        );
        read("@days", unit(Unit::Day));
        read("@workdays", unit(Unit::WorkingDay));
        read("@ratio", unit(Unit::Ratio));
        read("@age", unit(Unit::Age));
        read("@date", self.dates.iter().any(|d| d.precision == Precision::Day && !self.is_stamp((d.start, d.end))));
        read("@year", self.dates.iter().any(|d| d.precision == Precision::Year));
        read("@places", self.two_places().is_some());
        read("@moved", self.moved());
        read("@take_out", self.take_out());
        read("@born", self.birth().is_some());
        // 今年断了他四个月 is a matter of months, not of coverage years.
        let by_month =
            self.measures.iter().any(|m| m.unit == Unit::Month && !m.in_years) && !self.says("resident_scheme");
        let by_year = !self.missed_years().is_empty() || self.dates.iter().any(|d| d.coverage);
        read("@missed_years", by_year && !by_month);
        read("@given_to", self.given_to());
        read("@kin_account", self.kin_account());
        read("@relation_share", self.relative().is_some());
        found
    }

    // ---- negation ----

    /// 不是要提现,是想转走: words between a negator and the end of its clause are denied.
    fn negate(&mut self) {
        let ends: Vec<usize> = self
            .folded
            .chars()
            .iter()
            .enumerate()
            .filter(|(_, c)| is_break(**c))
            .map(|(i, _)| i)
            .chain(self.matches.iter().filter(|m| self.class_of(m) == "negation_end").map(|m| m.start))
            .collect();
        // The negator's own start counts, so that a word that begins inside it (不想转 in 不想转走) is denied with it.
        let scopes: Vec<Span> = self
            .matches
            .iter()
            .filter(|m| self.class_of(m) == "negator" && matches!(m.sense, Sense::Cue(_)))
            .map(|m| {
                // 不是想 itself contains 是想: an end must stand after the negator.
                // Without a pause to end it a denial reaches a few words, not the whole sentence.
                let reach = (m.end + DENIAL).min(self.folded.chars().len());
                let end = ends.iter().copied().filter(|e| *e >= m.end).min().unwrap_or(reach);
                (m.start, end)
            })
            .collect();
        let chars = self.folded.chars();
        let denied = |m: &Match, class: &str| {
            if class == "negator" || class == "negation_end" {
                return false;
            }
            if scopes.iter().any(|s| s.0 < m.start && m.start < s.1) {
                return true;
            }
            // 不取现, 不转走; 取不取 and 差不多 are no denials.
            let direct =
                m.start > 0 && chars[m.start - 1] == '不' && (m.start < 2 || chars[m.start - 2] != chars[m.start]);
            direct && matches!(class, "withdraw" | "transfer" | "back_pay" | "reason")
        };
        let flags: Vec<bool> = self.matches.iter().map(|m| denied(m, self.class_of(m))).collect();
        for (m, negated) in self.matches.iter_mut().zip(flags) {
            m.negated = negated;
        }
        // 不是40天,是70天: what is denied is no measure of the case.
        self.measures.retain(|m| !scopes.iter().any(|s| s.0 < m.start && m.start < s.1));
        self.dates.retain(|d| !scopes.iter().any(|s| s.0 < d.start && d.start < s.1));
    }

    // ---- distance ----

    /// How far apart two spans are: characters between them, more across a pause.
    pub fn distance(&self, a: Span, b: Span) -> usize {
        let (left, right) = if a.0 <= b.0 { (a, b) } else { (b, a) };
        if right.0 <= left.1 {
            return 0;
        }
        right.0 - left.1 + (self.pauses[right.0] - self.pauses[left.1]) * 6
    }

    /// The distance from a span to the nearest word of the classes.
    pub fn nearest(&self, span: Span, classes: &[&str]) -> Option<usize> {
        classes.iter().flat_map(|c| self.words(c)).map(|m| self.distance(span, (m.start, m.end))).min()
    }

    /// As [`Reading::nearest`], doubled, and one more where the word stands behind: 总共23年实缴10年 calls the ten years 实缴.
    fn nearest_before(&self, span: Span, classes: &[&str]) -> Option<usize> {
        let distance = |m: &Match| self.distance(span, (m.start, m.end)) * 2 + usize::from(m.start >= span.1);
        classes.iter().flat_map(|c| self.words(c)).map(distance).min()
    }

    // ---- measures ----

    /// The measures that may be money: with a unit of money, or a bare number of three digits or more.
    pub fn money(&self) -> impl Iterator<Item = &Measure> {
        self.measures.iter().filter(|m| match m.unit {
            Unit::Yuan => true,
            Unit::Bare => m.low >= Decimal::ONE_HUNDRED && m.low <= Decimal::from(100_000_000),
            _ => false,
        })
    }

    /// What an amount is, by the nearest word that can say so.
    pub fn money_role(&self, m: &Measure) -> MoneyRole {
        self.money_role_at(m).map_or(MoneyRole::Unsaid, |(_, role)| role)
    }

    /// The role of an amount, with how far the word that says so stands.
    fn money_role_at(&self, m: &Measure) -> Option<(usize, MoneyRole)> {
        let mut best: Option<(usize, MoneyRole)> = None;
        for (class, role) in ROLES {
            for word in self.words(class) {
                let span = (word.start, word.end);
                // The word usually stands before its amount.
                let behind = usize::from(word.start >= m.end) * 2;
                let distance = self.distance(span, (m.start, m.end)) + behind;
                if distance <= 9 && best.is_none_or(|(d, _)| distance < d) {
                    best = Some((distance, *role));
                }
            }
        }
        best
    }

    /// The amount that plays this role; else the only amount of the question when nothing says what it is.
    pub fn amount(&self, role: MoneyRole) -> Option<&Measure> {
        let playing = self.money().filter_map(|m| Some((self.money_role_at(m)?, m)));
        if let Some((_, m)) =
            playing.filter(|((_, r), _)| *r == role).min_by_key(|((distance, _), m)| (*distance, m.start))
        {
            return Some(m);
        }
        let mut unsaid = self.money().filter(|m| self.money_role(m) == MoneyRole::Unsaid && m.unit == Unit::Yuan);
        match (unsaid.next(), unsaid.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    /// What is said of one and the same word more than once, with different values: 断缴4个月 … 断缴5个月.
    pub fn rivals(&self, classes: &[&str], fits: impl Fn(&Measure) -> bool) -> Rivals {
        let mut said: BTreeMap<&str, Vec<Measure>> = BTreeMap::new();
        for word in classes.iter().flat_map(|c| self.words(c)) {
            let behind = |m: &&Measure| fits(m) && word.end <= m.start && m.start <= word.end + BESIDE;
            let Some(m) = self.measures.iter().find(behind) else { continue };
            let list = said.entry(&word.word).or_default();
            if list.iter().all(|known| known.start != m.start) {
                list.push(*m);
            }
        }
        let differ = |list: &&Vec<Measure>| list.iter().any(|m| (m.low, m.high) != (list[0].low, list[0].high));
        match said.values().filter(differ).max_by_key(|list| list.len()) {
            None => Rivals::None,
            Some(list) if self.has("correction") => Rivals::Settled(list[list.len() - 1]),
            Some(list) => Rivals::Open(list.clone()),
        }
    }

    /// As [`Reading::rivals`], of the amounts that play a role.
    pub fn rival_amounts(&self, role: MoneyRole) -> Rivals {
        let classes: Vec<&str> = ROLES.iter().filter(|(_, r)| *r == role).map(|(class, _)| *class).collect();
        self.rivals(&classes, |m| m.unit == Unit::Yuan || m.unit == Unit::Bare && m.low >= Decimal::ONE_HUNDRED)
    }

    /// The duration nearest to a word of the classes, within `reach`.
    pub fn duration(&self, classes: &[&str], reach: usize, fits: impl Fn(&Measure) -> bool) -> Option<&Measure> {
        self.measures
            .iter()
            .filter(|m| fits(m))
            .filter_map(|m| Some((self.nearest_before((m.start, m.end), classes)?, m)))
            .filter(|(d, _)| *d <= reach * 2 + 1)
            .min_by_key(|(d, m)| (*d, m.start))
            .map(|(_, m)| m)
    }

    // ---- dates ----

    /// The date nearest to a word of the classes.
    pub fn date_near(&self, classes: &[&str], fits: impl Fn(&DateMention) -> bool) -> Option<&DateMention> {
        self.dates
            .iter()
            .filter(|d| fits(d))
            .filter_map(|d| Some((self.nearest((d.start, d.end), classes)?, d)))
            .min_by_key(|(distance, d)| (*distance, d.start))
            .map(|(_, d)| d)
    }

    /// Full dates, from left to right.
    pub fn full_dates(&self) -> impl Iterator<Item = &DateMention> {
        self.dates.iter().filter(|d| d.precision == Precision::Day)
    }

    /// A month or day of birth: beside a word of birth, or so long ago that nothing else can be meant.
    pub fn birth(&self) -> Option<&DateMention> {
        let exact = |d: &&DateMention| d.precision >= Precision::Month;
        let born = |d: &&DateMention| {
            d.year <= 2010 && (d.year <= 1995 || self.nearest((d.start, d.end), &["born"]).is_some_and(|n| n <= 2))
        };
        self.dates.iter().filter(exact).find(born)
    }

    /// Coverage years said to have been missed, ranges and lists spelled out.
    pub fn missed_years(&self) -> Vec<i16> {
        let years: Vec<&DateMention> = self.dates.iter().filter(|d| d.precision == Precision::Year).collect();
        let chars = self.folded.chars();
        let mut missed = BTreeSet::new();
        let mut i = 0;
        while i < years.len() {
            // A list or range of years shares what is said after it.
            let mut group = vec![years[i]];
            let mut ranged = false;
            while let Some(next) = years.get(i + 1) {
                let joint: String = chars[years[i].end..next.start].iter().collect();
                let joint = joint.trim();
                if matches!(joint, "-" | "~" | "到" | "至" | "年-" | "年到") {
                    ranged = true;
                } else if !matches!(joint, "、" | "和" | "," | "跟" | "及" | "与") {
                    break;
                }
                group.push(next);
                i += 1;
            }
            let last = group[group.len() - 1];
            let until = years.get(i + 1).map_or(chars.len(), |y| y.start);
            if self.says_missed(last.end, until) {
                if ranged {
                    missed.extend(group[0].year..=last.year);
                } else {
                    missed.extend(group.iter().map(|y| y.year));
                }
            }
            i += 1;
        }
        missed.into_iter().filter(|y| *y >= 2000).collect()
    }

    /// Whether the stretch first says "not paid" rather than "paid".
    fn says_missed(&self, from: usize, until: usize) -> bool {
        let first =
            |class: &str| self.words(class).filter(|m| from <= m.start && m.end <= until).map(|m| m.start).min();
        let missed = first("missed_year");
        let paid = ["in_window", "out_window", "resume"].iter().filter_map(|c| first(c)).min();
        match (missed, paid) {
            (Some(m), Some(p)) => m < p,
            (Some(m), None) => m - from <= 12,
            _ => false,
        }
    }

    /// A date in brackets at the very end is when a page was written: …要多长时间?(2025年6月4日).
    pub fn is_stamp(&self, span: Span) -> bool {
        let chars = self.folded.chars();
        let opened = span.0 > 0 && chars[span.0 - 1] == '(';
        let closed = chars.get(span.1) == Some(&')') && chars[span.1 + 1..].iter().all(|c| *c == ' ');
        opened && closed
    }

    // ---- people ----

    /// 去澳门定居, 移居新加坡: a place abroad and a word of settling.
    pub fn settles_overseas(&self) -> bool {
        let text = self.folded.text();
        let settling = |word: &&str| text.contains(*word) && !text.contains(&format!("不{word}"));
        self.value("overseas").is_some() && ["定居", "移民", "移居", "永居", "入籍"].iter().any(settling)
    }

    /// The relative that something is asked for: the last one named, because the first is often who speaks
    /// (我和我老公的医保能给我婆婆用吗).
    pub fn relative(&self) -> Option<(&'a str, Span)> {
        self.values("relation").last()
    }

    // ---- places ----

    /// Origin and destination when two different places are named.
    pub fn two_places(&self) -> Option<(&Place, &Place)> {
        use super::place::Part;
        let first = self.places.iter().find(|p| p.part == Part::Origin).or(self.places.first())?;
        let second = self
            .places
            .iter()
            .find(|p| p.part == Part::Destination && p.code != first.code)
            .or_else(|| self.places.iter().find(|p| p.code != first.code))?;
        Some((first, second))
    }
}

/// A pause in a sentence.
pub fn is_break(c: char) -> bool {
    matches!(c, ',' | '。' | ';' | '?' | '!' | '、' | ':' | '(' | ')' | '\n' | '…')
}
