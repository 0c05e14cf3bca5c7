# The app for visitors, on CPUs. docs/serving.md says how to run it.
FROM python:3.12-slim

# `dot` is not needed: graphs are drawn by the package itself.
RUN useradd --create-home --uid 1000 app && mkdir /data && chown app /data
RUN pip install --no-cache-dir torch torchvision --index-url https://download.pytorch.org/whl/cpu
WORKDIR /src
COPY pyproject.toml setup.py MANIFEST.in README.md LICENSE ./
COPY resnet_viz resnet_viz
RUN pip install --no-cache-dir ".[app]" && rm -rf /src/*

USER app
WORKDIR /home/app
# Visitors have a share each; "gallery": they only look. RESNET_VIZ_ORIGINS: a site that may show
# the app in a frame, such as https://huggingface.co
ENV RESNET_VIZ_HOME=/data RESNET_VIZ_LIMIT="2 GB" RESNET_VIZ_PUBLIC=limited RESNET_VIZ_ORIGINS=
VOLUME /data
EXPOSE 8501
HEALTHCHECK --start-period=30s --timeout=5s CMD \
    ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health')"]
CMD ["sh", "-c", "exec resnet-viz app -- --server.address=0.0.0.0 --server.port=8501 --server.headless=true ${RESNET_VIZ_ORIGINS:+--client.allowedOrigins=$RESNET_VIZ_ORIGINS}"]
