"""Every format over the same findings: as kept in the golden files, and as those who read it ask for it.

`UNBOUNDED_LINT_WRITE_GOLDEN=1 pytest tests/reporters/test_formats.py` writes the golden files anew, to be read before
they are kept.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reporters.cases import CASES, ODD, ODD_PATH, REPAIRED, SURE, SWEPT, Case
from unbounded_lint import __version__
from unbounded_lint.cli.outputs import FORMATS
from unbounded_lint.findings.finding import Confidence, Finding, Place, Suppressed
from unbounded_lint.reporters import REPORTERS
from unbounded_lint.reporters.base import printable
from unbounded_lint.rules import all_rules
from unbounded_lint.settings.config import json_schema

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
WRITE_VARIABLE = "UNBOUNDED_LINT_WRITE_GOLDEN"
SARIF = jsonschema.Draft4Validator(
    json.loads((HERE / "schemas" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
)


def rendered(name: str, case: Case) -> str:
    """The report of a case in a format."""
    return "\n".join(REPORTERS[name](case.findings, case.counts, case.view))


def comparable(name: str, text: str) -> str:
    """A report without what other tests are about: the pages of the rules and their number."""
    if name != "sarif":
        return text
    document = json.loads(text)
    driver = document["runs"][0]["tool"]["driver"]
    driver["rules"], driver["version"], driver["semanticVersion"] = [], "", ""
    for result in document["runs"][0]["results"]:
        del result["ruleIndex"]
    return json.dumps(document, indent=2)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", REPORTERS)
def test_report_is_as_in_the_golden_file(name: str, case: str) -> None:
    path = GOLDEN / f"{case}.{name}.txt"
    found = comparable(name, rendered(name, CASES[case])) + "\n"
    if os.environ.get(WRITE_VARIABLE):
        path.write_text(found, encoding="utf-8", newline="\n")
    assert found == path.read_text(encoding="utf-8")


def test_each_golden_file_is_of_a_case_and_a_format() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {f"{case}.{name}.txt" for case in CASES for name in REPORTERS}


def test_option_setting_and_reporters_know_the_same_formats() -> None:
    (strings,) = [one for one in json_schema()["properties"]["output-format"]["anyOf"] if "enum" in one]
    assert set(FORMATS) == set(REPORTERS) == set(strings["enum"])


@pytest.mark.parametrize("name", REPORTERS)
@pytest.mark.parametrize("case", CASES)
def test_no_report_can_command_a_terminal(name: str, case: str) -> None:
    text = rendered(name, CASES[case])
    assert text.isascii() or name not in {"json", "json-lines", "sarif", "gitlab"}
    assert all(printable(line) == line for line in text.split("\n"))


# --- SARIF -----------------------------------------------------------------------------------------------------------


def sarif(case: str) -> dict[str, Any]:
    """The one run of a report, which keeps to the schema."""
    document: dict[str, Any] = json.loads(rendered("sarif", CASES[case]))
    SARIF.validate(document)
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize("case", CASES)
def test_sarif_keeps_to_the_schema(case: str) -> None:
    run = sarif(case)
    assert run["tool"]["driver"]["version"] == __version__


def test_the_schema_rejects_what_is_no_sarif() -> None:
    document = json.loads(rendered("sarif", CASES["flow"]))
    document["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        SARIF.validate(document)


def test_sarif_tells_of_every_rule() -> None:
    rules = sarif("none")["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.code for rule in all_rules()]
    for rule, known in zip(rules, all_rules(), strict=True):
        assert rule["shortDescription"]["text"].endswith(".")
        assert len(rule["fullDescription"]["text"]) > 40 and "#" not in rule["fullDescription"]["text"][:3]
        assert rule["help"]["markdown"] == rule["help"]["text"] == known.doc
        assert rule["defaultConfiguration"]["enabled"] is known.default
        assert rule["properties"]["precision"] in {"very-high", "high", "medium", "low"}


def test_sarif_results_point_to_their_rules() -> None:
    run = sarif("odd")
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["UBM102", "UBM901", "UBM901"]


def test_sarif_places_are_relative_to_the_repository_unless_they_lie_elsewhere() -> None:
    run = sarif("odd")
    odd, broken, _ = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run["results"]]
    assert (odd["uriBaseId"], unquote(odd["uri"])) == ("SRCROOT", f"services/hits/{ODD_PATH}")
    assert re.fullmatch(r"[\w./~%-]+", odd["uri"], re.ASCII)
    assert broken["uri"] == "services/hits/caf%E9.py"
    elsewhere = run["results"][0]["relatedLocations"][0]["physicalLocation"]["artifactLocation"]
    assert elsewhere == {"uri": "file:///elsewhere/named%2C%20file.toml"}
    assert "uri" not in run["originalUriBaseIds"]["SRCROOT"]


def test_a_sarif_flow_goes_from_the_event_to_one_insert_to_the_sweep_that_does_not_run() -> None:
    (result,) = sarif("flow")["results"]
    (flow,) = result["codeFlows"]
    (thread,) = flow["threadFlows"]
    assert [step["kinds"] for step in thread["locations"]] == [
        ["event"],
        ["insert"],
        ["timer"],
        ["call"],
        ["sweep"],
        ["definition"],
    ]
    assert thread["locations"][-1]["location"]["message"]["text"] == SWEPT.message
    assert [place["id"] for place in result["relatedLocations"]] == [1, 2, 3, 4, 5, 6]
    assert result["message"]["text"].startswith(f"{SWEPT.message}. Places: [event](1), [insert](2), ")


def test_a_sarif_message_has_no_links_but_its_own() -> None:
    text = sarif("odd")["results"][0]["message"]["text"]
    assert re.findall(r"(?<!\\)\[((?:[^\]\\]|\\.)*)\]\((\d+)\)", text) == [("guard", "1")]


def messages(node: Any) -> Iterator[str]:
    """The texts of all message objects in a part of a report."""
    if isinstance(node, list):
        for each in node:
            yield from messages(each)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in {"message", "description"}:
                yield value["text"]
            else:
                yield from messages(value)


def test_a_brace_in_a_sarif_message_stands_for_no_argument() -> None:
    text = "`{0}` and f'{x}' {"
    place = Place("store.py", 1, 1, 1, 28, "insert", text)
    fix = msgspec.structs.replace(REPAIRED.fix, message=text)
    finding = msgspec.structs.replace(SWEPT, message=text, related=(place,), fix=fix)
    found = list(messages(json.loads(rendered("sarif", Case((finding,))))["runs"][0]["results"]))
    assert len(found) == 5
    for message in found:
        assert "{" not in re.sub("{{|}}", "", message) and "}" not in re.sub("{{|}}", "", message)
        assert text in message.replace("{{", "{").replace("}}", "}")


def test_sarif_says_why_a_finding_is_suppressed() -> None:
    results = sarif("suppressed")["results"]
    assert [result.get("suppressions") for result in results] == [
        [],
        [{"kind": "inSource", "status": "accepted", "justification": "swept by cron, every night"}],
        [{"kind": "external", "status": "accepted"}],
    ]
    assert sarif("flow")["results"][0]["partialFingerprints"] == results[1]["partialFingerprints"]


# --- GitHub ----------------------------------------------------------------------------------------------------------


def command(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as GitHub's runner reads it: the level, the properties and the message."""
    found = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
    assert found is not None
    properties = dict(pair.split("=", 1) for pair in found[2].split(","))
    unescaped = {name: _unescaped(value, {"%3A": ":", "%2C": ","}) for name, value in properties.items()}
    return found[1], unescaped, _unescaped(found[3], {})


