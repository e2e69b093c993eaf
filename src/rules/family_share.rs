use super::{Finding, Stop, Working};

pub(super) fn decide(w: &mut Working) -> Result<Finding, Stop> {
    w.need(&["region"])?;
    Ok(Finding::no_parameter(""))
}
