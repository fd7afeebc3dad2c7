"""Entry of the analyst app: `streamlit run apps/streamlit_app/app.py`.

Belongs here: page configuration, navigation, the choice every page shares. Pages stand in their own modules.
"""

from __future__ import annotations

import streamlit as st

from apps.streamlit_app import shell
from apps.streamlit_app.pages_list import PAGES

st.set_page_config(page_title="GridLake", page_icon="⚡", layout="wide")
chosen = st.navigation(
    {
        section: [
            st.Page(p.body, title=p.title, icon=p.icon, url_path=p.path, default=p.path == "overview") for p in pages
        ]
        for section, pages in PAGES.items()
    },
    position="top",
)
shell.controls()
chosen.run()
