"""One module per source. Belongs here: an operator's columns, keys, time convention and known defects."""
