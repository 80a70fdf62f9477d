"""The command line of plays: what is wrong is said before anything starts."""

from pathlib import Path

from typer.testing import CliRunner

from terminal.commands.play import app

DAY = Path(__file__).parents[3] / "resources" / "demo" / "day.toml"


def test_a_right_file_can_be_judged_without_playing() -> None:
    result = CliRunner().invoke(app, [str(DAY), "--check"])
    assert result.exit_code == 0
    assert "fits together" in result.output


def test_a_wrong_file_is_refused_with_line_and_reason(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    text = DAY.read_text(encoding="utf-8").replace(
        'chain = "chain.toml"', f'chain = "{DAY.parent}/chain.toml"'
    )
    wrong.write_text(
        text.replace('point = "draft.opened"', 'point = "draft.open"'), encoding="utf-8"
    )
    line = text[: text.index('point = "draft.opened"')].count("\n") + 1
    result = CliRunner().invoke(app, [str(wrong)])
    assert result.exit_code == 2
    assert (
        f"wrong.toml:{line}: 'draft.open' is not possible here: did you mean 'draft.opened'?"
        in (result.output)
    )
    assert "nothing was started" in result.output


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(tmp_path / "none.toml")])
    assert result.exit_code == 2
    assert "cannot be read" in result.output
