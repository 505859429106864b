"""What a prepared corpus consists of, and what may be wrong with it: counted, drawn and shown."""
