# SPDX-License-Identifier: GPL-3.0-or-later
"""What other stacks take as a call's data, in our form, and their results as something that ours can
be held against.

None of them marks everything: what is an attribute, or which member is missing, only the types tell.
So `Mender` reads the sentence with which a call was refused and applies the dialect's own rule at that
place, as the stack does when it looks at the type."""

import base64
import re
import xml.etree.ElementTree as ET


def from_xml(node):
    """An element as free content."""
    data = {f"@{name}": value for name, value in node.attrib.items()}
    for child in node:
        data.setdefault(child.tag, []).append(from_xml(child))
    if node.text and node.text.strip():
        data["#text"] = node.text
    return data


def parsed_xml(text):
    """The elements of a piece of XML by name."""
    root = ET.fromstring(f"<root>{text}</root>")
    return {name: value for name, value in from_xml(root).items() if name != "#text"}


# --- npm soap and its fork: `attributes`, `$value`, `_xml`; a name may have a prefix ---

def node_soap(value, case=None):
    if isinstance(value, list):
        return [node_soap(item) for item in value]
    if isinstance(value, str):
        return re.sub(r"^<!\[CDATA\[(.*)\]\]>$", r"\1", value, flags=re.S)
    if not isinstance(value, dict):
        return value
    data = {}
    for name, item in value.items():
        if name in ("attributes", "$attributes"):
            for attribute, text in item.items():
                if attribute == "xsi_type":
                    data["@xsi:type"] = _node_type(text)
                elif not attribute.startswith("xmlns"):
                    data[f"@{attribute}"] = text
        elif name in ("$value", "_value"):
            data["#text"] = item
        elif name in ("_xml", "$xml"):
            data.update(parsed_xml(item))
        else:
            data[name.rpartition(":")[2]] = node_soap(item)
    return data


def _node_type(given):
    if isinstance(given, dict):
        return f"{{{given['xmlns']}}}{given['type']}"
    return given


WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE, WSU = f"{WSS}wssecurity-secext-1.0.xsd", f"{WSS}wssecurity-utility-1.0.xsd"


def node_soap_security(given, frozen):
    """What npm soap's own WSSecurity makes of user and password, at a moment that stands still."""
    options = given.get("options") or {}
    options = options if isinstance(options, dict) else {}
    created = frozen or "2014-10-12T01:02:03Z"
    expires = re.sub(r":02:03Z$", ":12:03Z", created)
    kind = "PasswordDigest" if options.get("passwordType") == "PasswordDigest" else "PasswordText"
    token = {f"@{{{WSU}}}Id": f"SecurityToken-{created}", f"{{{WSSE}}}Username": given["username"],
             f"{{{WSSE}}}Password": {
                 "@Type": f"{WSS}username-token-profile-1.0#{kind}", "#text": given["password"]}}
    if options.get("hasTokenCreated", True):
        token[f"{{{WSU}}}Created"] = created
    block = {}
    if options.get("hasTimeStamp") is not False:
        block[f"{{{WSU}}}Timestamp"] = {f"@{{{WSU}}}Id": f"Timestamp-{created}",
                                        f"{{{WSU}}}Created": created,
                                        f"{{{WSU}}}Expires": expires}
    block[f"{{{WSSE}}}UsernameToken"] = token
    return {f"{{{WSSE}}}Security": block}


# --- PHP: an object's properties, attributes among them; `_` is the text, `any` is XML ---

def php(value, case=None):
    if isinstance(value, list) and case is not None and not (value and case.has_list()):
        return dict(zip(case.part_names(), [php(item) for item in value]))
    if isinstance(value, list):
        return [php(item) for item in value]
    if not isinstance(value, dict):
        return value
    if case is not None and case.map_names():
        return {name: _php_natural(item) if name in case.map_names() else php(item)
                for name, item in value.items()}
    if "@base64" in value:
        return value["@base64"]
    if "@float" in value:
        return value["@float"]
    if "@SoapVar" in value:
        return _soap_var(value["@SoapVar"])
    data = {}
    for name, item in value.items():
        if name == "_":
            data["#text"] = php(item)
        elif name == "any" and isinstance(item, str):
            data.update(parsed_xml(item))
        else:
            data[name] = php(item)
    return data


def _php_natural(value):
    """Where anything may stand, a number with a fraction is a float to PHP, a double to others."""
    if isinstance(value, float):
        return {"@xsi:type": "xsd:float", "#text": value}
    if isinstance(value, dict):
        return {name: _php_natural(item) for name, item in value.items()}
    return [_php_natural(item) for item in value] if isinstance(value, list) else value


