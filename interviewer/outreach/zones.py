"""Where a person may be, from what is known of them; and how their address is written.

A phone number is a weak hint: numbers are ported, and many belong to no place. So every zone it
may stand for is a candidate, and the send gate wants all of them open.
"""

from datetime import date
from functools import cache
from importlib.resources import files

import phonenumbers
from phonenumbers import NumberParseException
from phonenumbers import timezone as number_zones

from interviewer.core.book import EMAIL
from interviewer.core.errors import InvalidInput

_STATES = """
America/New_York: US-CT US-DC US-DE US-GA US-MA US-MD US-ME US-NC US-NH US-NJ US-NY US-OH US-PA
America/New_York: US-RI US-SC US-VA US-VT US-WV
America/New_York America/Chicago: US-FL US-IN US-KY US-MI US-TN
America/Chicago: US-AL US-AR US-IA US-IL US-LA US-MN US-MO US-MS US-OK US-WI
America/Chicago America/Denver: US-KS US-ND US-NE US-SD US-TX
America/Denver: US-CO US-MT US-NM US-UT US-WY
America/Denver America/Phoenix: US-AZ
America/Denver America/Los_Angeles: US-ID US-NV US-OR
America/Los_Angeles: US-CA US-WA
America/Anchorage America/Adak: US-AK
Pacific/Honolulu: US-HI
America/St_Johns America/Goose_Bay: CA-NL
America/Halifax: CA-NS CA-PE
America/Moncton: CA-NB
America/Toronto America/Halifax: CA-QC
America/Toronto America/Winnipeg: CA-ON
America/Winnipeg: CA-MB
America/Regina America/Edmonton: CA-SK
America/Edmonton: CA-AB
America/Edmonton America/Vancouver: CA-BC
Australia/Sydney: AU-ACT
Australia/Sydney Australia/Broken_Hill Australia/Lord_Howe: AU-NSW
Australia/Darwin: AU-NT
Australia/Brisbane: AU-QLD
Australia/Adelaide: AU-SA
Australia/Hobart: AU-TAS
Australia/Melbourne: AU-VIC
Australia/Perth Australia/Eucla: AU-WA
"""
SUBDIVISION_ZONES: dict[str, frozenset[str]] = {
    state: frozenset(zones.split())
    for zones, _, states in (line.partition(":") for line in _STATES.strip().splitlines())
    for state in states.split()
}
"""The zones of states and provinces of countries with several; others take their country's."""


def zones_for(
    timezone: str | None = None,
    region: str | None = None,
    country: str | None = None,
    phone: str | None = None,
) -> frozenset[str]:
    """The IANA zones a person may be in, by the best that is known; empty when nothing is.

    The person's own zone goes before the region of the delivery (US-FL, or a country), and that
    before the phone number.
    """
    if timezone:
        return frozenset((timezone,))
    place = region or country
    if place and (zones := _zones_of_place(place)):
        return zones
    return _zones_of_number(phone) if phone else frozenset()


def _zones_of_place(place: str) -> frozenset[str]:
    if place in SUBDIVISION_ZONES:
        return SUBDIVISION_ZONES[place]
    return _country_zones().get(place[:2], frozenset())


def _zones_of_number(phone: str) -> frozenset[str]:
    number = phonenumbers.parse(phone)
    zones = frozenset(number_zones.time_zones_for_number(number)) - {number_zones.UNKNOWN_TIMEZONE}
    if zones:
        return zones
    countries = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(number.country_code or 0, ())
    return frozenset().union(*(_zones_of_place(country) for country in countries))


@cache
def _country_zones() -> dict[str, frozenset[str]]:
    """ISO country code -> its zones, from the table that comes with the time zone data."""
    zones: dict[str, set[str]] = {}
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            zones.setdefault(country, set()).add(zone)
    return {country: frozenset(names) for country, names in zones.items()}


@cache
def public_holidays(place: str, year: int) -> frozenset[date]:
    """The public holidays of a country or a part of it (US, US-TX); none where none are known."""
    import holidays  # loaded by the first study that asks

    country, _, part = place.partition("-")
    try:
        return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))
    except NotImplementedError:  # a part that the library does not know, or a country
        return public_holidays(country, year) if part else frozenset()


def country_of(phone: str) -> str | None:
    """The ISO code of the country of an E.164 number."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(phone))


def normalize_phone(text: str, region: str | None = None) -> str:
    """A phone number as E.164.

    Args:
        text: As it was written; a national number needs `region`.
        region: ISO country code, or a region such as US-FL.

    Raises:
        InvalidInput: It is no possible number.
    """
    fix = "is no phone number; write +14155550123, or name the country with --region"
    try:
        number = phonenumbers.parse(text, region[:2] if region else None)
    except NumberParseException:
        raise InvalidInput("phone", fix, text) from None
    if not phonenumbers.is_possible_number(number):
        raise InvalidInput("phone", fix, text)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normalize_email(text: str) -> str:
    """An e-mail address in lower case, so that one person is found under one address.

    Raises:
        InvalidInput: It is no address.
    """
    address = text.strip().lower()
    if not EMAIL.fullmatch(address):
        raise InvalidInput("email", "is no e-mail address; write it as name@example.com", text)
    return address
