"""Models in the form of the `transformers` library, and back: one file a family, which says what each weight is called there."""
