//! Parameters: every policy number, dated, per place, with its reference.
//!
//! A file `corpus/parameters/<rule>.toml` holds the parameters of one rule; each has a label, a unit and values; a
//! value applies to one region, between two days, under conditions (`when`: a tier, a premium group, a sex). Two values
//! that both apply are an error that `check` reports; a missing value is [`Lookup::Missing`], never zero.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::region::RegionCode;

/// How much a source is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// General knowledge or inference only: never stated as settled.
    Unverified,
    /// One of the five crawled seed pages.
    Seed,
    /// Press, portals, Q&A sites, quoted rules.
    Secondary,
    /// The document's own text or an authority's own page was seen.
    Official,
}

impl Level {
    /// The word used in files and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Level::Unverified => "unverified",
            Level::Seed => "seed",
            Level::Secondary => "secondary",
            Level::Official => "official",
        }
    }

    /// The word shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Level::Unverified => "未核实",
            Level::Seed => "网页转述",
            Level::Secondary => "媒体或门户转载",
            Level::Official => "官方文本",
        }
    }

    /// Reads [`Level::name`].
    pub fn parse(text: &str) -> Option<Level> {
        [Level::Unverified, Level::Seed, Level::Secondary, Level::Official].into_iter().find(|l| l.name() == text)
    }
}

/// Where a value or an article comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    pub title: String,
    /// Document number and article: 国办发〔2024〕38号.
    pub document: Option<String>,
    pub url: Option<String>,
}

/// What a value is measured in; the words are those of the files.
pub const UNITS: &[(&str, &str)] = &[
    ("yuan", "元"),
    ("yuan_per_month", "元/月"),
    ("yuan_per_year", "元/年"),
    ("ratio", "比例"),
    ("ratio_per_day", "比例/日"),
    ("ratio_per_month", "比例/月"),
    ("ratio_of_avg_pension", "平均养老金的比例"),
    ("ratio_of_own_pension", "本人养老金的比例"),
    ("ratio_of_60pct_avg_wage", "平均工资60%的比例"),
    ("ratio_of_disposable_income", "上年人均可支配收入的比例"),
    ("month", "个月"),
    ("day", "天"),
    ("working_day", "个工作日"),
    ("year", "年"),
    ("nth_year", "第几年"),
    ("calendar_year", "年份"),
    ("times", "倍"),
    ("pool", "个统筹区"),
    ("bool", "是否"),
    ("word", "规定"),
    ("words", "范围"),
    ("date", "日期"),
    ("month_day", "月-日"),
];

/// A value as the file holds it.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    Decimal(Decimal),
    Bool(bool),
    Word(String),
    Words(Vec<String>),
    Date(Date),
    /// The file says outright that the value is not known for this place and time (`value = "unknown"`): the lookup
    /// ends here instead of falling back to the province or the nation.
    Unknown,
}

impl Datum {
    /// As shown to people and in JSON.
    pub fn text(&self) -> String {
        match self {
            Datum::Decimal(d) => d.to_string(),
            Datum::Bool(b) => b.to_string(),
            Datum::Word(w) => w.clone(),
            Datum::Words(w) => w.join("|"),
            Datum::Date(d) => d.to_string(),
            Datum::Unknown => "unknown".to_owned(),
        }
    }
}

/// One dated value of a parameter at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterValue {
    /// Unique over all files; answers cite it.
    pub id: String,
    pub region: RegionCode,
    /// First day in force; open when absent.
    pub from: Option<Date>,
    /// Last day in force, that day included; open when absent.
    pub to: Option<Date>,
    /// Conditions besides place and time: `tier = "1"`, `group = "student"`, `sex = "male"`.
    pub when: BTreeMap<String, String>,
    pub datum: Datum,
    pub level: Level,
    pub reference: Reference,
    /// For staff.
    pub note: Option<String>,
    /// For people: shown with every answer that uses the value.
    pub caveat: Option<String>,
    /// The day by which it is to be reviewed.
    pub review_by: Option<Date>,
    /// Contradictions on file that this value settles (Y21): named with every answer that uses it.
    pub conflicts: Vec<String>,
    /// File, relative to the corpus, and line.
    pub place: (String, usize),
}

