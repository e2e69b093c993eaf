//! Kinds of answer: what a question asks for (how long, how much, which) and what a passage offers.
//!
//! 要等多久 shares no word with 需连续缴费满6个月, but asks for a length of time, which the other gives. A passage is
//! marked with the kinds it offers, in a derived field; a question is looked up by the kinds it asks for.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// What may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AnswerKind {
    /// 多久, 几天, 期限: a number of days, months, years.
    Duration,
    /// 多少钱: an amount of money.
    Money,
    /// 比例, 百分之几: a percentage.
    Percentage,
    /// 电话: a number to call.
    Telephone,
    /// 什么时候, 几号: a day of the calendar.
    Date,
    /// 哪些, 材料, 条件: an enumeration.
    List,
    /// 是什么, 指什么: a definition.
    Definition,
    /// 为什么: a reason.
    Reason,
}

use AnswerKind::{Date, Definition, Duration, List, Money, Percentage, Reason, Telephone};

/// Every kind with the words that ask for it and its term in the index.
const KINDS: [(AnswerKind, &str, &[&str]); 8] = [
    (
        Duration,
        "?duration",
        &[
            "多久",
            "多长时间",
            "几天",
            "几个月",
            "几年",
            "多少天",
            "多少个月",
            "多少年",
            "期限",
            "时限",
            "几个工作日",
            "多少日",
            "几日",
            "几小时",
            "多少小时",
            "什么时候能",
            "时间内",
            "多长",
        ],
    ),
    (
        Money,
        "?money",
        &[
            "多少钱",
            "多少元",
            "几块",
            "费用",
            "金额",
            "收费",
            "价格",
            "多少费",
            "标准",
            "赔多少",
            "额度",
            "补贴",
            "补助",
        ],
    ),
    (Percentage, "?percentage", &["比例", "百分之", "百分比", "费率", "几成", "报多少", "报销多少", "利率", "税率"]),
    (Telephone, "?telephone", &["电话", "热线", "号码", "联系方式", "打哪"]),
    (
        Date,
        "?date",
        &["什么时候", "何时", "哪天", "几号", "几月", "哪一年", "什么时间", "日期", "截止", "到期", "起始", "啥时候"],
    ),
    (
        List,
        "?list",
        &[
            "哪些", "哪几", "几种", "材料", "条件", "步骤", "流程", "包括", "分别", "手续", "内容", "措施", "要求",
            "途径",
        ],
    ),
    (
        Definition,
        "?definition",
        &["是什么", "什么是", "是指", "指什么", "啥是", "是啥", "什么意思", "解释", "含义", "定义"],
    ),
    (Reason, "?reason", &["为什么", "为何", "为啥", "原因", "凭什么"]),
];

impl AnswerKind {
    /// The term that stands for it in the index. No word holds a question mark.
    pub fn term(self) -> &'static str {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, term, _)| term)
    }

    /// What a folded question asks for.
    pub fn asked(folded: &str) -> Vec<AnswerKind> {
        KINDS
            .iter()
            .filter(|(_, _, cues)| cues.iter().any(|cue| folded.contains(cue)))
            .map(|(kind, ..)| *kind)
            .collect()
    }

    /// What a folded passage offers.
    pub fn offered(folded: &str) -> Vec<AnswerKind> {
        let mut kinds = vec![];
        let mut add = |kind: AnswerKind| {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        };
        numbers(folded, &mut add);
        let mut marks = 0u32;
        let mut items = 0;
        for cue in OFFERS.find_overlapping_iter(folded) {
            match cue.pattern().as_usize() {
                0 => items += 1,
                1 => add(Percentage),
                2..REASONS => add(Definition),
                REASONS..MARKS => add(Reason),
                mark => marks |= 1 << (mark - MARKS),
            }
        }
        items += folded.bytes().filter(|byte| *byte == b';').count();
        if marks.count_ones() >= 2 || items >= 3 {
            add(List);
        }
        kinds
    }
}

/// What tells a kind of answer in a passage: an item of a list, a percentage, then definitions, reasons and the marks of
/// a list's points.
const CUES: [&str; 27] = [
    "、",
    "百分之",
    "是指",
    "指的是",
    "所称",
    "即为",
    "称为",
    "简称",
    "因为",
    "由于",
    "原因",
    "为了",
    "是因",
    "一是",
    "二是",
    "(一)",
    "(二)",
    "(1)",
    "(2)",
    "1.",
    "2.",
    "1、",
    "2、",
    "一、",
    "二、",
    "①",
    "②",
];
/// Where the reasons and the marks begin in [`CUES`].
const REASONS: usize = 8;
const MARKS: usize = 13;

static OFFERS: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(CUES).unwrap_or_else(|e| unreachable!("a short list of words: {e}")));

/// Characters that numbers are written in, digits aside.
const NUMERALS: [char; 15] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九', '十', '百', '千', '两', '半'];

/// Numbers with what follows them: 6个月, 8.5%, 3200元, 12393, 9月3日.
fn numbers(folded: &str, add: &mut impl FnMut(AnswerKind)) {
    let is_numeral = |c: char| c.is_ascii_digit() || NUMERALS.contains(&c);
    let mut rest = folded;
    while let Some(start) = rest.find(is_numeral) {
        rest = &rest[start..];
        let end = rest.find(|c: char| !is_numeral(c) && !matches!(c, '.' | ',' | '-')).unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        let digits = number.chars().filter(char::is_ascii_digit).count();
        if digits >= 7 || (digits == 5 && number.starts_with("12") && number.len() == 5) {
            add(Telephone);
        }
        let unit = after.strip_prefix('个').unwrap_or(after);
        let follows = |units: &[&str]| units.iter().any(|u| unit.starts_with(u));
        if after.starts_with('%') {
            add(Percentage);
        } else if follows(&["元", "万元", "亿元", "角", "万"]) {
            add(Money);
        } else if unit.starts_with('月') && unit[3..].starts_with(is_numeral) {
            add(Date);
        } else if after.starts_with("年") && (digits == 4 || after[3..].starts_with(is_numeral)) {
            // A year of the calendar: the month or day that may follow decides.
        } else if after.starts_with('月') && digits > 0 {
            add(Date);
        } else if follows(&["月", "年", "日", "天", "周", "工作日", "自然日", "小时", "分钟", "星期"])
        {
            add(Duration);
        }
        rest = after;
    }
}
