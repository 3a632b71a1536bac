"""Postal addresses as people write them in eight languages: a street with its number, and the town that follows."""

import re

from desk.text.lexicon import any_of, phrases


def _either_case(meaning: str) -> str:
    return f"(?:{'|'.join(f'[{word[0].upper()}{word[0]}]{word[1:]}' for word in phrases(meaning))})"


_CAP = r"[^\W\d_a-zß][^\W\d_]{0,24}\.?"
_TOWN_WORD = r"[^\W\d_a-zß][^\W\d_]{0,24}"
_NUMBER = r"\d{1,5}(?:[ ]?[A-Za-z](?!\w))?(?:[-/]\d{1,4})?"
_STREET, _STREET_BEFORE = rf"{_either_case('street')}\b\.?", _either_case("street_before")
_STREET_BEHIND = rf"(?:{_either_case('street_behind')}|{any_of('street_behind_small')})"
_LINK = rf"(?:[ ]{any_of('street_particle')}){{0,2}}"
_STREETS = (
    rf"\d{{1,5}}[A-Za-z]?,?[ ](?:[NSEW]\.?[ ])?(?:{_CAP}[ ]){{1,3}}{_STREET}",
    rf"(?:{_CAP}[ -]){{0,3}}[^\W\d_a-zß][^\W\d_]{{1,23}}{any_of('street_ending')}[ ]{_NUMBER}",
    rf"[^\W\d_]{{2,24}}{any_of('street_ending_small')}[ ]{_NUMBER}",
    rf"(?:{_CAP}[ -]){{1,3}}{_STREET_BEHIND}[ ]{_NUMBER}\.?",
    rf"{_NUMBER},?[ ](?:{any_of('house_number_addition')}[ ])?{_STREET_BEFORE}{_LINK}(?:[ ]{_CAP}){{1,4}}",
    rf"{_STREET_BEFORE}{_LINK}(?:[ ]{_CAP}){{1,4}},?[ ](?:n[º°.]?[ ]?)?{_NUMBER}",
    rf"{any_of('post_box')}[ ]\d{{1,6}}",
)
_BRITISH = r"(?:GIR|[A-Z]{1,2}\d[A-Z\d]?)[ ]\d[ABD-HJLNP-UW-Z]{2}"
_CANADIAN = r"[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]\d[A-Z]\d"
_UNIT = rf"{any_of('dwelling')}\b\.?[ ]#?\d{{1,5}}[A-Za-z]?"
_TOWN = (
    rf"(?:[ ,]{{0,2}}\n?[ ]{{0,4}}{_UNIT})?(?:[ ,]{{0,2}}\n?[ ]{{0,4}}"
    rf"(?:(?:[A-Z]{{1,2}}-)?\d{{3,5}}[ -]?(?:\d{{2}}\b|[A-Z]{{2}}\b)?[ ]{_TOWN_WORD}(?:[ -]{_TOWN_WORD}){{0,2}}"
    rf"|{_TOWN_WORD}(?:[ ]{_TOWN_WORD}){{0,2}},?[ ](?:[A-Z]{{2}}[ ]\d{{5}}(?:-\d{{4}})?|{_BRITISH}|{_CANADIAN})))?"
)
_POSTCODES = (
    _BRITISH,
    _CANADIAN,
    r"[A-Z]{2}[ ]\d{5}(?:-\d{4})?",  # the United States, with the state before it
)

ANNOUNCED = re.compile(
    rf"(?i:{any_of('address_before')})\s{{1,3}}"
    rf"(?P<it>(?:(?i:{any_of('place_opening')} )?\d{{1,5}}[ ](?:\d{{1,5}}[ ])?[^\W\d_][^\n.?!;:]{{2,60}}"
    r"|[^\W\d_][^\W\d_. ]{2,20}(?:[ ][^\W\d_]{1,20}\.?){0,4}[ ]\d{1,5}\b\.?)"
    r"(?:,?[ ]{0,2}\n[ ]{0,4}[^\n.?!;:]{2,40}){0,3}(?<![ ]))"
)
"""What follows "my address is" or "please send it to" and has a number and a name in it, to the end of the sentence."""

POSTCODE = re.compile(
    rf"(?i:\b{any_of('postcode_before')}\b)"
    r"[ ]?(?::|is|=)?[ ]{1,2}(?P<it>[A-Z0-9]{2,5}(?:[ -][A-Z0-9]{2,4})?)\b"
)

ADDRESS = re.compile(rf"(?<!\w)(?:(?:{'|'.join(_STREETS)}){_TOWN}|{_UNIT}|{'|'.join(_POSTCODES)})(?!\w)")
"""A street with its number and perhaps the town; a flat; a postal code that cannot be anything else."""
