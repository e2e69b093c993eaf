//! Facts: what a question says, or a caller gives, about a case; and the one table of their names and types.
//!
//! The names are part of the outside contract. A rule reads facts by name through `rules::Working`, which marks what
//! was assumed; the prompts that ask for a missing fact are data (`corpus/vocabulary/facts.toml`).

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

/// What a fact may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// Decimal yuan.
    Money,
    /// A decimal share: `0.1` is 10 %.
    Ratio,
    /// A whole number of the given unit: month, day, year, working_day, count.
    Whole(&'static str),
    Date,
    /// A calendar month, `YYYY-MM`.
    Month,
    Bool,
    /// One word of a closed list.
    Word(&'static [&'static str]),
    /// Several words of the list, with repeats (a family's members).
    Words(&'static [&'static str]),
    /// A GB/T 2260 code.
    Region,
}

impl FactKind {
    /// The name used in JSON: `money`, `ratio`, `integer`, `date`, `month`, `bool`, `word`, `words`, `region`.
    pub fn name(self) -> &'static str {
        match self {
            FactKind::Money => "money",
            FactKind::Ratio => "ratio",
            FactKind::Whole(_) => "integer",
            FactKind::Date => "date",
            FactKind::Month => "month",
            FactKind::Bool => "bool",
            FactKind::Word(_) => "word",
            FactKind::Words(_) => "words",
            FactKind::Region => "region",
        }
    }

    /// What a caller may give, in Chinese.
    fn takes(self) -> &'static str {
        match self {
            FactKind::Money => "不小于 0 的金额(元),形如 8000 或 \"8000.50\"",
            FactKind::Ratio => "0 到 1 之间的比例,10% 写作 0.1",
            FactKind::Whole("calendar_year") => "1900 至 2200 的年份",
            FactKind::Whole(_) => "不小于 0 的整数",
            FactKind::Date => "日期,形如 \"2026-11-23\"",
            FactKind::Month => "年月,形如 \"2026-11\"",
            FactKind::Bool => "true 或 false",
            FactKind::Word(_) => "这些词之一",
            FactKind::Words(_) => "这些词的列表",
            FactKind::Region => "六位行政区划代码",
        }
    }

    /// The unit shown beside a value: `CNY`, `month`, `day` …; `None` for dates, words and booleans.
    pub fn unit(self) -> Option<&'static str> {
        match self {
            FactKind::Money => Some("CNY"),
            FactKind::Ratio => Some("ratio"),
            FactKind::Whole("calendar_year") => Some("year"),
            FactKind::Whole(unit) => Some(unit),
            _ => None,
        }
    }

    /// The closed list of words, where there is one.
    pub fn choices(self) -> Option<&'static [&'static str]> {
        match self {
            FactKind::Word(list) | FactKind::Words(list) => Some(list),
            _ => None,
        }
    }
}

/// A month of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct YearMonth {
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
}

impl YearMonth {
    /// Reads `YYYY-MM`.
    pub fn parse(text: &str) -> Option<YearMonth> {
        let (year, month) = text.split_once('-')?;
        if year.len() != 4 || month.len() != 2 {
            return None;
        }
        let parsed = YearMonth { year: year.parse().ok()?, month: month.parse().ok()? };
        (1..=12).contains(&parsed.month).then_some(parsed)
    }

    /// Months since year 0: a plain number to reckon with.
    pub fn index(self) -> i64 {
        i64::from(self.year) * 12 + i64::from(self.month) - 1
    }

    /// The month that many months later (or earlier, when negative).
    pub fn plus(self, months: i64) -> YearMonth {
        let index = self.index() + months;
        YearMonth { year: index.div_euclid(12) as i16, month: (index.rem_euclid(12) + 1) as i8 }
    }
}

impl std::fmt::Display for YearMonth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// The value of a fact, of the type its [`FactKind`] says.
#[derive(Clone, Debug, PartialEq)]
pub enum FactValue {
    /// Money or ratio.
    Decimal(Decimal),
    Whole(i64),
    Date(Date),
    Month(YearMonth),
    Bool(bool),
    Word(String),
    Words(Vec<String>),
}

impl FactValue {
    /// The JSON of architecture §6: decimals as strings, whole numbers as numbers, dates in ISO form.
    pub fn to_json(&self, kind: FactKind) -> serde_json::Value {
        match self {
            FactValue::Decimal(d) if kind == FactKind::Money => format!("{d:.2}").into(),
            FactValue::Decimal(d) => d.normalize().to_string().into(),
            FactValue::Whole(n) => (*n).into(),
            FactValue::Date(d) => d.to_string().into(),
            FactValue::Month(m) => m.to_string().into(),
            FactValue::Bool(b) => (*b).into(),
            FactValue::Word(w) => w.clone().into(),
            FactValue::Words(w) => w.clone().into(),
        }
    }
}

