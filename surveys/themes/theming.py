"""A brand's look as the few custom properties that public.css is drawn with, in light and in dark.

Whatever colours a theme has, all text stays readable: the colours here are the nearest that are. The CSS has neither
quotes nor brackets that HTML knows, so it stands in a page as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.urls import reverse

from surveys.models import Theme
from surveys.themes.contrast import BLACK, WHITE, adjusted, luminance, mixed, with_lightness

Properties = Mapping[str, str]

LIGHT_CARD, LIGHT_QUIET = WHITE, "#51616d"  # as in public.css
DARK_QUIET = "#a3b3bf"
DARK_GROUND, DARK_CARD = 0.07, 0.125  # lightness
DARK_SATURATION = 0.35  # at most: no glaring night
STRONG = 7  # contrast of what is pressed or pointed at
SOFT, GLOW = 0.09, 0.14  # shares of the accent

SYSTEM = (
    "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Noto Sans Arabic, Vazirmatn, PingFang SC, "
    "Microsoft YaHei, Noto Sans CJK SC, sans-serif"
)
FONTS: Mapping[str, str] = {
    Theme.Font.SYSTEM: SYSTEM,
    Theme.Font.SERIF: (
        "Iowan Old Style, Palatino Linotype, Palatino, Charter, Georgia, Noto Serif, Noto Naskh Arabic, "
        "Songti SC, Noto Serif CJK SC, serif"
    ),
    Theme.Font.ROUNDED: f"ui-rounded, Hiragino Maru Gothic ProN, Quicksand, Nunito, {SYSTEM}",
    Theme.Font.MONO: (
        "ui-monospace, Cascadia Mono, Segoe UI Mono, Roboto Mono, Menlo, Consolas, Noto Sans Mono, "
        "Vazir Code, monospace"
    ),
}
ROUND: Mapping[str, str] = {Theme.Corners.ROUNDED: "1", Theme.Corners.SQUARE: "0"}


def theme_css(theme: Theme) -> str:
    """The style of a page in a theme, for light and dark. Raises NotAColour."""
    return css_of(theme.accent, theme.ground, theme.font, theme.corners)


@lru_cache(maxsize=256)
def css_of(accent: str, ground: str, font: str, corners: str) -> str:
    """As strong as the selectors of public.css, after which it stands."""
    shape = {"font": FONTS.get(font, SYSTEM), "round": ROUND.get(corners, "1")}
    light, dark = light_properties(accent, ground), dark_properties(accent, ground)
    return " ".join(
        [
            rule(":root:root", {**shape, **light}),
            f"@media (prefers-color-scheme: dark) {{ {rule(':root:not([data-scheme=light])', dark)} }}",
            rule(":root[data-scheme=dark]", dark),
        ]
    )


def rule(selector: str, properties: Properties) -> str:
    return selector + " { " + " ".join(f"--{name}: {value};" for name, value in properties.items()) + " }"


def logo_address(theme: Theme) -> str:
    """Where the logo of a theme is; another address whenever the theme was changed. "" without one."""
    if not theme.logo_type:
        return ""
    return f"{reverse('theme-logo', args=[theme.pk])}?{theme.changed_at.timestamp():.0f}"


def light_properties(accent: str, ground: str) -> Properties:
    ground = adjusted(ground, on=LIGHT_QUIET)
    glow = adjusted(mixed(accent, ground, GLOW), on=LIGHT_QUIET)
    soft = adjusted(mixed(accent, LIGHT_CARD, SOFT), on=LIGHT_QUIET)
    darkest = min((LIGHT_CARD, ground, soft, glow), key=luminance)
    return {
        "ground": ground,
        "glow": glow,
        "soft": soft,
        "accent": adjusted(accent, on=darkest),
        "accent-strong": adjusted(accent, on=darkest, at_least=STRONG),
        "on-accent": WHITE,  # the accent reads on something that is no lighter, so this reads on the accent
    }


def dark_properties(accent: str, ground: str) -> Properties:
    card = adjusted(at_night(ground, DARK_CARD), on=DARK_QUIET)
    ground = adjusted(at_night(ground, DARK_GROUND), on=DARK_QUIET)
    glow = adjusted(mixed(accent, ground, GLOW), on=DARK_QUIET)
    soft = adjusted(mixed(accent, card, SOFT), on=DARK_QUIET)
    lightest = max((card, ground, soft, glow), key=luminance)
    return {
        "ground": ground,
        "glow": glow,
        "soft": soft,
        "accent": adjusted(accent, on=lightest),
        "accent-strong": adjusted(accent, on=lightest, at_least=STRONG),
        "on-accent": BLACK,
        "card": card,
    }


def at_night(colour: str, lightness: float) -> str:
    return with_lightness(colour, lightness, saturation_at_most=DARK_SATURATION)


@dataclass(frozen=True)
class DrawnOtherwise:
    """A colour nobody could read as it was chosen, and the one that is drawn."""

    name: str
    chosen: str
    drawn: str


def drawn_otherwise(theme: Theme) -> list[DrawnOtherwise]:
    """What a theme says that its pages do not show in light, because it could not be read."""
    drawn = light_properties(theme.accent, theme.ground)
    chosen = {"accent": theme.accent, "ground": theme.ground}
    return [
        DrawnOtherwise(name, colour, drawn[name]) for name, colour in chosen.items() if drawn[name] != colour
    ]
