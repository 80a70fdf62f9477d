"""A wrong scenario is refused with line and reason; a right one is read as it is written."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync.domain.programme import Ratio, Words
from sync.lab.checking import read
from sync.lab.reading import ScenarioError
from sync.lab.scenario import Sell

SCENARIOS = Path(__file__).parents[3] / "resources" / "demo"


def mistakes_of(path: Path) -> list[tuple[int, str]]:
    with pytest.raises(ScenarioError) as caught:
        read(path)
    return [(mistake.line, mistake.reason) for mistake in caught.value.mistakes]


def test_a_scenario_is_read_with_its_short_forms_written_out(
    base: str, scenario_file: Callable[[str], Path]
) -> None:
    scenario = read(scenario_file(base))
    programme = scenario.chain.programmes[0]
    assert programme.joining.single_minor == 300_000
    assert programme.earning.points_per_yuan == Ratio(1, 1)
    assert programme.name == Words("P", "P")
    assert scenario.chain.products[0].tag == 128_000
    step = scenario.steps[0]
    assert isinstance(step, Sell)
    assert scenario.utc_ms(step) == 1000 * datetime(2026, 11, 2, 2, tzinfo=UTC).timestamp()


def test_a_programme_may_say_only_what_it_changes(
    base: str, scenario_file: Callable[[str], Path]
) -> None:
    later = """
[[programme]]
base = 1
version = 2
effective_from = 2026-12-01
earning = { points_per_yuan = "2/1" }
"""
    first, second = read(scenario_file(base + later)).chain.programmes
    assert second.gifts == first.gifts
    assert (second.version, second.earning.points_per_yuan) == (2, Ratio(2, 1))


UNQUOTED = 'an amount is written in quotes, in yuan: "50.00", not 3'
WRONG_VALUES = [
    ('product = "coat"', 'product = "cot"', 8, "no product 'cot': did you mean 'coat'?"),
    ('product = "coat"', "amount = 3", 8, UNQUOTED),
    ('product = "coat"', 'amount = "3.001"', 8, "not an amount with at most two decimals: '3.001'"),
    ('product = "coat"', 'amount = "0.00"', 8, "an amount is more than 0.00"),
    ('product = "coat"', "quantity = 2", 8, "a line has either a product or an amount"),
    ('product = "coat"', 'prodct = "coat"', 8, "unknown key 'prodct': did you mean 'product'?"),
    ('do = "sell"', 'do = "sel"', 4, "'sel' is not possible here: did you mean 'sell'?"),
    ('do = "sell"', "", 2, "the key 'do' is missing"),
    ('till = "A1-1"\nmember', 'til = "A1-1"\nmember', 6, "unknown key 'til': did you mean 'till'?"),
    ('till = "A1-1"\nmember', 'till = "A1-2"\nmember', 6, "no till 'A1-2': did you mean 'A1-1'?"),
    ('member = "lin"', 'member = "lim"', 7, "no member 'lim': did you mean 'lin'?"),
    ('member = "lin"', "points = 100", 2, "points and stored value need a member (or a card)"),
    ('member = "lin"', 'slip = "S-1"', 7, "only what the mall's till takes has a slip"),
    ('member = "lin"', 'codes = ["@answer:bach:code-1"]', 7,
     "no step 'bach': known here: first"),
    ('member = "lin"', 'tender = "gold"', 7,
     "'gold' is not possible here: known here: alipay, bank_card, cash, mall, wechat"),
    ("at = 2026-11-02 10:00:00", "at = 10", 5, "Expected `datetime`, got `int`"),
    ("at = 2026-11-02 10:00:00", "at = 2026-11-02 10:00:00.5", 5, "times are whole seconds"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "line", "reason"), WRONG_VALUES)
def test_a_wrong_step_is_refused_with_its_line(
    base: str, scenario_file: Callable[[str], Path], right: str, wrong: str, line: int, reason: str
) -> None:
    begins = base[: base.index("[[step]]")].count("\n") - 1
    head, tail = base[: base.index("[[step]]")], base[base.index("[[step]]") :]
    assert right in tail
    text = head + tail.replace(right, wrong)
    assert mistakes_of(scenario_file(text)) == [(begins + line, reason)]


WRONG_CHAINS = [
    ('dealer = "A"\nname = "A1"', 'dealer = "B"\nname = "A1"', "no dealer 'B': known here: A"),
    ('store = "A1"\ncards', 'store = "A2"\ncards', "no store 'A2': known here: A1"),
    ('card = "6688000000001004"', 'card = "6688000000001005"',
     "'6688000000001005' is no card number of the chain: its length or check digit is wrong"),
    ('phone = "13800000001"', 'phone = "x"',
     "'x' is not written as a phone number (digits, with + before a country code) must be"),
    ('single = "3000.00"', "single = 3000",
     'an amount is written in quotes, in yuan: "50.00", not 3000'),
    ('single = "3000.00"', 'single = "3000.00", single_minor = 1',
     "both 'single' and 'single_minor' are given"),
    ('points_per_yuan = "1/1"', 'points_per_yuan = "one"', "a ratio is written \"1/2\", not 'one'"),
    ("joining = {", "joinig = {", "unknown key 'joinig': did you mean 'joining'?"),
    ("effective_from = 2026-01-01", "", "the key 'effective_from' is missing"),
    ("[[product]]", "[[products]]", "unknown table 'products': did you mean 'product'?"),
    ("[[product]]", "[product]", "write [[product]], with two brackets: there may be several"),
    ('pin = "2580"', 'pin = "1"', "'1' is not written as a PIN (4 to 12 digits) must be"),
    ("[scenario]", "[scenaro]", "unknown table 'scenaro': did you mean 'scenario'?"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "reason"), WRONG_CHAINS)
def test_a_wrong_chain_is_refused_with_its_line(
    base: str, scenario_file: Callable[[str], Path], right: str, wrong: str, reason: str
) -> None:
    assert right in base
    wrong_line = base[: base.index(right)].count("\n") + 1
    found = mistakes_of(scenario_file(base.replace(right, wrong, 1)))
    assert reason in [text for _, text in found]
    lines = {line for line, text in found if text == reason}
    assert lines <= {wrong_line, wrong_line - 2, wrong_line + 1}


def test_text_that_is_no_toml_is_refused_with_its_line(
    base: str, scenario_file: Callable[[str], Path]
) -> None:
    [(line, reason)] = mistakes_of(scenario_file(base + "\nat == 3\n"))
    assert line == base.count("\n") + 2
    assert reason.startswith("no valid TOML")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    [(_, reason)] = mistakes_of(tmp_path / "none.toml")
    assert reason == "cannot be read: No such file or directory"


def test_every_mistake_is_named_not_only_the_first(
    base: str, scenario_file: Callable[[str], Path]
) -> None:
    text = base.replace('pin = "2580"', "pim = 1").replace('do = "sell"', 'do = "buy"')
    assert len(mistakes_of(scenario_file(text))) == 2


def test_an_enrolment_needs_its_sale_to_follow(
    base: str, scenario_file: Callable[[str], Path]
) -> None:
    enrol = """
