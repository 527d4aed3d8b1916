//! `monowheel sbom`: the documents; official validators hold them against the schemas in `tests/explain`.

use serde_json::{Value, json};

use crate::built::{application, assembled, printed};

fn bill(arguments: &[&str]) -> Value {
    let project = application();
    assembled(&project, "app");
    let (text, code) = printed(project.path(), &[&["sbom"], arguments].concat());
    assert_eq!((format!("{}\n", serde_json::from_str::<Value>(&text).unwrap()), code), (text.clone(), 0));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn cyclonedx() {
    let mut bill = bill(&["app", "--format", "cyclonedx", "--app-version", "7"]);
    assert!(bill["serialNumber"].as_str().unwrap().starts_with("urn:uuid:"));
    bill["serialNumber"] = json!("…");
    bill["metadata"]["component"]["hashes"] = json!("…");
    insta::assert_snapshot!(serde_json::to_string_pretty(&bill).unwrap(), @r#"
    {
      "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
      "bomFormat": "CycloneDX",
      "components": [
        {
          "bom-ref": "pkg:pypi/fast-json@2.0%2Blocal.1",
          "hashes": [
            {
              "alg": "SHA-256",
              "content": "a3b9453ed5931985c7844a576332a591559ab81c301db6ccee03178edc58526a"
            }
          ],
          "name": "fast-json",
          "properties": [
            {
              "name": "monowheel:wheel",
              "value": "fast_json-2.0+local.1-py3-none-any.whl"
            },
            {
              "name": "monowheel:wheel:size",
              "value": "1101"
            }
          ],
          "purl": "pkg:pypi/fast-json@2.0%2Blocal.1",
          "type": "library",
          "version": "2.0+local.1"
        },
        {
          "bom-ref": "pkg:pypi/idna@3.7",
          "hashes": [
            {
              "alg": "SHA-256",
              "content": "62ffa36f1271b340a0807160a4d345f98678d998502fb648397552d171c38b1a"
            }
          ],
          "licenses": [
            {
              "license": {
                "acknowledgement": "declared",
                "name": "BSD License"
              }
            }
          ],
          "name": "idna",
          "properties": [
            {
              "name": "monowheel:wheel",
              "value": "idna-3.7-py3-none-any.whl"
            },
            {
              "name": "monowheel:wheel:size",
              "value": "925"
            }
          ],
          "purl": "pkg:pypi/idna@3.7",
          "type": "library",
          "version": "3.7"
        },
        {
          "bom-ref": "pkg:pypi/web@1.0",
          "hashes": [
            {
              "alg": "SHA-256",
              "content": "a79633f3fead62ed23525f6c2d4cbb7502e5c5c86577858d6caed362b9b7a2e5"
            }
          ],
          "licenses": [
            {
              "acknowledgement": "declared",
              "expression": "MIT OR Apache-2.0"
            }
          ],
          "name": "web",
          "properties": [
            {
              "name": "monowheel:wheel",
              "value": "web-1.0-py3-none-any.whl"
            },
            {
              "name": "monowheel:wheel:size",
              "value": "1177"
            }
          ],
          "purl": "pkg:pypi/web@1.0",
          "type": "library",
          "version": "1.0"
        }
      ],
      "dependencies": [
        {
          "dependsOn": [
            "pkg:pypi/fast-json@2.0%2Blocal.1",
            "pkg:pypi/web@1.0"
          ],
          "ref": "application:app"
        },
        {
          "dependsOn": [],
          "ref": "pkg:pypi/fast-json@2.0%2Blocal.1"
        },
        {
          "dependsOn": [],
          "ref": "pkg:pypi/idna@3.7"
        },
        {
          "dependsOn": [
            "pkg:pypi/idna@3.7"
          ],
          "ref": "pkg:pypi/web@1.0"
        }
      ],
      "metadata": {
        "component": {
          "bom-ref": "application:app",
          "hashes": "…",
          "name": "app",
          "properties": [
            {
              "name": "monowheel:first-party:sha256",
              "value": "410ea8ca7b25058da0acd2cfc7386fc6b4508b20d03973688eac1011d75ec00f"
            }
          ],
          "type": "application",
          "version": "7"
        },
        "tools": {
          "components": [
            {
              "name": "monowheel",
              "type": "application",
              "version": "0.1.0"
            }
          ]
        }
      },
      "serialNumber": "…",
      "specVersion": "1.6",
      "version": 1
    }
    "#);
}

#[test]
fn spdx() {
    let mut bill = bill(&["app", "--format", "spdx"]);
    bill["documentNamespace"] = json!("…");
    bill["packages"][0]["checksums"] = json!("…");
    insta::assert_snapshot!(serde_json::to_string_pretty(&bill).unwrap(), @r#"
    {
      "SPDXID": "SPDXRef-DOCUMENT",
      "creationInfo": {
        "created": "1980-01-01T00:00:00Z",
        "creators": [
          "Tool: monowheel-0.1.0"
        ]
      },
      "dataLicense": "CC0-1.0",
      "documentNamespace": "…",
      "hasExtractedLicensingInfos": [
        {
          "extractedText": "BSD License: as the package's METADATA says; see the licence files in its wheel",
          "licenseId": "LicenseRef-BSD-License",
          "name": "BSD License"
        }
      ],
      "name": "app",
      "packages": [
        {
          "SPDXID": "SPDXRef-application",
          "checksums": "…",
          "comment": "first-party code: sha256 410ea8ca7b25058da0acd2cfc7386fc6b4508b20d03973688eac1011d75ec00f",
          "copyrightText": "NOASSERTION",
          "downloadLocation": "NOASSERTION",
          "filesAnalyzed": false,
          "licenseConcluded": "NOASSERTION",
          "licenseDeclared": "NOASSERTION",
          "name": "app",
          "primaryPackagePurpose": "APPLICATION"
        },
        {
          "SPDXID": "SPDXRef-package-fast-json",
          "checksums": [
            {
              "algorithm": "SHA256",
              "checksumValue": "a3b9453ed5931985c7844a576332a591559ab81c301db6ccee03178edc58526a"
            }
          ],
          "copyrightText": "NOASSERTION",
          "downloadLocation": "NOASSERTION",
          "externalRefs": [
            {
              "referenceCategory": "PACKAGE-MANAGER",
              "referenceLocator": "pkg:pypi/fast-json@2.0%2Blocal.1",
              "referenceType": "purl"
            }
          ],
          "filesAnalyzed": false,
          "licenseConcluded": "NOASSERTION",
          "licenseDeclared": "NOASSERTION",
          "name": "fast-json",
          "packageFileName": "fast_json-2.0+local.1-py3-none-any.whl",
          "primaryPackagePurpose": "LIBRARY",
          "versionInfo": "2.0+local.1"
        },
        {
          "SPDXID": "SPDXRef-package-idna",
          "checksums": [
            {
              "algorithm": "SHA256",
              "checksumValue": "62ffa36f1271b340a0807160a4d345f98678d998502fb648397552d171c38b1a"
            }
          ],
          "copyrightText": "NOASSERTION",
          "downloadLocation": "NOASSERTION",
          "externalRefs": [
            {
              "referenceCategory": "PACKAGE-MANAGER",
              "referenceLocator": "pkg:pypi/idna@3.7",
              "referenceType": "purl"
            }
          ],
          "filesAnalyzed": false,
          "licenseConcluded": "NOASSERTION",
          "licenseDeclared": "LicenseRef-BSD-License",
          "name": "idna",
          "packageFileName": "idna-3.7-py3-none-any.whl",
          "primaryPackagePurpose": "LIBRARY",
          "versionInfo": "3.7"
        },
        {
          "SPDXID": "SPDXRef-package-web",
          "checksums": [
            {
              "algorithm": "SHA256",
              "checksumValue": "a79633f3fead62ed23525f6c2d4cbb7502e5c5c86577858d6caed362b9b7a2e5"
            }
          ],
          "copyrightText": "NOASSERTION",
          "downloadLocation": "NOASSERTION",
          "externalRefs": [
            {
              "referenceCategory": "PACKAGE-MANAGER",
              "referenceLocator": "pkg:pypi/web@1.0",
              "referenceType": "purl"
            }
          ],
          "filesAnalyzed": false,
          "licenseConcluded": "NOASSERTION",
          "licenseDeclared": "MIT OR Apache-2.0",
          "name": "web",
          "packageFileName": "web-1.0-py3-none-any.whl",
          "primaryPackagePurpose": "LIBRARY",
          "versionInfo": "1.0"
        }
      ],
      "relationships": [
        {
          "relatedSpdxElement": "SPDXRef-application",
          "relationshipType": "DESCRIBES",
          "spdxElementId": "SPDXRef-DOCUMENT"
        },
        {
          "relatedSpdxElement": "SPDXRef-package-fast-json",
          "relationshipType": "CONTAINS",
          "spdxElementId": "SPDXRef-application"
        },
        {
          "relatedSpdxElement": "SPDXRef-package-idna",
          "relationshipType": "CONTAINS",
          "spdxElementId": "SPDXRef-application"
        },
        {
          "relatedSpdxElement": "SPDXRef-package-web",
          "relationshipType": "CONTAINS",
          "spdxElementId": "SPDXRef-application"
        },
        {
          "relatedSpdxElement": "SPDXRef-package-fast-json",
          "relationshipType": "DEPENDS_ON",
          "spdxElementId": "SPDXRef-application"
        },
        {
          "relatedSpdxElement": "SPDXRef-package-web",
          "relationshipType": "DEPENDS_ON",
          "spdxElementId": "SPDXRef-application"
        },
        {
          "relatedSpdxElement": "SPDXRef-package-idna",
          "relationshipType": "DEPENDS_ON",
          "spdxElementId": "SPDXRef-package-web"
        }
      ],
      "spdxVersion": "SPDX-2.3"
    }
    "#);
}

#[test]
fn the_same_application_has_the_same_bill() {
    assert_eq!(bill(&["app", "--format", "spdx"]), bill(&["app", "--format", "spdx"]));
    let named = bill(&["app", "--format", "cyclonedx", "--name", "other"]);
    assert_ne!(named["serialNumber"], bill(&["app", "--format", "cyclonedx"])["serialNumber"]);
}

#[test]
fn a_bill_can_be_written_before_there_is_a_file() {
    let (before, after) = (bill(&["--manifest", "manifest.jsonl", "--format", "cyclonedx"]), bill(&["app", "--format", "cyclonedx"]));
    assert_eq!(before["components"], after["components"]);
    assert_eq!(before["metadata"]["component"]["name"], "bin");
}
