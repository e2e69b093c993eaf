//! Places: GB/T 2260 codes, names and the chain county → city → province → nation.
//!
//! A pooling area (统筹地区) is in practice a prefecture-level city or a municipality; rules and articles
//! name it by its six-digit code. `000000` is the nation.

use std::collections::HashMap;
use std::fmt;

/// A GB/T 2260 code of six digits, kept as a number. [`RegionCode::NATION`] is `000000`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegionCode(u32);

impl RegionCode {
    /// The whole country, code `000000`.
    pub const NATION: RegionCode = RegionCode(0);

    /// Reads exactly six ASCII digits; anything else is `None`. Whether the place exists is [`Regions::get`]'s business.
    pub fn parse(text: &str) -> Option<RegionCode> {
        if text.len() != 6 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        text.parse().ok().map(RegionCode)
    }

    /// The code as a number; [`RegionCode::from_number`] reads it.
    pub fn number(self) -> u32 {
        self.0
    }

    /// Six digits at most; anything else is `None`.
    pub fn from_number(number: u32) -> Option<RegionCode> {
        (number < 1_000_000).then_some(RegionCode(number))
    }

    /// The province the code lies in (`440300` → `440000`); a province is its own, the nation is the nation.
    pub fn province(self) -> RegionCode {
        RegionCode(self.0 / 10_000 * 10_000)
    }

    /// The prefecture the code lies in (`440305` → `440300`); directly administered counties (`4290xx`, `4690xx`,
    /// `6590xx`) are their own, because no prefecture stands between them and the province; a municipality's district
    /// falls to the municipality (`110105` → `110000`).
    pub fn prefecture(self) -> RegionCode {
        if self.0 / 100 % 100 == 90 {
            self
        } else if self.is_municipality() {
            self.province()
        } else {
            RegionCode(self.0 / 100 * 100)
        }
    }

    /// True for a province-level code, `000000` excluded.
    pub fn is_province(self) -> bool {
        self.0 != 0 && self.0.is_multiple_of(10_000)
    }

    /// Beijing, Tianjin, Shanghai and Chongqing: one pooling area each, so their districts are not pools.
    pub fn is_municipality(self) -> bool {
        matches!(self.province().0, 110_000 | 120_000 | 310_000 | 500_000)
    }

    /// The code itself, then its prefecture, its province and the nation, each once: the order in which values are
    /// looked for.
    pub fn chain(self) -> impl Iterator<Item = RegionCode> {
        let steps = [self, self.prefecture(), self.province(), Self::NATION];
        (0..steps.len()).filter(move |&i| i == 0 || steps[i] != steps[i - 1]).map(move |i| steps[i])
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl fmt::Debug for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl serde::Serialize for RegionCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How a place is administered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Nation,
    Province,
    Prefecture,
    County,
}

/// One place with the names people give it.
#[derive(Clone, Debug)]
pub struct Region {
    pub code: RegionCode,
    /// Full name: 深圳市.
    pub name: String,
    /// Name without its suffix: 深圳.
    pub short: String,
    /// Other names: 粤, 鹏城.
    pub aliases: Vec<String>,
    /// Toneless pinyin of the short name, without spaces.
    pub pinyin: String,
    pub level: Level,
    /// The short name is shared with another place (吉林 province and city).
    pub ambiguous: bool,
}

/// All places, by code and by name.
#[derive(Clone, Debug, Default)]
pub struct Regions {
    all: Vec<Region>,
    by_code: HashMap<RegionCode, usize>,
}

impl Regions {
    /// Takes the places in file order; a later place with the same code replaces the earlier one.
    pub fn new(all: Vec<Region>) -> Regions {
        let by_code = all.iter().enumerate().map(|(i, r)| (r.code, i)).collect();
        Regions { all, by_code }
    }

    /// The place with this code, if the gazetteer has it. The nation is always there once loaded from `regions.csv`.
    pub fn get(&self, code: RegionCode) -> Option<&Region> {
        self.by_code.get(&code).map(|i| &self.all[*i])
    }

    /// The full name, or the bare code where the gazetteer lacks the place; `000000` is 全国.
    pub fn name(&self, code: RegionCode) -> String {
        match self.get(code) {
            Some(region) => region.name.clone(),
            None if code == RegionCode::NATION => "全国".to_owned(),
            None => code.to_string(),
        }
    }

    /// A code or a full, short or other name, as a caller may give it; `Err` holds the candidates of an ambiguous name
    /// (empty when nothing is called so).
    pub fn resolve(&self, text: &str) -> Result<RegionCode, Vec<RegionCode>> {
        let text = text.trim();
        if let Some(code) = RegionCode::parse(text) {
            return if code == RegionCode::NATION || self.get(code).is_some() { Ok(code) } else { Err(vec![]) };
        }
        if text == "全国" {
            return Ok(RegionCode::NATION);
        }
        if let Some(exact) = self.all.iter().find(|r| r.name == text) {
            return Ok(exact.code);
        }
        let named: Vec<&Region> =
            self.all.iter().filter(|r| r.short == text || r.aliases.iter().any(|a| a == text)).collect();
        // A prefecture outranks a county of the same short name; a province and its namesake city stay ambiguous.
        let top = named.iter().map(|r| r.level).min();
        let best: Vec<RegionCode> = named
            .iter()
            .filter(|r| Some(r.level) == top || (r.ambiguous && r.level != Level::County))
            .map(|r| r.code)
            .collect();
        match best.as_slice() {
            [only] => Ok(*only),
            _ => Err(best),
        }
    }

    /// Every place, in file order.
    pub fn iter(&self) -> impl Iterator<Item = &Region> {
        self.all.iter()
    }
}
