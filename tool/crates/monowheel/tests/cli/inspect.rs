//! `monowheel inspect`: the summary, the JSON, the page.

use std::fs;

use serde_json::{Value, json};

use crate::built::{application, assembled, printed, refused, wheel};
use crate::harness::{Project, Wheel};

#[test]
fn the_summary_says_what_is_inside() {
    let project = application();
    assembled(&project, "app");
    let (text, code) = printed(project.path(), &["inspect", "app"]);
    assert_eq!(code, 0);
    assert!(!text.contains('\u{1b}'), "colour without a terminal");
    // What changes with every release of the tool.
    let of_the_tool = |line: &&str| ["app  ", "  head", "  sha256", "  digest"].iter().any(|start| line.starts_with(start));
    let text: Vec<&str> =
        text.lines().filter(|line| !of_the_tool(line) && !line.ends_with("__main__.py") && !line.ends_with("manifest.json")).collect();
    insta::assert_snapshot!(text.join("\n"), @"
      runs      _main/main.py --fast
      python    CPython 3.9 or newer, 3.11 first
      platform  any
      default   MODE=live

    3 packages, 1 with native code (*)
      fast-json 2.0+local.1 *   1.10 kB  not stated         a3b9453ed5931985
      idna      3.7               925 B  BSD License        62ffa36f1271b340
      web       1.0             1.18 kB  MIT OR Apache-2.0  a79633f3fead62ed

    2 first-party files, 437 B
            9 B  _main/main.py
           10 B  _main/tools/run (executable)

    largest files
          331 B  web: web-1.0.dist-info/RECORD
          328 B  fast-json: fast_json-2.0+local.1.dist-info/RECORD
          259 B  idna: idna-3.7.dist-info/RECORD
          148 B  web: web-1.0.dist-info/METADATA
           97 B  idna: idna-3.7.dist-info/METADATA
           59 B  fast-json: fast_json-2.0+local.1.dist-info/METADATA
           59 B  fast-json: fast_json-2.0+local.1.dist-info/WHEEL
           59 B  idna: idna-3.7.dist-info/WHEEL
    ");
}

#[test]
fn json_is_canonical_and_documented() {
    let project = application();
    assembled(&project, "app");
    let (text, _) = printed(project.path(), &["inspect", "app", "--json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(text, format!("{report}\n"));
    let web = report["packages"].as_array().unwrap().iter().find(|package| package["name"] == "web").unwrap();
    assert_eq!(web["licence"], json!({"expression": "MIT OR Apache-2.0", "name": null, "source": "License-Expression"}));
    assert_eq!(web["requires"], json!(["idna"]));
    assert_eq!(report["code"]["files"][1], json!({"path": "_main/tools/run", "size": 10, "executable": true}));
    let documented = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../ARCHITECTURE.md")).unwrap();
    let section = documented.split("### What `inspect` writes").nth(1).unwrap().split("\n### ").next().unwrap();
    for field in report.as_object().unwrap().keys().chain(web.as_object().unwrap().keys()) {
        assert!(section.contains(&format!("`{field}`")), "{field} is not documented");
    }
}

#[test]
fn the_page_has_everything_in_it_and_nothing_gets_out_of_the_data() {
    let evil = "</script><img src=x onerror=alert(1)>";
    let wheel = wheel("web", "1.0", &format!("License: {evil}\n"), &[("web.py", "")]);
    let project = Project::new(json!({"main": "_main/a.py"})).source("_main/a.py", "").source("_main/<!--.txt", "1").built(&wheel);
    assembled(&project, "app");
    assert_eq!(printed(project.path(), &["inspect", "app", "--html", "page.html"]), (String::new(), 0));
    let page = fs::read_to_string(project.path().join("page.html")).unwrap();
    assert!(!page.contains("<img") && !page.contains("<!--") && page.matches("</script>").count() == 2);
    assert!(page.contains("Content-Security-Policy") && page.contains("default-src 'none'"));
}

#[test]
fn what_is_no_file_of_ours_is_refused() {
    let project = application();
    project.write("text", "hello");
    fs::write(project.path().join("web.whl"), crate::built::web("1.0").bytes).unwrap();
    insta::assert_snapshot!(refused(project.path(), &["inspect", "text"]), @"
    error: Failed to read archive: `text`
      caused by: it is no zip archive: there is no end record
    ");
    insta::assert_snapshot!(refused(project.path(), &["inspect", "web.whl"]), @"
    error: Failed to read archive: `web.whl`
    hint: it has no member `monowheel/manifest.json`: it was not made by monowheel
    ");
    insta::assert_snapshot!(refused(project.path(), &["inspect", "gone"]), @"
    error: Failed to read: `gone`
      caused by: No such file or directory (os error 2)
    ");
}

#[test]
fn a_manifest_that_cannot_be_read_is_refused() {
    let project = application();
    let of = |manifest: &str| {
        let mut writer = monowheel::zip::Writer::new(Vec::new(), 0);
        writer.bytes("monowheel/manifest.json", false, manifest.as_bytes()).unwrap();
        project.write("app", writer.finish().unwrap());
        refused(project.path(), &["inspect", "app"])
    };
    insta::assert_snapshot!([of("{"), of("{\"version\":1}"), of("{\"version\":99}")].concat(), @"
    error: Failed to read the manifest inside: `app`
      caused by: EOF while parsing an object at line 1 column 1
    error: Failed to read the manifest inside: `app`
      caused by: missing field `entry` at line 1 column 13
    error: Failed to read the manifest inside: `app`
    hint: it has version 99, and this tool reads version 1; take the monowheel that made it, or a newer one
    ");
}

#[test]
fn a_wheel_inside_that_cannot_be_read_is_named() {
    let project = Project::new(json!({"main": "_main/a.py"})).source("_main/a.py", "").wheel(&Wheel::new("web"));
    assembled(&project, "app");
    insta::assert_snapshot!(refused(project.path(), &["inspect", "app"]), @"
    error: Failed to read wheel `web-1.0-py3-none-any.whl`: `app`
      caused by: Archive is truncated or no zip: it has no end record
    hint: the download may have been cut off; fetch the wheel again
    ");
}
