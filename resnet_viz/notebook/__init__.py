"""The notebook: how nets, runs and races show themselves in a cell; live by anywidget."""
