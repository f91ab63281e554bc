# SPDX-License-Identifier: GPL-3.0-or-later
"""Envelopes compared by what they mean: names with their namespaces, order, attributes, nil and
xsi:type count; prefixes, where they are declared, blanks between elements, and how a number is
written do not."""

import re
import xml.etree.ElementTree as ET

ENVELOPES = ("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")
XSI = "http://www.w3.org/2001/XMLSchema-instance"
# What an array holds says all: its own type may be called by its name or just an array.
ARRAY_TYPE = "{http://schemas.xmlsoap.org/soap/encoding/}arrayType"
NAMES_IN = {f"{{{XSI}}}type", ARRAY_TYPE,
            "{http://www.w3.org/2003/05/soap-encoding}itemType"}
LEFT_OUT = {f"{{{XSI}}}schemaLocation", *(f"{{{uri}}}encodingStyle" for uri in ENVELOPES)}


class Node:
    def __init__(self, tag, attributes):
        self.tag, self.attributes, self.text, self.children = tag, attributes, "", []


def plain(text):
    """One form for a number or boolean, however it is written."""
    text = (text or "").strip()
    if text in ("true", "false"):
        return "1.0" if text == "true" else "0.0"
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text):
        return repr(float(text))
    return text


def _name(value, prefixes):
    """A qualified name in a value, with what stands after it (an array's size)."""
    name, bracket, size = value.strip().partition("[")
    prefix, colon, local = name.rpartition(":")
    return f"{{{prefixes.get(prefix if colon else '', '')}}}{local}{bracket}{size}"


def parse(text):
    prefixes, before, path, root = {}, [], [], None
    parser = ET.XMLPullParser(("start", "end", "start-ns", "end-ns"))
    parser.feed(text.strip())
    parser.close()
    for event, item in parser.read_events():
        if event == "start-ns":
            before.append((item[0], prefixes.get(item[0])))
            prefixes[item[0]] = item[1]
        elif event == "end-ns":
            prefix, old = before.pop()
            prefixes[prefix] = old or ""
        elif event == "start":
            attributes = {
                key: _name(value, prefixes) if key in NAMES_IN else plain(value)
                for key, value in item.attrib.items() if key not in LEFT_OUT}
            if ARRAY_TYPE in attributes:
                attributes.pop(f"{{{XSI}}}type", None)
            node = Node(item.tag, attributes)
            if path:
                path[-1].children.append(node)
            root = root or node
            path.append(node)
        else:
            node = path.pop()
            node.text = plain("".join([item.text or ""] + [child.tail or "" for child in item]))
    return root


def local(tag):
    return tag.rpartition("}")[2]


def _difference(one, other, way):
    way = f"{way}/{local(one.tag)}"
    if one.tag != other.tag:
        return f"{way}: {one.tag} expected, {other.tag} sent"
    if one.attributes != other.attributes:
        return f"{way}: attributes {one.attributes} expected, {other.attributes} sent"
    if one.text != other.text:
        return f"{way}: {one.text!r} expected, {other.text!r} sent"
    for a, b in zip(one.children, other.children):
        found = _difference(a, b, way)
        if found:
            return found
    if len(one.children) != len(other.children):
        return (f"{way}: {[local(c.tag) for c in one.children]} expected, "
                f"{[local(c.tag) for c in other.children]} sent")
    return None


def difference(expected, sent):
    """The first one in a sentence; None when both say the same."""
    one, other = parse(expected), parse(sent)
    for root in (one, other):  # an empty header says nothing
        root.children = [c for c in root.children if local(c.tag) != "Header" or c.children]
    return _difference(one, other, "")
