"""What a page shows, as its address keeps it."""

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from pages.ui import address

    address.enter("compare")
    st.text(address.get("runs") or "nothing")


def shown_by(app: AppTest, **query: str) -> str:
    """What the page shows to a browser that asks with this query."""
    app.query_params.clear()
    for name, value in query.items():
        app.query_params[name] = value
    return str(app.run().text[0].value)


def test_a_page_entered_by_the_menu_shows_again_what_it_showed_however_often_the_browser_asks_before_it_knows_the_address() -> None:
    app = AppTest.from_function(page)
    app.session_state["addresses"] = {"compare": {"runs": "one"}}
    app.session_state["page"] = "home"
    assert shown_by(app) == "one"
    assert shown_by(app) == "one", "asked for before the address had come"
    assert shown_by(app, runs="one") == "one"
    assert shown_by(app) == "nothing", "the browser has gone back to before the address"


def test_a_link_says_what_is_shown() -> None:
    app = AppTest.from_function(page)
    app.session_state["addresses"] = {"compare": {"runs": "one"}}
    app.session_state["page"] = "home"
    assert shown_by(app, runs="two") == "two"
