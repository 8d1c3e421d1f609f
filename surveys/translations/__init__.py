"""The texts of a survey in other languages: listed, written to files that translators use, and read back."""
