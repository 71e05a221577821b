"""A corpus cut into token ids, cached on disk by what it was made from."""
# written by the text part; signature only
