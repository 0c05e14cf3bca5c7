"""The app: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from resnet_viz.ui.common.start import pages, start

page = st.navigation(pages(), position="top")
st.set_page_config(page_title=f"{page.title} · resnet_viz", layout="wide")
start(Path(__file__).parent)
page.run()