/// Who a fact comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The words of the question state it.
    Stated,
    /// It follows from what was said (我爸 → male).
    Implied,
    /// The caller gave it beside the question, or an earlier turn of the conversation did.
    Given,
    /// Nobody said it: the documented default of a rule.
    Assumed,
}

/// One fact of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    pub value: FactValue,
    /// The upper end where the person gave a range (3-4个月); `value` is then the lower end.
    pub high: Option<FactValue>,
    pub origin: Origin,
    /// Character offsets into the question, end excluded; `None` when it was not said there.
    pub span: Option<(usize, usize)>,
}

impl Fact {
    /// A fact handed over beside the question.
    pub fn given(value: FactValue) -> Fact {
        Fact { value, high: None, origin: Origin::Given, span: None }
    }
}

/// The facts of one case, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts(pub BTreeMap<&'static str, Fact>);

impl Facts {
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.0.get(name)
    }

    pub fn insert(&mut self, name: &str, fact: Fact) {
        if let Some(spec) = spec(name) {
            self.0.insert(spec.name, fact);
        } else {
            debug_assert!(false, "fact {name} is not in the table");
        }
    }

    /// Reads a fact that a caller gave as JSON, checking it against the table; `{"value": 3, "high": 4}` is a range, as
    /// answers show one.
    ///
    /// # Errors
    /// A sentence naming the fact, what it takes and what came instead.
    pub fn insert_json(&mut self, name: &str, json: &serde_json::Value) -> Result<(), String> {
        let spec = spec(name).ok_or_else(|| {
            let name: String = name.chars().take(30).collect();
            format!("没有叫“{name}”的事实;可用:{}", names().join("、"))
        })?;
        let wrong = || {
            let choices = spec.kind.choices().map(|c| format!(":{}", c.join("、"))).unwrap_or_default();
            let got: String = json.to_string().chars().take(60).collect();
            format!("事实“{name}”应是{}{choices};现在是 {got}", spec.kind.takes())
        };
        let value = read(spec, json.get("value").unwrap_or(json)).ok_or_else(wrong)?;
        let high = json.get("high").map(|high| read(spec, high).ok_or_else(wrong)).transpose()?;
        self.0.insert(spec.name, Fact { high, ..Fact::given(value) });
        Ok(())
    }
}

fn read(spec: &FactSpec, json: &serde_json::Value) -> Option<FactValue> {
    use serde_json::Value as J;
    let text = match json {
        J::String(s) => s.trim().to_owned(),
        J::Number(n) => n.to_string(),
        J::Bool(b) => b.to_string(),
        J::Array(items) => {
            let FactKind::Words(list) = spec.kind else { return None };
            let words: Option<Vec<String>> =
                items.iter().map(|i| i.as_str().filter(|w| list.contains(w)).map(str::to_owned)).collect();
            return words.map(FactValue::Words);
        }
        _ => return None,
    };
    match spec.kind {
        FactKind::Money => decimal(&text).filter(|d| !d.is_sign_negative()).map(FactValue::Decimal),
        FactKind::Ratio => {
            decimal(&text).filter(|d| !d.is_sign_negative() && *d <= Decimal::ONE).map(FactValue::Decimal)
        }
        FactKind::Whole(unit) => {
            let number = decimal(&text)?;
            (number.fract().is_zero() && !number.is_sign_negative())
                .then(|| i64::try_from(number).ok())
                .flatten()
                .filter(|n| *n <= MAX_WHOLE && (unit != "calendar_year" || (1900..=2200).contains(n)))
                .map(FactValue::Whole)
        }
        FactKind::Date => text.parse().ok().map(FactValue::Date),
        FactKind::Month => YearMonth::parse(&text).map(FactValue::Month),
        FactKind::Bool => match text.as_str() {
            "true" => Some(FactValue::Bool(true)),
            "false" => Some(FactValue::Bool(false)),
            _ => None,
        },
        FactKind::Word(list) => list.contains(&text.as_str()).then_some(FactValue::Word(text)),
        FactKind::Words(list) => list.contains(&text.as_str()).then(|| FactValue::Words(vec![text])),
        FactKind::Region => crate::region::RegionCode::parse(&text).map(|_| FactValue::Word(text)),
    }
}

/// No person has more months, days or years of anything than this; it keeps date arithmetic in range.
pub const MAX_WHOLE: i64 = 100_000;

/// Amounts beyond this are not amounts of one person's insurance; it keeps products in range.
pub const MAX_MONEY: i64 = 1_000_000_000_000;

fn decimal(text: &str) -> Option<Decimal> {
    let parsed: Decimal = text.parse().or_else(|_| Decimal::from_scientific(text)).ok()?;
    (parsed <= Decimal::from(MAX_MONEY)).then_some(parsed)
}

/// One row of the table of facts.
#[derive(Clone, Copy, Debug)]
pub struct FactSpec {
    pub name: &'static str,
    pub kind: FactKind,
}

