"""Race: a residual net and its plain twin train side by side."""

import streamlit as st

st.title("Race")