def _soap_var(var):
    data = php(var.get("value"))
    if not var.get("stype"):
        return data
    name = f"{{{var['ns']}}}{var['stype']}" if var.get("ns") else var["stype"]
    return {"@xsi:type": name, **(data if isinstance(data, dict) else {"#text": data})}


def php_headers(given):
    headers = {}
    for item in given if isinstance(given, list) else [given]:
        item = item.get("@SoapHeader", item)
        data = php(item.get("data"))
        data = data if isinstance(data, dict) else {"#text": data} if data else {}
        if item.get("mustUnderstand"):
            data["@soap:mustUnderstand"] = True
        if item.get("actor"):  # 1 is PHP's constant for the next one
            data["@soap:actor"] = (item["actor"] if item["actor"] != 1 else
                                   "http://schemas.xmlsoap.org/soap/actor/next")
        headers[f"{{{item['ns']}}}{item['name']}"] = data
    return headers


# --- zeep: args and kwargs; `_value_1` is a text, or what repeats without a name ---

def zeep(value, case=None):
    if isinstance(value, dict) and set(value) <= {"args", "kwargs"} and case is not None:
        return _zeep_call(value, case)
    if isinstance(value, list):
        return [zeep(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "@nil" in value:
        return None
    if "@any" in value:
        return zeep(value.get("value"))
    data = {}
    for name, item in value.items():
        if re.fullmatch(r"_value_\d+", name):
            _zeep_nameless(data, item, only=len(value) == 1)
        elif name.startswith("_attr_"):
            data.update({f"@{key}": text for key, text in (item or {}).items()})
        elif item != []:
            data[name] = zeep(item)
    return data


def _zeep_call(value, case):
    args, kwargs = value.get("args") or [], dict(value.get("kwargs") or {})
    headers = kwargs.pop("_soapheaders", None)
    data = zeep(kwargs)
    if args and not case.input_names():
        return zeep(args[0])
    if args:
        data.update(zip(case.input_names(), [zeep(item) for item in args]))
    if headers:
        blocks = {}
        for item in headers if isinstance(headers, list) else [headers]:
            blocks.update(zeep(item) if isinstance(item, dict) else {})
        data["#header"] = blocks
    return data


def _zeep_nameless(data, item, only):
    if isinstance(item, list) and only and all(isinstance(one, dict) for one in item):
        data["#content"] = [_zeep_members(one) for one in item]
    elif isinstance(item, list):
        for one in item:
            for name, value in _zeep_members(one).items():
                data.setdefault(name, []).append(value)
    elif isinstance(item, dict):
        data.update(_zeep_members(item))
    elif item is not None:
        data["#text"] = item


def _zeep_members(item):
    """Of one piece of nameless content."""
    if not isinstance(item, dict):
        return {}
    if "@nil" in item:
        return {"@xsi:nil": True}
    if "@any" in item:
        name = re.match(r"(\{[^}]*\})?\w+", item["@any"])
        return {name[0] if name else "any": zeep(item.get("value"))}
    return zeep(item)


DIALECTS = {"node-soap": node_soap, "php-src": php, "zeep": zeep}


# --- where the types decide ---

def steps(way):
    """"a.b[2].c" as ["a", "b", 1, "c"]; a name in braces may have dots."""
    found = []
    for name, index in re.findall(r"((?:\{[^}]*\})?[^.\[\]{}]+)|\[(\d+)\]", way):
        found.append(name if name else int(index) - 1)
    return found


class Mender:
    """Changes the data at the place that a refusal names; False when no rule of the dialect helps."""

    def __init__(self, suite):
        self.suite, self.tried = suite, set()

    def mend(self, data, sentence):
        rules = (self._attribute, self._missing, self._cast, self._cut, self._drop)
        return sentence not in self.tried and not self.tried.add(sentence) and \
            any(rule(data, sentence) for rule in rules)

    @staticmethod
    def _at(data, path):
        for step in path:
            if isinstance(step, int):
                data = data[step] if isinstance(data, list) and step < len(data) else data
            elif isinstance(data, dict):
                data = data.get(step)
        return data

    def _attribute(self, data, sentence):
        """A member that is no element is an attribute, and may be one that has to be there."""
        place = r"(?:(?P<way>\S+): )?"
        for pattern in (r"^(?P<way>\S*?)\.?(?P<name>(\{[^}]*\})?[^.:\s]+): \S+ has no such element",
                        rf'^{place}\S+ holds text, and no element "(?P<name>\S+)"',
                        rf'^{place}attribute "@(?P<name>\S+)" is missing'):
            found = re.search(pattern, sentence)
            holder = found and self._at(data, steps(found["way"] or ""))
            if isinstance(holder, dict) and found["name"] in holder:
                holder[f"@{found['name']}"] = holder.pop(found["name"])
                return True
        return False

    def _missing(self, data, sentence):
        """PHP writes what is not set as nil, or not at all."""
        found = re.search(r'^(?:(\S+): )?element "([^"]+)" is missing', sentence)
        if self.suite != "php-src" or not found:
            return False
        holder = self._at(data, steps(found[1] or ""))
        if not isinstance(holder, dict):
            return False
        holder[found[2]] = None
        return True

    def _drop(self, data, sentence):
        """PHP sends of an object only what its type has."""
        found = re.search(r'^(?:(\S+): )?\S+ has no attribute "([^"]+)"', sentence)
        holder = found and self.suite == "php-src" and self._at(data, steps(found[1] or ""))
        if not isinstance(holder, dict) or f"@{found[2]}" not in holder:
            return False
        del holder[f"@{found[2]}"]
        return True

    def _cast(self, data, sentence):
        """PHP makes a whole number of any number where one is meant, and digits of bytes."""
        if self.suite != "php-src":
            return False
        whole = re.search(r"^(?:(\S+): )?(-?[\d.]+) is no whole number", sentence)
        if whole:
            path = steps(whole[1] or "")
            holder = self._at(data, path[:-1])
            return _change(holder if holder is not None else data,
                           lambda name, item: item == float(whole[2]), int)
        digits = re.search(r"'([^']+)' is not a valid value of the atomic type 'xs:hexBinary'",
                           sentence)
        return bool(digits) and _change(data, lambda name, item: item == digits[1],
                                        lambda text: base64.b64decode(text).hex().upper())

    def _cut(self, data, sentence):
        """PHP makes whole numbers of all in a text that stands for a list of them."""
        found = re.search(r"this is no value of its type: (-?[\d.]+(?: -?[\d.]+)+) \(", sentence)
        if self.suite != "php-src" or not found:
            return False
        return _change(data, lambda name, item: item == found[1], lambda text: " ".join(
            str(int(float(number))) for number in text.split()))


def _change(data, is_meant, change, name=None):
    """Applies `change` to the values that are meant, by name or value; floats only by int."""
    found = False
    for step, item in list(data.items() if isinstance(data, dict) else enumerate(data)):
        own = step if isinstance(step, str) else name
        if isinstance(item, (dict, list)):
            found |= _change(item, is_meant, change, own)
        elif isinstance(item, float if change is int else str) and is_meant(own, item):
            data[step] = change(item)
            found = True
    return found


# --- results ---

TEXTS = ("#text", "$value", "_value_1", "_")


def normal(value):
    """Without what the stacks name each in their way: one value for a list of one, attributes like
    members, numbers and times in one form, nothing for nothing."""
    if isinstance(value, list):
        items = [normal(item) for item in value]
        return items[0] if len(items) == 1 else items or None
    if isinstance(value, dict):
        return _normal_object(value)
    if isinstance(value, bool):
        return repr(float(value))
    if isinstance(value, (int, float)):
        return repr(float(value))
    if isinstance(value, str):
        return _normal_text(value)
    return None


def _normal_object(value):
    if "@base64" in value:
        return _normal_text(value["@base64"])
    found = {}
    for name, item in value.items():
        if name in ("attributes", "$attributes"):
            found.update({key: normal(text) for key, text in item.items() if key != "xsi:type"})
        elif name in ("any", "schema") and isinstance(item, str) and item.startswith("<"):
            inside = normal(item)  # PHP gives XML as text
            found.update(inside if isinstance(inside, dict) else {})
        elif name in TEXTS:
            found["#text"] = normal(item)
        elif name != "@xsi:type":
            found[re.sub(r"^@|^\{[^}]*\}", "", name.rpartition(":")[2] if "{" not in name else name)
                  .lstrip("@")] = normal(item)
    found = {name: item for name, item in found.items() if item is not None}
    return found.get("#text") if set(found) == {"#text"} else found or None


def _normal_text(text):
    text = text.strip()
    if text.startswith("<"):  # PHP gives what may be anything as XML
        try:
            return normal(parsed_xml(re.sub(r"<(/?)\w+:", r"<\1", text)))
        except ET.ParseError:
            return text
    if text in ("true", "false"):
        return repr(float(text == "true"))
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text):
        return repr(float(text))
    time = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.0+)?(?:Z|\+00:00)?", text)
    return f"{time[1]}T{time[2]}" if time else text or None


def unwrapped(value):
    """All that is left when members that stand alone are taken off, from the outside in."""
    forms = [value]
    while isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
        forms.append(value)
    return forms


def is_same_result(expected, result):
    """Some stacks give what stands in the only member of a result."""
    ours = unwrapped(normal(result))
    return any(one == other for one in unwrapped(normal(expected)) for other in ours)
