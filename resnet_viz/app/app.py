"""The app: `streamlit run app.py` serves `app`, with this same file as the script of each visit."""

import streamlit as st

if __name__ == "__main__":
    from resnet_viz.app.start import draw_visit

    draw_visit()
else:
    from resnet_viz.ui.server import serving

    app = st.App(__file__, **serving.parts())
