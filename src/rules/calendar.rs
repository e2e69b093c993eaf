//! Working days by the State Council's yearly notices: weekends, public holidays and make-up workdays (调休上班日).

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// Years are compared in months (convention C5).
pub const MONTHS_A_YEAR: i64 = 12;

/// The notice of one year.
#[derive(Clone, Debug, Default)]
pub struct Year {
    /// Days off named by the notice, weekends inside a holiday included.
    pub holidays: BTreeMap<Date, String>,
    /// Weekend days that are worked.
    pub makeup_workdays: BTreeMap<Date, String>,
    pub reference: crate::rules::parameters::Reference,
}

/// The calendar of the years on file.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    pub years: BTreeMap<i16, Year>,
}

/// The reckoning ran out of the years on file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffCalendar {
    pub year: i16,
}

impl Calendar {
    /// Whether the day is worked.
    ///
    /// # Errors
    /// [`OffCalendar`] when the day's year has no notice on file.
    pub fn is_working_day(&self, day: Date) -> Result<bool, OffCalendar> {
        let year = self.years.get(&day.year()).ok_or(OffCalendar { year: day.year() })?;
        if year.makeup_workdays.contains_key(&day) {
            return Ok(true);
        }
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        Ok(!weekend && !year.holidays.contains_key(&day))
    }

    /// The day that is `count` working days after `start`; the start day itself is never counted (convention C2).
    /// `count` 0 is the start day.
    ///
    /// # Errors
    /// [`OffCalendar`] when the reckoning leaves the years on file.
    pub fn add_working_days(&self, start: Date, count: i64) -> Result<Date, OffCalendar> {
        if !self.years.contains_key(&start.year()) {
            return Err(OffCalendar { year: start.year() });
        }
        let mut day = start;
        let mut left = count;
        while left > 0 {
            day = day.checked_add(1.day()).map_err(|_| OffCalendar { year: day.year() })?;
            if self.is_working_day(day)? {
                left -= 1;
            }
        }
        Ok(day)
    }

    /// Holidays and make-up workdays between two days, both included, for the trace: name → the days.
    pub fn special_days(&self, from: Date, to: Date) -> BTreeSet<(Date, bool, String)> {
        let mut found = BTreeSet::new();
        for year in self.years.range(from.year()..=to.year()).map(|(_, y)| y) {
            found.extend(year.holidays.range(from..=to).map(|(d, n)| (*d, false, n.clone())));
            found.extend(year.makeup_workdays.range(from..=to).map(|(d, n)| (*d, true, n.clone())));
        }
        found
    }
}

/// Adds calendar months, keeping the day of month and falling back to the last day where it does not exist (C6).
/// `None` only outside the representable years.
pub fn add_months(day: Date, months: i64) -> Option<Date> {
    let months = i32::try_from(months).ok()?;
    day.checked_add(jiff::Span::new().try_months(months).ok()?).ok()
}
