"""The app as Streamlit starts it: its script, its pages' scripts, its settings.

A clone has a copy of them beside the package, which `python -m resnet_viz.app.top_level` makes.
"""
