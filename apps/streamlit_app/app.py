"""Entry of the analyst app: `streamlit run apps/streamlit_app/app.py`.

Belongs here: page configuration, navigation, what every page needs before it starts. Pages stand in their own modules.
"""

from __future__ import annotations

import streamlit as st

from apps.streamlit_app import overview

st.set_page_config(page_title="GridLake", page_icon="⚡", layout="wide")
st.navigation(
    [st.Page(overview.page, title="Overview", icon="⚡", url_path="overview", default=True)], position="top"
).run()
