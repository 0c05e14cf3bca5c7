"""Architecture: choose a net, see exactly what it is."""

import streamlit as st

from resnet_viz.ui.architecture.form import form, notice, preset_box
from resnet_viz.ui.architecture.header import actions, headline, introduction
from resnet_viz.ui.architecture.view import tabs
from resnet_viz.ui.common import say
from resnet_viz.ui.common.link import to_query
from resnet_viz.ui.common.net import shown
from resnet_viz.ui.common.start import require_app

require_app()
with st.sidebar:
    config, problem = form()

introduction()
with st.container(key="narrow_preset"):  # shown where the sidebar is folded away
    preset_box("_narrow")
actions(config)
for sentence in filter(None, (problem, notice())):
    say.error(sentence)
headline(config)
tabs(config)

here = shown()
query = to_query(config, here.base if here else None)
if st.query_params.to_dict() != query:
    st.query_params.from_dict(query)
