"""Films of the stage: pictures that a browser draws, joined into a GIF, a WebP or an MP4."""
