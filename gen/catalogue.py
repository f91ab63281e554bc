#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns src/core/catalogue.json into C tables, or with --doc into docs/elements.md.

Knows the rules of the data file and checks all of them before it writes anything: the C code that
reads the tables checks none. Each mistake is told with its line."""

import argparse
import json
import json.decoder
import json.scanner
import re
import sys

TYPES = {  # word of the file: (name in catalogue.h, form of an example)
    "text": ("ELEMENT_TEXT", r".+"),
    "integer": ("ELEMENT_INTEGER", r"-?\d+"),
    "decimal": ("ELEMENT_DECIMAL", r"-?\d+(\.\d+)?"),
    "duration": ("ELEMENT_DURATION", r"\d+|(\d+:)?\d\d:\d\d"),
    "datetime": ("ELEMENT_DATETIME",
                 r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?"),
    "date": ("ELEMENT_DATE", r"\d{4}-\d\d-\d\d"),
    "boolean": ("ELEMENT_BOOLEAN", r"(?i)[01]|true|false|yes|no"),
    "phone": ("ELEMENT_PHONE", r"\+?\d{7,15}"),
    "email": ("ELEMENT_EMAIL", r"[^@\s]+@[^@\s]+\.[a-z]+"),
    "url": ("ELEMENT_URL", r"https?://\S+"),
    "word": ("ELEMENT_WORD", r"\S+"),
    "json": ("ELEMENT_JSON", r".+"),
}
MARKS = {  # word: (name in catalogue.h, for the reference page)
    "documented": ("MARK_DOCUMENTED", "the vendor documents it as an element of its web services"),
    "observed": ("MARK_OBSERVED", "real customers' code reads it from the vendor's web services"),
    "unresolved": ("MARK_UNRESOLVED", "customers configure the tag, and the vendor sends it "
                                      "unresolved: the literal text `#call_duration#`"),
    "elsewhere": ("MARK_ELSEWHERE", "the vendor documents the same datum on another surface (call "
                                    "records, reports, agent packets, its API); that web services "
                                    "send it under this name is not confirmed"),
    "ours": ("MARK_OURS", "a name of this gateway, after rivals and standards"),
}
NAME = r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*(\.\*)?"
ALIAS = r"[A-Za-z][A-Za-z0-9_]*"
TRIGGER_KEYS = {"code": str, "name": str, "meaning": str, "slot": str}
ELEMENT_KEYS = {"name": str, "mark": str, "type": str, "example": str, "meaning": str,
                "triggers": str}
EVERY_TRIGGER = "all"
TRIGGERS_MAX = 32  # bits of catalogue_element.triggers
EXAMPLE_SHOWN = 60  # characters, on the reference page


# --- reading: JSON whose objects know their line ---

class Row(dict):
    line = 0


class Mistakes(list):
    def __init__(self, file):
        super().__init__()
        self.file = file

    def add(self, line, sentence):
        self.append(f"{self.file}:{line}: {sentence}")


def rows_decoder(mistakes):
    decoder = json.JSONDecoder()

    def parse_object(text_and_start, strict, scan_once, _hook, _pairs_hook, memo=None):
        text, start = text_and_start
        line = text.count("\n", 0, start) + 1

        def make_row(pairs):
            row = Row(pairs)
            row.line = line
            for key in {key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1}:
                mistakes.add(line, f"`{key}` is there twice")
            return row
        return json.decoder.JSONObject(text_and_start, strict, scan_once, None, make_row, memo)

    decoder.parse_object = parse_object
    decoder.scan_once = json.scanner.py_make_scanner(decoder)
    return decoder


def read(file, mistakes):
    with open(file, encoding="utf-8") as stream:
        text = stream.read()
    try:
        return rows_decoder(mistakes).decode(text)
    except json.JSONDecodeError as error:
        mistakes.add(error.lineno, f"no JSON: {error.msg} (column {error.colno})")
        return None


# --- checking ---

def check_keys(row, needed, optional, mistakes):
    """True when the row has all it needs, each of its kind."""
    if not isinstance(row, Row):
        mistakes.add(1, f"{row!r} stands where an object belongs")
        return False
    before = len(mistakes)
    for key in row:
        if key not in needed and key not in optional:
            mistakes.add(row.line, f"there is no key `{key}`")
    for key, kind in {**needed, **optional}.items():
        if key not in row:
            if key in needed:
                mistakes.add(row.line, f"`{key}` is missing")
        elif not isinstance(row[key], kind):
            mistakes.add(row.line, f"`{key}` is not a {kind.__name__}")
    return len(mistakes) == before


def check_sentence(row, mistakes):
    if not re.fullmatch(r"[A-Z`].*\.", row["meaning"]):
        mistakes.add(row.line, "`meaning` is not a sentence")


def check_triggers(triggers, mistakes):
    seen = set()
    for row in triggers:
        if not check_keys(row, TRIGGER_KEYS, {"extra": bool}, mistakes):
            continue
        if not re.fullmatch(r"[A-Z][1-9]", row["code"]):
            mistakes.add(row.line, f"the code {row['code']} is not a letter and a digit")
        if not re.fullmatch(r"[a-z]+\.[a-z_]+", row["name"]):
            mistakes.add(row.line, f"{row['name']} is no name of a trigger")
        for word in (row["code"], row["name"]):
            if word in seen:
                mistakes.add(row.line, f"{word} is there twice")
            seen.add(word)
        check_sentence(row, mistakes)
    if len(triggers) > TRIGGERS_MAX:
        mistakes.add(1, f"more than {TRIGGERS_MAX} triggers")


def trigger_indexes(text, codes):
    """`I2-I4 O1` as a set of indexes; a KeyError names what is no code."""
    if text == EVERY_TRIGGER:
        return set(range(len(codes)))
    found = set()
    for part in text.split():
        first, _, last = part.partition("-")
        run = range(codes[first], codes[last or first] + 1)
        if not run:
            raise KeyError(part)
        found |= set(run)
    return found


def check_example(row, mistakes):
    if not re.fullmatch(TYPES[row["type"]][1], row["example"]):
        mistakes.add(row.line, f"the example `{row['example']}` is no {row['type']}")
    if (row["type"] == "word") != ("words" in row):
        mistakes.add(row.line, "`words` goes with the type word, and with no other")
    elif row["example"] not in row.get("words", [row["example"]]):
        mistakes.add(row.line, f"the example `{row['example']}` is none of the words")
    if row["type"] == "json":
        try:
            json.loads(row["example"])
        except ValueError:
            mistakes.add(row.line, f"the example `{row['example']}` is no JSON")


def check_lists(row, mistakes):
    for key in ("words", "aliases"):
        if key in row and not (row[key] and all(isinstance(item, str) for item in row[key])):
            mistakes.add(row.line, f"`{key}` is not a list of texts")
            return False
    return True


def check_element(row, codes, mistakes):
    """True when the row is good enough to be looked at together with others."""
    optional = {"tag": str, "unit": str, "words": list, "aliases": list, "same_as": str}
    if not check_keys(row, ELEMENT_KEYS, optional, mistakes) or not check_lists(row, mistakes):
        return False
    if not re.fullmatch(NAME, row["name"]):
        mistakes.add(row.line, f"{row['name']} is no name of an element")
    if row["mark"] not in MARKS:
        mistakes.add(row.line, f"there is no mark {row['mark']}")
    if row["type"] in TYPES:
        check_example(row, mistakes)
    else:
        mistakes.add(row.line, f"there is no type {row['type']}")
    if row["type"] == "duration" and row.get("unit") != "seconds":
        mistakes.add(row.line, "the unit of a duration is seconds")
    for alias in row.get("aliases", []):
        if not re.fullmatch(ALIAS, alias):
            mistakes.add(row.line, f"{alias} is no name")
    check_sentence(row, mistakes)
    try:
        row["indexes"] = trigger_indexes(row["triggers"], codes)
    except KeyError as error:
        mistakes.add(row.line, f"no trigger has the code {error.args[0]}")
        return False
    return True


def check_names(elements, mistakes):
    """No name stands for two elements; what is the same as another one is so everywhere."""
    by_name = {}
    for row in elements:
        for name in [row["name"], *row.get("aliases", [])]:
            if name in by_name:
                mistakes.add(row.line, f"{name} is there twice, also in line {by_name[name].line}")
            by_name[name] = row
    for row in elements:
        if "same_as" not in row:
            continue
        other = by_name.get(row["same_as"])
        if not other or other["name"] != row["same_as"]:
            mistakes.add(row.line, f"there is no element {row['same_as']}")
        elif "same_as" in other or other is row:
            mistakes.add(row.line, f"{row['same_as']} is itself the same as another one")
        elif other["type"] != row["type"] or not row["indexes"] <= other["indexes"]:
            mistakes.add(row.line, f"{row['same_as']} has another type, or lacks a trigger")


def check_whole(whole, mistakes):
    """The elements, as far as they can be looked at."""
    if not check_keys(whole, {"triggers": list, "groups": list}, {}, mistakes):
        return
    check_triggers(whole["triggers"], mistakes)
    codes = {str(row.get("code")): i for i, row in enumerate(whole["triggers"])
             if isinstance(row, Row)}
    elements = []
    for group in whole["groups"]:
        if check_keys(group, {"title": str, "elements": list}, {}, mistakes):
            elements += [row for row in group["elements"] if check_element(row, codes, mistakes)]
    check_names(elements, mistakes)


def load(file):
    """(triggers, groups) of a file without mistakes; otherwise tells them and ends the program."""
    mistakes = Mistakes(file)
    whole = read(file, mistakes)
    if whole is not None:
        check_whole(whole, mistakes)
    if mistakes:
        sys.exit("\n".join(mistakes))
    return whole["triggers"], whole["groups"]


# --- the tables ---

def c_text(text):
    """A C string literal; JSON's escapes of what stays ASCII are C's as well."""
    return json.dumps(text)


def c_texts(name, texts):
    return f"static const char *const {name}[] = {{{', '.join(map(c_text, texts))}}};"


def c_list(row, key):
    """The two members for a list of texts: its array and its count."""
    return f"{key}_{c_name(row)}, {len(row[key])}" if key in row else "NULL, 0"


def c_name(row):
    return re.sub(r"\W+", "_", row["name"])


def element_initializer(row):
    bits = sum(1 << i for i in row["indexes"])
    texts = ", ".join(c_text(row.get(key, "")) for key in ("unit", "example", "meaning"))
    return (f"    {{{c_text(row['name'])}, {c_text(row.get('tag', ''))}, {MARKS[row['mark']][0]}, "
            f"{TYPES[row['type']][0]}, {texts}, {bits:#x}, {c_list(row, 'words')}, "
            f"{c_list(row, 'aliases')}, {c_text(row.get('same_as', ''))}}},")


def is_family(row):
    return row["name"].endswith(".*")


def names_of(elements):
    """(name, index) of every name and alias that stands for itself, in the order of bytes."""
    return sorted((name, i) for i, row in enumerate(elements) if not is_family(row)
                  for name in [row["name"], *row.get("aliases", [])])


def tables(triggers, groups):
    elements = sorted((row for group in groups for row in group["elements"]),
                      key=lambda row: row["name"])
    families = [i for i, row in enumerate(elements) if is_family(row)]
    names = names_of(elements)
    lines = ["// Made by gen/catalogue.py of src/core/catalogue.json.", "",
             '#include "core/catalogue_table.h"', ""]
    lines += [c_texts(f"{key}_{c_name(row)}", row[key]) for row in elements
              for key in ("words", "aliases") if key in row]
    lines += ["", "const struct catalogue_trigger catalogue_table_triggers[] = {"]
    lines += [f"    {{{c_text(row['name'])}, {c_text(row['meaning'])}, {c_text(row['slot'])}, "
              f"{'true' if row.get('extra') else 'false'}}}," for row in triggers]
    lines += ["};", "const char *const catalogue_table_trigger_names[] = {"]
    lines += [f"    {c_text(row['name'])}," for row in triggers]
    lines += ["};", "const struct catalogue_element catalogue_table_elements[] = {"]
    lines += [element_initializer(row) for row in elements]
    lines += ["};", "const struct catalogue_name catalogue_table_names[] = {"]
    lines += [f"    {{{{{c_text(name)}, {len(name)}}}, {index}}}," for name, index in names]
    lines += ["};"]
    lines += [f"const uint16_t catalogue_table_families[] = {{{', '.join(map(str, families))}}};"]
    for what, count in (("trigger", len(triggers)), ("element", len(elements)),
                        ("name", len(names)), ("family", len(families))):
        lines.append(f"const size_t catalogue_table_{what}_count = {count};")
    return "\n".join(lines) + "\n"


# --- the reference page ---

PAGE_TOP = """\
# Triggers and data elements

