//! An index that was damaged on its disk.

use std::fs;
use std::path::{Path, PathBuf};

use yiwen::eval::seeded::Seeded;

use crate::disk::{ask, holds, index};
use crate::process::{Service, program};
use crate::sandbox::{FOLDER, SIDES, change};
use crate::{Skip, common};

/// Files of the index are cut short, overwritten or taken away: no wrong answer, no panic; a service builds anew.
pub fn found() -> Result<(), Skip> {
    let base = FOLDER.path().join("damaged");
    let good = base.join("good");
    index(&SIDES.0[0].corpus, &good)?;
    let mut files = vec![];
    below(&good, &mut files);
    let mut seeded = Seeded(3);
    let (mut refused, mut harmless) = (0, 0);
    for n in 0..24 {
        let folder = base.join(n.to_string());
        common::copy(&good, &folder);
        let path = folder.join(&files[seeded.below(files.len())]);
        let mut bytes = fs::read(&path)?;
        match n % 3 {
            0 => bytes.truncate(seeded.below(bytes.len())),
            1 => {
                let at = seeded.below(bytes.len());
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 0x5a);
            }
            _ => bytes.clear(),
        }
        fs::write(&path, bytes)?;
        let output = ask(&folder)?;
        let place = path.strip_prefix(&folder).unwrap_or(&path).display();
        match output.status.code() {
            Some(0) if holds(&output, "滞纳金 50.00") => harmless += 1,
            Some(2) if holds(&output, "yiwen index") && !holds(&output, "panicked") => refused += 1,
            other => {
                let said = String::from_utf8_lossy(&output.stderr);
                return Err(Skip::Failed(format!("{n} {place}: {other:?} {said}")));
            }
        }
    }
    println!("24 files of an index damaged: {refused} refused, {harmless} in what an answer does not read");
    let service_folder = base.join("served");
    common::copy(&good, &service_folder);
    let current = fs::read_to_string(service_folder.join("CURRENT"))?;
    let meta = service_folder.join(current.trim()).join("search/0/meta.json");
    change(&meta, "{", "");
    let log = base.join("log");
    let service = Service::start(program(FOLDER.path(), &SIDES.0[0].corpus, &service_folder), &log)?;
    let ready = service.get("/readyz")?;
    if ready.contains("\"ready\"") { Ok(()) } else { Err(Skip::Failed(ready)) }
}

/// Every file below a folder that is not empty, relative to it, in name order.
fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut left = vec![folder.to_owned()];
    while let Some(at) = left.pop() {
        for entry in fs::read_dir(&at).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                left.push(path);
            } else if entry.metadata().is_ok_and(|m| m.len() > 0) {
                files.push(path.strip_prefix(folder).expect("below it").to_owned());
            }
        }
    }
    files.sort();
}
