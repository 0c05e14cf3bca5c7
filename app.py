"""The app: `streamlit run app.py` serves `app`, with this same file as the script of each visit."""

from pathlib import Path

import streamlit as st

if __name__ == "__main__":
    from resnet_viz.ui.start import pages, start

    page = st.navigation(pages(), position="top")
    st.set_page_config(page_title=f"{page.title} · resnet_viz", layout="wide")
    start(Path(__file__).parent)
    page.run()
else:
    from resnet_viz.ui.server import serving

    app = st.App(
        __file__,
        middleware=serving.middleware(),
        lifespan=serving.lifespan,
        on_script_error=serving.tell_error,
    )
