"""Phone numbers as people write them, in one form (BEST-32)."""

from __future__ import annotations

from typing import Final

REGION: Final = "CN"


def e164(text: str, region: str = REGION) -> str | None:
    """The number in E.164 (+8613800138000), None when it cannot be one."""
    import phonenumbers  # noqa: PLC0415  # its tables are not needed at start

    try:
        found = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(found):
        return None
    return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))
