"""Changed requests, each made from a seed and an index alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from tests.robustness.signed_corpus import Family
from visavis.protocols.base import WireRequest

_WORDS = (
    *(b"&", b"=", b"%", b"+", b"%20", b"%26", b"%3D", b"%2B", b"%00", b"%FF", b"\0", b"\r\n", b" ", b"\t", b";", b"/"),
    *(b"\xff", b"\xa0", b"\xc3\xa9", b"'", b'"', b"{", b"]", b"null", b"NaN", b"-1", b"1e999", b"9" * 40, b"?"),
    *(b"UNSIGNED-PAYLOAD", b"SKIP", b"Bearer ", b"access_token=", b"&Signature=", b"&AccessKeyId=", b"&Format=XML"),
    *(b"../", b"%2e%2e%2f", b"HMAC-SHA256", b"&Version=2020-11-12", b"GET", b"A" * 300),
)
_DELIMITER = re.compile(rb"[&=:;,/{}\"?%.-]")
_METHODS = "GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "post", "P0ST", ""
_CLOCK_S = 1, 60, 299, 300, 301, 899, 900, 901, 1799, 1800, 1801, 86_400, 2_592_000, 2_592_001, 10**9


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed request.

    Attributes:
        request: as the server sees it.
        clock_shift_s: how late it is, against the moment of signing.
        steps: what was done.
    """

    request: WireRequest
    clock_shift_s: float
    steps: tuple[str, ...]


Bytes = Callable[[bytes, Random], bytes]
Step = Callable[[WireRequest, WireRequest, Family, Random], WireRequest]


def mutate_request(family: Family, originals: Sequence[WireRequest], seed: int, index: int) -> Mutant:
    """The `index`-th mutant of `seed`: one to three changes of one of the originals."""
    random = Random(f"{seed} {family.name} {index}")
    request = originals[index % len(originals)]
    names, shift = [], 0.0
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        name = random.choices(tuple(_STEPS), [weight for weight, _ in _STEPS.values()])[0]
        names.append(name)
        if name == "clock":
            shift = float(random.choice(_CLOCK_S) * random.choice((-1, 1)))
        request = _STEPS[name][1](request, random.choice(originals), family, random)
    lowered = tuple((name.lower(), value) for name, value in request.headers)
    return Mutant(replace(request, headers=lowered), shift, tuple(names))


def flip_each_byte(request: WireRequest) -> Iterator[Mutant]:
    """One bit of each byte of method, path, query, header values and body."""
    for place, content in _flipped(request.method.encode()):
        yield Mutant(replace(request, method=content.decode("latin-1")), 0.0, (f"method {place}",))
    for place, content in _flipped(request.path.encode("latin-1")):
        yield Mutant(replace(request, path=content.decode("latin-1")), 0.0, (f"path {place}",))
    for place, content in _flipped(request.query):
        yield Mutant(replace(request, query=content), 0.0, (f"query {place}",))
    for index, (name, value) in enumerate(request.headers):
        for place, content in _flipped(value):
            headers = (*request.headers[:index], (name, content), *request.headers[index + 1 :])
            yield Mutant(replace(request, headers=headers), 0.0, (f"{name.decode()} {place}",))
    for place, content in _flipped(request.body):
        yield Mutant(replace(request, body=content), 0.0, (f"body {place}",))


def _flipped(content: bytes) -> Iterator[tuple[int, bytes]]:
    for place, byte in enumerate(content):
        yield place, content[:place] + bytes([byte ^ (1 << place % 7)]) + content[place + 1 :]


def _damage(content: bytes, random: Random) -> bytes:
    return random.choice(_DAMAGES)(content, random)


def _place(content: bytes, random: Random) -> int:
    """Anywhere, or where the structure is: otherwise hardly anything but pictures would be hit."""
    marks = [found.start() for found in _DELIMITER.finditer(content)] if random.random() < 0.6 else []
    if marks:
        return min(len(content), random.choice(marks) + random.randrange(2))
    return random.randrange(len(content) + 1)


def _flip(content: bytes, random: Random) -> bytes:
    if not content:
        return content
    place = min(_place(content, random), len(content) - 1)
    return content[:place] + bytes([content[place] ^ (1 << random.randrange(8))]) + content[place + 1 :]


def _insert(content: bytes, random: Random) -> bytes:
    place = _place(content, random)
    word = random.choice(_WORDS) if random.random() < 0.7 else random.randbytes(random.randint(1, 4))
    return content[:place] + word + content[place:]


def _delete(content: bytes, random: Random) -> bytes:
    place = _place(content, random)
    return content[:place] + content[place + random.choice((1, 1, 2, 8, 40)) :]


def _duplicate(content: bytes, random: Random) -> bytes:
    place = _place(content, random)
    end = place + random.choice((1, 4, 40, 400))
    return content[:end] + content[place:end] + content[end:]


def _swap(content: bytes, random: Random) -> bytes:
    if len(content) < 2:
        return content
    damaged, place = bytearray(content), min(_place(content, random), len(content) - 1)
    other = random.choice((max(0, place - 1), random.randrange(len(content))))
    damaged[place], damaged[other] = damaged[other], damaged[place]
    return bytes(damaged)