[[step]]
do = "enrol"
at = 2026-11-02 11:00:00
till = "A1-1"
member = "new"
name = "New"
phone = "13900000001"
sale = "later"
"""
    [(_, reason)] = mistakes_of(scenario_file(base + enrol))
    assert reason == "the next operation at A1-1 must be the sale 'later' of that member"
    sale = enrol.replace(
        'do = "enrol"', 'do = "sell"\nid = "later"\nlines = [{ amount = "3000.00" }]'
    )
    for key in ("name", "phone", "sale"):
        sale = "\n".join(row for row in sale.splitlines() if not row.startswith(f"{key} ="))
    assert len(read(scenario_file(base + enrol + sale)).steps) == 3


def test_a_story_needs_steps_and_a_programme_in_force(
    base: str, scenario_file: Callable[[str], Path]
) -> None:
    begins = base.index("[[step]]")
    [(_, reason)] = mistakes_of(scenario_file(base[:begins]))
    assert reason == "at least one [[step]] is needed"
    late = base.replace("effective_from = 2026-01-01", "effective_from = 2026-12-01")
    [(_, reason)] = mistakes_of(scenario_file(late))
    assert reason == "no programme is in force on 2026-11-02"


def test_what_a_member_brings_along_was_there_before_the_story(
    base: str, scenario_file: Callable[[str], Path]
) -> None:
    opening = '[[member.opening]]\nstore = "A1"\ndate = 2026-11-03\npoints = 5\n'
    [(_, reason)] = mistakes_of(scenario_file(base.replace("\n[[step]]", f"\n{opening}\n[[step]]")))
    assert reason == "an opening of 'lin' is of 2026-11-03, after the first step"


def test_times_of_a_till_only_rise(base: str, scenario_file: Callable[[str], Path]) -> None:
    again = base[base.index("[[step]]") :].replace("10:00", "09:00").replace('id = "first"', "")
    [(_, reason)] = mistakes_of(scenario_file(base + again))
    assert reason == "2026-11-02 09:00:00 is before the last step of A1-1"


@pytest.mark.parametrize("path", sorted(SCENARIOS.rglob("*.toml")), ids=lambda path: path.stem)
def test_every_scenario_of_ours_reads(path: Path) -> None:
    if "[scenario]" in path.read_text(encoding="utf-8"):
        read(path)
