"""Tree to text, one printer a language."""
