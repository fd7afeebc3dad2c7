"""The analyst app. `app.py` is the entry; a page is a module of its own beside it."""