Made by `gen/catalogue.py --doc` of `src/core/catalogue.json`, the file the gateway itself is built
with. `switchhook elements [TRIGGER]` prints the same, `GET /v1/catalogue` gives it as JSON, and
`GET /v1/schemas/TRIGGER` as a JSON Schema.

An event may carry any data element, known here or not: what is unknown passes through under its own
name. A platform sends values mostly as text, `"187"`, and a form can send nothing else; the type
says what the text means. Vendors publish no list of which trigger carries which element: the triggers
given here are drawn from the course of a call. `none`: no event's body has it.

"""


def cell(text):
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def code(text):
    if len(text) > EXAMPLE_SHOWN:
        text = text[:EXAMPLE_SHOWN - 1] + "…"
    return f"`{text}`".replace("|", "\\|")


def remarks(row):
    parts = [cell(row["meaning"])]
    if "words" in row:
        parts.append("Known: " + ", ".join(code(word) for word in row["words"]) + ".")
    if "tag" in row and row["tag"] != row["name"]:
        parts.append(f"The vendor's tag is `#{row['tag']}#`.")
    if "same_as" in row:
        parts.append(f"The same datum as `{row['same_as']}`.")
    if "aliases" in row:
        parts.append("Also taken as " + ", ".join(code(alias) for alias in row["aliases"]) + ".")
    return " ".join(parts)


def where(row, triggers):
    """Which triggers carry it, as codes; names in full would fill the page."""
    if len(row["indexes"]) == len(triggers):
        return EVERY_TRIGGER
    return row["triggers"] or "none"


def page(triggers, groups):
    elements = [row for group in groups for row in group["elements"]]
    lines = ["## Marks", "", "How sure it is that a platform's web service sends an element under "
             "this name.", "", "| mark | elements | meaning |", "|---|---|---|"]
    lines += [f"| {mark} | {sum(row['mark'] == mark for row in elements)} | {meaning} |"
              for mark, (_, meaning) in MARKS.items()]
    lines += ["", "## Triggers", "", "The vendor's name is that of the place in its configuration "
              "that fires the trigger. X1 to X6 are beyond the 18 points of a call's course.", "",
              "| code | trigger | when | vendor's name |", "|---|---|---|---|"]
    lines += [f"| {row['code']} | `{row['name']}` | {cell(row['meaning'])} | `{row['slot']}` |"
              for row in triggers]
    for group in groups:
        lines += ["", f"## {group['title']}", "",
                  "| element | mark | type | example | meaning | triggers |",
                  "|---|---|---|---|---|---|"]
        lines += [f"| `{row['name']}` | {row['mark']} | {row['type']} | {code(row['example'])} "
                  f"| {remarks(row)} | {where(row, triggers)} |" for row in group["elements"]]
    return PAGE_TOP + "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--doc", action="store_true", help="write the reference page instead")
    parser.add_argument("catalogue")
    parser.add_argument("output", help="- for standard output")
    arguments = parser.parse_args()
    triggers, groups = load(arguments.catalogue)
    text = (page if arguments.doc else tables)(triggers, groups)
    if arguments.output == "-":
        sys.stdout.write(text)
        return
    with open(arguments.output, "w", encoding="utf-8") as stream:
        stream.write(text)


if __name__ == "__main__":
    main()