/// The row of this name.
pub fn spec(name: &str) -> Option<&'static FactSpec> {
    FACTS.iter().find(|f| f.name == name)
}

fn names() -> Vec<&'static str> {
    FACTS.iter().map(|f| f.name).collect()
}

/// Grounds on which people want money out of the individual account.
pub const WITHDRAWAL_REASONS: &[&str] = &[
    "death",
    "emigrated",
    "retiree_resettled",
    "enlisted",
    "cross_province_untransferable",
    "foreigner_leaves",
    "nonlocal_retiree",
    "dest_refuses",
    "intra_province_move",
    "serious_illness",
    "give_up",
    "resign_need_cash",
    "long_remote_care",
    "no_special_case",
];

/// Who a relative is to the account holder.
pub const RELATIONS: &[&str] = &[
    "spouse",
    "father",
    "mother",
    "son",
    "daughter",
    "child",
    "parent",
    "brother",
    "sister",
    "sibling",
    "grandfather",
    "grandmother",
    "grandparent",
    "maternal_grandfather",
    "maternal_grandmother",
    "maternal_grandparent",
    "grandchild",
    "maternal_grandchild",
    "father_in_law",
    "mother_in_law",
    "parent_in_law",
    "son_in_law",
    "daughter_in_law",
    "brother_in_law",
    "sister_in_law",
    "uncle",
    "aunt",
    "nephew",
    "niece",
    "cousin",
    "boyfriend",
    "girlfriend",
    "friend",
    "colleague",
    "other",
];

/// Groups by which regions set the resident premium; the words are those of the regions' own tables.
pub const PREMIUM_GROUPS: &[&str] = &[
    "general",
    "adult",
    "adult_basic",
    "adult_high",
    "a19",
    "a60",
    "a70",
    "child",
    "college",
    "college_born2008",
    "elder",
    "student",
    "other",
    "high",
    "low",
    "tier1",
    "tier2",
    "late",
];

macro_rules! facts {
    ($($name:literal $kind:expr;)*) => { &[$(FactSpec { name: $name, kind: $kind }),*] };
}

/// Every fact any rule reads. Names and types: `policy/rules.md` of the design.
pub const FACTS: &[FactSpec] = facts! {
    "actual_months" FactKind::Whole("month");
    "age" FactKind::Whole("year");
    "arrears" FactKind::Bool;
    "as_of" FactKind::Date;
    "balance" FactKind::Money;
    "birth" FactKind::Month;
    "birth_date" FactKind::Date;
    "category" FactKind::Word(&["male", "f55", "f50"]);
    "continuous_months" FactKind::Whole("month");
    "continuous_years" FactKind::Whole("year");
    "coverage_year" FactKind::Whole("calendar_year");
    "days" FactKind::Whole("day");
    "dest_enrolled" FactKind::Bool;
    "enrol_date" FactKind::Date;
    "exempt" FactKind::Bool;
    "extension" FactKind::Bool;
    "filed" FactKind::Date;
    "first_insured" FactKind::Whole("calendar_year");
    "first_overdue_date" FactKind::Date;
    "gap_months" FactKind::Whole("month");
    "group" FactKind::Word(PREMIUM_GROUPS);
    "in_window" FactKind::Bool;
    "kind" FactKind::Word(&["temporary", "longterm"]);
    "left_employer" FactKind::Bool;
    "missed_years" FactKind::Whole("year");
    "months" FactKind::Whole("month");
    "no_account" FactKind::Bool;
    "original_cap" FactKind::Money;
    "paid_date" FactKind::Date;
    "paid_months" FactKind::Whole("month");
    "pay_date" FactKind::Date;
    "payer" FactKind::Word(&["employer", "flexible"]);
    "people" FactKind::Words(PREMIUM_GROUPS);
    "premium" FactKind::Money;
    "principal" FactKind::Money;
    "province" FactKind::Region;
    "purpose" FactKind::Word(&["care", "pay_resident_premium"]);
    "rate" FactKind::Ratio;
    "reason" FactKind::Word(WITHDRAWAL_REASONS);
    "region" FactKind::Region;
    "relation" FactKind::Word(RELATIONS);
    "relative_insured" FactKind::Bool;
    "repaid_years" FactKind::Whole("year");
    "retire_date" FactKind::Date;
    "retiree" FactKind::Bool;
    "scene" FactKind::Word(&["transfer", "other"]);
    "scheme" FactKind::Word(&["employee", "resident"]);
    "scope" FactKind::Word(&["inter_province", "intra_province", "same_pool"]);
    "sex" FactKind::Word(&["male", "female"]);
    "start_date" FactKind::Date;
    "switch" FactKind::Word(&["employee_to_resident", "resident_to_employee"]);
    "tier" FactKind::Whole("tier");
    "wage" FactKind::Money;
    "want_fiscal" FactKind::Bool;
    "want_total" FactKind::Bool;
    "working_days" FactKind::Whole("working_day");
    "zero_claim_years" FactKind::Whole("year");
};
