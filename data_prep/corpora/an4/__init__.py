"""CMU's AN4: its reader, and what is made of its words, which a forced alignment has cut apart."""