def _unescaped(text: str, more: dict[str, str]) -> str:
    for escape, char in {"%0D": "\r", "%0A": "\n", **more, "%25": "%"}.items():
        text = text.replace(escape, char)
    return text


def test_a_github_annotation_survives_the_escaping() -> None:
    lines = rendered("github", CASES["odd"]).split("\n")
    level, properties, message = command(lines[0])
    assert level == "notice"
    assert properties == {
        "title": "unbounded-lint (UBM102)",
        "file": f"services/hits/{ODD_PATH}",
        "line": "1",
        "endLine": "3",
    }
    assert message.split("\n")[1:] == [
        "help: say `::warning::no`, or 5% less than that",
        f"symbol: {ODD.symbol}",
    ]
    assert len(lines) == len(CASES["odd"].findings)


def test_github_gets_columns_for_a_place_in_one_line_alone() -> None:
    level, properties, _ = command(rendered("github", CASES["flow"]))
    assert (level, properties["col"], properties["endLine"], properties["endColumn"]) == ("error", "1", "1", "28")
    assert command(rendered("github", Case((SURE,))))[0] == "warning"


# --- GitLab ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_gitlab_gets_what_its_documentation_asks_for(case: str) -> None:
    issues = json.loads(rendered("gitlab", CASES[case]))
    assert len(issues) == len(CASES[case].findings)
    for issue in issues:
        assert {"description", "check_name", "fingerprint", "severity", "location"} <= issue.keys()
        assert all(isinstance(issue[name], str) for name in ("description", "fingerprint", "severity", "symbol"))
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert all(issue["location"]["positions"]["begin"][name] >= 1 for name in ("line", "column"))
        assert not issue["location"]["path"].startswith("./")
    prints = [issue["fingerprint"] for issue in issues]
    assert len(set(prints)) == len(prints), "of two with one fingerprint GitLab shows one"


