"""Postal addresses as people write them in eight languages: a street with its number, and the town that follows."""

import re

_CAP = r"[^\W\d_a-zß][^\W\d_]{0,24}\.?"
_TOWN_WORD = r"[^\W\d_a-zß][^\W\d_]{0,24}"
_NUMBER = r"\d{1,5}(?:[ ]?[A-Za-z](?!\w))?(?:[-/]\d{1,4})?"
_ENGLISH = (
    r"(?:[Ss]treet|[Ss]t|[Rr]oad|[Rr]d|[Aa]venue|[Aa]ve|[Ll]ane|[Ll]n|[Dd]rive|[Dd]r|[Bb]oulevard|[Bb]lvd|[Ww]ay|[Cc]ourt"
    r"|[Cc]t|[Pp]lace|[Pp]l|[Ss]quare|[Ss]q|[Tt]errace|[Cc]rescent|[Cc]lose|[Hh]ighway|[Hh]wy|[Pp]arkway|[Pp]kwy|[Cc]ircle"
    r"|[Gg]rove|[Gg]ardens)\b\.?"
)
_GERMANIC = (
    r"(?:stra(?:ß|ss)e|str\.|weg|gasse|platz|allee|ring|damm|ufer|straat|laan|plein|gracht|kade|gata|gatan|vägen|vej|gade"
    r"|tie|katu)"
)
_ROMANCE = (
    r"(?:[Rr]ue|[Bb]oulevard|[Aa]venue|[Pp]lace|[Cc]hemin|[Ii]mpasse|[Qq]uai|[Cc]alle|[Aa]venida|[Pp]laza|[Pp]aseo|[Vv]ia"
    r"|[Vv]iale|[Pp]iazza|[Cc]orso|[Rr]ua|[Pp]raça|[Uu]l\.|[Uu]lica)"
)
_LINK = r"(?:[ ](?:de|du|des|del|della|di|do|da|dos|la|le|las|los|l'|d')){0,2}"
_STREETS = (
    rf"\d{{1,5}}[A-Za-z]?,?[ ](?:[NSEW]\.?[ ])?(?:{_CAP}[ ]){{1,3}}{_ENGLISH}",
    rf"(?:{_CAP}[ -]){{0,3}}[^\W\d_a-zß][^\W\d_]{{1,23}}{_GERMANIC}[ ]{_NUMBER}",
    rf"[^\W\d_]{{2,24}}(?:stra(?:ß|ss)e|str\.|straat)[ ]{_NUMBER}",
    rf"(?:{_CAP}[ -]){{1,3}}(?:[Ss]tra(?:ß|ss)e|[Ss]tr\.|[Ww]eg|[Pp]latz|[Aa]llee|[Rr]ing|útja?|utca)[ ]{_NUMBER}\.?",
    rf"{_NUMBER},?[ ](?:bis[ ]|ter[ ])?{_ROMANCE}{_LINK}(?:[ ]{_CAP}){{1,4}}",
    rf"{_ROMANCE}{_LINK}(?:[ ]{_CAP}){{1,4}},?[ ](?:n[º°.]?[ ]?)?{_NUMBER}",
    r"(?:P\.?[ ]?O\.?[ ]?Box|Postfach|Postbus|Apartado)[ ]\d{1,6}",
)
_BRITISH = r"(?:GIR|[A-Z]{1,2}\d[A-Z\d]?)[ ]\d[ABD-HJLNP-UW-Z]{2}"
_CANADIAN = r"[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]\d[A-Z]\d"
_UNIT = r"(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Wohnung|App?t)\b\.?[ ]#?\d{1,5}[A-Za-z]?"
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

_ANNOUNCED = (
    r"(?:(?<!ip )(?<!mac )(?<!mail )(?<!web )(?<!memory )\baddress(?:es)?(?: is| to| with|:|,)?(?: it is)?"
    r"|\bliv(?:e|es|ed|ing) (?:at|in)|\b(?:is|are|was|office|located) at|\bmeet (?:me|you) at|\boff at"
    r"|\b(?:ship|deliver|send|sent|return|post|move|moved)\b[^.\n]{0,20} to"
    r"|\badresse(?: ist| lautet|:| est)?|\banschrift:?|\bwohne(?:n)? (?:in|an)|\bdirección(?: es|:)?"
    r"|\bindirizzo:?|\badres:?|\bendereço:?)"
)
ANNOUNCED = re.compile(
    rf"(?i:{_ANNOUNCED})\s{{1,3}}(?P<it>(?:(?i:the corner of )?\d{{1,5}}[ ](?:\d{{1,5}}[ ])?[^\W\d_][^\n.?!;:]{{2,60}}"
    r"|[^\W\d_][^\W\d_. ]{2,20}(?:[ ][^\W\d_]{1,20}\.?){0,4}[ ]\d{1,5}\b\.?)"
    r"(?:,?[ ]{0,2}\n[ ]{0,4}[^\n.?!;:]{2,40}){0,3}(?<![ ]))"
)
"""What follows "my address is" or "please send it to" and has a number and a name in it, to the end of the sentence."""

POSTCODE = re.compile(
    r"(?i:\b(?:zip|zip code|post ?code|postal code|plz|postleitzahl|code postal|código postal|cap|postcode)\b)"
    r"[ ]?(?::|is|=)?[ ]{1,2}(?P<it>[A-Z0-9]{2,5}(?:[ -][A-Z0-9]{2,4})?)\b"
)

ADDRESS = re.compile(rf"(?<!\w)(?:(?:{'|'.join(_STREETS)}){_TOWN}|{_UNIT}|{'|'.join(_POSTCODES)})(?!\w)")
"""A street with its number and perhaps the town; a flat; a postal code that cannot be anything else."""
