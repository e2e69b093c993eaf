//! Rules: typed arithmetic over dated, referenced parameters.
//!
//! One file a rule. Each holds one function `decide(&mut Working) -> Result<Finding, Stop>` that reads facts and
//! parameters through [`Working`], which records what was assumed and which values were used, so that every figure in
//! an answer can be traced. The same name is shared by `src/rules/<rule>.rs`, `corpus/parameters/<rule>.toml` and
//! `tests/rules/<rule>.jsonl`.
//!
//! No policy number stands in this folder; law that changes its shape at a date gets a second function named by it.
//! Rules read no file, no clock and no environment: the day is [`Case::at`].

pub mod calendar;
pub mod diff;
pub mod money;
pub mod parameters;
mod registry;
mod working;

mod account_credit;
mod back_payment;
mod continuity;
mod contribution;
mod critical_illness_incentive;
mod employee_gap;
mod family_share;
mod late_fee;
mod newborn;
mod remote_care;
mod resident_premium;
mod resident_wait;
mod retirement_age;
mod retirement_years;
mod transfer;
mod transfer_deadline;
mod withdrawal;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::facts::{FactValue, Facts, YearMonth};
use crate::region::{RegionCode, Regions};
use calendar::Calendar;
use parameters::{ParameterValue, Parameters};

pub use registry::{RULES, Rule, rule};
pub use working::{Finding, Stop, Used, Working};

/// All that the law of every day says, as far as it is on file.
#[derive(Debug, Default)]
pub struct Law {
    pub parameters: Parameters,
    pub calendar: Calendar,
    pub regions: Regions,
}

/// What a rule is asked about.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    pub facts: &'a Facts,
    /// The place asked about; `None` when nobody named one (the nation's values are then used, and said so).
    pub region: Option<RegionCode>,
    /// The day whose law counts, unless a fact names the event's own day.
    pub at: Date,
    pub law: &'a Law,
}

/// How a computation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Computed,
    /// Facts are missing; [`Outcome::missing`] lists them.
    NeedsFacts,
    /// The national rule leaves the point to the localities and no local value is on file; bounds are given.
    DependsLocal,
    /// Something must be done first; `blocker` says what.
    ConditionUnmet,
    /// The rule is known, the value for this place and day is not. Never guessed.
    NoParameter,
}

impl Status {
    /// The word used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Status::Computed => "computed",
            Status::NeedsFacts => "needs_facts",
            Status::DependsLocal => "depends_local",
            Status::ConditionUnmet => "condition_unmet",
            Status::NoParameter => "no_parameter",
        }
    }
}

/// One named figure of an outcome.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Yuan, two places.
    Money(Decimal),
    Ratio(Decimal),
    Whole(i64),
    Date(Date),
    Month(YearMonth),
    Bool(bool),
    Word(String),
    /// The rule leaves the point open.
    Open,
}

impl Value {
    /// Architecture §6: money and ratios are strings, whole numbers are numbers, dates are ISO, open is `null`.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Money(d) => format!("{d:.2}").into(),
            Value::Ratio(d) => d.normalize().to_string().into(),
            Value::Whole(n) => (*n).into(),
            Value::Date(d) => d.to_string().into(),
            Value::Month(m) => m.to_string().into(),
            Value::Bool(b) => (*b).into(),
            Value::Word(w) => w.clone().into(),
            Value::Open => serde_json::Value::Null,
        }
    }
}

/// One step of the reckoning, as shown to people.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// `4 个月 × 8000.00 元 × 10%`
    pub text: String,
    /// What the step comes to, in words or figures: `3200.00`.
    pub value: String,
    /// Ids of the parameters used in it.
    pub parameters: Vec<String>,
}

/// A parameter value that a computation used, with the place it came from.
#[derive(Clone, Debug)]
pub struct ParameterUse {
    pub rule: &'static str,
    pub key: String,
    pub label: String,
    pub unit: &'static str,
    pub value: ParameterValue,
}

/// A default that stood in for something nobody said.
#[derive(Clone, Debug, PartialEq)]
pub struct Assumption {
    pub fact: &'static str,
    pub value: FactValue,
}

/// What a rule found.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub rule: &'static str,
    pub status: Status,
    /// Named figures in the order in which they are shown; names as in `policy/rules.md` of the design.
    pub results: Vec<(&'static str, Value)>,
    /// The conclusion in one Chinese sentence.
    pub headline: String,
    pub steps: Vec<Step>,
    pub parameters: Vec<ParameterUse>,
    pub assumed: Vec<Assumption>,
    /// Names of facts to ask for, in the order in which to ask.
    pub missing: Vec<&'static str>,
    /// Chinese sentences: what the figure rests on, and what it does not say.
    pub caveats: Vec<String>,
    /// Ids of contradictions on file that touch this outcome.
    pub conflicts: Vec<String>,
    /// What to do next, in Chinese.
    pub next: Vec<String>,
    /// The place whose value was used, where one was looked up.
    pub region_used: Option<RegionCode>,
    /// The day whose law was used.
    pub law_day: Date,
    /// The next day on file at which a value used here changes.
    pub changes_on: Option<Date>,
}
