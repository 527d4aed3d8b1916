//! The licence policy of a target.

use monowheel::wheel::License;
use serde_json::{Value, json};

use crate::harness::{Project, Wheel};

fn expression(text: &str) -> License {
    License { expression: Some(text.to_owned()), ..License::default() }
}

fn classified(name: &str) -> License {
    License { classifiers: vec![format!("License :: OSI Approved :: {name}")], ..License::default() }
}

fn project(policy: &Value) -> Project {
    Project::new(json!({"main": "_main/a.py", "license_policy": policy})).import("_main").source("_main/a.py", "")
}

/// One package of that licence under that policy.
fn one(policy: &Value, license: License) -> Project {
    project(policy).wheel(&Wheel::new("one").license(license))
}

#[test]
fn every_package_that_does_not_pass_is_named() {
    let policy = json!({"allow": ["MIT", "apache-2.0", "GPL-*"], "deny": ["GPL-3.0-only"]});
    let project = project(&policy)
        .wheel(&Wheel::new("free").license(expression("MIT AND Apache-2.0")))
        .wheel(&Wheel::new("lesser").license(License { license: Some("LGPLv3+".to_owned()), ..License::default() }))
        .wheel(&Wheel::new("copyleft").license(classified("GNU General Public License v3 (GPLv3)")))
        .wheel(&Wheel::new("both").license(expression("MIT AND (ISC OR GPL-3.0-only)")))
        .wheel(&Wheel::new("ambiguous").license(classified("BSD License")))
        .wheel(&Wheel::new("silent"));
    insta::assert_snapshot!(project.error(), @r#"
    error: //svc:bin: 5 packages do not pass the licence policy of the target
      ambiguous 1.0 from @pypi//ambiguous: BSD License (Classifier): that is no SPDX expression
      both 1.0 from @pypi//both: MIT AND (ISC OR GPL-3.0-only) (License-Expression): `licenses_allow` has no ISC, `licenses_deny` has GPL-3.0-only
      copyleft 1.0 from @pypi//copyleft: GPL-3.0-only (Classifier): `licenses_deny` has GPL-3.0-only
      lesser 1.0 from @pypi//lesser: LGPL-3.0-or-later (License): `licenses_allow` has no LGPL-3.0-or-later
      silent 1.0 from @pypi//silent: its METADATA names no licence
    hint: leave the package out, change `licenses_allow` or `licenses_deny`, or say what you know of it: licenses_clarify = {"ambiguous": "<expression>"}
    "#);
}

#[test]
fn whoever_distributes_a_package_chooses() {
    let choice = || expression("MIT OR GPL-3.0-or-later");
    one(&json!({"deny": ["GPL-*"]}), choice()).file();
    one(&json!({"allow": ["gpl-3.0-or-later"]}), choice()).file();
    insta::assert_snapshot!(one(&json!({"deny": ["GPL-*", "MIT"]}), choice()).error(), @r#"
    error: //svc:bin: 1 package does not pass the licence policy of the target
      one 1.0 from @pypi//one: MIT OR GPL-3.0-or-later (License-Expression): `licenses_deny` has MIT, `licenses_deny` has GPL-*
    hint: leave the package out, change `licenses_allow` or `licenses_deny`, or say what you know of it: licenses_clarify = {"one": "<expression>"}
    "#);
}

#[test]
fn an_exception_is_a_part_of_the_name() {
    let with = || expression("Apache-2.0 WITH LLVM-exception");
    one(&json!({"allow": ["Apache-2.0 with LLVM-exception"]}), with()).file();
    one(&json!({"allow": ["Apache-2.0*"]}), with()).file();
    insta::assert_snapshot!(one(&json!({"allow": ["Apache-2.0"]}), with()).error(), @r#"
    error: //svc:bin: 1 package does not pass the licence policy of the target
      one 1.0 from @pypi//one: Apache-2.0 WITH LLVM-exception (License-Expression): `licenses_allow` has no Apache-2.0 WITH LLVM-exception
    hint: leave the package out, change `licenses_allow` or `licenses_deny`, or say what you know of it: licenses_clarify = {"one": "<expression>"}
    "#);
}

#[test]
fn what_is_not_known_passes_when_somebody_has_looked() {
    let silent = |policy: &Value| project(policy).wheel(&Wheel::new("one"));
    insta::assert_snapshot!(silent(&json!({"deny": ["GPL-*"]})).error(), @r#"
    error: //svc:bin: 1 package does not pass the licence policy of the target
      one 1.0 from @pypi//one: its METADATA names no licence
    hint: leave the package out, change `licenses_allow` or `licenses_deny`, or say what you know of it: licenses_clarify = {"one": "<expression>"}
    "#);
    silent(&json!({"deny": ["GPL-*"], "clarify": {"One": "BSD-3-Clause", "another": "MIT"}})).file();
    insta::assert_snapshot!(silent(&json!({"allow": ["MIT"], "clarify": {"one": "gpl-2.0-only"}})).error(), @r#"
    error: //svc:bin: 1 package does not pass the licence policy of the target
      one 1.0 from @pypi//one: GPL-2.0-only (licenses_clarify): `licenses_allow` has no GPL-2.0-only
    hint: leave the package out, change `licenses_allow` or `licenses_deny`, or say what you know of it: licenses_clarify = {"one": "<expression>"}
    "#);
}

#[test]
fn a_policy_changes_no_byte_and_asks_nothing_where_it_is_empty() {
    let free = || expression("MIT");
    let plain = one(&json!({}), free()).file();
    assert_eq!(one(&json!({"allow": ["MIT"], "deny": ["AGPL-*"]}), free()).file(), plain);
    one(&json!({"clarify": {"one": "MIT"}}), License::default()).file();
}

#[test]
fn a_policy_that_means_nothing() {
    for (policy, expected) in [
        (json!({"allow": ["Apache 2"]}), "//svc:bin: `licenses_allow`: expected one SPDX licence, such as `Apache-2.0`"),
        (json!({"allow": ["MIT OR ISC"]}), "but got `MIT OR ISC`"),
        (json!({"deny": ["GLP-*"]}), "//svc:bin: `licenses_deny`: expected one SPDX licence"),
        (json!({"deny": ["*"]}), "but got `*`"),
        (json!({"clarify": {"one": "BSD"}}), "//svc:bin: `licenses_clarify`: expected an SPDX expression"),
    ] {
        let error = project(&policy).error();
        assert!(error.contains(expected), "{error}");
    }
    one(&json!({"allow": ["LicenseRef-Ours-*"]}), expression("LicenseRef-Ours-2")).file();
}
