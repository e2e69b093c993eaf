//! Places to choose from: provinces and prefectures, by their full names.

use super::html::{Safe, put};
use crate::http::state::Live;
use crate::region::Level;

/// A list that inputs name by its id `places`.
pub fn datalist(out: &mut String, live: &Live) {
    out.push_str("<datalist id=\"places\">");
    for region in live.engine.snapshot.corpus.law.regions.iter().filter(|r| r.level < Level::County) {
        put!(out, "<option value=\"{}\">", Safe(&region.name));
    }
    out.push_str("</datalist>");
}
