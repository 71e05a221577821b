import numpy as np
import pytest

from core import selections


@pytest.mark.parametrize("rows", [[], [0], [5, 3, 3, 0], range(1000), [127, 128, 129, 16511, 16512, 2_000_000]])
def test_a_selection_is_read_as_it_was_written_in_order_and_each_row_once(rows):
    text = selections.written(np.array(rows, np.int64))
    assert selections.read(text).tolist() == sorted(set(rows))
    assert text.replace("-", "").replace("_", "").isalnum() or not text


def test_a_thousand_words_in_a_row_are_a_short_address():
    assert len(selections.written(np.arange(1000))) < 1400


@pytest.mark.parametrize("text", ["%%%", "a", "gA", "_____________w", "北京", "A A"])
def test_a_damaged_address_is_answered_in_words(text):
    with pytest.raises(ValueError, match="damaged"):
        selections.read(text)
