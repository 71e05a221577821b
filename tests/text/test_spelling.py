from core.text.spelling import BEGIN, BEGIN_OF_TEXT, END, END_OF_TEXT, FILLING, N_CHARACTERS, spelled


def test_a_word_is_its_bytes_between_two_marks() -> None:
    assert spelled(["at"], 6).tolist() == [[BEGIN, ord("a"), ord("t"), END, FILLING, FILLING]]
    assert spelled(["猫"], 6).tolist() == [[BEGIN, *"猫".encode(), END, FILLING]]
    assert spelled([], 6).shape == (0, 6)


def test_of_a_long_word_the_beginning_is_read() -> None:
    assert spelled(["abcdefgh", "abcd"], 6).tolist() == [[BEGIN, *b"abcd", END]] * 2


def test_the_ends_of_a_text_are_characters_of_their_own() -> None:
    assert spelled(["[BOS]", "[EOS]"], 4).tolist() == [[BEGIN, BEGIN_OF_TEXT, END, FILLING], [BEGIN, END_OF_TEXT, END, FILLING]]
    assert N_CHARACTERS == FILLING + 1