def _truncate(content: bytes, random: Random) -> bytes:
    return content[: _place(content, random)]


def _change_field(content: bytes, random: Random) -> bytes:
    """One field of a form dropped, doubled or moved."""
    fields = content.split(b"&")
    first, second = random.randrange(len(fields)), random.randrange(len(fields))
    match random.randrange(3):
        case 0:
            del fields[first]
        case 1:
            fields.insert(second, fields[first])
        case _:
            fields[first], fields[second] = fields[second], fields[first]
    return b"&".join(fields)


def _recode(content: bytes, random: Random) -> bytes:
    """The same form, written otherwise: this is no change of it."""
    match random.randrange(4):
        case 0:
            return content.replace(b"+", b"%20")
        case 1:
            return re.sub(rb"%[0-9A-F]{2}", lambda found: found[0].lower(), content)
        case 2:
            return content.replace(b"%20", b"+")
    letters = [found.start() for found in re.finditer(rb"(?<!%)(?<!%.)[a-zA-Z0-9]", content)]
    if not letters:
        return content
    place = random.choice(letters)
    return content[:place] + b"%%%02X" % content[place] + content[place + 1 :]


_DAMAGES: tuple[Bytes, ...] = (_flip, _flip, _insert, _delete, _duplicate, _swap, _truncate, _change_field, _recode)


def _body(request: WireRequest, donor: WireRequest, family: Family, random: Random) -> WireRequest:
    return replace(request, body=_damage(request.body, random))


def _query(request: WireRequest, donor: WireRequest, family: Family, random: Random) -> WireRequest:
    return replace(request, query=_damage(request.query, random))


def _value(request: WireRequest, donor: WireRequest, family: Family, random: Random) -> WireRequest:
    headers = list(request.headers)
    place = random.randrange(len(headers)) if random.random() < 0.7 else _proof(headers)
    name, value = headers[place]
    headers[place] = name, random.choice((_damage, _damage, _pad))(value, random)
    return replace(request, headers=tuple(headers))


def _proof(headers: Sequence[tuple[bytes, bytes]]) -> int:
    return next((place for place, (name, _) in enumerate(headers) if name == b"authorization"), 0)


def _pad(value: bytes, random: Random) -> bytes:
    return random.choice((b" ", b"\t", b"")) + random.choice((value, value.upper(), value.lower())) + b" "


def _name(request: WireRequest, donor: WireRequest, family: Family, random: Random) -> WireRequest:
    headers = list(request.headers)
    place = random.randrange(len(headers))
    name, value = headers[place]
    match random.randrange(5):
        case 0:
            del headers[place]
        case 1:
            headers.insert(random.randrange(len(headers) + 1), (name, _damage(value, random)))
        case 2:
            random.shuffle(headers)
        case 3:
            headers[place] = name.upper(), value
        case _:
            headers[place] = _damage(name, random), value
    return replace(request, headers=tuple(headers) or ((b"x", b""),))


def _path(request: WireRequest, donor: WireRequest, family: Family, random: Random) -> WireRequest:
    return replace(request, path=_damage(request.path.encode("latin-1"), random).decode("latin-1"))


def _method(request: WireRequest, donor: WireRequest, family: Family, random: Random) -> WireRequest:
    damaged = _damage(request.method.encode("latin-1"), random).decode("latin-1")
    return replace(request, method=random.choice((*_METHODS, damaged)))


def _cut(request: WireRequest, donor: WireRequest, family: Family, random: Random) -> WireRequest:
    if random.random() < 0.5:
        return replace(request, body=_truncate(request.body, random))
    return replace(request, headers=request.headers[: random.randint(1, len(request.headers))])


def _splice(request: WireRequest, donor: WireRequest, family: Family, random: Random) -> WireRequest:
    """One part, or the end of one part, of another rightly signed request."""
    match random.randrange(5):
        case 0:
            return replace(request, body=donor.body)
        case 1:
            return replace(request, query=donor.query)
        case 2:
            return replace(request, headers=donor.headers)
        case 3:
            place = random.randrange(len(request.body) + 1)
            return replace(request, body=request.body[:place] + donor.body[random.randrange(len(donor.body) + 1) :])
    given = dict(donor.headers)
    mixed = tuple((name, given.get(name, value) if random.random() < 0.5 else value) for name, value in request.headers)
    return replace(request, headers=mixed)


def _keys(request: WireRequest, donor: WireRequest, family: Family, random: Random) -> WireRequest:
    """Another key's name, or a stranger's, under the same signature."""
    old = family.owner.key_id.encode()
    new = random.choice((family.other.key_id.encode(), b"nobody", old[::-1], b""))
    headers = tuple((name, value.replace(old, new)) for name, value in request.headers)
    return replace(request, headers=headers, query=request.query.replace(old, new), body=request.body.replace(old, new))


def _clock(request: WireRequest, donor: WireRequest, family: Family, random: Random) -> WireRequest:
    return request


_STEPS: dict[str, tuple[int, Step]] = {
    "body": (26, _body),
    "query": (18, _query),
    "header value": (20, _value),
    "header name": (10, _name),
    "path": (5, _path),
    "method": (5, _method),
    "cut": (5, _cut),
    "splice": (9, _splice),
    "keys": (5, _keys),
    "clock": (7, _clock),
}
