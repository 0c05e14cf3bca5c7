"""The Streamlit settings that the app relies on."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def config() -> dict[str, dict[str, object]]:
    return tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("section", "option", "value"),
    [
        ("runner", "postScriptGC", False),
        ("browser", "gatherUsageStats", False),
        ("server", "address", "127.0.0.1"),
        ("server", "fileWatcherType", "none"),
        ("server", "enableCORS", True),
        ("server", "enableXsrfProtection", True),
        ("server", "maxUploadSize", 640),
        ("server", "maxWidgetStateSize", 2),
        ("server", "disconnectedSessionTTL", 60),
        ("client", "showErrorDetails", "none"),
        ("client", "allowedOrigins", []),
        ("client", "toolbarMode", "minimal"),
    ],
)
def test_option(
    config: dict[str, dict[str, object]], section: str, option: str, value: object
) -> None:
    assert config[section][option] is value or config[section][option] == value


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_theme_is_legible(config: dict[str, dict[str, dict[str, str]]], theme: str) -> None:
    colours = config["theme"][theme]
    for surface in ("backgroundColor", "secondaryBackgroundColor"):
        assert _contrast(colours["textColor"], colours[surface]) >= 7
    assert _contrast(colours["linkColor"], colours["backgroundColor"]) >= 4.5
    assert _contrast("#FFFFFF", colours["primaryColor"]) >= 4.5
    assert _contrast(colours["primaryColor"], colours["backgroundColor"]) >= 3