impl ParameterValue {
    /// Whether the value is in force on the day (convention C7).
    pub fn in_force(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// One parameter of a rule.
#[derive(Clone, Debug)]
pub struct Parameter {
    pub rule: String,
    pub key: String,
    pub label: String,
    /// A word of [`UNITS`].
    pub unit: &'static str,
    /// Kept for the reader, not read by the rule (`check` then does not call it unused).
    pub cited_only: bool,
    pub min: Option<Decimal>,
    pub max: Option<Decimal>,
    pub values: Vec<ParameterValue>,
    pub place: (String, usize),
}

/// All parameters, by rule and key.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    all: BTreeMap<(String, String), Parameter>,
}

/// What a lookup came to.
#[derive(Clone, Debug)]
pub enum Lookup<'a> {
    Found(&'a Parameter, &'a ParameterValue),
    /// No value on file for the place, its province or the nation on that day, or the file says it is unknown.
    Missing {
        unknown: Option<&'a ParameterValue>,
    },
    /// Two values both apply: the corpus is wrong (`check` reports it), and no answer is given.
    Ambiguous(&'a ParameterValue, &'a ParameterValue),
}

impl Parameters {
    pub fn new(all: impl IntoIterator<Item = Parameter>) -> Parameters {
        Parameters { all: all.into_iter().map(|p| ((p.rule.clone(), p.key.clone()), p)).collect() }
    }

    /// The parameter of this rule and key, with its whole history.
    pub fn get(&self, rule: &str, key: &str) -> Option<&Parameter> {
        self.all.get(&(rule.to_owned(), key.to_owned()))
    }

    /// The value in force: the place's own, else its province's, else the nation's (convention C8). A value applies when
    /// each of its `when` conditions is met by `conditions`; of several, the one with most conditions is meant.
    pub fn lookup(
        &self,
        rule: &str,
        key: &str,
        region: RegionCode,
        day: Date,
        conditions: &[(&str, &str)],
    ) -> Lookup<'_> {
        let Some(parameter) = self.get(rule, key) else { return Lookup::Missing { unknown: None } };
        for place in region.chain() {
            match parameter.at(place, day, conditions) {
                Lookup::Missing { unknown: None } => {}
                answer => return answer,
            }
        }
        Lookup::Missing { unknown: None }
    }

    /// What the most local place that has any value in force says on it, conditions named in `free` left open: a
    /// place's own table of premium groups, sexes or cohorts, `unknown` rows included.
    pub fn table(
        &self,
        rule: &str,
        key: &str,
        region: RegionCode,
        day: Date,
        conditions: &[(&str, &str)],
        free: &[&str],
    ) -> Vec<&ParameterValue> {
        let Some(parameter) = self.get(rule, key) else { return vec![] };
        let applies = |v: &&ParameterValue| {
            v.in_force(day) && v.when.iter().all(|(k, want)| free.contains(&k.as_str()) || met(k, want, conditions))
        };
        region
            .chain()
            .map(|place| parameter.values.iter().filter(|v| v.region == place).filter(applies).collect::<Vec<_>>())
            .find(|rows| !rows.is_empty())
            .unwrap_or_default()
    }

    /// Every parameter, by rule and key.
    pub fn iter(&self) -> impl Iterator<Item = &Parameter> {
        self.all.values()
    }

    /// The value with this id.
    pub fn by_id(&self, id: &str) -> Option<(&Parameter, &ParameterValue)> {
        self.all.values().find_map(|p| p.values.iter().find(|v| v.id == id).map(|v| (p, v)))
    }
}

fn met(key: &str, want: &str, conditions: &[(&str, &str)]) -> bool {
    conditions.iter().any(|(c, have)| *c == key && *have == want)
}

impl Parameter {
    /// Whether the whole country has one value: no place may set, or has on file, its own.
    pub fn nationwide(&self) -> bool {
        self.values.iter().all(|v| v.region == RegionCode::NATION)
    }

    /// As [`Parameters::lookup`], at this one place only.
    pub fn at(&self, place: RegionCode, day: Date, conditions: &[(&str, &str)]) -> Lookup<'_> {
        let applies = |v: &&ParameterValue| {
            v.region == place && v.in_force(day) && v.when.iter().all(|(k, want)| met(k, want, conditions))
        };
        let most = self.values.iter().filter(applies).map(|v| v.when.len()).max();
        let mut best = self.values.iter().filter(applies).filter(|v| Some(v.when.len()) == most);
        match (best.next(), best.next()) {
            (None, _) => Lookup::Missing { unknown: None },
            (Some(one), Some(other)) => Lookup::Ambiguous(one, other),
            (Some(v), None) if v.datum == Datum::Unknown => Lookup::Missing { unknown: Some(v) },
            (Some(v), None) => Lookup::Found(self, v),
        }
    }

    /// The first day after `day` on which this place's value changes, if one is on file.
    pub fn next_change(&self, place: RegionCode, day: Date) -> Option<Date> {
        let starts = self.values.iter().filter(|v| v.region == place).filter_map(|v| v.from);
        starts.filter(|from| *from > day).min()
    }
}
