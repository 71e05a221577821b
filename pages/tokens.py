"""One sentence cut by every kind of tokenizer; how BPE merges; a word's character n-grams."""

import streamlit as st

from pages.ui import forms, frame, pickers, tokens

frame.enter("tokens", "Tokens", "A model never sees letters, only the pieces that a tokenizer cuts. Each kind is trained on the text you choose.")

left, right = st.columns([2, 1], gap="medium", vertical_alignment="bottom")
with left:
    text = st.text_input("Sentence", "The unbelievable tokenizers were cutting words, 词语切分也一样。", max_chars=500, **forms.kept("sentence"))
with right:
    corpus = pickers.corpus(made_only=True)
if not text.strip():
    st.info("Type a sentence to see it cut.", icon=":material/edit:")
    st.stop()

size = st.select_slider("Vocabulary of the sub-word kinds", [300, 500, 1000, 2000, 4000, 8000], 1000, **forms.kept("vocabulary"))
made = tokens.tokenizers(corpus, size)
tokens.side_by_side(made, text)
st.header("BPE, merge by merge", anchor=False)
tokens.merges(made["bpe"], text)
st.header("Character n-grams", anchor=False)
tokens.character_ngrams(text)