# --- JUnit -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_junit_counts_what_it_has(case: str) -> None:
    root = ElementTree.fromstring(rendered("junit", CASES[case]).encode())
    assert root.tag == "testsuites" and {suite.tag for suite in root} == {"testsuite"}
    for element in (root, *root):
        cases = [*element.iter("testcase")]
        assert element.get("tests") == str(len(cases)) != "0"
        assert element.get("failures") == str(sum(1 for one in cases if one.find("failure") is not None))
        assert element.get("skipped") == str(sum(1 for one in cases if one.find("skipped") is not None))
        assert all(one.get("name") and one.get("classname") for one in cases)


def test_junit_has_a_case_that_passes_where_nothing_is_found() -> None:
    root = ElementTree.fromstring(rendered("junit", CASES["none"]))
    (case,) = root.iter("testcase")
    assert (case.get("name"), len(case), root.get("failures")) == ("no findings", 0, "0")


def test_junit_names_an_odd_path_in_full() -> None:
    root = ElementTree.fromstring(rendered("junit", CASES["odd"]).encode())
    assert root[0].get("name") == f"services/hits/{ODD_PATH}"


# --- whatever the text -----------------------------------------------------------------------------------------------

ANY = st.text(st.one_of(st.characters(), st.sampled_from("%:,\r\n<&]['\"\x1b\ud800")), max_size=20)


def is_name(text: str) -> bool:
    """Whether a file below a directory may have this name."""
    try:
        return b"\0" not in os.fsencode(text) and not text.startswith("/")
    except UnicodeEncodeError:
        return False


@settings(max_examples=25, deadline=None)
@given(path=ANY.map(lambda text: f"{text}x.py").filter(is_name), message=ANY, other=ANY)
def test_every_report_can_be_read_whatever_stands_in_a_finding(path: str, message: str, other: str) -> None:
    place = Place(path, 1, 1, 1, 2, "insert", other)
    finding = Finding("UBM101", "name", message, place, other, Confidence.LOW, (place,), other, (other,))
    case = Case((finding,), (Suppressed(finding, "inSource", other),), {path: other})
    for name in ("json", "json-lines", "sarif", "gitlab"):
        for line in rendered(name, case).split("\n") if name == "json-lines" else [rendered(name, case)]:
            json.loads(line)
    SARIF.validate(json.loads(rendered("sarif", case)))
    ElementTree.fromstring(rendered("junit", case).encode())
    (annotation,) = rendered("github", case).split("\n")
    assert command(annotation)[1]["line"] == "1"
    assert all(printable(line) == line for name in REPORTERS for line in rendered(name, case).split("\n"))
    assert len(rendered("concise", case).split("\n")) == 2


@given(st.text(st.sampled_from("a ä%:,\r\n=;0A25"), max_size=20))
def test_a_path_comes_out_of_an_annotation_as_it_went_in(path: str) -> None:
    place = Place(f"{path}.py", 1, 1, 1, 2)
    case = Case((Finding("UBM101", "name", "message", place, "", Confidence.LOW),))
    assert command(rendered("github", case))[1]["file"] == f"services/hits/{path}.py"
