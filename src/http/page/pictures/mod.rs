//! Pictures for people who would rather look than read, as SVG in the answer's own HTML.
//!
//! They are drawn here and not by the script, so that they stand in the page without one, in the widget and on paper. A
//! picture adds no figure of its own: it shows what a rule's outcome holds. Each is one image to a screen reader, with a
//! title and a description; colours and type come from classes, because the page allows no inline style.

mod curve;
mod days;
mod timeline;
mod years;

use super::asked::Answered;
use super::card::Scene;
use super::html::{Safe, put};
use crate::answer::Computed;

/// Width of every drawing in its own units: about that of a phone, so that type stays legible there.
const WIDTH: i64 = 320;

/// The pictures of one outcome, if it has any.
pub fn of(out: &mut String, scene: Scene<'_>, answered: &Answered, computed: &Computed) {
    match computed.rule {
        "transfer_deadline" => days::draw(out, scene, answered, computed),
        "employee_gap" => timeline::employee(out, scene, answered, computed),
        "resident_wait" => timeline::resident(out, scene, answered, computed),
        "retirement_years" => years::draw(out, scene, answered, computed),
        _ => {}
    }
    curve::draw(out, scene, answered, computed);
}

/// A whole number among the results.
fn whole(computed: &Computed, name: &str) -> Option<i64> {
    computed.results.get(name)?.as_i64()
}

/// A whole number among the facts.
fn fact(answered: &Answered, name: &str) -> Option<i64> {
    match answered.facts.get(name)?.value {
        crate::facts::FactValue::Whole(number) => Some(number),
        _ => None,
    }
}

/// Begins a figure: one image with a name and a description.
fn begin(out: &mut String, scene: Scene<'_>, name: &str, height: i64, title: &str, description: &str) {
    let id = format!("{name}-{}", scene.turn + 1);
    put!(
        out,
        "<figure class=\"picture {name}\"><svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-labelledby=\"{id}-title {id}-about\"><title id=\"{id}-title\">{}</title><desc id=\"{id}-about\">{}</desc>",
        Safe(title),
        Safe(description)
    );
}

/// Ends it with a line for everybody.
fn end(out: &mut String, caption: &str) {
    put!(out, "</svg><figcaption>{}</figcaption></figure>", Safe(caption));
}

fn rect(out: &mut String, class: &str, (x, y): (i64, i64), (width, height): (i64, i64)) {
    put!(out, "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"4\"/>");
}

fn text(out: &mut String, class: &str, (x, y): (i64, i64), anchor: &str, words: &str) {
    put!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{}</text>", Safe(words));
}
