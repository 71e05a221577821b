"""Whole numbers in words, in English and in Chinese."""

TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", *TEENS)
TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
HAN = "零一二三四五六七八九"


def english(n: int) -> str:
    """n below a million: "four thousand two hundred and seventeen"."""
    assert 0 <= n < 1_000_000
    thousands, rest = divmod(n, 1000)
    if not thousands:
        return _below_thousand(rest)
    joined = "" if not rest else f" and {_below_thousand(rest)}" if rest < 100 else f" {_below_thousand(rest)}"
    return f"{_below_thousand(thousands)} thousand{joined}"


def _below_thousand(n: int) -> str:
    hundreds, rest = divmod(n, 100)
    tens, ones = divmod(rest, 10)
    small = ONES[rest] if rest < 20 else TENS[tens] + (f"-{ONES[ones]}" if ones else "")
    if not hundreds:
        return small
    return f"{ONES[hundreds]} hundred" + (f" and {small}" if rest else "")


def chinese(n: int) -> str:
    """n below a hundred million: "四千二百一十七"; a gap of zeros inside is one 零."""
    assert 0 <= n < 100_000_000
    if not n:
        return HAN[0]
    high, low = divmod(n, 10_000)
    gap = HAN[0] if high and 0 < low < 1000 else ""
    written = (f"{_below_ten_thousand(high)}万" if high else "") + gap + _below_ten_thousand(low)
    return written.removeprefix("一") if written.startswith("一十") else written  # a leading ten is said without its one


def _below_ten_thousand(n: int) -> str:
    """Nothing for zero."""
    written, gap = "", False
    for digit, unit in zip(str(n).zfill(4), ("千", "百", "十", ""), strict=True):
        if digit == "0":
            gap = bool(written)
        else:
            written += (HAN[0] if gap else "") + HAN[int(digit)] + unit
            gap = False
    return written
