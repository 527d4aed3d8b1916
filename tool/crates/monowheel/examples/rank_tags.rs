//! Ranks compatibility tags as the choice of wheels does, for `tests/oracle/test_tags.py` to compare with `packaging.tags`.
//!
//! Standard input is JSON: a list of tags. Standard output is JSON: for each platform of the table and each Python that has a name
//! (3.9 to 3.15, free-threaded from 3.13 on) the tags that fit, best first.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use monowheel::tags::{MINORS, PLATFORMS, Python, TagsTable, Target, WheelFilename};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tags: Vec<String> = serde_json::from_reader(io::stdin())?;
    let mut table = TagsTable::default();
    let mut numbered = Vec::with_capacity(tags.len());
    for tag in &tags {
        numbered.push((table.number(&format!("a-1-{tag}.whl").parse::<WheelFilename>()?), tag));
    }
    let free_threaded = MINORS.filter(|minor| *minor >= 13).map(|minor| Python { free_threaded: true, ..Python::minor(minor) });
    let pythons: Vec<Python> = MINORS.map(Python::minor).chain(free_threaded).collect();
    let mut answer: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for platform in PLATFORMS {
        for python in &pythons {
            let target = Target { platform: *platform, python: *python };
            let ranks = table.rank(&target);
            let mut fitting: Vec<_> = numbered.iter().filter_map(|(set, tag)| Some((ranks.fit(set).ok()?, *tag))).collect();
            fitting.sort_unstable();
            answer.insert(target.to_string(), fitting.into_iter().map(|(_, tag)| tag).collect());
        }
    }
    io::stdout().write_all(&serde_json::to_vec(&answer)?)?;
    Ok(())
}
